"""Wiring of messaging."""

from __future__ import annotations

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """In-system messages, and the action `notify` of processes."""

    name = "yiwang.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.cases.registry import register_action
        from yiwang.kernel.kinds import register_kind
        from yiwang.messaging import subscribers
        from yiwang.messaging.declarations import MessageKind
        from yiwang.messaging.events import MESSAGE_SENT
        from yiwang.messaging.services import notify
        from yiwang.outbox.registry import declare_event

        register_kind(MessageKind())
        register_action("notify", notify, "outside", {"message": "message"})
        declare_event(MESSAGE_SENT, ["case_id"])
        subscribers.register()
