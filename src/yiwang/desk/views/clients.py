"""Connected systems: what signs officers and residents in here. The work of the system administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values.single_sign_on import NewClient, NewClientSecret, SignOnScope
from yiwang.kernel.errors import FieldFault, Invalid, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_post
def clients(request: FaceRequest) -> HttpResponse:
    """Every connected system, and who is signed in there."""
    return page(request, "desk/clients.html", {"rows": queries.list_clients(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def connect(request: FaceRequest) -> HttpResponse:
    """Connect one. Its secret stands on this answer alone, which no browser keeps."""
    queries.require(request.actor, "client.connect")
    if request.method != "POST":
        return _form(request)
    try:
        made = services.connect_client(request.actor, _given(request))
    except Invalid as invalid:
        return _form(request, invalid)
    return _show(request, made.id, made=made)


@require_safe
@for_post
def client(request: FaceRequest, client_id: UUID) -> HttpResponse:
    """One of them."""
    return _show(request, client_id)


@require_POST
@for_post
def secret(request: FaceRequest, client_id: UUID) -> HttpResponse:
    """Give it another secret. It stands on this answer alone."""
    try:
        made = services.renew_client_secret(request.actor, client_id)
    except Invalid as invalid:
        return _show(request, client_id, invalid)
    return _show(request, client_id, made=made)


@require_POST
@for_post
def close(request: FaceRequest, client_id: UUID) -> HttpResponseBase:
    """Disconnect it."""
    try:
        queries.require(request.actor, "client.close")
        if not request.POST.get("sure"):
            raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
        services.close_client(request.actor, client_id)
    except Invalid as invalid:
        return _show(request, client_id, invalid)
    messages.success(request, _("The system is disconnected. Whoever was signed in there from here is so no more."))
    return HttpResponseRedirect("/desk/clients/", status=303)


@require_POST
@for_post
def renew_key(request: FaceRequest) -> HttpResponseBase:
    """Sign with another key from now on."""
    services.renew_token_key(request.actor, withdraw=bool(request.POST.get("withdraw")))
    messages.success(request, _("A new key signs from now on."))
    return HttpResponseRedirect("/desk/clients/", status=303)


def _show(
    request: FaceRequest, client_id: UUID, invalid: Invalid | None = None, made: NewClientSecret | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "view": queries.client_page(request.actor, client_id),
        "made": made,
        "issuer": queries.issuer(),
        "summary": [{"text": sentence(one), "target": ""} for one in invalid.faults] if invalid else [],
    }
    return page(request, "desk/client.html", context, invalid.status if invalid else 200)


def _given(request: FaceRequest) -> NewClient:
    sent = request.POST
    return NewClient(
        title=sent.get("title", ""),
        unit=sent.get("unit", "").strip(),
        people="everybody" if sent.get("people") == "everybody" else "officers",
        redirect_addresses=_lines(sent.get("redirect_addresses", "")),
        scopes=frozenset(SignOnScope(one) for one in sent.getlist("scopes") if one in set(SignOnScope))
        | {SignOnScope.OPENID},
        asks_consent=bool(sent.get("asks_consent")),
        public=bool(sent.get("public")),
        leaving_addresses=_lines(sent.get("leaving_addresses", "")),
        notice_address=sent.get("notice_address", ""),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


def _form(request: FaceRequest, invalid: Invalid | None = None) -> HttpResponse:
    entries, summary = with_faults(_entries(request), invalid.faults if invalid else ())
    return page(
        request, "desk/client_form.html", {"entries": entries, "summary": summary}, invalid.status if invalid else 200
    )


def _entries(request: FaceRequest) -> list[Entry]:
    sent = request.POST

    def text(name: str, label: str, help: str = "", kind: str = "text", **more: Any) -> Entry:
        return Entry(name, label, sent.get(name, ""), help, kind, **more)

    def marks(name: str, label: str, *options: tuple[str, str, str], kind: str = "checks", first: str = "") -> Entry:
        chosen = frozenset(sent.getlist(name)) if sent else frozenset({first})
        return Entry(name, label, kind=kind, options=options, chosen=chosen)

    return [
        text("title", _("Name"), _("As people read it when they are asked whether they agree.")),
        text("unit", _("Whose system it is"), _("Code of the unit."), short=True),
        marks(
            "people",
            _("Whom it signs in"),
            ("officers", _("Officers"), _("who holds a post")),
            ("everybody", _("Everybody"), _("residents and officers; it hears neither names nor posts")),
            kind="radios",
            first="officers",
        ),
        text(
            "redirect_addresses",
            _("Where people return"),
            _("One address a line, complete; they are compared letter by letter."),
            "lines",
        ),
        text("leaving_addresses", _("Where people may go after signing out"), _("One address a line."), "lines"),
        text(
            "notice_address",
            _("Where it hears that a session has ended"),
            _("Its address for back-channel logout; empty if it has none."),
        ),
        marks(
            "scopes",
            _("What it may ask to hear"),
            ("profile", _("Name and log-in"), _("of officers")),
            ("posts", _("Posts"), _("with units and duties, and the one in which the officer acts")),
            ("offline_access", _("Go on without asking again"), _("until the session here ends")),
        ),
        marks("asks_consent", _("Consent"), ("1", _("People are asked before it hears of them"), ""), first="1"),
        marks(
            "public", _("Secret"), ("1", _("It runs where it can keep no secret"), _("in a browser or on a telephone"))
        ),
    ]
