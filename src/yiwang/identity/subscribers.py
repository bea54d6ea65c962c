"""What identity hears: news of its own seats and accounts, of which other systems are to be told."""

from __future__ import annotations

from uuid import UUID

from yiwang.identity.events import ACCOUNT_CLOSED, ACCOUNT_REOPENED, ASSIGNMENT_ENDED, ASSIGNMENT_MADE
from yiwang.identity.services import system_mark_account
from yiwang.outbox.registry import subscribe
from yiwang.outbox.values import DeliveredEvent

__all__ = ["register"]


def register() -> None:
    """Begin to hear. Called once, in `AppConfig.ready`."""
    subscribe(
        "identity.supplies", [ASSIGNMENT_MADE, ASSIGNMENT_ENDED, ACCOUNT_CLOSED, ACCOUNT_REOPENED], system_hear_of_seat
    )


def system_hear_of_seat(event: DeliveredEvent) -> None:
    """Have receivers told of the account that an event is about."""
    system_mark_account(UUID(str(event.data.get("account_id") or event.subject)))
