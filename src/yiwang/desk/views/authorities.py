"""Certificate authorities 认证机构: by whose certificates residents and officers may sign in. The work of the system administrator; opening
one needs the security administrator, who may shut one, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values.login_certificates import AuthorityView, NewAuthority
from yiwang.identity.values.outside import Whom
from yiwang.kernel.errors import FieldFault, Invalid, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LONGEST_CHAIN = 60_000
LARGEST_LIST = (10 << 20) + 1
"""Bytes of a list that are read: one more than is taken, so that a longer one is told from one that fits."""
PEOPLE: Mapping[str, Whom] = {"residents": "residents", "officers": "officers", "both": "both"}


@require_safe
@for_post
def authorities(request: FaceRequest) -> HttpResponse:
    """Every authority, those that are open first."""
    context = {
        "rows": queries.list_authorities(request.actor),
        "may_add": queries.why(request.actor, "authority.add").allowed,
    }
    return page(request, "desk/authorities.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def add(request: FaceRequest) -> HttpResponseBase:
    """Declare one. Nobody signs in by its certificates yet."""
    queries.require(request.actor, "authority.add")
    if request.method != "POST":
        return _form(request)
    try:
        made = services.add_authority(request.actor, _given(request))
    except Invalid as invalid:
        return _form(request, invalid)
    messages.success(request, _("It is declared. Bring in its list of revoked certificates, then let people sign in."))
    return HttpResponseRedirect(f"/desk/authorities/{made}/", status=303)


@require_safe
@for_post
def authority(request: FaceRequest, authority_id: UUID) -> HttpResponse:
    """One of them."""
    return _show(request, authority_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def change(request: FaceRequest, authority_id: UUID) -> HttpResponseBase:
    """Declare it in another way, while it is shut."""
    queries.require(request.actor, "authority.change")
    view = queries.authority_page(request.actor, authority_id)
    if request.method != "POST":
        return _form(request, view=view)
    try:
        digest = request.POST.get("digest", "")
        services.change_authority(request.actor, authority_id, _given(request), digest=digest)
    except Invalid as invalid:
        return _form(request, invalid, view)
    messages.success(request, _("The authority is declared as you have said now."))
    return HttpResponseRedirect(f"/desk/authorities/{authority_id}/", status=303)


@require_POST
@for_post
def bring(request: FaceRequest, authority_id: UUID) -> HttpResponseBase:
    """Bring in its present list of revoked certificates: a file, or what was pasted."""
    queries.require(request.actor, "authority.bring-list")
    sent, pasted = request.FILES.get("list"), request.POST.get("pasted", "")
    given = bytes(sent.read(LARGEST_LIST)) if sent is not None and sent.size else pasted[:LARGEST_LIST].encode()
    try:
        count = services.bring_list(request.actor, authority_id, given)
    except Invalid as invalid:
        return _show(request, authority_id, invalid)
    said = ngettext(
        "The list is taken. It names {count} revoked certificate.",
        "The list is taken. It names {count} revoked certificates.",
        count,
    )
    messages.success(request, said.format(count=count))
    return HttpResponseRedirect(f"/desk/authorities/{authority_id}/", status=303)


@require_POST
@for_post
def open_it(request: FaceRequest, authority_id: UUID) -> HttpResponseBase:
    """Let people sign in by its certificates, as it was shown."""
    services.open_authority(request.actor, authority_id, request.POST.get("digest", ""))
    messages.success(request, _("People may register its certificates and sign in by them from now on."))
    return HttpResponseRedirect(f"/desk/authorities/{authority_id}/", status=303)


@require_POST
@for_post
def shut(request: FaceRequest, authority_id: UUID) -> HttpResponseBase:
    """Let nobody sign in by its certificates any more."""
    try:
        queries.require(request.actor, "authority.shut")
        if not request.POST.get("sure"):
            raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
        services.shut_authority(request.actor, authority_id)
    except Invalid as invalid:
        return _show(request, authority_id, invalid)
    messages.success(request, _("Nobody signs in by its certificates any more. Whoever had is signed out."))
    return HttpResponseRedirect(f"/desk/authorities/{authority_id}/", status=303)


def _show(request: FaceRequest, authority_id: UUID, invalid: Invalid | None = None) -> HttpResponse:
    targets = {"list": "f-list"}
    context: dict[str, Any] = {
        "view": queries.authority_page(request.actor, authority_id),
        "may_change": queries.why(request.actor, "authority.change").allowed,
        "fault": next((sentence(one) for one in invalid.faults if one.pointer == "list"), "") if invalid else "",
        "summary": [{"text": sentence(one), "target": targets.get(one.pointer, "")} for one in invalid.faults]
        if invalid
        else [],
    }
    return page(request, "desk/authority.html", context, invalid.status if invalid else 200)


def _given(request: FaceRequest) -> NewAuthority:
    sent = request.POST
    return NewAuthority(
        title=sent.get("title", ""),
        people=PEOPLE.get(sent.get("people", ""), "residents"),
        chain=sent.get("chain", ""),
        has_list=not sent.get("no_list"),
        number_attribute=sent.get("number_attribute", ""),
    )


def _form(request: FaceRequest, invalid: Invalid | None = None, view: AuthorityView | None = None) -> HttpResponse:
    entries, summary = with_faults(_entries(request, view), invalid.faults if invalid else ())
    context = {"entries": entries, "summary": summary, "view": view, "checks_sm2": queries.checks_sm2()}
    return page(request, "desk/authority_form.html", context, invalid.status if invalid else 200)


def _as_it_is(view: AuthorityView | None) -> dict[str, str]:
    if view is None:
        return {"people": "residents"}
    return {
        "title": view.line.title,
        "people": view.line.people,
        "number_attribute": view.number_attribute,
        "no_list": "" if view.has_list else "1",
    }


def _entries(request: FaceRequest, view: AuthorityView | None) -> list[Entry]:
    sent = request.POST or _as_it_is(view)

    def text(name: str, label: str, help: str = "", kind: str = "text", **more: Any) -> Entry:
        return Entry(name, label, str(sent.get(name, "")), help, kind, **more)

    def marks(name: str, label: str, *options: tuple[str, str, str], kind: str = "radios") -> Entry:
        return Entry(name, label, kind=kind, options=options, chosen=frozenset({str(sent.get(name, ""))}))

    asked = [
        text("title", _("Name"), _("As people know it who hold its keys.")),
        marks(
            "people",
            _("For whom it is open"),
            ("residents", _("Residents"), _("who act for themselves alone, also if they hold posts")),
            ("officers", _("Officers"), _("who holds a post today")),
            ("both", _("Residents and officers"), ""),
        ),
        text(
            "chain",
            _("Its certificates"),
            _("The one that issues people's certificates and those above it, up to the root, in PEM, pasted here."),
            "lines",
            longest=LONGEST_CHAIN,
        ),
        text(
            "number_attribute",
            _("Where it writes the ID number"),
            _("An attribute of the holder or an extension, such as 2.5.4.5. Left empty where it writes none."),
        ),
        marks(
            "no_list",
            _("List of revoked certificates"),
            ("1", _("It publishes none: lost keys are ended here alone"), ""),
            kind="checks",
        ),
    ]
    return [one for one in asked if view is None or one.name != "chain"]
