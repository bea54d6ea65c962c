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

__all__ = ["kept_for_visitors", "written"]

P = ParamSpec("P")

_WRITTEN = f"SELECT {RELEASE}, count(*) FILTER (WHERE live), max(last_published_at) FROM wagtailcore_page"  # noqa: S608 - ours


def written() -> Hashable:
    """Which pages of editors are public: differs as soon as one comes, changes or goes. One statement; the release comes with it."""
    [[release, live, last]] = fetch(_WRITTEN, {})
    remember_release(release)
    return live, last


def kept_for_visitors(
    shows: Callable[[], Hashable] = tuple,
) -> Callable[
    [Callable[Concatenate[FaceRequest, P], HttpResponseBase]], Callable[Concatenate[FaceRequest, P], HttpResponseBase]
]:
    """Let what the view answers to a visitor be kept. Nothing on the page may be anybody's own: no name, no token, no message.

    shows: what the page shows of the database besides the release, as something that differs as soon as that changes; it is asked at
    every request, so it must be cheap, and may bring the release along (`acts.queries.remember_release`).
    """

    def state() -> Hashable:
        with remembering():
            shown = shows()
            release = acts.current_release()
            return acts.release_id(release) if release else None, today(), offset(), shown

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
