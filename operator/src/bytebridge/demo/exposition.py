"""The synthetic service's metrics in Prometheus' text format.

Names and labels are those of prometheus-fastapi-instrumentator on each pod, with the labels that
the operator's PodMonitor would add; the queue is the gateway's, one series a service.
"""

from collections.abc import Iterator
from itertools import accumulate

from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.demo.synthetic import BUCKETS, Pod, SyntheticService

CONTENT_TYPE = "text/plain; version=0.0.4"
_BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")
_ROUTE = 'handler="/classify",method="POST"'


def exposition(service: SyntheticService, namespace: str, name: str) -> str:
    """What a scrape reads now."""
    labels = f'namespace="{namespace}",{SERVICE_SERIES_LABEL}="{name}"'
    return "".join(f"{line}\n" for line in _lines(service, labels))


def _lines(service: SyntheticService, labels: str) -> Iterator[str]:
    pods = [(pod, f'{labels},pod="{pod.name}"') for pod in service.pods]
    yield "# TYPE http_requests_total counter"
    for pod, own in pods:
        yield f'http_requests_total{{{own},{_ROUTE},status="2xx"}} {pod.served}'
    yield "# TYPE http_requests_inprogress gauge"
    for pod, own in pods:
        yield f"http_requests_inprogress{{{own},{_ROUTE}}} {pod.in_flight}"
    yield "# TYPE http_request_duration_seconds histogram"
    for pod, own in pods:
        yield from _histogram(pod, f"{own},{_ROUTE}")
    yield "# TYPE gateway_requests_waiting gauge"
    yield f"gateway_requests_waiting{{{labels}}} {service.queue_depth}"
    yield "# TYPE gateway_requests_timed_out_total counter"
    yield f"gateway_requests_timed_out_total{{{labels}}} {service.failed}"


def _histogram(pod: Pod, labels: str) -> Iterator[str]:
    name = "http_request_duration_seconds"
    for bound, cumulative in zip(_BOUNDS, accumulate(pod.bucket_counts), strict=True):
        yield f'{name}_bucket{{{labels},le="{bound}"}} {cumulative}'
    yield f"{name}_sum{{{labels}}} {pod.latency_sum:.6f}"
    yield f"{name}_count{{{labels}}} {pod.served}"
