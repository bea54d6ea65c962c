"""My account 我的账号, for the pages of both faces: who one is here, and another password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _

from yiwang.acts.values import CapacityKind
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.kernel.errors import Fault, Invalid, NotSignedIn

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["account_context", "change_password"]

TOO_MANY = 429


def account_context(request: FaceRequest) -> dict[str, Any]:
    """Login, posts and the rules of passwords. Raises NotSignedIn."""
    if not request.user.is_authenticated or request.actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    return {"view": queries.own_account(request.actor), "said": {}, "summary": []}


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
