"""Discrepancies as the source's unit, the reporters and the subject read them, and what is disputed of a subject.

A reading of both values is a reading of the fact: it names its purpose and is logged where the subject sees it. Lists show no values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.registry import element_types
from yiwang.catalog.values import Sensitivity
from yiwang.identity.queries import in_scope, unit_scope
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound, NotSignedIn, msgid
from yiwang.kernel.texts import civil_day, text
from yiwang.kernel.time import civil_date, now
from yiwang.records.models import OPEN, Comparison, Discrepancy, DiscrepancyEntry, DiscrepancyReport
from yiwang.records.queries.reading import READ_SENSITIVE, log_reading, require_purpose
from yiwang.records.queries.relation_kinds import relation
from yiwang.records.queries.relations import called
from yiwang.records.rules.links import Proposal, proposed_from
from yiwang.records.values import (
    DiscrepancyLine,
    DiscrepancyPage,
    DiscrepancyState,
    DiscrepancyView,
    DoubtCounts,
    Evidence,
    HistoryLine,
    ReporterView,
)

__all__ = [
    "discrepancies_of_case",
    "discrepancy",
    "doubt_counts",
    "list_discrepancies",
    "overseen_discrepancies",
    "titles_of",
    "visible_discrepancies",
]

READ = "discrepancy.read"
LARGEST_PAGE = 100


def visible_discrepancies(actor: Actor) -> QuerySet[Discrepancy]:
    """What exists for this actor: what is about him or his to take back; for a post, those of sources in its reach as well."""
    if actor.capacity is CapacityKind.SYSTEM:
        return Discrepancy.objects.all()
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    if actor.capacity is CapacityKind.SELF and actor.capacity_id is not None:
        return Discrepancy.objects.filter(_about(actor.capacity_id) | _reported_by(actor))
    if actor.capacity is not CapacityKind.POST:
        return Discrepancy.objects.none()
    return Discrepancy.objects.filter(in_scope(actor, READ) | _reported_by(actor))


def _about(subject_id: UUID) -> Q:
    """At either end, where a relation is doubted."""
    return Q(subject_id=subject_id) | Q(other_id=subject_id)


def _reported_by(actor: Actor) -> Q:
    return Q(Exists(DiscrepancyReport.objects.filter(discrepancy=OuterRef("pk"), reporter=_key(actor))))


def _key(actor: Actor) -> str:
    return f"{'post' if actor.capacity is CapacityKind.POST else 'subject'}:{actor.capacity_id}"


def list_discrepancies(
    actor: Actor, cursor: str = "", *, limit: int = 50, only: str = "open", subject_id: UUID | None = None
) -> DiscrepancyPage:
    """A page of discrepancies, newest first, without values. Five queries at most.

    only: open | ended | reported (by this actor) | "" for all.  Raises NotSignedIn, Invalid for a cursor that is not ours.
    """
    rows = visible_discrepancies(actor)
    if only in ("open", "ended"):
        rows = rows.filter(state__in=OPEN) if only == "open" else rows.exclude(state__in=OPEN)
    elif only == "reported":
        rows = rows.filter(_reported_by(actor))
    if subject_id is not None:
        rows = rows.filter(_about(subject_id))
    key, scope = str(settings.SECRET_KEY).encode(), f"discrepancies {actor.capacity_id} {only}"
    if cursor:
        rows = rows.filter(pk__lt=cursors.decode(cursor, key, scope=scope)[0])
    limit = max(1, min(limit, LARGEST_PAGE))
    found = list(_loaded(rows).order_by("-pk")[: limit + 1])
    shown = found[:limit]
    onward = cursors.encode([shown[-1].pk], key, scope=scope) if len(found) > limit else ""
    return DiscrepancyPage(tuple(_line(one) for one in shown), onward)


def overseen_discrepancies(actor: Actor) -> QuerySet[Discrepancy]:
    """Discrepancies at the sources of the units that the actor oversees, for counting. Two queries for the seat."""
    return Discrepancy.objects.filter(in_scope(actor, "board.read"))


def discrepancy(actor: Actor, discrepancy_id: UUID, *, purpose: str) -> DiscrepancyView:
    """One discrepancy with both values, and a note that they were read. At most twelve queries.

    Values of sensitive elements are covered as those of facts are: for a post without the grant `record.read-sensitive` for the source.
    Raises NotFound, Invalid for an unknown purpose, NotSignedIn.
    """
    require_purpose(purpose)
    with transaction.atomic():
        row = _loaded(visible_discrepancies(actor)).filter(pk=discrepancy_id).first()
        if row is None:
            raise NotFound(msgid("There is no such discrepancy."))
        for whose in _read_of(actor, row):
            log_reading(actor, whose, purpose, {row.resource: [row.element]}, current_release(), now())
        return _view(actor, row)


def _read_of(actor: Actor, row: Discrepancy) -> Iterable[UUID]:
    """Whose reading it is to look at both values: of a relation both ends', unless one of them looks at his own."""
    ends = [row.subject_id] if row.other_id is None else [row.subject_id, row.other_id]
    is_own = actor.capacity is CapacityKind.SELF and actor.capacity_id in ends
    return [one for one in ends if not is_own or one == actor.capacity_id]


def may_see_evidence(actor: Actor, discrepancy_id: UUID) -> bool:
    """Whether the actor answers for the source and so reads what every reporter shows. At most four queries."""
    if actor.capacity is not CapacityKind.POST:
        return False
    units = list(visible_discrepancies(actor).filter(pk=discrepancy_id).values_list("unit_id", flat=True))
    return any(unit_scope(actor, READ).covers(unit) for unit in units)


def discrepancies_of_case(actor: Actor, case_id: UUID, *, purpose: str) -> list[DiscrepancyView]:
    """What a case looks into, with both values; each is noted as read. Empty for a case that looks into none."""
    ids = list(visible_discrepancies(actor).filter(case_id=case_id).order_by("pk").values_list("pk", flat=True))
    return [discrepancy(actor, id, purpose=purpose) for id in ids]


def doubt_counts() -> dict[tuple[str, str], DoubtCounts]:
    """(resource, element) → open discrepancies and what the last comparisons said, for the catalogue. Two queries, no personal data."""
    opened = {
        (row["resource"], row["element"]): row["open"]
        for row in Discrepancy.objects.filter(state__in=OPEN).values("resource", "element").annotate(open=Count("pk"))
    }
    compared = {
        (row["source"], row["element"]): (row["compared_sum"], row["confirmed_sum"])
        for row in Comparison.objects.values("source", "element").annotate(
            compared_sum=Sum("compared"), confirmed_sum=Sum("confirmed")
        )
    }
    return {
        key: DoubtCounts(opened.get(key, 0), *compared.get(key, (0, 0)))
        for key in sorted(opened.keys() | compared.keys())
    }


# ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _loaded(rows: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
    reports = DiscrepancyReport.objects.select_related("unit", "post").order_by("reported_at", "id")
    history = DiscrepancyEntry.objects.select_related("unit", "post").order_by("position")
    return rows.select_related("unit").prefetch_related(Prefetch("reports", reports), Prefetch("history", history))


def _line(row: Discrepancy) -> DiscrepancyLine:
    language = get_language() or "zh-hans"
    last = civil_date(row.ended_at or now())
    element_title, resource_title = titles_of(row, language)
    return DiscrepancyLine(
        id=row.id,
        subject_id=row.subject_id,
        element=row.element,
        element_title=element_title,
        resource=row.resource,
        resource_title=resource_title,
        unit_title=row.unit.title if row.unit else "",
        state=DiscrepancyState(row.state),
        state_title=_state_title(row.state),
        reporters=tuple(dict.fromkeys(_who(one, row) for one in row.reports.all())),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        age_days=max(0, (last - civil_date(row.opened_at)).days),
        case_id=row.case_id,
        case_number=row.case_number,
        other_id=row.other_id,
    )


def titles_of(row: Discrepancy, language: str) -> tuple[str, str]:
    """What is doubted, and where it is recorded, for a reader of `language`."""
    with override(language):
        if row.other_id is not None:
            return relation(row.element, row.release).title_in(language), _("Relations on record")
        element, resource = catalog.element(row.element, row.release), catalog.resource(row.resource, row.release)
        return element.title_in(language), resource.title_in(language)


def _sensitivity(row: Discrepancy) -> Sensitivity:
    if row.other_id is not None:
        return relation(row.element, row.release).sensitivity
    return catalog.element(row.element, row.release).sensitivity


def _view(actor: Actor, row: Discrepancy) -> DiscrepancyView:
    is_post = actor.capacity is CapacityKind.POST
    covered = is_post and not unit_scope(actor, READ_SENSITIVE).covers(row.unit_id)
    masked = covered and _sensitivity(row) is Sensitivity.SENSITIVE
    answers = is_post and unit_scope(actor, READ).covers(row.unit_id)
    reports: Sequence[DiscrepancyReport] = list(row.reports.all())
    mine = [one for one in reports if one.reporter == _key(actor) and one.withdrawn_at is None]

    def shown(frozen: Any) -> str:
        if frozen is None:
            return ""
        if row.other_id is not None:
            return _link_shown(row, frozen, masked=masked)
        element = catalog.element(row.element, row.release)
        value = element_types[element.type].from_json(frozen)
        return catalog.shown(value, element, masked=masked, release=row.release)

    return DiscrepancyView(
        line=_line(row),
        doubted=shown(row.doubted),
        proposed=shown(row.proposed),
        masked=masked,
        reason=row.reason,
        reporters=tuple(_reporter(one, row, one.reporter == _key(actor), answers) for one in reports),
        history=tuple(_history_line(one) for one in row.history.all()),
        may_withdraw=bool(mine) and row.state in OPEN,
        may_see_case=is_post or actor.capacity_id != row.other_id,
    )


def _link_shown(row: Discrepancy, kept: Mapping[str, Any], *, masked: bool) -> str:
    """A link for people: who is what, since when and until when. Covered, it says no more than the days."""
    link: Proposal = proposed_from(kept)
    if link is None:
        return _("It was never so")
    language = get_language() or "zh-hans"
    view = relation(row.element, row.release)
    days = _("since {day}").format(day=civil_day(link.valid_from, language))
    if link.valid_to is not None:
        last_day = link.valid_to - timedelta(days=1)
        days = _("{since}, up to and including {day}").format(since=days, day=civil_day(last_day, language))
    if masked:
        return days
    ends = [(view.start, link.from_id), (view.end, link.to_id)]
    who = [f"{role.title_in(language)} {called(id, row.release)}" for role, id in ends]
    return _("{one} and {other}, {days}").format(one=who[0], other=who[1], days=days)


def _reporter(one: DiscrepancyReport, row: Discrepancy, own: bool, answers: bool) -> ReporterView:
    kept = one.evidence
    evidence = Evidence(
        kept.get("text", ""), tuple(UUID(one) for one in kept.get("files", ())), kept.get("case_number", "")
    )
    kind = "unit" if one.resource else "officer" if one.post_id else "subject"
    return ReporterView(
        kind, _who(one, row), own, one.reported_at, one.withdrawn_at is None, evidence if own or answers else None
    )


def _who(one: DiscrepancyReport, row: Discrepancy) -> str:
    """Who doubts, for people: a unit by its resource, an officer by his post, the person himself without his name."""
    if one.resource:
        found = catalog.list_resources().get(one.resource)
        resource = text(found.title) if found else one.resource
        return (
            _("{unit}, by comparison with “{resource}”").format(unit=one.unit.title, resource=resource)
            if one.unit
            else resource
        )
    if one.post:
        return " ".join(part for part in (one.unit.title if one.unit else "", one.post.title) if part)
    return _("The person concerned") if row.other_id is None else _("One of the two")


def _state_title(state: str) -> str:
    return {
        DiscrepancyState.REPORTED: _("Reported"),
        DiscrepancyState.ACCEPTED: _("Being looked into"),
        DiscrepancyState.CONFIRMED: _("The record is right"),
        DiscrepancyState.CORRECTED: _("Corrected"),
        DiscrepancyState.REJECTED: _("Not looked into"),
        DiscrepancyState.WITHDRAWN: _("Withdrawn"),
    }[DiscrepancyState(state)]


def _history_line(one: DiscrepancyEntry) -> HistoryLine:
    who = " ".join(part for part in (one.unit.title if one.unit else "", one.post.title if one.post else "") if part)
    sentences = {
        "opened": _("The doubt was reported."),
        "joined": _("Somebody else reported the same."),
        "left": _("A reporter took back what he had said."),
        "seen-no-more": _("The verifying register no longer says otherwise."),
        "fact-changed": _("The record changed meanwhile, and still says something else."),
        "accepted": _("The unit that keeps the record is looking into it."),
        "confirmed": _("The unit confirmed what the record says."),
        "corrected": _("The record was corrected. What it said before stays in its history."),
        "rejected": _("The unit did not look into it."),
        "withdrawn": _("Nobody doubts it any more."),
    }
    return HistoryLine(one.at, one.code, sentences.get(one.code, one.code), who, one.reason)
