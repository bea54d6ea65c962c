"""What machines ask: /healthz, /metrics; and the number that every request gets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.fixture
def client(db: None) -> Client:
    return Client(HTTP_HOST="127.0.0.1")


def test_health_needs_no_session_and_is_never_cached(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert "no-store" in answer["Cache-Control"]


def test_health_is_refused_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "database away", "reason": "OperationalError"}


def test_metrics_count_requests_by_route_and_what_waits(client: Client) -> None:
    client.get("/healthz")
    said = client.get("/metrics").content.decode()
    assert 'yiwang_requests_total{method="GET",route="healthz",status="200"}' in said
    assert "yiwang_audit_unsealed" in said
    assert "# TYPE yiwang_outbox_waiting gauge" in said


def test_metrics_hold_no_address_that_somebody_typed(client: Client) -> None:
    client.get("/nowhere/460199196103089029")
    assert "460199196103089029" not in client.get("/metrics").content.decode()


def test_a_request_gets_a_number_and_keeps_a_well_formed_one(client: Client) -> None:
    assert UUID(client.get("/healthz")["X-Request-Id"]).version == 7
    assert client.get("/healthz", headers={"X-Request-Id": "proxy-0123456789"})["X-Request-Id"] == "proxy-0123456789"


@pytest.mark.parametrize("given", ["short", "a" * 65, "with space in it", "semi;colon;semi"])
def test_a_malformed_number_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"] != given


def test_only_reading_is_answered(client: Client) -> None:
    assert client.post("/healthz").status_code in {403, 405}
