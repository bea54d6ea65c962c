"""Pages that every visitor sees alike are made once and handed out for a while.

Most requests to a portal are visitors' first pages: nobody has signed in, nothing on them is anybody's own. Such a page is kept in the
process that made it and answered before anything is asked about a session. It is made anew with each release, each day, when what its
view names has changed, and in any case after `KEPT_FOR`; so figures on it may be that old, and nothing else. Who has a session never
meets a kept page, nor does an address with a query.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic as steady_clock
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from yiwang.api.pages import ELDER_COOKIE, language_of_page

__all__ = ["KeptPages", "forget_pages"]

KEPT_FOR = 30.0
"""Seconds of the machine's steady clock."""
MOST_KEPT = 500
"""Pages of one process: every item of a city in two languages and two sizes, a few tens of kilobytes each."""


@dataclass(frozen=True, slots=True)
class _Page:
    """state: asks how all stands that the page shows.  before: how it stood before the page was made.  route: for the log."""

    state: Callable[[], Hashable]
    before: Hashable
    made_at: float
    content: bytes
    headers: dict[str, str]
    route: Any


_pages: OrderedDict[Hashable, _Page] = OrderedDict()
_lock = threading.Lock()


class KeptPages:
    """The middleware. It stands before sessions, tokens and everything else that a page for everybody does without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand out what is kept, or let the page be made and keep it."""
        if not _comes_from_a_visitor(request):
            return self.get_response(request)
        request.get_host()  # one that is not ours is refused here as elsewhere
        key = request.path, language_of_page(request), request.COOKIES.get(ELDER_COOKIE) == "1"
        page = _pages.get(key)
        if page is not None and steady_clock() - page.made_at < KEPT_FOR and page.state() == page.before:
            request.resolver_match = page.route
            return HttpResponse(page.content, headers=page.headers)
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _may_be_kept(response):
            _keep(key, request, response)
        return response


def _comes_from_a_visitor(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and not request.META.get("QUERY_STRING")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )


def _may_be_kept(response: HttpResponse) -> bool:
    return "kept_while" in vars(response) and response.status_code == 200 and not response.cookies


def _keep(key: Hashable, request: HttpRequest, response: HttpResponse) -> None:
    state, before = vars(response)["kept_while"]
    headers = dict(response.items())
    page = _Page(state, before, steady_clock(), response.content, headers, request.resolver_match)
    with _lock:
        _pages[key] = page
        _pages.move_to_end(key)
        while len(_pages) > MOST_KEPT:
            _pages.popitem(last=False)


def forget_pages() -> None:
    """Forget every page. For a process that turns to another city's database."""
    with _lock:
        _pages.clear()
