"""Signing people in to other systems: what their browsers and those systems ask of us. See `docs/how-to/sign-in-to-other-systems.md`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.acts.values import CapacityKind
from yiwang.forms.accounts import proof_context
from yiwang.identity import queries, services
from yiwang.identity.values.single_sign_on import FACTORS, Answer, Asked, Here, Next, Sent
from yiwang.kernel.errors import NotSignedIn

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

PUBLIC_FOR = "public, max-age=3600"


@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """What programs read to connect themselves."""
    return JsonResponse(queries.provider_metadata(), headers={"Cache-Control": PUBLIC_FOR})


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys by which clients check what we signed."""
    return JsonResponse({"keys": queries.published_keys()}, headers={"Cache-Control": PUBLIC_FOR})


@csrf_exempt  # another site sends people here; nothing is done before they are on a page of ours
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: FaceRequest) -> HttpResponseBase:
    """A client asks who it is. Let the person sign in, prove himself or agree first, where that is needed."""
    if request.method == "POST":  # its cookie stays away when another site posts: once more, as if it had been a link
        return HttpResponseRedirect(f"/oidc/authorize?{request.POST.urlencode()}", status=303)
    sent, here = _carried(request), _here(request)
    asked = services.ask(request.actor, sent, here)
    if asked.next is Next.BEGIN and here is not None:
        asked = services.begin_sign_on(request.actor, sent, here)
    return _next(request, asked)


@require_http_methods(["GET", "HEAD", "POST"])
def go_on(request: FaceRequest) -> HttpResponseBase:
    """Back to what the client asked, after signing in or a proof.

    By a page and not by a redirect: a browser lets a form lead to this site alone, however many redirects later, and from here people go on
    to another one.
    """
    where = f"/oidc/authorize?{request.META.get('QUERY_STRING', '')}"
    return render(request, "portal/going_on.html", {"where": where})


@require_POST
def consent(request: FaceRequest) -> HttpResponseBase:
    """The person says on our page whether the client may hear of him."""
    sent, here = _carried(request), _here(request)
    if here is None:
        raise NotSignedIn
    if request.POST.get("decision") != "agree":
        return _next(request, services.deny(sent, here))
    return _next(request, services.begin_sign_on(request.actor, sent, here, agreed=True))


@csrf_exempt  # programs ask; they show who they are by what they send, and a cookie counts for nothing
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code or a refresh token."""
    return _document(services.hand_out(_sent(request), correlation_id=_number(request)))


@csrf_exempt  # as above
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Tokens back."""
    return _document(services.give_back(_sent(request), correlation_id=_number(request)))


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """Who it is, as things stand now."""
    return _document(services.tell_who(request.headers.get("Authorization", "")))


@csrf_exempt  # another site sends people here; they are signed out only if it knows their session, or they say so
@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: FaceRequest) -> HttpResponseBase:
    """A client asks to sign somebody out."""
    if request.method == "POST":
        return HttpResponseRedirect(f"/oidc/logout?{request.POST.urlencode()}", status=303)
    here = _here(request)
    leaving = services.ask_to_leave(_carried(request), here)
    if here is not None and not leaving.sure:
        _let_forms_lead_to(request, leaving.origin)
        at = f"/oidc/sign-off?{request.GET.urlencode()}"
        return render(request, "portal/sign_off.html", {"leaving": leaving, "at": at})
    if here is not None:
        _sign_out(request)
    return _to(leaving.location) if leaving.location else render(request, "portal/signed_off.html")


@require_POST
def sign_off(request: FaceRequest) -> HttpResponseBase:
    """The person says on our page that he wants to be signed out."""
    leaving = services.ask_to_leave(_carried(request), _here(request))
    _sign_out(request)
    return _to(leaving.location or "/oidc/logout", status=303)


@require_http_methods(["GET", "HEAD"])
def connected(request: FaceRequest) -> HttpResponseBase:
    """The systems that hear of the person because he agreed."""
    if request.actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    return render(request, "portal/connected.html", {"rows": queries.connected_systems(request.actor)})


@require_POST
def withdraw(request: FaceRequest, client_id: UUID) -> HttpResponseBase:
    """A system is to hear nothing of the person any more."""
    if request.actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    services.forbid_client(request.actor, client_id)
    return HttpResponseRedirect("/my/connected/", status=303)


# ── Between the protocol and the browser ──────────────────────────────────────────────────────────────────────────────────


def _carried(request: HttpRequest) -> Sent:
    """What a client let a browser carry here, in the address; the form of a page of ours stands beside it."""
    return Sent("GET", _lists(request.GET))


def _sent(request: HttpRequest) -> Sent:
    """What a client itself sends."""
    return Sent("POST", form=_lists(request.POST), authorization=request.headers.get("Authorization", ""))


def _lists(given: QueryDict) -> dict[str, list[str]]:
    return {name: [str(one) for one in values] for name, values in given.lists()}


def _here(request: HttpRequest) -> Here | None:
    """The session of who is signed in."""
    if not request.user.is_authenticated:
        return None
    session: Any = request.session
    proved: datetime | None = session.proved_at
    if session.id is None or proved is None:
        return None
    return Here(session.id, request.user.pk, proved, tuple(session.get(FACTORS, ())))


def _next(request: FaceRequest, asked: Asked) -> HttpResponseBase:
    if asked.answer is not None:
        return _to(asked.answer.location, status=303 if request.method == "POST" else 302)
    go_on_at = f"/oidc/go-on?{asked.go_on}"
    if asked.next is Next.SIGN_IN:
        page = "/desk/sign-in/" if asked.for_officers else "/sign-in/"
        return HttpResponseRedirect(f"{page}?{urlencode({'next': go_on_at})}")
    if asked.next is Next.CHOOSE_POST:
        return HttpResponseRedirect(f"/desk/post/?{urlencode({'next': go_on_at})}")
    if asked.next is Next.PROVE:
        why = _("“{title}” wants to be sure that it is you who sits here.").format(title=asked.title)
        context = {"layout": "portal/base.html", "at": go_on_at, "why": why, **proof_context(request.actor)}
        return render(request, "errors/prove.html", context)
    if asked.next is Next.CONSENT:
        _let_forms_lead_to(request, asked.origin)
        return render(request, "portal/consent.html", {"asked": asked, "at": f"/oidc/consent?{asked.go_on}"})
    return render(request, "portal/not_connected.html", {"said": asked.said}, status=400)


def _to(location: str, status: int = 302) -> HttpResponse:
    """To an address that an administrator has entered, which may be a program's own scheme; Django's own redirects know none."""
    return HttpResponse(status=status, headers={"Location": location})


def _let_forms_lead_to(request: FaceRequest, origin: str) -> None:
    """A browser follows no redirect from a form to another site unless the page said so."""
    request.forms_lead_to = origin


def _number(request: HttpRequest) -> str:
    """Under which the request stands in the logs."""
    return str(getattr(request, "correlation_id", ""))


def _document(answer: Answer) -> HttpResponse:
    headers = {**answer.headers, "Cache-Control": "no-store", "Pragma": "no-cache"}
    if isinstance(answer.body, str):
        return HttpResponse(answer.body, status=answer.status, headers=headers)
    headers.pop("Content-Type", None)
    return JsonResponse(answer.body, status=answer.status, headers=headers)


def _sign_out(request: FaceRequest) -> None:
    if request.actor.capacity is not CapacityKind.VISITOR:
        services.sign_out(request.actor)
    end_session(request)
