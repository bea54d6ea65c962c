"""Wiring of cases."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Items, forms, the BPMN runtime, tasks and their actions."""

    name = "yiwang.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.cases import events, services, subscribers
        from yiwang.cases import jobs as jobs  # registers the jobs
        from yiwang.cases.checks import stuck_cases
        from yiwang.cases.declarations import (
            BundleKind,
            CalendarKind,
            FormKind,
            ItemKind,
            LifeEventKind,
            LimitKind,
            NumberingKind,
            PauseKind,
            ProcessKind,
            SynonymsKind,
            ThemeKind,
            check_certificate,
            check_identifiers,
            check_numbers,
            check_relates,
            check_working_days,
            check_writes,
        )
        from yiwang.cases.queries.bundles import named_by, title_of
        from yiwang.cases.queries.calendars import city_calendar
        from yiwang.cases.queries.known import matters_of
        from yiwang.cases.queries.needed import tasks_of_post, work_of_unit
        from yiwang.cases.queries.tasks import RETRY
        from yiwang.cases.queries.visibility import sees_case
        from yiwang.cases.registry import register_action, register_parameter_type
        from yiwang.cases.services import granting, settling
        from yiwang.cases.services.bringing import give_identifiers, make_numbers
        from yiwang.cases.services.certifying import issue_certificate, revoke_certificate
        from yiwang.cases.services.emergency import KIND, OpenedCases
        from yiwang.cases.services.recounting import recount_placed
        from yiwang.cases.services.reorganising import Cases, Tasks
        from yiwang.cases.services.writing import relate, write_records
        from yiwang.cases.values import FILE_OWNER
        from yiwang.documents.registry import register_file_owner
        from yiwang.identity.registry import (
            describe_actions,
            register_administrative_action,
            register_emergency,
            register_kept,
            register_mandated_actions,
            register_need,
            register_placed,
            set_calendar,
            set_matters,
        )
        from yiwang.identity.values import Administrator
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.health import register_check
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.outbox.registry import declare_event
        from yiwang.records.registry import set_standing_agreements

        for kind in (
            CalendarKind(),
            PauseKind(),
            NumberingKind(),
            LimitKind(),
            FormKind(),
            ProcessKind(),
            ItemKind(),
            BundleKind(),
        ):
            register_kind(kind)
        register_kind(LifeEventKind())
        register_kind(ThemeKind())
        register_kind(SynonymsKind())
        register_parameter_type("certificate", check_certificate)
        set_standing_agreements(named_by, title_of)
        register_parameter_type("writes", check_writes)
        register_parameter_type("relates", check_relates)
        register_parameter_type("numbers", check_numbers)
        register_parameter_type("identifiers", check_identifiers)
        register_parameter_type("working-days", check_working_days)
        register_action("records.write", write_records, "inside", {"writes": "writes"})
        register_action("relate", relate, "inside", {"relates": "relates"})
        register_action("number", make_numbers, "inside", {"numbers": "numbers"})
        register_action("identifier.give", give_identifiers, "inside", {"identifiers": "identifiers"})
        register_action("certificate.issue", issue_certificate, "outside", {"certificate": "certificate"})
        register_action("certificate.revoke", revoke_certificate, "inside", {"certificate": "certificate"})
        register_action("duty-request.grant", granting.grant, "inside")
        register_action("duty-request.refuse", granting.refuse, "inside")
        for name in ("accept", "confirm", "correct", "reject"):
            register_action(f"discrepancy.{name}", getattr(settling, name), "inside")
        subscribers.register()
        for type, fields in events.FIELDS.items():
            declare_event(type, fields)
        register_periodic("cases.assign-waiting", timedelta(minutes=1), services.system_assign_waiting)
        register_periodic("cases.bring-after", timedelta(minutes=1), services.system_bring_after)
        register_periodic("cases.rescue-actions", timedelta(minutes=1), services.system_rescue_actions)
        register_periodic("cases.deem-missed", timedelta(minutes=1), services.system_deem_missed)
        register_periodic("cases.discard-old-drafts", timedelta(hours=1), services.system_discard_old_drafts)
        register_check("stuck-cases", stuck_cases)
        register_administrative_action(RETRY, Administrator.SYSTEM)
        register_administrative_action("emergency.read-case", Administrator.SYSTEM, Administrator.SECURITY)
        register_emergency(KIND, OpenedCases())
        register_file_owner(FILE_OWNER, sees_case)
        register_kept(Cases(), Tasks())
        set_matters(matters_of)
        set_calendar(city_calendar)
        register_mandated_actions("case.submit", "case.withdraw", "task.answer", "draft.save", "draft.discard")
        register_need("unit", work_of_unit)
        register_placed(recount_placed)
        register_need("post", tasks_of_post)
        describe_actions(
            {
                "case.read": msgid("Read cases"),
                "emergency.read-case": msgid("Read a case that was opened in an emergency"),
                "case.cancel": msgid("Cancel cases"),
                "case.submit": msgid("Apply on behalf of citizens"),
                "task.decide": msgid("Handle and decide tasks"),
                "clock.extend": msgid("Extend time limits"),
                "action.retry": msgid("Try failed actions again"),
                "board.read": msgid("See the board of numbers"),
            }
        )
