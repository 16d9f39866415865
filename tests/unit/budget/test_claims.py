from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from bytebridge.api.mongodb import MongoDB
from bytebridge.api.postgres import Postgres, PostgresReader
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Claim, Role, claims_of, reader_shares
from bytebridge.budget.endpoints import Endpoint, endpoint
from bytebridge.budget.limits import limits_of


def service(max_replicas: int = 40, namespace: str = "legal", **postgres: Any) -> ScalableService:
    return ScalableService.model_validate(
        {
            "metadata": {"name": "nlp", "namespace": namespace},
            "spec": {
                "template": {"spec": {"containers": [{"name": "app", "image": "i"}]}},
                "scaling": {"maxReplicas": max_replicas, "objective": {"latencyMilliseconds": 200}},
                "database": {
                    "postgres": {
                        "database": "legal",
                        "writer": {"host": "db"},
                        "credentials": {"secretName": "s"},
                        **postgres,
                    }
                },
            },
        }
    )


def claim_of(role: Role, **postgres: Any) -> Claim:
    return next(claim for claim in claims_of(service(**postgres)) if claim.key[2] is role)


def test_clients_of_mongodb_have_connections_beside_their_pool() -> None:
    body = service(40).model_dump(by_alias=True)
    mongodb = {"cluster": "c.mongodb.net", "credentials": {"secretName": "s"}}
    body["spec"]["database"] = {"mongodb": {**mongodb, "maxConnections": 310}}
    found = ScalableService.model_validate(body)
    (claim,) = claims_of(found)
    assert claim.connections(3, 40) == 60 * (3 + 2)
    assert claim.largest_pool(310 - 10, 40) == 3
    assert limits_of([found], []) == {endpoint("c.mongodb.net", 27_017): 300}


def test_mongodb_needs_connections_for_one() -> None:
    mongodb = {"cluster": "c", "credentials": {"secretName": "s"}, "maxConnections": 18}
    with pytest.raises(ValidationError, match="leaves 8, and one replica needs 9"):
        MongoDB.model_validate(mongodb)


@pytest.mark.parametrize(
    ("host", "namespace", "same_as"),
    [
        ("db", "legal", "db.legal"),
        ("DB.legal.", "other", "db.legal"),
        ("db.legal.svc", "other", "db.legal"),
        ("db.legal.svc.cluster.local", "other", "db.legal"),
        ("x.rds.amazonaws.com", "legal", "x.rds.amazonaws.com"),
        ("10.0.0.7", "legal", "10.0.0.7"),
    ],
)
def test_names_of_one_endpoint(host: str, namespace: str, same_as: str) -> None:
    assert endpoint(host, 5432, namespace) == Endpoint(same_as, 5432)


def _readers(*hosts: tuple[str, int]) -> list[PostgresReader]:
    return [PostgresReader(host=host, weight=weight) for host, weight in hosts]


@pytest.mark.parametrize(
    ("readers", "shares"),
    [
        (_readers(("a", 1)), ["1"]),
        (_readers(("a", 1), ("b", 1)), ["1", "1"]),  # one of them may have to do it alone
        (_readers(("a", 1), ("b", 1), ("c", 1)), ["1/2", "1/2", "1/2"]),
        (_readers(("a", 2), ("b", 1), ("c", 1)), ["2/3", "1/2", "1/2"]),
        ([PostgresReader(host=h, zone="z") for h in "abc"], ["1", "1", "1"]),
    ],
)
def test_readers_are_budgeted_for_one_less(
    readers: list[PostgresReader], shares: list[str]
) -> None:
    found = reader_shares(readers, "legal")
    assert list(found.values()) == [Fraction(share) for share in shares]


@pytest.mark.parametrize(
    ("postgres", "connections"),
    [
        ({}, 60 * 2),
        ({"poolsPerReplica": 4}, 60 * 4 * 2),
        ({"pooler": {"placement": "Sidecar"}, "poolsPerReplica": 4}, 60 * 2),
        ({"pooler": {}, "poolsPerReplica": 4}, (2 + 1 + 1) * 2),
    ],
)
def test_connections_with_pools_of_two(postgres: dict[str, Any], connections: int) -> None:
    assert claim_of(Role.WRITER, **postgres).connections(2, 40) == connections


def test_limits_of_writer_and_readers() -> None:
    readers = [{"host": "r1"}, {"host": "r2", "maxConnections": 50}]
    one = service(maxConnections=100, reservedConnections=5, readers=readers)
    assert limits_of([one], []) == {
        endpoint("db", 5432, "legal"): 95,
        endpoint("r1", 5432, "legal"): 95,
        endpoint("r2", 5432, "legal"): 45,
    }


def test_the_lowest_of_two_opinions_counts() -> None:
    here, there = service(maxConnections=100), service(maxConnections=80)
    assert limits_of([here, there], []) == {endpoint("db", 5432, "legal"): 70}


@pytest.mark.parametrize(
    ("postgres", "words"),
    [
        (
            {"maxConnections": 12},
            "12 less reservedConnections 10 leaves 2, and one replica needs 3",
        ),
        ({"maxConnections": 17, "poolsPerReplica": 3}, "leaves 7, and one replica needs 9"),
        ({"maxConnections": 13, "pooler": {}}, "leaves 3, and one replica needs 4"),
        (
            {"pooler": {}, "credentials": {"secretName": "s", "uriKey": "uri"}},
            "would lead past the pooler",
        ),
        ({"readers": [{"host": "r", "maxConnections": 9}]}, "only with maxConnections"),
    ],
)
def test_refused(postgres: dict[str, Any], words: str) -> None:
    base = {"database": "d", "writer": {"host": "h"}, "credentials": {"secretName": "s"}}
    with pytest.raises(ValidationError, match=words):
        Postgres.model_validate({**base, **postgres})
