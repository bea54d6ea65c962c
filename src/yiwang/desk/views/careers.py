"""Careers of officers: how somebody is put into a post, which place he fills, why he leaves; and how many places a unit has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from yiwang.desk.frame import for_post
from yiwang.desk.views.organisation import Words, day_or_none, show_form, typed_in, uuid_or_none
from yiwang.desk.views.seats import ESTABLISHMENTS, KINDS, REASONS, named
from yiwang.forms.accounts import safe_next
from yiwang.forms.entries import Entry
from yiwang.identity import queries, services
from yiwang.identity.values import (
    AssignmentKind,
    EndReason,
    Establishment,
    PostPage,
    Terms,
)
from yiwang.kernel import time
from yiwang.kernel.errors import FieldFault, Invalid, msgid
from yiwang.kernel.texts import civil_day, text
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

EXPLAINED = {
    AssignmentKind.REGULAR: gettext_noop("The officer holds the post, and fills a place of the unit."),
    AssignmentKind.ACTING: gettext_noop(
        "The officer is in charge of the post without being appointed to it, and fills no place."
    ),
    AssignmentKind.SECONDMENT: gettext_noop(
        "Another unit lends the officer, who keeps his place there. Say whether he may do there what his post may meanwhile."
    ),
    AssignmentKind.DEPUTY: gettext_noop(
        "The officer stands in for one who holds the post, and only for these days. Each of his acts says for whom; what the other may not "
        "decide, he may not either."
    ),
}
NEVER_SAID = (EndReason.ACCOUNT_CLOSED, EndReason.REVIEWED)
"""They are written down by what they name."""


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def assign(request: FaceRequest, post_id: UUID) -> HttpResponseBase:
    """Put an officer into this post: regularly, acting, on secondment, or as a deputy."""
    queries.require(request.actor, "assignment.assign")
    found = queries.post_page(request.actor, post_id)
    asked = request.GET.get("kind", "")
    kind = AssignmentKind(asked) if asked in list(AssignmentKind) else AssignmentKind.REGULAR
    typed = typed_in(
        request,
        *(
            "login",
            "valid_from",
            "valid_to",
            "document",
            "establishment",
            "instead_of",
            "home",
            "from_unit",
            "home_rests",
        ),
    )
    if request.method != "POST":
        typed["valid_from"] = time.today().isoformat()
        typed["login"] = request.GET.get("login", "")[:200]
    at = f"/desk/posts/{post_id}/"
    who = _called(request, typed["login"])

    def do() -> str:
        account_id, since, until, terms = _asked(request, kind, typed)
        services.assign_post(request.actor, account_id, post_id, since, until, terms)
        return at

    explained = _(EXPLAINED[kind])
    if who:
        explained = f"{_means(request, found, who)} {explained}"
    words = Words(_("Assign the post"), _("Assign"), _done(request, found, who or typed["login"], typed), explained)
    chosen = urlencode({"login": typed["login"]}) if who else ""
    ways = tuple((f"{at}assign/?kind={one}&{chosen}".rstrip("&"), _(said), one is kind) for one, said in KINDS.items())
    return show_form(request, words, _entries(request, kind, typed, found), do, at=at, post=found, ways=ways)


def _called(request: FaceRequest, login: str) -> str:
    """The name of whose log-in this is, or the log-in where no name is known; empty where nobody has it."""
    account = queries.account_by_login(request.actor, login) if login else None
    if account is None:
        return ""
    person = account.subject_id
    return records.officer_names(request.actor, [person]).get(person, account.login) if person else account.login


def _means(request: FaceRequest, found: PostPage, who: str) -> str:
    """Who would hold which post, and what for: to be seen before it is done."""
    duties = "、".join(text(one.title, request.language) for one in found.duties) or _("none yet")
    said = _("{who} is to hold “{post}” at {unit}, whose duties are: {duties}.")
    return said.format(who=who, post=found.post.title, unit=found.post.unit_title, duties=duties)


def _done(request: FaceRequest, found: PostPage, who: str, typed: Mapping[str, str]) -> str:
    """Who holds what from when on, so that a slip is seen at once."""
    since = day_or_none(typed["valid_from"])
    post = f"{found.post.unit_title} · {found.post.title}"
    words = _("The post has been assigned: {who} holds {post} from {day} on.")
    return words.format(who=who, post=post, day=civil_day(since, request.language) if since else "")


def _entries(request: FaceRequest, kind: AssignmentKind, typed: dict[str, str], found: PostPage) -> list[Entry]:
    until = _("The first day without it. Left empty, until it is ended.")
    if kind is AssignmentKind.DEPUTY:
        until = _("The first day on which the officer no longer stands in.")
    entries = [
        Entry(
            "login",
            _("Log-in of the officer"),
            typed["login"],
            _("As it stands on the page of officers and posts."),
            short=True,
        ),
        Entry("valid_from", _("From"), typed["valid_from"], kind="date", short=True),
        Entry("valid_to", _("Until"), typed["valid_to"], until, kind="date", short=True),
        Entry("document", _("Number of the document"), typed["document"], _document_help(kind), short=True),
    ]
    if kind is AssignmentKind.REGULAR:
        entries.append(_establishment_entry(typed["establishment"]))
    if kind is AssignmentKind.DEPUTY:
        entries.append(_holders_entry(request, found, typed["instead_of"]))
    if kind is AssignmentKind.SECONDMENT:
        entries += _home_entries(request, typed)
    return entries


def _document_help(kind: AssignmentKind) -> str:
    if kind in (AssignmentKind.REGULAR, AssignmentKind.DEPUTY):
        return _("May be left empty.")
    return _("The decision that this rests on.")


def _establishment_entry(chosen: str) -> Entry:
    options = (("", _("not said"), ""), *((str(one), _(said), "") for one, said in ESTABLISHMENTS.items()))
    help = _("Where the unit's places are limited, it has to be said.")
    return Entry("establishment", _("Which kind of place"), chosen, help, kind="choice", options=options, short=True)


def _holders_entry(request: FaceRequest, found: PostPage, chosen: str) -> Entry:
    names = named(request, found.holders)
    options = tuple(
        (str(one.assignment_id), names.get(one.account.id, "") or one.account.login, one.account.login)
        for one in found.holders
        if one.kind is not AssignmentKind.DEPUTY
    )
    return Entry(
        "instead_of",
        _("For which officer"),
        kind="radios",
        options=options,
        chosen=frozenset({chosen}),
        nothing=_("Nobody holds the post for whom somebody could stand in."),
    )


def _home_entries(request: FaceRequest, typed: dict[str, str]) -> list[Entry]:
    """Which unit or post lends him; his posts can be offered once it is known who he is."""
    account = queries.account_by_login(request.actor, typed["login"]) if typed["login"] else None
    seats = () if account is None else queries.lending_seats(request.actor, account.id)
    entries = []
    if seats:
        chosen = typed["home"] or (str(seats[0].id) if len(seats) == 1 and not typed["from_unit"] else "")
        options = tuple((str(one.id), f"{one.post.unit_title} {one.post.title}", one.post.code) for one in seats)
        entries.append(
            Entry("home", _("Which post lends the officer"), kind="radios", options=options, chosen=frozenset({chosen}))
        )
    entries.append(
        Entry(
            "from_unit",
            _("Code of the unit that lends"),
            typed["from_unit"],
            _("Only where the officer holds no post there. Left empty, his posts are offered when you send."),
            short=True,
        )
    )
    rests = (("1", _("What the officer may do in the post that lends rests meanwhile"), ""),)
    entries.append(
        Entry(
            "home_rests",
            _("The post that lends"),
            kind="checks",
            options=rests,
            chosen=frozenset({typed["home_rests"]}),
        )
    )
    return entries


def _asked(
    request: FaceRequest, kind: AssignmentKind, typed: Mapping[str, str]
) -> tuple[UUID, date, date | None, Terms]:
    faults = []
    account = queries.account_by_login(request.actor, typed["login"])
    if account is None:
        faults.append(FieldFault("login", "unknown-login", msgid("No account has this log-in.")))
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_to"):
        try:
            days[name] = date.fromisoformat(typed[name]) if typed[name] or name == "valid_from" else None
        except ValueError:
            faults.append(FieldFault(name, "no-date", msgid("This is not a date.")))
    from_unit = None
    if kind is AssignmentKind.SECONDMENT and typed["from_unit"] and not typed["home"]:
        from_unit = queries.unit_id_of(request.actor, typed["from_unit"])
        if from_unit is None:
            message = msgid("There is no unit with the code {code}.")
            faults.append(FieldFault("from_unit", "unknown-unit", message, {"code": typed["from_unit"]}))
    if faults or account is None or (since := days["valid_from"]) is None:
        raise Invalid(faults=faults)
    lends = kind is AssignmentKind.SECONDMENT
    terms = Terms(
        kind,
        typed["document"],
        establishment_typed(typed["establishment"]) if kind is AssignmentKind.REGULAR else None,
        uuid_or_none(typed["instead_of"]) if kind is AssignmentKind.DEPUTY else None,
        uuid_or_none(typed["home"]) if lends else None,
        from_unit,
        lends and bool(typed["home_rests"]),
    )
    return account.id, since, days["valid_to"], terms


def establishment_typed(given: str) -> Establishment | None:
    """A kind of place as a form carries it; None for none."""
    return Establishment(given) if given in list(Establishment) else None


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def end(request: FaceRequest, assignment_id: UUID) -> HttpResponseBase:
    """End an assignment, today or on the day given, and say why; then back to where one came from, or to the post."""
    queries.require(request.actor, "assignment.end")
    found = queries.seat_page(request.actor, assignment_id)
    post = queries.post_page(request.actor, found.assignment.post.id)
    typed = typed_in(request, "on", "reason", "document")
    at = safe_next(request, f"/desk/posts/{post.post.id}/", desk=True)
    reasons = tuple((str(one), _(said), "") for one, said in REASONS.items() if one not in NEVER_SAID)
    entries = [
        Entry(
            "on",
            _("First day without it"),
            typed["on"] or time.today().isoformat(),
            _("Today: the rights of the post go at once."),
            kind="date",
            short=True,
        ),
        Entry("reason", _("Why"), kind="radios", options=reasons, chosen=frozenset({typed["reason"]})),
        Entry("document", _("Number of the document"), typed["document"], _("May be left empty."), short=True),
    ]

    def do() -> str:
        try:
            on = date.fromisoformat(typed["on"]) if typed["on"] else None
        except ValueError:
            raise Invalid(faults=[FieldFault("on", "no-date", msgid("This is not a date."))]) from None
        reason = EndReason(typed["reason"]) if typed["reason"] in list(EndReason) else None
        services.end_assignment(request.actor, assignment_id, on, reason, typed["document"])
        return at

    given = typed["on"] or time.today().isoformat()
    done = _("The assignment has ended. Its rights are gone.")
    if given > time.today().isoformat():
        done = _("The assignment ends on the day you gave.")
    who = named(request, [found.holder]).get(found.holder.account.id, "") or found.holder.account.login
    explained = _("{who} leaves the post, and whoever stands in for him leaves with him.").format(who=who)
    words = Words(_("End the assignment"), _("End"), done, explained, destroys=True)
    return show_form(request, words, entries, do, at=at, post=post)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def place(request: FaceRequest, assignment_id: UUID) -> HttpResponseBase:
    """Which kind of place somebody fills who holds a post regularly."""
    queries.require(request.actor, "assignment.place")
    found = queries.seat_page(request.actor, assignment_id)
    post = queries.post_page(request.actor, found.assignment.post.id)
    stands = found.assignment.establishment
    chosen = request.POST.get("establishment", "") if request.method == "POST" else str(stands or "")
    at = f"/desk/posts/{post.post.id}/"

    def do() -> str:
        services.place_assignment(request.actor, assignment_id, establishment_typed(chosen))
        return at

    who = named(request, [found.holder]).get(found.holder.account.id, "") or found.holder.account.login
    explained = _("Which place of the unit {who} fills.").format(who=who)
    words = Words(_("Say which place is filled"), _("Save"), _("It is written down."), explained)
    return show_form(request, words, [_establishment_entry(chosen)], do, at=at, post=post)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def headcount(request: FaceRequest, unit_id: UUID) -> HttpResponseBase:
    """How many places of a kind a unit has."""
    queries.require(request.actor, "unit.set-headcount")
    found = queries.unit_page(request.actor, unit_id)
    typed = typed_in(request, "kind", "places", "document")
    kinds = tuple((str(one), _(said), "") for one, said in ESTABLISHMENTS.items())
    entries = [
        Entry("kind", _("Which kind of place"), typed["kind"], kind="choice", options=kinds, short=True),
        Entry(
            "places", _("How many"), typed["places"], _("A whole number. Left empty: no limit any more."), short=True
        ),
        Entry(
            "document",
            _("Number of the document"),
            typed["document"],
            _("The decision that this rests on."),
            short=True,
        ),
    ]
    at = f"/desk/units/{unit_id}/"

    def do() -> str:
        kind, given = establishment_typed(typed["kind"]), typed["places"]
        faults = []
        if kind is None:
            faults.append(FieldFault("kind", "required", msgid("This is required.")))
        if given and not (given.isascii() and given.isdecimal() and len(given) < 9):
            faults.append(FieldFault("places", "no-number", msgid("This is not a whole number.")))
        if faults or kind is None:
            raise Invalid(faults=faults)
        places = int(given) if given else None
        services.set_headcount(request.actor, unit_id, kind, places, typed["document"])
        return at

    explained = _("Whoever would be one too many is not seated; nobody who sits there loses his post.")
    words = Words(_("Set the headcount"), _("Set the number"), _("The headcount is set."), explained)
    return show_form(request, words, entries, do, at=at, unit=found)
