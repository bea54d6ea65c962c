"""Signing in by a certificate 数字证书, for portal and desk. See `docs/how-to/sign-in-with-a-certificate.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.forms.accounts import begin_at_desk, session_of, told
from yiwang.forms.certificate_ways import (
    begin_proof,
    begin_way,
    challenge_here,
    prove_as_signed,
    sign_in_as_signed,
    way_here,
)
from yiwang.forms.certificates import as_challenge_file
from yiwang.forms.outside import Way
from yiwang.identity import queries, services
from yiwang.kernel.errors import Fault, Invalid, NotFound
from yiwang.portal.views.signing import go_on

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

HERE = "/certificate/"


@require_POST
def go(request: FaceRequest) -> HttpResponseBase:
    """To sign in by a certificate."""
    begin_way(request)
    return HttpResponseRedirect(HERE, status=303)


@require_POST
def prove(request: FaceRequest) -> HttpResponseBase:
    """To show by it once more who sits here."""
    begin_proof(request)
    return HttpResponseRedirect(HERE, status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def certificate(request: FaceRequest) -> HttpResponseBase:
    """Take the challenge, hand in the answer."""
    way = way_here(request)
    if way is None or (way.proves and not request.user.is_authenticated):
        return HttpResponseRedirect("/sign-in/", status=303)
    if request.method != "POST":
        return _show(request, way)
    if way.proves:
        return _prove(request, way)
    try:
        account = sign_in_as_signed(request)
    except Fault as fault:
        return _show(request, way, told(fault), fault.status)
    if way.desk:
        return HttpResponseRedirect(begin_at_desk(request, account, way.next), status=303)
    return go_on(request, account, way.next, way.carried or {})


@require_safe
def challenge(request: FaceRequest) -> HttpResponseBase:
    """What is to be signed, as a file: for what this browser is about to do, or (`?for=register`) to register a certificate."""
    if request.GET.get("for") == "register":
        begun = queries.own_second_factor(request.actor, session_of(request)).new_certificate
        if begun is None:
            raise NotFound
        return as_challenge_file(begun)
    way = way_here(request)
    if way is None or (way.proves and not request.user.is_authenticated):
        raise NotFound
    return as_challenge_file(challenge_here(request, proves=way.proves))


def _prove(request: FaceRequest, way: Way) -> HttpResponseBase:
    try:
        prove_as_signed(request)
    except Invalid as fault:
        return _show(request, way, told(services.CertificateRefused()), fault.status)
    except services.SignInLocked as fault:
        return _show(request, way, told(fault), fault.status)
    if not way.carried:
        return HttpResponseRedirect(way.next, status=303)
    kept = [(name, value) for name, values in way.carried.items() for value in values]
    context = {"kept": kept, "at": way.next, "layout": _layout(way)}
    return render(request, "errors/proved.html", context)


def _show(request: FaceRequest, way: Way, refused: dict[str, str] | None = None, status: int = 200) -> HttpResponseBase:
    context: dict[str, Any] = {
        "way": way,
        "layout": _layout(way),
        "refused": refused,
        "challenge": challenge_here(request, proves=way.proves),
        "checks_sm2": queries.checks_sm2(),
    }
    return render(request, "portal/certificate_sign_in.html", context, status=status)


def _layout(way: Way) -> str:
    return "desk/plain.html" if way.desk else "portal/base.html"
