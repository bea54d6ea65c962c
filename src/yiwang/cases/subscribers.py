"""What cases hear: events that begin cases of items, and the end of those that looked into a discrepancy or are part of an application."""

from __future__ import annotations

from yiwang.cases.events import CASE_ENDED
from yiwang.cases.services.following import system_follow_ended
from yiwang.cases.services.granting import system_refuse_ended
from yiwang.cases.services.settling import system_let_go_of_ended
from yiwang.cases.services.starting import system_take_event, types_that_matter
from yiwang.outbox.registry import subscribe

__all__ = ["register"]


def register() -> None:
    """Begin to hear. Called once, in `AppConfig.ready`."""
    subscribe("cases.beginning", types_that_matter, system_take_event)
    subscribe("cases.bundles", [CASE_ENDED], system_follow_ended)
    subscribe("cases.settling", [CASE_ENDED], system_let_go_of_ended)
    subscribe("cases.granting", [CASE_ENDED], system_refuse_ended)
