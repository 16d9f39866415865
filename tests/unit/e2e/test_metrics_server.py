from e2e.cluster.metrics_server import TAG, adapted

DEPLOYMENT = {
    "kind": "Deployment",
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "metrics-server",
                        "image": "somewhere/metrics-server:master",
                        "args": ["--cert-dir=/tmp"],
                        "readinessProbe": {"initialDelaySeconds": 20, "periodSeconds": 10},
                        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}},
                    }
                ]
            }
        }
    },
}


def test_only_the_deployment_changes() -> None:
    service = {"kind": "Service", "spec": {"ports": []}}
    kept, deployment = adapted([service, DEPLOYMENT])
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert kept == service
    assert container["image"] == TAG
    assert container["args"] == ["--cert-dir=/tmp", "--kubelet-insecure-tls"]
    assert container["resources"]["requests"] == {"cpu": "10m", "memory": "200Mi"}
