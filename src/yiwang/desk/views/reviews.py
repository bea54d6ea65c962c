"""Reviews of rights 权限复核: opening one, answering what waits, how far it has come, and the report that prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.desk.views.organisation import LEVELS, LONGEST, MOST_CHOICES, Shown, day_or_none, in_words, uuid_or_none
from yiwang.desk.views.seats import KINDS
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values import AssignmentKind
from yiwang.identity.values.reviews import Answer, Answered, Outcome, ReviewLineView, ReviewView, Unanswered
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, msgid, problem
from yiwang.kernel.texts import civil_day
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

OUTCOMES = {
    Outcome.WAITS: gettext_noop("waits for an answer"),
    Outcome.KEPT: gettext_noop("kept"),
    Outcome.ENDED: gettext_noop("ended"),
    Outcome.ASKED: gettext_noop("to be ended by the administrators"),
    Outcome.GONE: gettext_noop("ended or changed elsewhere"),
    Outcome.CHANGED: gettext_noop("duties changed meanwhile"),
    Outcome.UNANSWERED: gettext_noop("nobody answered"),
    Outcome.LAPSED: gettext_noop("ended, as nobody answered"),
}
CITY = "city"
IN_A_REPORT = 1_000
"""Lines that a report prints; a longer one says how many there are, and its lines stand on the pages of the review."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a page shows it. name: of the officer, empty where the reader may not know it.  kind: empty for who holds it regularly.

    duties: what the post was there to do, with what that may.
    """

    of: ReviewLineView
    name: str
    kind: str
    duties: tuple[Shown, ...]
    state: str


@require_safe
@for_post
def review_list(request: FaceRequest) -> HttpResponse:
    """What is being reviewed, and what was."""
    found = queries.reviews(request.actor)
    context = {
        "pending": [one for one in found if one.closed_at is None],
        "past": [one for one in found if one.closed_at is not None],
        "may_open": queries.why(request.actor, "review.open").allowed,
        "sees_all": queries.why(request.actor, "review.read").allowed,
    }
    return page(request, "desk/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def open_one(request: FaceRequest) -> HttpResponseBase:
    """Say of which unit, why, until when, and what becomes of what nobody answers."""
    queries.require(request.actor, "review.open")
    if request.method != "POST":
        return _form(request)
    sent = request.POST
    chosen = sent.get("unit", "")
    unit_id = uuid_or_none(chosen)
    faults = []
    if unit_id is None and chosen != CITY:
        faults.append(FieldFault("unit", "required", msgid("Choose the whole city or one of its units.")))
    if sent.get("unanswered", "") not in list(Unanswered):
        faults.append(FieldFault("unanswered", "required", msgid("Choose one.")))
    try:
        if faults:
            raise Invalid(faults=faults)
        what = Unanswered(sent["unanswered"])
        made = services.open_review(
            request.actor, unit_id, sent.get("why", ""), day_or_none(sent.get("last_day", "")), what
        )
    except (Invalid, services.ReviewStands) as fault:
        return _form(request, fault)
    messages.success(request, _("The review is open. Those who lead have been told."))
    return HttpResponseRedirect(f"/desk/reviews/{made}/", status=303)


@require_safe
@for_post
def review(request: FaceRequest, review_id: UUID) -> HttpResponse:
    """How far it has come, who has not answered, and every line."""
    found = queries.review(request.actor, review_id)
    asked = request.GET.get("outcome", "")
    outcome = Outcome(asked) if asked in list(Outcome) else None
    listed = queries.review_lines(request.actor, review_id, outcome, request.GET.get("cursor", ""))
    context = {
        "one": found.review,
        "waiting": found.waiting,
        "counts": _counts(found.review),
        "outcome": outcome,
        "lines": _shown(request, listed.lines),
        "next": listed.next_cursor,
        "keep": urlencode({"outcome": outcome}) if outcome else "",
        "may_end": queries.why(request.actor, "assignment.end").allowed,
        "lists_officers": queries.why(request.actor, "officer.list").allowed,
    }
    return page(request, "desk/review.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def answer(request: FaceRequest, review_id: UUID) -> HttpResponseBase:
    """Keep or end what is ticked, each line for itself; what stood against one is told, and the others are done."""
    if request.method != "POST":
        return _answering(request, review_id)
    sent = request.POST
    said = sent.get("answer", "")
    ticked = [id for one in sent.getlist("line") if (id := uuid_or_none(one)) is not None]
    if said not in list(Answer):
        return _answering(request, review_id)
    try:
        told = services.answer_lines(request.actor, review_id, ticked, Answer(said), sent.get("why", ""))
    except Invalid as invalid:
        return _answering(request, review_id, invalid)
    _tell(request, told)
    return HttpResponseRedirect(f"/desk/reviews/{review_id}/answer/", status=303)


@require_POST
@for_post
def close(request: FaceRequest, review_id: UUID) -> HttpResponseBase:
    """Close it before its last day."""
    services.close_review(request.actor, review_id)
    messages.success(request, _("The review is closed. What nobody answered stands in its report."))
    return HttpResponseRedirect(f"/desk/reviews/{review_id}/", status=303)


@require_safe
@for_post
def report(request: FaceRequest, review_id: UUID) -> HttpResponse:
    """What came of it, to be printed."""
    found = queries.review(request.actor, review_id)
    listed = queries.review_lines(request.actor, review_id, limit=IN_A_REPORT)
    context = {
        "one": found.review,
        "counts": _counts(found.review),
        "lines": _shown(request, listed.lines),
        "shown": len(listed.lines),
        "is_cut": bool(listed.next_cursor),
    }
    return page(request, "desk/review_report.html", context)


def _answering(request: FaceRequest, review_id: UUID, invalid: Invalid | None = None) -> HttpResponse:
    listed = queries.lines_to_answer(request.actor, review_id, request.GET.get("cursor", ""))
    one = next((one for one in queries.reviews(request.actor) if one.id == review_id), None)
    faults = [_at_field(each) for each in invalid.faults] if invalid else []
    typed = request.POST.get("why", "")
    reason = Entry(
        "why", _("Why it is to end"), typed, _("Only for what is to end. It stands in the report."), longest=200
    )
    entries, summary = with_faults([reason], faults)
    context = {
        "one": one,
        "lines": _shown(request, listed.lines),
        "next": listed.next_cursor,
        "ticked": set(request.POST.getlist("line")) if invalid else set(),
        "entries": entries,
        "summary": summary,
        "sees_all": queries.why(request.actor, "review.read").allowed,
        "lists_officers": queries.why(request.actor, "officer.list").allowed,
    }
    return page(request, "desk/review_answer.html", context, invalid.status if invalid else 200)


def _tell(request: FaceRequest, told: Iterable[Answered]) -> None:
    """What became of each kind, and each fault that stood against one."""
    numbers: dict[Outcome, int] = {}
    faults: dict[str, int] = {}
    for one in told:
        if one.outcome is not None:
            numbers[one.outcome] = numbers.get(one.outcome, 0) + 1
        elif one.fault is not None:
            shown = problem(one.fault, translate=_)
            words = f"{shown['detail'] or shown['title']} {shown['next_step']}".strip()
            faults[words] = faults.get(words, 0) + 1
    if number := numbers.get(Outcome.KEPT):
        messages.success(request, ngettext("{n} line kept.", "{n} lines kept.", number).format(n=number))
    if number := numbers.get(Outcome.ENDED):
        said = ngettext("{n} assignment ended at once.", "{n} assignments ended at once.", number)
        messages.success(request, said.format(n=number))
    if number := numbers.get(Outcome.ASKED):
        said = ngettext(
            "{n} is an administrator's post: the security administrator ends it with the consent of another.",
            "{n} are administrators' posts: the security administrator ends them with the consent of another.",
            number,
        )
        messages.success(request, said.format(n=number))
    for words, number in faults.items():
        said = ngettext("{n} line was not answered: {why}", "{n} lines were not answered: {why}", number)
        messages.warning(request, said.format(n=number, why=words))


def _shown(request: FaceRequest, lines: Iterable[ReviewLineView]) -> list[Line]:
    listed = list(lines)
    persons = {one.account.subject_id for one in listed if one.account.subject_id is not None}
    names: Mapping[UUID, str] = records.officer_names(request.actor, list(persons))
    known = queries.duties()
    words = {id: in_words(known[id], request.language) for one in listed for id in one.duties if id in known}
    return [
        Line(
            one,
            names.get(one.account.subject_id, "") if one.account.subject_id else "",
            "" if one.kind is AssignmentKind.REGULAR else _(KINDS[one.kind]),
            tuple(words[id] for id in one.duties if id in words),
            _(OUTCOMES[one.outcome]),
        )
        for one in listed
    ]


def _counts(one: ReviewView) -> list[tuple[str, str, int]]:
    """Outcome, its words, and how many, for those that there are."""
    return [(str(each), _(said), one.counts[each]) for each, said in OUTCOMES.items() if one.counts.get(each)]


def _form(request: FaceRequest, fault: Invalid | Conflict | None = None) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:LONGEST]
    units = [
        one.unit for one in queries.browse_units(request.actor, uuid_or_none(request.GET.get("unit", "")), text).rows
    ]
    chosen = request.POST.get("unit", "")
    options = (
        (CITY, _("The whole city"), ""),
        *((str(one.id), one.title, _(LEVELS[one.level])) for one in units[:MOST_CHOICES]),
    )
    first = queries.first_last_day()
    what = (
        ("report", _("It is reported"), _("to the security and the audit administrator; the post stays as it is")),
        ("end", _("It ends"), _("and the rights go with it; posts of the three administrators are only reported")),
    )
    entries = [
        Entry("unit", _("Whose rights"), kind="radios", options=options, chosen=frozenset({chosen})),
        Entry("why", _("Why"), request.POST.get("why", ""), _("Those who answer read it."), "lines", longest=200),
        Entry(
            "last_day",
            _("Last day for answers"),
            request.POST.get("last_day", ""),
            _("A working day, {first} at the earliest.").format(first=civil_day(first, request.language)),
            "date",
            short=True,
        ),
        Entry(
            "unanswered",
            _("What nobody answers until then"),
            kind="radios",
            options=what,
            chosen=frozenset({request.POST.get("unanswered", "report")}),
        ),
    ]
    faults = [_at_field(one) for one in fault.faults] if fault else []
    entries, summary = with_faults(entries, faults)
    refused = {"title": _(fault.title), "next_step": _(fault.next_step)} if isinstance(fault, Conflict) else None
    context: dict[str, Any] = {"entries": entries, "summary": summary, "refused": refused, "text": text}
    context["too_many"] = len(units) > MOST_CHOICES
    return page(request, "desk/review_form.html", context, fault.status if fault else 200)


FIELDS = {"reason": "why", "unit_id": "unit"}
"""What the service calls a field, and the form."""


def _at_field(fault: FieldFault) -> FieldFault:
    return FieldFault(FIELDS.get(fault.pointer, fault.pointer), fault.code, fault.message, fault.params)
