"""What exporters of databases are asked, and how the answers are dealt."""

from typing import Any

import pytest

from bytebridge.api.postgres import PostgresReader
from bytebridge.budget.guard import DatabaseSignals
from bytebridge.signals.database import DatabaseQueries, database_queries, database_signals
from unit.budget.test_claims import service

LABELS = [{"name": "cluster", "value": 'le"gal'}]


@pytest.mark.parametrize(
    ("postgres", "parts"),
    [
        ({}, []),
        (
            {"pooler": {}},
            ['{namespace="legal",scaling_bytebridge_io_service="nlp"}'],
        ),
        (
            {"monitoring": {"exporter": "postgres-exporter", "labels": LABELS}},
            ['pg_stat_database_numbackends{cluster="le\\"gal"}', "pg_replication_lag_seconds"],
        ),
        (
            {"monitoring": {"exporter": "cloudwatch-exporter", "labels": LABELS}},
            ["aws_rds_database_connections_average", "aws_rds_aurora_replica_lag_average"],
        ),
    ],
)
def test_what_is_asked(postgres: dict[str, Any], parts: list[str]) -> None:
    texts = list(database_queries(service(**postgres)).texts.values())
    assert len(texts) == len(parts)
    for text, part in zip(texts, parts, strict=True):
        assert part in text


def _series(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [0, value]}


def test_answers_are_dealt() -> None:
    queries = DatabaseQueries({"used": "u", "waiting": "w", "lag": "l"})
    readers = [PostgresReader(host="r1.x.rds.amazonaws.com"), PostgresReader(host="10.0.0.2")]
    answers = {
        "u": [_series("12")],
        "w": [_series("NaN")],
        "l": [
            _series("3", dbinstance_identifier="r1"),
            _series("4", server="10.0.0.2:5432"),
            _series("5", server="other"),
        ],
    }
    assert database_signals(queries, answers, readers) == DatabaseSignals(
        used=12, waiting=None, lag_seconds={"r1.x.rds.amazonaws.com": 3, "10.0.0.2": 4}
    )
