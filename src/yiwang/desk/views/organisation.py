"""The organisation as its administrators keep it: the tree of units, a unit, a post, a duty, and every change of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.desk.views.seats import Holder, named, places_of, with_words
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry
from yiwang.identity import queries, services
from yiwang.identity.registry import action_words
from yiwang.identity.values import (
    DutyView,
    NewPost,
    NewUnit,
    PostLine,
    PostPage,
    Scope,
    UnitPage,
)
from yiwang.kernel import time
from yiwang.kernel.errors import Conflict, Fault, FieldFault, Invalid, NotFound, format_message, msgid
from yiwang.kernel.texts import text
from yiwang.places import queries as places

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LEVELS = {
    "city": gettext_noop("City level"),
    "district": gettext_noop("District level"),
    "township": gettext_noop("Street or town"),
    "community": gettext_noop("Community"),
    "division": gettext_noop("Division of an agency"),
}
AT_A_GLANCE = 8
"""Of what a duty may do, so much stands where one of many duties is chosen."""
REACH = {
    Scope.OWN: gettext_noop("what concerns this post alone"),
    Scope.UNIT: gettext_noop("in its own unit"),
    Scope.SUBTREE: gettext_noop("in its unit and all below it"),
    Scope.CITY: gettext_noop("in the whole city"),
}
LONGEST = 100
MOST_CHOICES = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A post in a list, with the names of those who hold it."""

    of: PostLine
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A duty in words. may: how far it reaches, and what it may do there."""

    id: str
    title: str
    administrator: str
    may: tuple[tuple[str, tuple[str, ...]], ...]


# ── Looking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
@for_post
def units(request: FaceRequest) -> HttpResponse:
    """The tree of units, one level at a time; or those of a name, a code or a level."""
    asked, level = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("level", "")
    level = level if level in LEVELS else ""
    found = queries.browse_units(request.actor, _unit_asked(request.GET.get("in", "")), asked, level)
    context = {
        "found": found,
        "text": asked,
        "level": level,
        "levels": levels(),
        "level_titles": dict(levels()),
        "here": found.above[-1] if found.above else None,
        "may_open": _may(request, "unit.open"),
        "may_list": _may(request, "list.look-at"),
    }
    return page(request, "desk/units.html", context)


@require_safe
@for_post
def unit(request: FaceRequest, unit_id: UUID) -> HttpResponse:
    """A unit: where it stands, its posts, who holds them, and what became of it."""
    found = queries.unit_page(request.actor, unit_id)
    places, uncounted = places_of(request, unit_id)
    context = {
        "found": found,
        "places": places,
        "uncounted": uncounted,
        "level": _(LEVELS[found.unit.level]),
        "lines": lines_of(request, found.posts),
        "sees_holders": _may(request, "officer.list"),
        "may": {name: _may(request, f"unit.{name}") for name in ("open", "rename", "move", "close", "reopen")}
        | {
            "post": _may(request, "post.open"),
            "reorganise": _may(request, "organisation.reorganise"),
            "headcount": _may(request, "unit.set-headcount"),
        },
    }
    return page(request, "desk/unit.html", context)


@require_safe
@for_post
def post(request: FaceRequest, post_id: UUID) -> HttpResponse:
    """A post: what it is there to do, and who does it, did it and will."""
    return _show_post(request, post_id)


def _show_post(request: FaceRequest, post_id: UUID, status: int = 200, faults: Iterable[str] = ()) -> HttpResponse:
    found = queries.post_page(request.actor, post_id)
    names = named(request, [*found.holders, *found.former])
    context = {
        "found": found,
        "duties": [in_words(one, request.language) for one in found.duties],
        "holders": with_words(found.holders, names),
        "former": with_words(found.former, names),
        "is_mine": found.post.id == request.actor.capacity_id,
        "may_assign": _may(request, "assignment.assign"),
        "may_end": _may(request, "assignment.end"),
        "may_place": _may(request, "assignment.place"),
        "may_change": _may(request, "post.change-duties"),
        "may_close": _may(request, "post.close"),
        "may_reopen": _may(request, "post.reopen"),
        "may_mark": _may(request, "post.mark-leading"),
        "keeper": queries.keeper_of_post(request.actor, post_id),
        "today": time.today(),
        "summary": [{"text": one, "target": ""} for one in faults],
    }
    return page(request, "desk/organisation_post.html", context, status)


@require_safe
@for_post
def duties(request: FaceRequest) -> HttpResponse:
    """Every duty that is declared."""
    known = sorted(queries.duties().values(), key=lambda one: (one.administrator is None, one.id))
    context = {"duties": [in_words(one, request.language) for one in known]}
    return page(request, "desk/duties.html", context)


@require_safe
@for_post
def duty(request: FaceRequest, duty_id: str) -> HttpResponse:
    """A duty: what it may do, which posts have it, and for which areas somebody answers."""
    found = queries.duty_page(request.actor, duty_id)
    context = {
        "one": in_words(found.duty, request.language),
        "lines": lines_of(request, found.posts),
        "count": found.count,
        "excluded": [in_words(one, request.language) for one in found.excluded],
        "areas": places.areas_with_duty(duty_id),
        "sees_holders": _may(request, "officer.list"),
    }
    return page(request, "desk/duty.html", context)


# ── Changing units ──────────────────────────────────────────────────────────────────────────────────────────────────────


NEW_UNIT = ("code", "title", "short_title", "credit_code", "level", "division_code")


def typed_new_unit(request: FaceRequest, near: UnitPage) -> dict[str, str]:
    """What was typed of a new unit; at first what it most likely shares with the unit near it."""
    if request.method == "POST":
        return typed_in(request, *NEW_UNIT)
    near_by = {"credit_code": near.unit.credit_code, "division_code": near.unit.division_code}
    return dict.fromkeys(NEW_UNIT, "") | near_by


def new_unit_entries(typed: dict[str, str]) -> list[Entry]:
    """What is asked of a new unit."""
    return [
        Entry("title", _("Name"), typed["title"]),
        Entry("short_title", _("Short name"), typed["short_title"], _("Left empty, the name itself.")),
        Entry("code", _("Code"), typed["code"], _("Letters, digits and hyphens; no other unit has it."), short=True),
        Entry(
            "level",
            _("Level"),
            typed["level"],
            kind="choice",
            options=tuple((*one, "") for one in levels()),
            short=True,
        ),
        Entry(
            "credit_code",
            _("Unified social credit code"),
            typed["credit_code"],
            _("A division of an agency carries the agency's."),
            short=True,
        ),
        Entry(
            "division_code",
            _("Division code"),
            typed["division_code"],
            _("By GB/T 2260, for example 460100."),
            short=True,
        ),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def open_unit(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Open a unit below this one."""
    queries.require(request.actor, "unit.open")
    above = queries.unit_page(request.actor, unit_id)
    typed = typed_new_unit(request, above)
    if request.method != "POST":
        typed["level"] = "division"
    entries = new_unit_entries(typed)

    def do() -> str:
        made = services.open_unit(request.actor, NewUnit(**typed, parent_code=above.unit.code))
        return f"/desk/units/{made}/"

    words = Words(_("Open a unit below this one"), _("Open the unit"), _("The unit has been opened."))
    return show_form(request, words, entries, do, at=f"/desk/units/{unit_id}/", unit=above)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def rename_unit(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Call a unit otherwise."""
    queries.require(request.actor, "unit.rename")
    found = queries.unit_page(request.actor, unit_id)
    typed = typed_in(request, "title", "short_title")
    if request.method != "POST":
        typed = {"title": found.unit.title, "short_title": found.unit.short_title}
    entries = [
        Entry("title", _("Name"), typed["title"]),
        Entry("short_title", _("Short name"), typed["short_title"], _("Left empty, the name itself.")),
    ]
    at = f"/desk/units/{unit_id}/"

    def do() -> str:
        services.rename_unit(request.actor, unit_id, typed["title"], typed["short_title"], _version(request))
        return at

    explained = _("The old name stays known in what became of the unit. Its code does not change.")
    words = Words(_("Rename the unit"), _("Rename"), _("The unit has its new name."), explained)
    return show_form(request, words, entries, do, at=at, unit=found, version=found.version)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def move_unit(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Hang a unit below another: look for it, choose it, move."""
    queries.require(request.actor, "unit.move")
    found = queries.unit_page(request.actor, unit_id)
    asked = request.GET.get("q", "").strip()[:LONGEST]
    chosen = request.POST.get("parent", "")
    choices = [one.unit for one in queries.browse_units(request.actor, None, asked).rows if one.closed_on is None]
    options = tuple((str(one.id), one.title, _(LEVELS[one.level])) for one in choices if one.id != unit_id)[
        :MOST_CHOICES
    ]
    entries = [Entry("parent", _("Below which unit"), kind="radios", options=options, chosen=frozenset({chosen}))]
    at = f"/desk/units/{unit_id}/"

    def do() -> str:
        parent = uuid_or_none(chosen)
        if parent is None:
            raise Invalid(
                faults=[FieldFault("parent", "required", msgid("Choose the unit below which it shall stand."))]
            )
        services.move_unit(request.actor, unit_id, parent, _version(request))
        return at

    explained = _(
        "Everything below it moves along. What its posts may see and do in units below and above changes at once."
    )
    words = Words(_("Move the unit"), _("Move"), _("The unit stands elsewhere now."), explained)
    return show_form(request, words, entries, do, at=at, unit=found, version=found.version, text=asked, searches=True)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def close_unit(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Close a unit today."""
    queries.require(request.actor, "unit.close")
    found = queries.unit_page(request.actor, unit_id)
    at = f"/desk/units/{unit_id}/"

    def do() -> str:
        services.close_unit(request.actor, unit_id, _version(request))
        return at

    explained = _(
        "It takes no more work from today, and its posts that nobody holds close with it. What it did stays known. It can be opened again."
    )
    words = Words(_("Close the unit"), _("Close it today"), _("The unit is closed."), explained, destroys=True)
    return show_form(request, words, [], do, at=at, unit=found, version=found.version)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def reopen_unit(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Open a closed unit again."""
    queries.require(request.actor, "unit.reopen")
    found = queries.unit_page(request.actor, unit_id)
    at = f"/desk/units/{unit_id}/"

    def do() -> str:
        services.reopen_unit(request.actor, unit_id, _version(request))
        return at

    explained = _(
        "It stands again where it stood, with the posts that closed on the same day. Nobody sits in them yet."
    )
    words = Words(_("Open the unit again"), _("Open it again"), _("The unit is open again."), explained)
    return show_form(request, words, [], do, at=at, unit=found, version=found.version)


# ── Changing posts ──────────────────────────────────────────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def open_post(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """Open a post in this unit."""
    queries.require(request.actor, "post.open")
    found = queries.unit_page(request.actor, unit_id)
    typed = typed_in(request, "title", "code")
    chosen = frozenset(request.POST.getlist("duties"))
    if request.method != "POST":
        typed["code"] = f"{found.unit.code}-"
    entries = [
        Entry("title", _("Name"), typed["title"], _("As it stands on the door, for example: service window.")),
        Entry("code", _("Code"), typed["code"], _("Letters, digits and hyphens; no other post has it."), short=True),
        _duties_entry(request, chosen),
    ]

    def do() -> str:
        made = services.open_post(
            request.actor, NewPost(typed["code"].strip(), found.unit.code, typed["title"], chosen)
        )
        return f"/desk/posts/{made}/"

    explained = _("Nobody sits in it yet: the security administrator assigns it.")
    words = Words(_("Open a post"), _("Open the post"), _("The post has been opened."), explained)
    return show_form(request, words, entries, do, at=f"/desk/units/{unit_id}/", unit=found)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def change_duties(request: FaceRequest, post_id: UUID) -> HttpResponseBase:
    """What a post is there to do."""
    queries.require(request.actor, "post.change-duties")
    found = queries.post_page(request.actor, post_id)
    chosen = frozenset(request.POST.getlist("duties")) if request.method == "POST" else found.post.duties
    at = f"/desk/posts/{post_id}/"

    def do() -> str:
        services.change_duties(request.actor, post_id, chosen, _version(request))
        return at

    explained = _("Whoever holds the post may do the new duties at once, and no longer those that go.")
    words = Words(_("Change its duties"), _("Change the duties"), _("The post has its new duties."), explained)
    return show_form(request, words, [_duties_entry(request, chosen)], do, at=at, post=found, version=found.version)


@require_POST
@for_post
def mark_leading(request: FaceRequest, post_id: UUID) -> HttpResponseBase:
    """Say whether it is a leading post."""
    services.mark_leading(request.actor, post_id, bool(request.POST.get("leading")), _version(request))
    return HttpResponseRedirect(f"/desk/posts/{post_id}/", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def close_post(request: FaceRequest, post_id: UUID) -> HttpResponseBase:
    """Close a post today."""
    queries.require(request.actor, "post.close")
    found = queries.post_page(request.actor, post_id)
    at = f"/desk/posts/{post_id}/"

    def do() -> str:
        services.close_post(request.actor, post_id, _version(request))
        return at

    explained = _("Nobody can be assigned to it any more. Who held it stays known. It can be opened again.")
    words = Words(_("Close the post"), _("Close it today"), _("The post is closed."), explained, destroys=True)
    return show_form(request, words, [], do, at=at, post=found, version=found.version)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def reopen_post(request: FaceRequest, post_id: UUID) -> HttpResponseBase:
    """Open a closed post again."""
    queries.require(request.actor, "post.reopen")
    found = queries.post_page(request.actor, post_id)
    at = f"/desk/posts/{post_id}/"

    def do() -> str:
        services.reopen_post(request.actor, post_id, _version(request))
        return at

    explained = _("It can be assigned again, with the duties that it had. Nobody sits in it yet.")
    words = Words(_("Open the post again"), _("Open it again"), _("The post is open again."), explained)
    return show_form(request, words, [], do, at=at, post=found, version=found.version)


# ── What the pages share ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Words:
    """Heading, button, what is said when it is done, and what it means."""

    heading: str
    button: str
    done: str
    explained: str = ""
    destroys: bool = False


def show_form(
    request: FaceRequest,
    words: Words,
    entries: list[Entry],
    do: Callable[[], str],
    *,
    at: str,
    unit: UnitPage | None = None,
    post: PostPage | None = None,
    version: int = 0,
    text: str = "",
    searches: bool = False,
    ways: tuple[tuple[str, str, bool], ...] = (),
) -> HttpResponseBase:
    """Show the form, or do what it asks; a refusal shows it again with everything that is wrong, and with what was typed.

    ways: other forms for the same: (address, words, whether it is this one).
    """
    context: dict[str, Any] = {
        "words": words,
        "at": at,
        "unit": unit,
        "seat": post,
        "version": version,
        "text": text,
        "searches": searches,
        "ways": ways,
        "trail": [*unit.above, unit.unit] if unit else [],
    }
    if request.method != "POST":
        return page(request, "desk/organisation_form.html", {**context, "entries": entries})
    try:
        where = do()
    except Fault as fault:
        if fault.status not in (Conflict.status, Invalid.status):
            raise
        said = [(one.pointer, sentence(one)) for one in fault.faults]
        beside = {one.name: " ".join(text for pointer, text in said if pointer == one.name) for one in entries}
        told = said or [("", format_message(_(fault.detail or fault.title), fault.params))]
        context |= {
            "entries": [replace(one, fault=beside[one.name]) for one in entries],
            "summary": [
                {"text": text, "target": f"f-{pointer}" if beside.get(pointer) else ""} for pointer, text in told
            ],
            "refused": {"title": _(fault.title), "next_step": _(fault.next_step)}
            if fault.status == Conflict.status
            else None,
        }
        return page(request, "desk/organisation_form.html", context, fault.status)
    messages.success(request, words.done)
    return HttpResponseRedirect(where, status=303)


def lines_of(request: FaceRequest, posts: Iterable[PostLine]) -> list[Line]:
    """Posts with the names of those who hold them, as far as the reader may know them."""
    lines = list(posts)
    names = named(request, (holder for line in lines for holder in line.holders))
    return [Line(one, tuple(with_words(one.holders, names))) for one in lines]


def in_words(one: DutyView, language: str) -> Shown:
    """A duty with what it may do, by how far that reaches."""
    may = tuple(
        (_(words), tuple(_(action_words.get(grant.action, grant.action)) for grant in one.may if grant.scope is scope))
        for scope, words in REACH.items()
        if any(grant.scope is scope for grant in one.may)
    )
    return Shown(one.id, text(one.title, language), str(one.administrator or ""), may)


def _duties_entry(request: FaceRequest, chosen: frozenset[str]) -> Entry:
    known = sorted(queries.duties().values(), key=lambda one: (one.administrator is not None, one.id))
    options = tuple(
        (
            one.id,
            text(one.title, request.language),
            _in_short(one),
        )
        for one in known
    )
    return Entry("duties", _("Duties"), kind="checks", options=options, chosen=chosen)


def _in_short(one: DutyView) -> str:
    """The first of what a duty may do, and how much more that is."""
    acts = [_(action_words.get(each.action, each.action)) for each in one.may]
    shown, more = "；".join(acts[:AT_A_GLANCE]), len(acts) - AT_A_GLANCE
    return (
        ngettext("{acts}; and one more", "{acts}; and {n} more", more).format(acts=shown, n=more) if more > 0 else shown
    )


def levels() -> list[tuple[str, str]]:
    """The levels of units, with their words."""
    return [(name, _(words)) for name, words in LEVELS.items()]


def _may(request: FaceRequest, action: str) -> bool:
    return queries.why(request.actor, action).allowed


def typed_in(request: FaceRequest, *names: str) -> dict[str, str]:
    """What was typed into these fields, as far as it is taken."""
    return {name: request.POST.get(name, "").strip()[:200] for name in names}


def _version(request: FaceRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0


def day_or_none(typed: str) -> date | None:
    """A civil date as a browser sends it, or None."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def uuid_or_none(given: str) -> UUID | None:
    """An id as a form or an address carries it."""
    try:
        return UUID(given)
    except ValueError:
        return None


def _unit_asked(given: str) -> UUID | None:
    if not given:
        return None
    if (found := uuid_or_none(given)) is None:
        raise NotFound(msgid("There is no such unit."))
    return found
