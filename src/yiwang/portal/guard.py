"""Who may open the pages under /my/ and the forms: a person for himself."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.http import HttpResponseBase

from yiwang.acts.values import CapacityKind
from yiwang.kernel.errors import NotAllowed, NotSignedIn

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["for_oneself"]

P = ParamSpec("P")


def for_oneself(
    view: Callable[Concatenate[FaceRequest, P], HttpResponseBase],
) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
    """Let a person in; a visitor signs in first; an officer is told to come as himself."""

    @wraps(view)
    def guarded(request: FaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.actor.capacity is CapacityKind.SELF:
            return view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotSignedIn
        if request.actor.capacity is CapacityKind.POST:
            raise NotAllowed(
                "You are acting in a post now. These pages are for you as a person: choose “Act as somebody else”."
            )
        raise NotAllowed("This account stands for no person, so nothing can be sent or kept under it here.")

    return guarded
