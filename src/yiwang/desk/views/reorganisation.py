"""Reorganisation: choose what becomes of a unit, look at what would move, do it; look at what was done, and undo it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.desk.views.organisation import (
    LEVELS,
    LONGEST,
    MOST_CHOICES,
    new_unit_entries,
    typed_in,
    typed_new_unit,
    uuid_or_none,
)
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry
from yiwang.identity import queries, services
from yiwang.identity.values import (
    Abolish,
    KeptLine,
    Merge,
    NewUnit,
    Plan,
    PostLine,
    ReorganisationPreview,
    Split,
    UnitPage,
)
from yiwang.kernel.errors import Conflict, Fault, FieldFault, Invalid, format_message, msgid
from yiwang.places import queries as places

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

REORGANISE = "organisation.reorganise"
WHAT = {
    "merge": gettext_noop("Merged"),
    "split": gettext_noop("Split"),
    "abolish": gettext_noop("Abolished"),
    "undo": gettext_noop("Reorganisation undone"),
}
CHOICES = (
    (
        "merge",
        gettext_noop("Merge into another unit"),
        gettext_noop("All it has goes to the other unit, and it ends today."),
    ),
    (
        "split",
        gettext_noop("Split a new unit off"),
        gettext_noop("The new unit stands beside this one. Open work goes with the posts and areas."),
    ),
    (
        "abolish",
        gettext_noop("Abolish the unit"),
        gettext_noop("Its successor takes all it has, and it ends today."),
    ),
    ("rename", gettext_noop("Rename the unit"), gettext_noop("Nothing moves; the old name stays in its history.")),
)
"""Address, title, and what it means."""
MOST_LISTED = 200
PAGES = {"unit": "/desk/units/{}/", "post": "/desk/posts/{}/"}
"""What of the examples has a page that an administrator may open."""


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of thing that goes, in words. examples: words and address, which may be empty.  more: how many are not named."""

    title: str
    number: int
    examples: tuple[tuple[str, str], ...]
    more: int
    stay: int
    why: str


@require_safe
@for_post
def choose(request: FaceRequest, unit_id: UUID) -> HttpResponse:
    """What shall become of a unit."""
    queries.require(request.actor, REORGANISE)
    found = queries.unit_page(request.actor, unit_id)
    choices = [(at, _(title), _(words)) for at, title, words in CHOICES]
    context = {"unit": found, "trail": [*found.above, found.unit], "choices": choices}
    return page(request, "desk/reorganise.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def merge(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Merge the unit, and others with it, into another."""
    chosen, also = request.POST.get("into", ""), frozenset(request.POST.getlist("also"))

    def plan(unit: UnitPage) -> Plan:
        others = tuple(id for one in sorted(also) if (id := uuid_or_none(one)) is not None and str(id) != chosen)
        return Merge((unit_id, *others), _chosen("into", chosen))

    def entries(unit: UnitPage) -> list[Entry]:
        options = _units_to_choose(request, unit, {chosen, *also})
        return [
            Entry("into", _("Into which unit"), kind="radios", options=options, chosen=frozenset({chosen})),
            Entry(
                "also",
                _("Which others go there with it (none, as a rule)"),
                kind="checks",
                options=options,
                chosen=also,
            ),
        ]

    return _plan_form(request, unit_id, "merge", entries, plan, searches=True)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def abolish(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Abolish the unit; a successor takes all it has."""
    chosen = request.POST.get("successor", "")

    def plan(unit: UnitPage) -> Plan:
        return Abolish(unit_id, _chosen("successor", chosen))

    def entries(unit: UnitPage) -> list[Entry]:
        options = _units_to_choose(request, unit, {chosen})
        return [
            Entry("successor", _("Who takes its place"), kind="radios", options=options, chosen=frozenset({chosen}))
        ]

    return _plan_form(request, unit_id, "abolish", entries, plan, searches=True)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def split(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Open a new unit beside this one, and give it some of what this one has."""
    named = {name: frozenset(request.POST.getlist(name)) for name in ("posts", "units", "areas")}
    ids = {name: frozenset(id for one in given if (id := uuid_or_none(one))) for name, given in named.items()}

    def plan(unit: UnitPage) -> Plan:
        above = unit.above[-1].code if unit.above else ""
        return Split(unit_id, NewUnit(**typed_new_unit(request, unit), parent_code=above), **ids)

    def entries(unit: UnitPage) -> list[Entry]:
        typed = typed_new_unit(request, unit)
        if request.method != "POST":
            typed["level"] = unit.unit.level
        posts = tuple((str(one.post.id), _title(one, unit), "") for one in unit.posts if one.closed_on is None)
        below = queries.browse_units(request.actor, unit_id).rows
        units = tuple((str(one.unit.id), one.unit.title, "") for one in below)
        areas = tuple((str(id), title, "") for id, title in places.answered_by(unit_id))
        asked = [
            ("posts", _("Posts that go to it, with whoever holds them"), posts),
            ("units", _("Units below that go to it"), units),
            ("areas", _("Areas for which it will answer"), areas),
        ]
        return new_unit_entries(typed) + [
            Entry(name, _capped(label, options), kind="checks", options=options[:MOST_LISTED], chosen=named[name])
            for name, label, options in asked
            if options
        ]

    return _plan_form(request, unit_id, "split", entries, plan)


@require_safe
@for_post
def reorganisation(request: FaceRequest, reorganisation_id: UUID) -> HttpResponse:
    """What a reorganisation did."""
    found = queries.reorganisation_page(request.actor, reorganisation_id)
    context = {
        "found": found,
        "what": _(WHAT[found.what]),
        "lines": [_line(one) for one in found.lines],
        "may_undo": queries.why(request.actor, "organisation.undo").allowed
        and found.what != "undo"
        and found.undone_by is None,
    }
    return page(request, "desk/reorganisation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def undo(request: FaceRequest, reorganisation_id: UUID) -> HttpResponseBase:
    """What undoing a reorganisation would return; and undo it."""
    found = queries.preview_undoing(request.actor, reorganisation_id)
    typed = typed_in(request, "reason", "document")
    entries = _reason_entries(typed)
    context: dict[str, Any] = {
        "heading": _("Undo the reorganisation"),
        "explained": _("What stands as it went comes back today; what has changed since stays."),
        "at": f"/desk/reorganisations/{reorganisation_id}/",
        "undoes": True,
    }
    if request.method == "POST":
        try:
            services.undo_reorganisation(
                request.actor,
                reorganisation_id,
                typed["reason"],
                typed["document"],
                request.POST.get("fingerprint", ""),
            )
        except (Invalid, Conflict) as fault:
            found = queries.preview_undoing(request.actor, reorganisation_id)
            return _show_preview(request, found, context, entries, fault)
        messages.success(request, _("The reorganisation is undone."))
        return HttpResponseRedirect(f"/desk/reorganisations/{reorganisation_id}/", status=303)
    return _show_preview(request, found, context, entries)


def _plan_form(
    request: FaceRequest,
    unit_id: UUID,
    what: str,
    entries_of: Callable[[UnitPage], list[Entry]],
    plan_of: Callable[[UnitPage], Plan],
    *,
    searches: bool = False,
) -> HttpResponseBase:
    """Ask for the plan, show what it would move, or do it: one address, so that what was typed goes through all three."""
    queries.require(request.actor, REORGANISE)
    unit = queries.unit_page(request.actor, unit_id)
    typed = typed_in(request, "reason", "document")
    why = _reason_entries(typed)
    entries = entries_of(unit) + why
    at = f"/desk/units/{unit_id}/"
    title, words = next((title, words) for one, title, words in CHOICES if one == what)
    context: dict[str, Any] = {
        "heading": _(title), "explained": _(words), "at": at, "unit": unit, "trail": [*unit.above, unit.unit],
        "searches": searches, "text": _asked(request), "undoes": False,
    }  # fmt: skip
    if request.method != "POST" or request.POST.get("step") in ("search", "change"):
        return page(request, "desk/reorganise_form.html", {**context, "entries": entries})
    try:
        plan = plan_of(unit)
        found = queries.preview_reorganisation(request.actor, plan)
        if request.POST.get("step") == "do":
            done = services.reorganise(
                request.actor, plan, typed["reason"], typed["document"], request.POST.get("fingerprint", "")
            )
            messages.success(request, _("The reorganisation is done."))
            return HttpResponseRedirect(f"/desk/reorganisations/{done}/", status=303)
    except Invalid as fault:
        if fault.faults and all(one.pointer in WHY for one in fault.faults):
            return _show_preview(request, found, context, why, fault)
        told, entries = _beside(fault, entries)
        return page(
            request, "desk/reorganise_form.html", {**context, "entries": entries, "summary": told}, fault.status
        )
    except Conflict as fault:
        found = queries.preview_reorganisation(request.actor, plan)
        return _show_preview(request, found, context, why, fault)
    return _show_preview(request, found, context, why)


def _show_preview(
    request: FaceRequest,
    found: ReorganisationPreview,
    context: dict[str, Any],
    entries: list[Entry],
    fault: Fault | None = None,
) -> HttpResponse:
    """What would move; beside a refusal with what stands now."""
    if fault is not None and fault.status not in (Conflict.status, Invalid.status):
        raise fault
    told: list[dict[str, str]] = []
    if isinstance(fault, Invalid):
        told, entries = _beside(fault, entries)
    refused = {"title": _(fault.title), "next_step": _(fault.next_step)} if isinstance(fault, Conflict) else None
    context |= {
        "found": found,
        "lines": [_line(one) for one in found.lines],
        "stops": [sentence(one) for one in found.stops],
        "hints": [sentence(one) for one in found.hints],
        "kept": [(key, value) for key in request.POST if key not in KEPT_OUT for value in request.POST.getlist(key)],
        "entries": entries,
        "summary": told,
        "refused": refused,
    }
    return page(request, "desk/reorganise_preview.html", context, fault.status if fault else 200)


WHY = ("reason", "document")
KEPT_OUT = {"csrfmiddlewaretoken", "step", "fingerprint", *WHY}
"""What the preview asks itself, or makes anew; the rest of the plan it carries on."""


def _beside(fault: Fault, entries: list[Entry]) -> tuple[list[dict[str, str]], list[Entry]]:
    """What is wrong as a list, and beside what was asked."""
    said = [(one.pointer, sentence(one)) for one in fault.faults]
    beside = {one.name: " ".join(text for pointer, text in said if pointer == one.name) for one in entries}
    told = said or [("", format_message(_(fault.detail or fault.title), fault.params))]
    labels = {one.name: one.label for one in entries if one.kind not in ("radios", "checks")}
    summary = [
        {
            "text": _("{title}: {fault}").format(title=labels[pointer], fault=text) if pointer in labels else text,
            "target": f"f-{pointer}" if beside.get(pointer) else "",
        }
        for pointer, text in told
    ]
    return summary, [replace(one, fault=beside[one.name]) for one in entries]


def _reason_entries(typed: dict[str, str]) -> list[Entry]:
    return [
        Entry("reason", _("Why"), typed["reason"], _("At most 200 characters; it stays with the unit.")),
        Entry("document", _("Document number"), typed["document"], _("Of the document that it rests on."), short=True),
    ]


def _capped(label: str, options: tuple[tuple[str, str, str], ...]) -> str:
    """The label, with how many there are where not all are shown."""
    if len(options) <= MOST_LISTED:
        return label
    many = _("the first {most} of {all}; the API takes any").format(most=MOST_LISTED, all=len(options))
    return f"{label} ({many})"


def _title(line: PostLine, unit: UnitPage) -> str:
    """A post as one tells it from the others: by its code where another is called the same."""
    alike = [one for one in unit.posts if one.post.title == line.post.title and one.closed_on is None]
    return f"{line.post.title} {line.post.code}" if len(alike) > 1 else line.post.title


def _asked(request: FaceRequest) -> str:
    return (request.POST.get("q") or request.GET.get("q", "")).strip()[:LONGEST]


def _units_to_choose(request: FaceRequest, unit: UnitPage, chosen: set[str]) -> tuple[tuple[str, str, str], ...]:
    """Those that were searched for, or else those beside the unit; and first those that were chosen before the search."""
    found = queries.browse_units(request.actor, unit.above[-1].id if unit.above else None, _asked(request)).rows
    units = [one.unit for one in found if one.closed_on is None and one.unit.id != unit.unit.id]
    options = [(str(one.id), one.title, _(LEVELS[one.level])) for one in units[:MOST_CHOICES]]
    away = chosen - {id for id, _title, _level in options}
    titles = queries.unit_titles(id for one in away if (id := uuid_or_none(one)) is not None)
    return (*((str(id), title, "") for id, title in titles.items()), *options)


def _chosen(name: str, given: str) -> UUID:
    found = uuid_or_none(given)
    if found is None:
        raise Invalid(faults=[FieldFault(name, "required", msgid("Choose the unit that takes over."))])
    return found


def _line(one: KeptLine) -> Line:
    examples = tuple((words or "–", PAGES.get(one.kind, "").format(id)) for id, words in one.examples)
    of = one.stays.number if one.stays else one.number
    return Line(
        _(one.title), one.number, examples, max(0, of - len(examples)) if examples else 0,
        one.stays.number if one.stays else 0, _(one.stays.why) if one.stays else "",
    )  # fmt: skip
