"""My account 我的账号, for the pages of both faces: who one is here, where one is signed in, and another password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import login, update_session_auth_hash
from django.utils.translation import gettext as _

from yiwang.acts.values import CapacityKind
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.values import CAPACITY, SELF
from yiwang.kernel.errors import Fault, Invalid, NotFound, NotSignedIn

if TYPE_CHECKING:
    from django.http import HttpRequest

    from yiwang.api.pages import FaceRequest

__all__ = ["account_context", "begin_session", "change_password", "end_sessions"]

TOO_MANY = 429
OTHERS = "others"


def begin_session(request: HttpRequest, account: Any, capacity: str = SELF) -> None:
    """Sign somebody in, in a new session: what was known of the old one is worth nothing.

    account: as `sign_in` returned it.  capacity: `self`, or the id of a post.
    """
    request.session.flush()
    login(request, account)
    request.session[CAPACITY] = capacity


def account_context(request: FaceRequest) -> dict[str, Any]:
    """Login, posts, sessions and the rules of passwords. Raises NotSignedIn."""
    if not request.user.is_authenticated or request.actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    return {
        "view": queries.own_account(request.actor),
        "sessions": queries.sessions_of(request.actor, request.session.id),
        "said": {},
        "summary": [],
    }


def change_password(request: FaceRequest) -> tuple[dict[str, Any], int]:
    """Do what the form asks; the context to show again with a status of 400 and more, or (…, 303) when it is done.

    This session goes on under the new password; every other one ends. What was typed is never shown again.
    """
    context = account_context(request)
    try:
        services.change_password(
            request.actor,
            request.POST.get("old", ""),
            request.POST.get("new", ""),
            again=request.POST.get("again", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except Fault as fault:
        if fault.status not in (Invalid.status, TOO_MANY):
            raise
        told = [(one.pointer, sentence(one)) for one in fault.faults]
        said: dict[str, str] = {}
        for pointer, words in told:
            said[pointer] = f"{said[pointer]} {words}" if pointer in said else words
        context["said"] = said
        context["summary"] = [{"text": words, "target": f"p-{pointer}"} for pointer, words in told] or [
            {"text": _(fault.next_step), "target": ""}
        ]
        return context, fault.status
    if request.user.is_authenticated:
        request.user.refresh_from_db()
        update_session_auth_hash(request, request.user)
    return context, 303


def end_sessions(request: FaceRequest) -> str:
    """Sign out in the place that the form names, or everywhere but here; what to tell. Raises NotSignedIn, NotFound."""
    named = request.POST.get("session", "")
    if not request.user.is_authenticated:
        raise NotSignedIn
    if named == OTHERS:
        services.end_other_sessions(request.actor, request.session.id)
        return _("You have been signed out everywhere else.")
    try:
        session_id = UUID(named)
    except ValueError:
        raise NotFound from None
    services.end_session(request.actor, session_id)
    return _("You have been signed out there.")
