"""Wiring of the identity engine."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Registers the kind `duty`, the permission checker of acts, and the samples of the organisation."""

    name = "yiwang.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.acts.registry import set_permission_checker
        from yiwang.identity import checks, samples, subscribers
        from yiwang.identity.declarations import DutyKind
        from yiwang.identity.events import FIELDS
        from yiwang.identity.queries import decide
        from yiwang.identity.registry import register_kept, register_remarks
        from yiwang.identity.services import (
            system_end_asked_duties,
            system_end_emergencies,
            system_end_left_behind,
            system_end_old_sessions,
            system_forget_attempts,
            system_forget_certificate_challenges,
            system_forget_challenges,
            system_forget_sign_ons,
            system_forget_ways,
            system_mark_all,
            system_rescue_notices,
            system_rescue_supplies,
            system_tend_reviews,
            system_tend_token_keys,
        )
        from yiwang.identity.services.keepers.reorganising import (
            Keepers,
            KeptOfficers,
            Receivers,
            keepers_that_lose_units,
        )
        from yiwang.identity.services.reorganising import Clients, Posts, Units
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.outbox.registry import declare_event

        register_kind(DutyKind())
        register_kept(Units(), Posts(), Clients(), Keepers(), KeptOfficers(), Receivers())
        register_remarks(keepers_that_lose_units)
        set_permission_checker(decide)
        register_periodic("identity.forget-attempts", timedelta(hours=1), system_forget_attempts)
        register_periodic("identity.end-old-sessions", timedelta(hours=1), system_end_old_sessions)
        register_periodic("identity.forget-challenges", timedelta(hours=1), system_forget_challenges)
        register_periodic(
            "identity.forget-certificate-challenges", timedelta(hours=1), system_forget_certificate_challenges
        )
        register_periodic("identity.end-left-behind", timedelta(minutes=1), system_end_left_behind)
        register_periodic("identity.end-asked-duties", timedelta(minutes=1), system_end_asked_duties)
        register_periodic("identity.end-emergencies", timedelta(minutes=1), system_end_emergencies)
        register_periodic("identity.rescue-notices", timedelta(minutes=1), system_rescue_notices)
        register_periodic("identity.forget-sign-ons", timedelta(hours=1), system_forget_sign_ons)
        register_periodic("identity.forget-ways", timedelta(hours=1), system_forget_ways)
        register_periodic("identity.tend-reviews", timedelta(minutes=1), system_tend_reviews)
        register_periodic("identity.tend-token-keys", timedelta(hours=1), system_tend_token_keys)
        register_periodic("identity.mark-supplies", timedelta(hours=1), system_mark_all)
        register_periodic("identity.rescue-supplies", timedelta(minutes=1), system_rescue_supplies)
        for type, fields in FIELDS.items():
            declare_event(type, fields)
        checks.register_with_doctor()
        samples.register()
        subscribers.register()
