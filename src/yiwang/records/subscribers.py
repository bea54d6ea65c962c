"""What records hear: that somebody holds other posts than before, which is published at once."""

from __future__ import annotations

from uuid import UUID

from yiwang.identity.events import ACCOUNT_CLOSED, ACCOUNT_REOPENED, ASSIGNMENT_ENDED, ASSIGNMENT_MADE
from yiwang.identity.queries import system_account
from yiwang.outbox.registry import subscribe
from yiwang.outbox.values import DeliveredEvent
from yiwang.records.services import system_publish

__all__ = ["register"]

HELD = "identity.posts-held"


def register() -> None:
    """Begin to hear. Called once, in `AppConfig.ready`."""
    heard = [ASSIGNMENT_MADE, ASSIGNMENT_ENDED, ACCOUNT_CLOSED, ACCOUNT_REOPENED]
    subscribe("records.publishing", heard, system_hear_of_seat)


def system_hear_of_seat(event: DeliveredEvent) -> None:
    """Publish which posts the person holds now."""
    account = system_account(UUID(str(event.data.get("account_id") or event.subject)))
    if account.subject_id is not None:
        system_publish(HELD, {account.subject_id})
