"""Records: tables generated from resources, facts with their source, the read log, discrepancies."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "yiwang.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.catalog.registry import set_resource_tables
        from yiwang.identity.queries.published import BODY_COLUMNS, HELD_COLUMNS, public_bodies, who_holds_posts
        from yiwang.identity.registry import describe_actions, register_claims, register_kept, set_principals
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.outbox.registry import declare_event
        from yiwang.records import checks, samples, subscribers
        from yiwang.records.declarations import GeneratedTables, RelationKind
        from yiwang.records.events import DISCREPANCY_ENDED, DISCREPANCY_FIELDS, DISCREPANCY_OPENED, ENDED_FIELDS
        from yiwang.records.jobs import defer_comparison, defer_publishing
        from yiwang.records.queries import make_months_ahead
        from yiwang.records.queries.names import name_claim
        from yiwang.records.queries.representing import ByRegister
        from yiwang.records.registry import Publication, register_publication
        from yiwang.records.services.reorganising import Doubts

        set_resource_tables(GeneratedTables())
        register_kind(RelationKind())
        register_kept(Doubts())
        register_claims(name_claim)
        set_principals(ByRegister())
        checks.register_with_doctor()
        samples.register()
        register_periodic("records.read-log-ahead", timedelta(hours=1), make_months_ahead)
        register_periodic("records.compare", timedelta(days=1), defer_comparison)
        register_publication(Publication("identity.public-bodies", BODY_COLUMNS, public_bodies))
        register_publication(Publication(subscribers.HELD, HELD_COLUMNS, who_holds_posts))
        register_periodic("records.publish", timedelta(minutes=10), defer_publishing)
        subscribers.register()
        declare_event(DISCREPANCY_OPENED, DISCREPANCY_FIELDS)
        declare_event(DISCREPANCY_ENDED, ENDED_FIELDS)
        describe_actions(
            {
                "record.read": msgid("Read facts and records"),
                "record.read-sensitive": msgid("Read sensitive values in full"),
                "record.write": msgid("Write records"),
                "record.correct": msgid("Correct records"),
                "record.retract": msgid("Retract records"),
                "relation.write": msgid("Record relations"),
                "relation.correct": msgid("Correct relations"),
                "relation.retract": msgid("Retract relations"),
                "subject.find": msgid("Find subjects by their identifiers"),
                "discrepancy.confirm": msgid("Confirm doubted values"),
                "discrepancy.correct": msgid("Correct doubted values"),
                "discrepancy.read": msgid("See discrepancies"),
                "discrepancy.reject": msgid("Reject doubts"),
                "discrepancy.report": msgid("Report discrepancies"),
                "discrepancy.withdraw": msgid("Withdraw reports of discrepancies"),
            }
        )
