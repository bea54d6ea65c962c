"""Signing in and out of the portal, and how pages are to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib.auth import logout as end_session
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.acts.values import CapacityKind
from yiwang.forms.accounts import (
    begin_session,
    complete_sign_in,
    proved_password,
    remember_proved,
    safe_next,
    second_step,
    sign_in_as_sent,
    told,
)
from yiwang.identity import services as identity
from yiwang.identity.values.outside import PROVIDER, Through
from yiwang.kernel.errors import Fault, NotAllowed

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

YEAR = 365 * 24 * 3600
PREFIX = "carried."
LANGUAGES = {"zh-hans", "en"}


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: FaceRequest) -> HttpResponseBase:
    """Ask who it is. What a form carried here goes on with the one who signs in."""
    carried = {name.removeprefix(PREFIX): values for name, values in request.POST.lists() if name.startswith(PREFIX)}
    context: dict[str, object] = {
        "next": safe_next(request, "/"),
        "sign_in_at": "/sign-in/",
        "carried": [(name, value) for name, values in carried.items() for value in values],
    }
    if request.method != "POST":
        return render(request, "portal/sign_in.html", context)
    name = request.POST.get("login", "").strip()
    try:
        account = sign_in_as_sent(request, name)
    except identity.SecondFactorAsked as asked:
        remember_proved(request, asked.account_id, str(context["next"]), carried)
        return HttpResponseRedirect("/sign-in/code/", status=303)
    except Fault as fault:
        shown = context | {"refused": told(fault), "login": name}
        return render(request, "portal/sign_in.html", shown, status=fault.status)
    return go_on(request, account, str(context["next"]), carried)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: FaceRequest) -> HttpResponseBase:
    """The second of two factors: the code of the app, or a recovery code."""
    proved = proved_password(request)
    if proved is None:
        return HttpResponseRedirect("/sign-in/", status=303)
    if request.method != "POST":
        return render(request, "portal/sign_in_code.html", second_step(proved))
    try:
        account = complete_sign_in(request, proved)
    except Fault as fault:
        shown = second_step(proved) | {"refused": told(fault)}
        return render(request, "portal/sign_in_code.html", shown, status=fault.status)
    return go_on(request, account, proved.next, proved.carried, through=proved.through)


def go_on(
    request: FaceRequest,
    account: Any,
    next: str,
    carried: Mapping[str, list[str]],
    *,
    through: Through | None = None,
) -> HttpResponseBase:
    """Begin the session of who has shown who he is, and go where he was going.  through: the provider that let him in."""
    begin_session(request, account, through=through)
    if carried:
        request.session["carried"] = {"path": next, "values": dict(carried)}
    return HttpResponseRedirect(next, status=303)


@require_POST
def sign_out(request: FaceRequest) -> HttpResponseBase:
    """End the session. Who came through a provider is still signed in there, and is told so."""
    provider = request.session.get(PROVIDER)
    if request.actor.capacity is not CapacityKind.VISITOR:
        identity.sign_out(request.actor)
    end_session(request)
    return HttpResponseRedirect(f"/outside/{provider}/signed-out/" if provider else "/", status=303)


@csrf_exempt  # a page for everybody carries no token
@require_POST
def preferences(request: FaceRequest) -> HttpResponseBase:
    """Language and size of text, kept in the browser for a year. Nothing else changes; asked by another site, nothing does.

    Raises NotAllowed for a form of another site, as the browser itself says (Fetch Metadata, or `Origin` where it does not say that).
    """
    if not _comes_from_here(request):
        raise NotAllowed
    response = HttpResponseRedirect(safe_next(request, "/"), status=303)
    if (language := request.POST.get("language", "")) in LANGUAGES:
        response.set_cookie(
            "yiwang_language", language, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    if (elder := request.POST.get("elder", "")) in {"0", "1"}:
        response.set_cookie(
            "yiwang_elder", elder, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


def _comes_from_here(request: FaceRequest) -> bool:
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
