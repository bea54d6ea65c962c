"""Wiring of supervision."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    """Rules of supervision, and the alerts that they fire."""

    name = "yiwang.supervision"
    label = "supervision"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.cases.events import CASE_CLOCK_CHANGED, CASE_CLOCK_STARTED, CASE_CLOCK_STOPPED
        from yiwang.identity.registry import describe_actions
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.health import register_check
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.messaging.registry import register_placeholders
        from yiwang.outbox.registry import subscribe
        from yiwang.supervision.checks import stuck_watchings
        from yiwang.supervision.declarations import WatchKind
        from yiwang.supervision.services import system_tick
        from yiwang.supervision.services.firing import PLACEHOLDERS
        from yiwang.supervision.subscribers import hear_clock

        register_kind(WatchKind())
        register_placeholders(PLACEHOLDERS)
        subscribe("supervision.clocks", [CASE_CLOCK_STARTED, CASE_CLOCK_CHANGED, CASE_CLOCK_STOPPED], hear_clock)
        register_periodic("supervision.tick", timedelta(seconds=15), system_tick)
        register_check("stuck-watchings", stuck_watchings)
        describe_actions(
            {
                "alert.read": msgid("See alerts"),
                "alert.explain": msgid("Explain alerts"),
                "alert.close": msgid("Close alerts"),
                "alert.withdraw": msgid("Withdraw alerts"),
            }
        )
