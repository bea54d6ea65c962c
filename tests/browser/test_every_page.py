"""Every link of the menus, for each capacity, in both languages: no fault of any kind, and no route that nobody came to."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser.conftest import Site, visiting
from browser.look import WIDTHS, Looker
from django.urls import get_resolver, resolve
from support.demo import OFFICER, RESIDENT, SUPERVISOR

pytestmark = pytest.mark.browser
CAPACITIES = {
    "visitor": ("", False, "/"),
    "resident": (RESIDENT, False, "/"),
    "officer": (OFFICER, True, "/desk/"),
    "supervisor": (SUPERVISOR, True, "/desk/"),
    "system": ("sys.admin", True, "/desk/"),
    "window": ("zhuo.lin", True, "/desk/"),
    "security": ("sec.admin", True, "/desk/"),
    "audit": ("aud.admin", True, "/desk/"),
}
EACH_ROUTE = 2  # pages of one route that are looked at for one capacity
EACH_ROUTE_IN_ALL = 3  # beyond it, for further capacities: only what the browser itself complains about
FILES = {
    "desk/certificates/<uuid:certificate_id>/files/<str:form>",
    "my/certificates/<uuid:certificate_id>/<str:form>",
    ".well-known/yiwang/city.pub",
    ".well-known/yiwang/city.crt",
    ".well-known/yiwang/keys/<str:key_id>.pub",
}
"""Routes that give a file to keep."""
NO_PAGE = {
    "healthz",
    "metrics",
    "places/picker/",  # a part of a form
    "items/<slug:item_id>/draft/",
    "desk/",  # leads on to the first noun
    "sign-out/",
    "preferences/",
    "my/cases/<uuid:case_id>/withdraw/",
    "my/messages/<uuid:message_id>/read/",
    "desk/cases/<uuid:case_id>/cancel/",
    "desk/messages/<uuid:message_id>/read/",
    "desk/assignments/<uuid:assignment_id>/end/",
    "desk/audit/verify/",
    "desk/tasks/together/",
    "my/applications/<uuid:application_id>/withdraw/",
    "my/applications/<uuid:application_id>/answer/",
    # looked at in test_bundle_pages.py
    "my/applications/<uuid:application_id>/",
    "my/applications/<uuid:application_id>/receipt/",
    # what comes of filling a form is looked at in test_states.py
    "desk/hall/receptions/<uuid:reception_id>/",
    "desk/hall/receipts/<uuid:case_id>/",
    "desk/certificates/<uuid:certificate_id>/<slug:act>/",
    # the demonstration city has no article yet; these are looked at in tests/content
    "news/<uuid:article_id>/",
    "desk/articles/<uuid:article_id>/",
    "desk/articles/<uuid:article_id>/write/",
    "desk/articles/<uuid:article_id>/<slug:act>/",
    "desk/articles/write/",
    # the demonstration city has no certificate yet; these are looked at in tests/documents/test_pages.py
    "desk/certificates/<uuid:certificate_id>/",
    "my/certificates/<uuid:certificate_id>/",
    "verify/t/<str:token>/",
} | FILES
"""Routes that take a button and show no page of their own; their answers are in test_states.py."""
SHOTS = os.environ.get("YIWANG_SCREENSHOTS", "")


def page_routes() -> set[str]:
    def below(patterns: list[Any], before: str) -> Iterator[str]:
        for one in patterns:
            path = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from below(one.url_patterns, path)
            else:
                yield path

    return {path for path in below(get_resolver().url_patterns, "") if not path.startswith("api/")} - NO_PAGE


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_that_the_menus_lead_to_is_without_fault(chromium: Any, axe: Any, site: Site, language: str) -> None:
    faults: list[str] = []
    seen: set[str] = set()
    looked: Counter[str] = Counter()
    for capacity, (login, post, start) in CAPACITIES.items():
        with visiting(chromium, site, login, post=post, language=language) as page:
            looker = Looker(page, language)
            for path, route in crawl(page, site, start):
                seen.add(route)
                looked[route] += 1
                if looked[route] <= EACH_ROUTE_IN_ALL:
                    widths = WIDTHS if language == "zh-Hans" else (1440, 720, 390)
                    found = looker.faults(axe, widths, elder=language == "zh-Hans")
                    faults += [f"{capacity} {path}: {one}" for one in found]
                    shoot(page, capacity, language, route)
                else:
                    faults += [f"{capacity} {path}: {one}" for one in looker.complaints()]
    assert not faults, "\n".join(faults)
    assert page_routes() - seen == set()


def crawl(page: Any, site: Site, start: str) -> Iterator[tuple[str, str]]:
    """Go to `start` and to every page of that face that links lead to, as (path, route); some pages of each route."""
    waiting, met = [start, "/docs/problems/not-found"], set()
    looked_at: dict[str, int] = {}
    while waiting:
        path = waiting.pop(0)
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(site.root + path)
        assert answer.status == 200, f"{path} answers {answer.status}"
        page.wait_for_load_state("networkidle")
        route = resolve(urlsplit(page.url).path).route
        if looked_at.get(route, 0) < EACH_ROUTE:
            looked_at[route] = looked_at.get(route, 0) + 1
            yield path, route
        for link in page.eval_on_selector_all("a[href]", "links => links.map((one) => one.href)"):
            parts = urlsplit(link)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            within = parts.path.startswith("/desk/") == start.startswith("/desk/") or parts.path.startswith("/docs/")
            if (
                not link.startswith(site.root)
                or target in met
                or not (within or start == "/" and parts.path == "/desk/")
            ):
                continue
            met.add(target)
            if resolve(parts.path).route in FILES:
                continue
            if looked_at.get(resolve(parts.path).route, 0) < EACH_ROUTE:
                waiting.append(target)


def shoot(page: Any, capacity: str, language: str, route: str) -> None:
    if not SHOTS:
        return
    name = f"{capacity}-{re.sub(r'<[^>]*>|[^a-z0-9]+', '-', route).strip('-') or 'home'}"
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        folder = Path(SHOTS) / f"{language}-{width}"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
