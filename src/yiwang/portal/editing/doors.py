"""Where editors come in: every address of Wagtail's workbench, behind an officer's post."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.views.decorators.http import require_safe

from yiwang.acts.services import together
from yiwang.acts.values import CapacityKind
from yiwang.identity.queries import require
from yiwang.kernel.errors import NotSignedIn
from yiwang.portal.editing.rights import READ

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["AT", "for_editors", "to_account", "to_sign_out"]

AT = "/desk/site/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
"""The workbench has scripts and styles inside its pages, and shows a page as it will be in a frame. Nothing here is for visitors."""


def for_editors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let an officer in whose post writes or publishes pages; what one request changes is one transaction."""

    @wraps(view)
    def guarded(request: FaceRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            raise NotSignedIn
        if request.actor.capacity is not CapacityKind.POST and request.method in SAFE:
            return HttpResponseRedirect(f"/desk/post/?{urlencode({'next': request.get_full_path()})}")
        require(request.actor, READ)
        request.user.acting = request.actor
        with nullcontext() if request.method in SAFE else together(request.actor):
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response = response.render()  # within the transaction, and where a fault still becomes a page
        shown = response.headers.get(
            "Content-Security-Policy"
        )  # a preview is a page of the portal, with its strict policy
        policy = shown.replace("frame-ancestors 'none'", "frame-ancestors 'self'") if shown else CONTENT_SECURITY_POLICY
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    return guarded


@require_safe
def to_account(request: FaceRequest, *_args: object, **_kwargs: object) -> HttpResponseBase:
    """An editor's account is an officer's: password, second factor and sessions stand on the desk."""
    return HttpResponseRedirect("/desk/account/")


def to_sign_out(request: FaceRequest) -> HttpResponseBase:
    """Wagtail's own way out leads to the desk, where signing out is."""
    return HttpResponseRedirect("/desk/", status=303)
