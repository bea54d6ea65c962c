"""To outside identity providers 外部身份源 and back. See `docs/how-to/sign-in-from-outside.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from yiwang.forms.accounts import begin_at_desk, remember_proved, session_of, told
from yiwang.forms.outside import Way, keep_proved, set_out, set_out_to_prove, way_of
from yiwang.identity import queries, services
from yiwang.identity.values.outside import Arrived, OutsideRefused
from yiwang.portal.views.signing import go_on

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_POST
def go(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """To sign in at a provider.

    By a page and not by a redirect: a browser lets a form lead to this site alone, however many redirects later.
    """
    return render(request, "portal/going_outside.html", {"where": set_out(request, provider_id)})


@require_POST
def prove(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """To show there once more who sits here."""
    return render(request, "portal/going_outside.html", {"where": set_out_to_prove(request, provider_id)})


@require_GET
def back(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """From an OpenID provider, with a code in the address."""
    query = {name: [str(one) for one in values] for name, values in request.GET.lists()}
    try:
        arrived = services.arrive_by_oidc(
            request.actor, provider_id, query, session_of(request), correlation_id=_number(request)
        )
    except OutsideRefused as fault:
        return _refused(request, fault)
    return _let_in(request, arrived)


@csrf_exempt  # a page of the provider sends the form; what it brings is signed, answers a request of ours, and serves once
@require_POST
def consume(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """From a SAML provider, by a form of its page, with which no cookie of ours comes: fetched anew by the person's own browser."""
    try:
        handle = services.receive_saml(
            provider_id, request.POST.get("SAMLResponse", ""), correlation_id=_number(request)
        )
    except OutsideRefused as fault:
        return _refused(request, fault)
    return HttpResponseRedirect(f"/outside/{provider_id}/arrived/?{urlencode({'to': handle})}", status=303)


@require_GET
def arrived(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """With what a SAML provider said of him."""
    handle = request.GET.get("to", "")
    try:
        found = services.arrive_by_saml(
            request.actor, provider_id, handle, session_of(request), correlation_id=_number(request)
        )
    except OutsideRefused as fault:
        return _refused(request, fault)
    return _let_in(request, found)


@require_safe
def metadata(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """What a SAML provider's administrator enters of us."""
    return HttpResponse(queries.own_metadata(provider_id), content_type="application/samlmetadata+xml")


@require_safe
def signed_out(request: FaceRequest, provider_id: UUID) -> HttpResponseBase:
    """He is signed out here, and not there."""
    title, leave_at = queries.leaving_provider(provider_id)
    return render(request, "portal/signed_out_here.html", {"title": title, "leave_at": leave_at})


def _let_in(request: FaceRequest, arrived: Arrived) -> HttpResponseBase:
    way = way_of(request, arrived)
    if way.proves:
        keep_proved(request)
        return render(request, "errors/proved.html", _waiting(way))
    if arrived.asked_more:
        remember_proved(request, arrived.account.id, way.next, way.carried or {}, arrived.through)
        return HttpResponseRedirect("/desk/sign-in/code/" if way.desk else "/sign-in/code/", status=303)
    if way.desk:
        return HttpResponseRedirect(
            begin_at_desk(request, arrived.account, way.next, through=arrived.through), status=303
        )
    return go_on(request, arrived.account, way.next, way.carried or {}, through=arrived.through)


def _refused(request: FaceRequest, fault: OutsideRefused) -> HttpResponseBase:
    """The page from which he went, with why he was not let in. What he was about to do waits there as before."""
    way = way_of(request)
    if way.proves:
        return render(request, "errors/proved.html", {**_waiting(way), "refused": told(fault)}, status=fault.status)
    context = {
        "next": way.next,
        "sign_in_at": "/desk/sign-in/" if way.desk else "/sign-in/",
        "carried": _fields(way),
        "refused": told(fault),
    }
    return render(request, "desk/sign_in.html" if way.desk else "portal/sign_in.html", context, status=fault.status)


def _waiting(way: Way) -> dict[str, object]:
    layout = "desk/plain.html" if way.desk else "portal/base.html"
    return {"kept": _fields(way), "at": way.next, "layout": layout}


def _fields(way: Way) -> list[tuple[str, str]]:
    return [(name, value) for name, values in (way.carried or {}).items() for value in values]


def _number(request: HttpRequest) -> str:
    """Under which the request stands in the logs."""
    return str(getattr(request, "correlation_id", ""))
