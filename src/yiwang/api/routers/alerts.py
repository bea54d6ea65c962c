"""Alerts of supervision."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.supervision import queries, services
from yiwang.supervision.values import AlertFilter, AlertPage, AlertView

router = Router(tags=["supervision"], auth=SignedIn())


class Words(Schema):
    """What is said about an alert; it stays on record."""

    reason: str


@router.get("/alerts", response=AlertPage, operation_id="list_alerts")
def list_alerts(
    request: HttpRequest,
    cursor: str = "",
    level: Literal["", "warning", "yellow", "red"] = "",
    state: Literal["", "open", "explained", "closed", "withdrawn"] = "",
    unit_id: UUID | None = None,
    item: str = "",
    limit: int = 50,
) -> AlertPage:
    """Alerts of the units that this post supervises, the latest first, with counts of those not dealt with."""
    wanted = AlertFilter(level, state, unit_id, item)
    return queries.list_alerts(actor_of(request), wanted, cursor, limit, language_of(request))


@router.get("/alerts/{alert_id}", response=AlertView, operation_id="get_alert")
def get_alert(request: HttpRequest, alert_id: UUID) -> AlertView:
    """One alert: which rule, which law, which arithmetic, and what was said."""
    return queries.alert(actor_of(request), alert_id, language_of(request))


@router.post("/alerts/{alert_id}/explanation", response=AlertView, operation_id="explain_alert")
def explain_alert(request: HttpRequest, alert_id: UUID, given: Words) -> AlertView:
    """Say for the unit why."""
    return services.explain(actor_of(request), alert_id, given.reason, language=language_of(request))


@router.post("/alerts/{alert_id}/closing", response=AlertView, operation_id="close_alert")
def close_alert(request: HttpRequest, alert_id: UUID, given: Words) -> AlertView:
    """Note as the supervisor how it was dealt with."""
    return services.close(actor_of(request), alert_id, given.reason, language=language_of(request))


@router.post("/alerts/{alert_id}/withdrawal", response=AlertView, operation_id="withdraw_alert")
def withdraw_alert(request: HttpRequest, alert_id: UUID, given: Words) -> AlertView:
    """Take a wrong alert back as the supervisor."""
    return services.withdraw(actor_of(request), alert_id, given.reason, language=language_of(request))
