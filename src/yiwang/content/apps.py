"""Wiring of content."""

from __future__ import annotations

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Articles that the city publishes, and their moderation."""

    name = "yiwang.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.content import events
        from yiwang.identity.registry import describe_actions
        from yiwang.kernel.errors import msgid
        from yiwang.outbox.registry import declare_event

        for type, fields in events.FIELDS.items():
            declare_event(type, fields)
        describe_actions(
            {
                "article.publish": msgid("Publish news and notices"),
                "article.read": msgid("See drafts of news and notices"),
                "article.send-back": msgid("Send news and notices back"),
                "article.submit": msgid("Submit news and notices for publication"),
                "article.withdraw": msgid("Withdraw news and notices"),
                "article.write": msgid("Write news and notices"),
            }
        )
