"""Wiring of content."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Articles that the city publishes, pages of its portal, and their moderation."""

    name = "yiwang.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.content import events, samples
        from yiwang.content.services import system_keep_timetable
        from yiwang.identity.registry import describe_actions
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.periodic import register_periodic
        from yiwang.outbox.registry import declare_event

        for type, fields in events.FIELDS.items():
            declare_event(type, fields)
        samples.register()
        register_periodic("content.timetable", timedelta(minutes=1), system_keep_timetable)
        describe_actions(
            {
                "article.publish": msgid("Publish news and notices"),
                "article.read": msgid("See drafts of news and notices"),
                "article.send-back": msgid("Send news and notices back"),
                "article.submit": msgid("Submit news and notices for publication"),
                "article.withdraw": msgid("Withdraw news and notices"),
                "article.write": msgid("Write news and notices"),
                "page.publish": msgid("Publish pages of the portal"),
                "page.read": msgid("See drafts of pages of the portal"),
                "page.write": msgid("Write pages of the portal"),
            }
        )
