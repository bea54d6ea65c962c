"""Outside identity providers 外部身份源: through whom residents and officers may sign in. The work of the system administrator; opening one
needs the security administrator, who may shut one, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from yiwang.identity.values.outside import Finding, Kind, NewProvider, ProviderView, Vouches, Whom
from yiwang.kernel.errors import FieldFault, Invalid, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LONGEST_METADATA = 100_000
PEOPLE: Mapping[str, Whom] = {"residents": "residents", "officers": "officers", "both": "both"}


@require_safe
@for_post
def providers(request: FaceRequest) -> HttpResponse:
    """Every provider, those that are open first."""
    context = {
        "rows": queries.list_providers(request.actor),
        "may_connect": queries.why(request.actor, "provider.connect").allowed,
    }
    return page(request, "desk/providers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def connect(request: FaceRequest) -> HttpResponseBase:
    """Declare one. Nobody comes in through it yet."""
    queries.require(request.actor, "provider.connect")
    if request.method != "POST":
        return _form(request)
    try:
        made = services.connect_provider(request.actor, _given(request))
    except Invalid as invalid:
        return _form(request, invalid)
    messages.success(request, _("It is connected. Try it, then let people sign in through it."))
    return HttpResponseRedirect(f"/desk/providers/{made}/", status=303)


@require_safe
@for_post
def provider(request: FaceRequest, provider_id: UUID) -> HttpResponse:
    """One of them."""
    return _show(request, provider_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def change(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """Declare it in another way, while nobody comes in through it."""
    queries.require(request.actor, "provider.change")
    view = queries.provider_page(request.actor, provider_id)
    if request.method != "POST":
        return _form(request, view=view)
    try:
        services.change_provider(request.actor, provider_id, _given(request), digest=request.POST.get("digest", ""))
    except Invalid as invalid:
        return _form(request, invalid, view)
    messages.success(request, _("The provider is connected as you have said now."))
    return HttpResponseRedirect(f"/desk/providers/{provider_id}/", status=303)


@require_POST
@for_post
def trial(request: FaceRequest, provider_id: UUID) -> HttpResponse:
    """Try the connection; what came of it stands on this answer."""
    return _show(request, provider_id, found=services.try_provider(request.actor, provider_id))


@require_POST
@for_post
def open_it(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """Let people sign in through it, as it was shown."""
    try:
        services.open_provider(request.actor, provider_id, request.POST.get("digest", ""))
    except Invalid as invalid:
        return _show(request, provider_id, invalid)
    messages.success(request, _("People may sign in through it from now on."))
    return HttpResponseRedirect(f"/desk/providers/{provider_id}/", status=303)


@require_POST
@for_post
def shut(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """Let nobody come in through it any more."""
    try:
        queries.require(request.actor, "provider.shut")
        if not request.POST.get("sure"):
            raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
        services.shut_provider(request.actor, provider_id)
    except Invalid as invalid:
        return _show(request, provider_id, invalid)
    messages.success(request, _("Nobody comes in through it any more. Whoever had is signed out."))
    return HttpResponseRedirect(f"/desk/providers/{provider_id}/", status=303)


def _show(
    request: FaceRequest, provider_id: UUID, invalid: Invalid | None = None, found: Sequence[Finding] = ()
) -> HttpResponse:
    view = queries.provider_page(request.actor, provider_id)
    context: dict[str, Any] = {
        "view": view,
        "addresses": _addresses(view),
        "may_change": queries.why(request.actor, "provider.change").allowed,
        "found": [(one.is_well, _(one.words).format_map(one.params)) for one in found],
        "summary": [{"text": sentence(one), "target": ""} for one in invalid.faults] if invalid else [],
    }
    return page(request, "desk/provider.html", context, invalid.status if invalid else 200)


def _addresses(view: ProviderView) -> list[tuple[str, str]]:
    """Where it is found, in words, in the order in which a sign-in goes."""
    words = {
        "authorization_endpoint": _("Where people sign in there"),
        "sign_in_address": _("Where people sign in there"),
        "token_endpoint": _("Where it gives tokens for codes"),
        "jwks_uri": _("Where its keys are"),
        "userinfo_endpoint": _("Where it tells more of a person"),
        "end_session_endpoint": _("Where one signs out of it"),
    }
    return [(label, str(view.said[name])) for name, label in words.items() if name in view.said]


def _given(request: FaceRequest) -> NewProvider:
    sent = request.POST
    kind: Kind = "saml" if sent.get("kind") == "saml" else "oidc"
    vouches: Vouches = "login" if sent.get("vouches") == "login" else "citizen-id"
    return NewProvider(
        title=sent.get("title", ""),
        kind=kind,
        people=PEOPLE.get(sent.get("people", ""), "residents"),
        issuer=sent.get("issuer", ""),
        vouches=vouches,
        claim=sent.get("claim", ""),
        client_id=sent.get("client_id", ""),
        secret=sent.get("secret", ""),
        scopes=tuple(sent.get("scopes", "").split()),
        metadata=sent.get("metadata", ""),
        levels=_levels(sent.get("levels", "")),
        two_factors=bool(sent.get("two_factors")),
    )


def _levels(text: str) -> dict[str, str]:
    """One a line: what the provider calls it, “=”, what it is here, in the words of the page or by its name."""
    named = {word: level for level, word in _level_words().items()}
    pairs = [line.rpartition("=") for line in text.splitlines() if line.strip()]
    return {name.strip(): named.get(level.strip(), level.strip()) for name, _equals, level in pairs}


def _level_words() -> dict[str, str]:
    return {"low": _("low"), "substantial": _("substantial"), "high": _("high")}


def _form(request: FaceRequest, invalid: Invalid | None = None, view: ProviderView | None = None) -> HttpResponse:
    entries, summary = with_faults(_entries(request, view), invalid.faults if invalid else ())
    context = {"entries": entries, "summary": summary, "view": view}
    return page(request, "desk/provider_form.html", context, invalid.status if invalid else 200)


def _as_it_is(view: ProviderView | None) -> dict[str, str]:
    if view is None:
        return {"kind": "oidc", "people": "residents", "vouches": "citizen-id"}
    words = _level_words()
    levels = "\n".join(f"{name} = {words[level]}" for name, level in view.levels.items())
    return {
        **{"title": view.line.title, "kind": view.line.kind, "people": view.line.people, "issuer": view.issuer},
        **{"client_id": view.client_id, "scopes": " ".join(view.scopes), "vouches": view.vouches, "claim": view.claim},
        **{"levels": levels, "two_factors": "1" if view.two_factors else ""},
    }


def _entries(request: FaceRequest, view: ProviderView | None) -> list[Entry]:
    sent = request.POST or _as_it_is(view)

    def text(name: str, label: str, help: str = "", kind: str = "text", **more: Any) -> Entry:
        return Entry(name, label, "" if kind == "password" else str(sent.get(name, "")), help, kind, **more)

    def marks(name: str, label: str, *options: tuple[str, str, str], kind: str = "radios") -> Entry:
        return Entry(name, label, kind=kind, options=options, chosen=frozenset({str(sent.get(name, ""))}))

    asked = [
        text("title", _("Name"), _("As it stands on the button by which people sign in.")),
        marks(
            "kind",
            _("Which language it speaks"),
            ("oidc", _("OpenID Connect"), ""),
            ("saml", _("SAML 2.0"), ""),
        ),
        marks(
            "people",
            _("For whom it is open"),
            ("residents", _("Residents"), _("who act for themselves alone, also if they hold posts")),
            ("officers", _("Officers"), _("who holds a post today")),
            ("both", _("Residents and officers"), ""),
        ),
        text("issuer", _("Issuer"), _("OpenID Connect: its address, complete. Its description is fetched from there.")),
        text(
            "client_id",
            _("By which id it knows us"),
            _("OpenID Connect. It may follow when you know the return address."),
        ),
        text(
            "secret",
            _("The secret that it gave us"),
            _("OpenID Connect. Left empty, the one before stays."),
            "password",
        ),
        text("scopes", _("What to ask it for"), _("OpenID Connect: further scopes, for instance “profile”.")),
        text(
            "metadata",
            _("Its description"),
            _("SAML: the metadata that it publishes, as XML, pasted here."),
            "lines",
            longest=LONGEST_METADATA,
        ),
        marks(
            "vouches",
            _("What it says of a person"),
            ("citizen-id", _("The ID number"), ""),
            ("login", _("The log-in here"), _("for officers alone")),
        ),
        text(
            "claim",
            _("Under which name"),
            _("The claim, or the attribute; NameID for the name in the assertion itself."),
        ),
        text(
            "levels",
            _("What its levels are here"),
            _("One a line: what it calls the level, “=”, and low, substantial or high. Any other is low."),
            "lines",
        ),
        marks(
            "two_factors",
            _("Second factor"),
            ("1", _("Its level “high” stands for two factors: ours is not asked for then"), ""),
            kind="checks",
        ),
    ]
    if view is None:
        return asked
    of_the_other = {"metadata"} if view.line.kind == "oidc" else {"issuer", "client_id", "secret", "scopes"}
    return [one for one in asked if one.name not in of_the_other | {"kind"}]
