"""Who may call: a session that the same browser or program opened at `/api/v1/session`, with its token on every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from yiwang.acts.values import CapacityKind
from yiwang.api.pages import CsrfFailed
from yiwang.kernel.errors import NotAllowed, NotSignedIn, msgid

if TYPE_CHECKING:
    from yiwang.acts.values import Actor

__all__ = ["SignedIn", "Visitor", "actor_of", "language_of", "session_of"]

SAFE = {"GET", "HEAD", "OPTIONS"}


def _refuse_foreign_changes(request: HttpRequest) -> None:
    if request.method not in SAFE and check_csrf(request) is not None:
        raise CsrfFailed


class Visitor(AuthBase):
    """Anybody; changes still need the token."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "yiwang_session"

    def __call__(self, request: HttpRequest) -> Any:
        _refuse_foreign_changes(request)
        return actor_of(request)


class SignedIn(Visitor):
    """Somebody who is signed in and acts in a capacity. Who may do what is asked by the services."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.user.is_authenticated:
            raise NotSignedIn
        _refuse_foreign_changes(request)
        if actor_of(request).capacity is CapacityKind.VISITOR:
            raise NotAllowed(msgid("Choose a capacity first: PUT /api/v1/session/capacity."))
        return actor_of(request)


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as the middleware has found."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def session_of(request: HttpRequest) -> UUID | None:
    """The id of the session that asks; None when nothing is kept for it."""
    id: UUID | None = vars(request.session).get("id")
    return id


def language_of(request: HttpRequest) -> str:
    """The language in which views are shaped."""
    language: str = request.language  # type: ignore[attr-defined]
    return language
