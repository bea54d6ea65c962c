"""What messaging hears: the events on which packs declare a message, and its own messages, which go out by mail as well."""

from __future__ import annotations

from yiwang.messaging.events import MESSAGE_SENT
from yiwang.messaging.services import system_post, system_tell, types_that_are_told
from yiwang.outbox.registry import subscribe

__all__ = ["register"]


def register() -> None:
    """Begin to hear. Called once, in `AppConfig.ready`."""
    subscribe("messaging.events", types_that_are_told, system_tell)
    subscribe("messaging.mail", [MESSAGE_SENT], system_post)
