"""Wiring of messaging."""

from __future__ import annotations

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """In-system messages, letters that carry them by e-mail, and the action `notify` of processes."""

    name = "yiwang.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datetime import timedelta

        from yiwang.cases.registry import register_action
        from yiwang.kernel.health import register_check
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.messaging import jobs as jobs  # registers the jobs
        from yiwang.messaging import subscribers
        from yiwang.messaging.checks import mail_goes_out
        from yiwang.messaging.declarations import MessageKind
        from yiwang.messaging.events import MESSAGE_SENT
        from yiwang.messaging.registry import send_mail_by
        from yiwang.messaging.services import notify, system_rescue_deliveries
        from yiwang.outbox.registry import declare_event
        from yiwang.settings import configuration

        send_mail_by(lambda: configuration().smtp_url, lambda: configuration().public_url)
        register_kind(MessageKind())
        register_check("mail", mail_goes_out)
        register_periodic("messaging.rescue-letters", timedelta(minutes=1), system_rescue_deliveries)
        register_action("notify", notify, "outside", {"message": "message"})
        declare_event(MESSAGE_SENT, ["case_id"])
        subscribers.register()
