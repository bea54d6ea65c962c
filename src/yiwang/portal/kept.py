"""Which pages of the portal every visitor sees alike, so that one may be kept and handed out again (`api.kept` does)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.http import HttpResponseBase

from yiwang.acts import queries as acts
from yiwang.acts.queries import RELEASE, fetch, remember_release
from yiwang.kernel.remembering import remembering
from yiwang.kernel.time import offset, today

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["WRITTEN", "kept_for_visitors"]

P = ParamSpec("P")

WRITTEN = (
    "(SELECT count(*) FILTER (WHERE live) || ' ' || COALESCE(max(last_published_at)::text, '') FROM wagtailcore_page)"
)
"""Which pages of editors are public, as one SQL expression: differs as soon as one comes, changes or goes."""


def kept_for_visitors(
    *marks: str,
) -> Callable[
    [Callable[Concatenate[FaceRequest, P], HttpResponseBase]], Callable[Concatenate[FaceRequest, P], HttpResponseBase]
]:
    """Let what the view answers to a visitor be kept. Nothing on the page may be anybody's own: no name, no token, no message.

    marks: what the page shows of the database besides the release, each as an SQL expression that differs as soon as that changes.
    They are asked at every request, together with the release in one statement, so each must be cheap.
    """
    statement = f"SELECT {', '.join((RELEASE, *marks))}"

    def state() -> Hashable:
        with remembering():
            [[release, *shown]] = fetch(statement, {})
            remember_release(release)
            return acts.release_id(release) if release else None, today(), offset(), tuple(shown)

    def decorate(
        view: Callable[Concatenate[FaceRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
        @wraps(view)
        def answer(request: FaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.user.is_authenticated:
                return view(request, *args, **kwargs)
            before = state()  # what changes while the page is made makes it old
            response = view(request, *args, **kwargs)
            vars(response)["kept_while"] = state, before
            return response

        return answer

    return decorate
