"""Officers and the posts they hold: for those who administer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.desk.views.organisation import uuid_or_none
from yiwang.desk.views.seats import KINDS, seat_words
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.values import AccountView, AssignmentKind, AssignmentView, OfficerPage
from yiwang.kernel import time
from yiwang.kernel.errors import FieldFault, Invalid, msgid
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

EVERYBODY = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: an officer with one of his assignments.  name: empty where it is not known."""

    account_id: UUID
    login: str
    name: str
    assignment: AssignmentView

    @property
    def way(self) -> str:
        """In which way he holds it, where it is not the regular one."""
        return "" if self.assignment.kind is AssignmentKind.REGULAR else _(KINDS[self.assignment.kind])

    @property
    def may_end(self) -> bool:
        """Whether the assignment still stands."""
        return self.assignment.valid_to is None or self.assignment.valid_to > time.today()


@require_safe
@for_post
def officers(request: FaceRequest) -> HttpResponseBase:
    """Who holds which post since when. Whoever is chosen for a post here is assigned on its page, once it has said what it means."""
    if "account" not in request.GET:
        return _show(request)
    queries.require(request.actor, "assignment.assign")
    account, post = uuid_or_none(request.GET["account"]), uuid_or_none(request.GET.get("post", ""))
    if account is None or post is None:
        return _show(request, [_("Choose somebody and a post.")], 422)
    login = queries.officer(request.actor, account).account.login
    return HttpResponseRedirect(f"/desk/posts/{post}/assign/?{urlencode({'login': login})}", status=303)


def _show(request: FaceRequest, faults: list[str] | None = None, status: int = 200) -> HttpResponse:
    found = queries.list_officers(request.actor, request.GET.get("cursor", ""))
    may_assign = queries.why(request.actor, "assignment.assign").allowed
    context = {
        "rows": _rows(found, _names(request, found)),
        "next": found.next_cursor,
        "may_assign": may_assign,
        "may_list": queries.why(request.actor, "list.look-at").allowed,
        "everybody": _everybody(request) if may_assign else [],
        "all_posts": queries.list_posts(request.actor) if may_assign else [],
        "typed": request.GET.dict(),
        "summary": [{"text": one, "target": ""} for one in faults or []],
    }
    return page(request, "desk/officers.html", context, status)


def _names(request: FaceRequest, found: OfficerPage) -> dict[UUID, str]:
    """Account → the name of its person, where that is known."""
    people = {one.account.id: one.account.subject_id for one in found.officers if one.account.subject_id is not None}
    names = records.officer_names(request.actor, set(people.values()))
    return {account: names[person] for account, person in people.items() if person in names}


def _everybody(request: FaceRequest) -> list[tuple[str, list[tuple[AccountView, str]]]]:
    """Accounts that hold a post, then the others, mostly residents', each with the name of its person where it is known."""
    found = queries.list_officers(request.actor, limit=EVERYBODY)
    names = _names(request, found)
    groups: dict[bool, list[tuple[AccountView, str]]] = {True: [], False: []}
    for one in found.officers:
        groups[bool(one.assignments)].append((one.account, names.get(one.account.id, "")))
    return [(_("Officers"), groups[True]), (_("Accounts without a post"), groups[False])]


def _rows(found: OfficerPage, names: dict[UUID, str]) -> list[Row]:
    return [
        Row(one.account.id, one.account.login, names.get(one.account.id, ""), held)
        for one in found.officers
        for held in one.assignments
    ]


@require_safe
@for_post
def officer(request: FaceRequest, account_id: UUID) -> HttpResponse:
    """One officer: his career, and what his account needs. One's own, too."""
    return _show_officer(request, account_id)


def _show_officer(request: FaceRequest, account_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    found = queries.officer(request.actor, account_id)
    subject = found.account.subject_id
    context = {
        "officer": found,
        "career": [(one, seat_words(one, one.instead_of)) for one in found.assignments],
        "is_own": account_id == request.actor.account_id,
        "name": records.officer_names(request.actor, [subject]).get(subject, "") if subject else "",
        "keeper": queries.keeper_of_account(request.actor, account_id),
        "may_help": queries.why(request.actor, "account.close").allowed,
        "may_reset": queries.why(request.actor, "account.reset-second-factor").allowed,
        "certificates": queries.certificates_of(request.actor, account_id)
        if queries.why(request.actor, "login-certificate.end").allowed
        else (),
        "links": queries.links_of_account(request.actor, account_id)
        if queries.why(request.actor, "outside-link.break").allowed
        else (),
    }
    return page(request, "desk/officer.html", {**context, **more}, status)


@require_POST
@for_post
def start_password(request: FaceRequest, account_id: UUID) -> HttpResponseBase:
    """Give one to begin with. It stands on this answer alone, which no browser keeps."""
    try:
        given = services.give_start_password(request.actor, account_id)
    except Invalid as invalid:
        return _refused(request, account_id, invalid)
    return _show_officer(request, account_id, given=given)


@require_POST
@for_post
def second_factor(request: FaceRequest, account_id: UUID) -> HttpResponseBase:
    """Take away a second factor that was lost."""
    try:
        services.reset_second_factor(request.actor, account_id)
    except Invalid as invalid:
        return _refused(request, account_id, invalid)
    messages.success(
        request, _("The second factor is gone. The officer signs in with the password and sets up a new one.")
    )
    return HttpResponseRedirect(f"/desk/officers/{account_id}/", status=303)


@require_POST
@for_post
def end_certificate(request: FaceRequest, account_id: UUID, certificate_id: UUID) -> HttpResponseBase:
    """End a certificate whose key was lost."""
    services.end_certificate(request.actor, certificate_id)
    messages.success(request, _("The certificate is ended. Nobody signs in by it any more, and its person is told."))
    return HttpResponseRedirect(f"/desk/officers/{account_id}/", status=303)


@require_POST
@for_post
def break_link(request: FaceRequest, account_id: UUID, link_id: UUID) -> HttpResponseBase:
    """End that a provider knows somebody, under whose name there another came."""
    services.break_link(request.actor, link_id)
    messages.success(request, _("The link is ended. Nobody is signed in through it any more, and its person is told."))
    return HttpResponseRedirect(f"/desk/officers/{account_id}/", status=303)


@require_POST
@for_post
def close(request: FaceRequest, account_id: UUID) -> HttpResponseBase:
    """Close an account, its assignments and its sessions."""
    try:
        queries.require(request.actor, "account.close")
        if not request.POST.get("sure"):
            raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
        services.close_account(request.actor, account_id)
    except Invalid as invalid:
        return _refused(request, account_id, invalid)
    messages.success(request, _("The account is closed. Its posts and sessions have ended."))
    return HttpResponseRedirect(f"/desk/officers/{account_id}/", status=303)


@require_POST
@for_post
def reopen(request: FaceRequest, account_id: UUID) -> HttpResponseBase:
    """Open a closed account again."""
    try:
        services.reopen_account(request.actor, account_id)
    except Invalid as invalid:
        return _refused(request, account_id, invalid)
    messages.success(request, _("The account is open again. It has no posts and no password yet."))
    return HttpResponseRedirect(f"/desk/officers/{account_id}/", status=303)


def _refused(request: FaceRequest, account_id: UUID, invalid: Invalid) -> HttpResponse:
    said = [{"text": sentence(one), "target": ""} for one in invalid.faults]
    return _show_officer(request, account_id, invalid.status, summary=said)
