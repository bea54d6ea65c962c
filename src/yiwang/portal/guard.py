"""Who may open the pages under /my/ and the forms: a person for himself, and for some of them an agent for his principal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.http import HttpResponseBase

from yiwang.acts.values import CapacityKind
from yiwang.kernel.errors import NotAllowed, NotSignedIn, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["for_applicant", "for_oneself"]

P = ParamSpec("P")


def for_oneself(
    view: Callable[Concatenate[FaceRequest, P], HttpResponseBase],
) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
    """Let a person in; a visitor signs in first; an officer or an agent is told to come as himself."""
    return _for(view, {CapacityKind.SELF})


def for_applicant(
    view: Callable[Concatenate[FaceRequest, P], HttpResponseBase],
) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
    """The same, and let in who acts for another under a mandate."""
    return _for(view, {CapacityKind.SELF, CapacityKind.AGENT})


def _for(
    view: Callable[Concatenate[FaceRequest, P], HttpResponseBase], let_in: Collection[CapacityKind]
) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
    @wraps(view)
    def guarded(request: FaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.actor.capacity in let_in:
            return view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotSignedIn
        if request.actor.capacity is CapacityKind.POST:
            raise NotAllowed(
                msgid(
                    "You are acting in a post now. These pages are for you as a person: choose “Act as somebody else”."
                )
            )
        if request.actor.capacity is CapacityKind.AGENT:
            raise NotAllowed(
                msgid(
                    "You are acting for another now. This page is for you as a person: choose “Act as somebody else”."
                )
            )
        raise NotAllowed(msgid("This account stands for no person, so nothing can be sent or kept under it here."))

    return guarded
