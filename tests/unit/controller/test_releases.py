"""When connections of former pods are free, on clusters that do not count pods that terminate."""

from typing import Any

import pytest

from bytebridge.budget.claims import Role
from bytebridge.budget.grants import Grant
from bytebridge.controller.holdings import Holdings
from bytebridge.controller.releases import release
from bytebridge.controller.store import Store
from unit.controller.build import KEY, TICK_SECONDS, deployment_body, service_body

FORMER = Grant(
    pool_size=4,
    max_replicas=10,
    connections=40,
    releasing_pool_size=8,
    releasing_max_replicas=10,
    releasing_connections=80,
)


@pytest.mark.parametrize(
    ("pod", "exposure", "seconds"),
    [
        pytest.param({}, None, 60, id="at least a minute"),
        pytest.param({"terminationGracePeriodSeconds": 300}, None, 300, id="as long as a pod may"),
        pytest.param({}, {"timeoutSeconds": 120}, 135, id="which is longer where it is exposed"),
    ],
)
def test_former_pods_are_waited_for(
    pod: dict[str, Any], exposure: dict[str, Any] | None, seconds: int
) -> None:
    body = service_body()
    body["spec"]["template"]["spec"] |= pod
    body["spec"]["exposure"] = exposure
    store = Store(TICK_SECONDS)
    store.put_service(body)
    deployment = deployment_body(2, 2)
    deployment["metadata"]["annotations"] = {"scaling.bytebridge.io/pools": "writer=4"}
    store.put_child("Deployment", deployment)
    entry = store.services[KEY]
    entry.holdings = Holdings({Role.WRITER: FORMER})

    def held(monotonic: float) -> int:
        release(store, KEY, entry, monotonic)
        return entry.holdings.grants[Role.WRITER].releasing_connections

    assert held(0.0) == held(seconds - 1.0) == 80
    assert held(float(seconds)) == 0
