"""Every link of the menus, for each capacity, in both languages: no fault of any kind, and no route that nobody came to."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from browser.busy import AGENT
from browser.conftest import Site, visiting
from browser.look import WIDTHS, Looker, shoot
from django.urls import get_resolver, resolve
from support.demo import NEIGHBOUR, OFFICER, RESIDENT, SUPERVISOR

pytestmark = pytest.mark.browser
CAPACITIES: dict[str, tuple[str, bool | str, str]] = {
    "visitor": ("", False, "/"),
    "resident": (RESIDENT, False, "/"),
    "officer": (OFFICER, True, "/desk/"),
    "supervisor": (SUPERVISOR, True, "/desk/"),
    "keeper": (NEIGHBOUR, False, "/"),
    "agent": (AGENT, False, "/"),
    "decider": ("zheng.guoliang", True, "/desk/"),
    "keeper of permits": ("cai.ting", "许可证管理岗", "/desk/"),
    "head": ("yan.hong", True, "/desk/"),
    "writer": ("mo.lan", True, "/desk/"),
    "system": ("sys.admin", True, "/desk/"),
    "window": ("zhuo.lin", True, "/desk/"),
    "security": ("sec.admin", True, "/desk/"),
    "audit": ("aud.admin", True, "/desk/"),
}
LONG = os.environ.get("YIWANG_SOAK") == "1"
"""`make soak SUITE=browser` follows more pages of each route, and looks at them for two capacities and at every width."""
EACH_ROUTE = 2 if LONG else 1  # pages of one route that are opened for one capacity
EACH_ROUTE_FOLLOWED = 30 if LONG else 10  # pages of one route whose links are followed
LOOKED_AT = 2 if LONG else 1  # of one route in all; for further capacities only what the browser complains about counts
FILES = {
    "files/<uuid:file_id>/",
    "desk/certificates/<uuid:certificate_id>/files/<str:form>",
    "desk/cases/<uuid:case_id>/clocks/<slug:limit>/sheet/",
    "desk/lists/<slug:kind>/table/",
    "my/cases/<uuid:case_id>/clocks/<slug:limit>/sheet/",
    "my/certificates/<uuid:certificate_id>/<str:form>",
    ".well-known/yiwang/city.pub",
    ".well-known/yiwang/city.crt",
    ".well-known/yiwang/keys/<str:key_id>.pub",
    "pictures/<str:name>",
}
"""Routes that give a file to keep."""
NO_PAGE = {
    "healthz",
    "metrics",
    "places/picker/",  # a part of a form
    "my/drafts/<slug:item_id>/",
    "desk/",  # leads on to the first noun
    "sign-out/",
    "preferences/",
    "my/mandates/<uuid:mandate_id>/answer/",
    "my/mandates/<uuid:mandate_id>/end/",
    "my/cases/<uuid:case_id>/withdraw/",
    "my/messages/<uuid:message_id>/read/",
    "desk/cases/<uuid:case_id>/cancel/",
    "desk/messages/<uuid:message_id>/read/",
    "desk/officers/<uuid:account_id>/start-password/",
    "desk/officers/<uuid:account_id>/second-factor/",
    "desk/officers/<uuid:account_id>/close/",
    "desk/audit/verify/",
    "desk/consents/<uuid:request_id>/<slug:act>/",
    "desk/emergencies/<uuid:access_id>/look/",  # looked at in test_states.py
    "desk/emergencies/<uuid:access_id>/end/",
    "desk/emergencies/<uuid:access_id>/review/",
    "desk/lists/<slug:kind>/take-in/",
    "desk/reviews/<uuid:review_id>/close/",
    "desk/rights/<uuid:request_id>/withdraw/",
    "desk/rights/<uuid:request_id>/give-back/",
    "desk/tasks/together/",
    "desk/tasks/<uuid:task_id>/transfer/",
    "desk/cases/<uuid:case_id>/clocks/<slug:limit>/extend/",
    "desk/articles/<uuid:article_id>/<slug:act>/",
    "desk/discrepancies/<uuid:discrepancy_id>/withdraw/",
    "desk/operations/actions/<uuid:task_id>/retry/",
    "desk/messages/address/",
    "desk/messages/address/code/",
    "my/messages/address/",
    "my/account/second-factor/",
    "desk/account/second-factor/",
    "my/account/sessions/",
    "desk/account/sessions/",
    "my/messages/address/code/",
    "my/doubts/<uuid:discrepancy_id>/withdraw/",
    "my/applications/<uuid:application_id>/withdraw/",
    "my/applications/<uuid:application_id>/answer/",
    # looked at in test_bundle_pages.py
    "my/applications/<uuid:application_id>/",
    "my/applications/<uuid:application_id>/receipt/",
    "desk/keepers/<uuid:keeper_id>/",  # looked at in tests/desk/test_keepers.py
    "desk/keepers/<uuid:keeper_id>/tokens/",
    "desk/keepers/<uuid:keeper_id>/tokens/<uuid:token_id>/revoke/",
    "desk/keepers/<uuid:keeper_id>/close/",
    "desk/officers/<uuid:account_id>/reopen/",
    "desk/posts/<uuid:post_id>/leading/",
    "desk/receivers/<uuid:receiver_id>/",  # looked at in tests/desk/test_keepers.py
    "desk/receivers/<uuid:receiver_id>/reconcile/",
    "desk/receivers/<uuid:receiver_id>/token/",
    "desk/receivers/<uuid:receiver_id>/close/",
    "scim/v2/",  # for programs alone
    "scim/v2/<path:path>",
    "desk/clients/key/",
    "desk/clients/<uuid:client_id>/secret/",
    "desk/clients/<uuid:client_id>/close/",
    "my/connected/<uuid:client_id>/withdraw/",
    "my/account/links/",
    "desk/account/links/",
    # on the way to outside providers and back; looked at in test_outside_pages.py and test_lemonldap.py
    "outside/<uuid:provider_id>/go/",
    "outside/<uuid:provider_id>/prove/",
    "outside/<uuid:provider_id>/back",
    "outside/<uuid:provider_id>/consume",
    "outside/<uuid:provider_id>/arrived/",
    "outside/<uuid:provider_id>/metadata",
    "outside/<uuid:provider_id>/signed-out/",
    "desk/providers/<uuid:provider_id>/",
    "desk/providers/<uuid:provider_id>/change/",
    "desk/providers/<uuid:provider_id>/trial/",
    "desk/providers/<uuid:provider_id>/open/",
    "desk/providers/<uuid:provider_id>/shut/",
    # signing in by a certificate; looked at in test_certificate_pages.py
    "certificate/",
    "certificate/go/",
    "certificate/prove/",
    "certificate/challenge",
    "desk/authorities/<uuid:authority_id>/",
    "desk/authorities/<uuid:authority_id>/change/",
    "desk/authorities/<uuid:authority_id>/list/",
    "desk/authorities/<uuid:authority_id>/open/",
    "desk/authorities/<uuid:authority_id>/shut/",
    "desk/officers/<uuid:account_id>/certificates/<uuid:certificate_id>/end/",
    # links to outside providers; looked at in test_outside_pages.py
    "desk/officers/<uuid:account_id>/links/<uuid:link_id>/break/",
    # what connected systems and their browsers ask; looked at in test_other_programs.py
    "desk/clients/<uuid:client_id>/",
    "oidc/.well-known/openid-configuration",
    "oidc/keys",
    "oidc/authorize",
    "oidc/go-on",
    "oidc/consent",
    "oidc/token",
    "oidc/userinfo",
    "oidc/revoke",
    "oidc/logout",
    "oidc/sign-off",
    # after a right password; looked at in test_states.py
    "sign-in/code/",
    "desk/sign-in/code/",
    # of closed units and posts, and of what was reorganised: their answers are in tests/desk/test_reorganisation.py
    "desk/units/<uuid:unit_id>/reopen/",
    "desk/posts/<uuid:post_id>/reopen/",
    "desk/reorganisations/<uuid:reorganisation_id>/",
    "desk/reorganisations/<uuid:reorganisation_id>/undo/",
    # what comes of filling a form is looked at in test_states.py
    "desk/hall/receptions/<uuid:reception_id>/",
    "desk/hall/receipts/<uuid:case_id>/",
    "desk/hall/applications/<uuid:application_id>/",
    "desk/certificates/<uuid:certificate_id>/<slug:act>/",
    # reached by filling a form, and looked at in test_states.py
    "desk/consents/<uuid:request_id>/",
    "desk/emergencies/<uuid:access_id>/",
    "desk/subjects/<uuid:subject_id>/",
    "desk/subjects/<uuid:subject_id>/records/<str:resource>/",
    "desk/records/<str:resource>/<uuid:record_id>/correct/",
    "desk/subjects/<uuid:subject_id>/relations/",
    "desk/subjects/<uuid:subject_id>/relations/<uuid:word_id>/doubt/",
    "desk/relations/<uuid:word_id>/correct/",
    # reached by a code on paper; looked at in tests/documents/test_pages.py
    "verify/t/<str:token>/",
} | FILES
"""Routes that take a button and show no page of their own; their answers are in test_states.py."""
WORKBENCH = "desk/site/"
"""Wagtail's own pages: who comes in is in tests/portal/test_editors_door.py, how one works there in test_editing.py."""


def page_routes() -> set[str]:
    def below(patterns: list[Any], before: str) -> Iterator[str]:
        for one in patterns:
            path = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from below(one.url_patterns, path)
            else:
                yield path

    return {
        path for path in below(get_resolver().url_patterns, "") if not path.startswith(("api/", WORKBENCH))
    } - NO_PAGE


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_that_the_menus_lead_to_is_without_fault(chromium: Any, site: Site, language: str) -> None:
    faults: list[str] = []
    seen: set[str] = set()
    looked: Counter[str] = Counter()
    for capacity, (login, post, start) in CAPACITIES.items():
        with visiting(chromium, site, login, post=post, agent=capacity == "agent", language=language) as page:
            looker = Looker(page, language)
            for path, route in crawl(page, site, start):
                seen.add(route)
                looked[route] += 1
                closely = looked[route] <= LOOKED_AT
                if not closely and language == "en":
                    continue  # what a browser itself complains about has no language
                open_page(page, site, path)
                if closely:
                    widths = WIDTHS if LONG or language == "zh-Hans" else (1440, 390)
                    found = looker.faults(widths)
                    faults += [f"{capacity} {path}: {one}" for one in found]
                    name = re.sub(r"<[^>]*>|[^a-z0-9]+", "-", route).strip("-") or "home"
                    shoot(page, f"{capacity}-{name}", language)
                else:
                    faults += [f"{capacity} {path}: {one}" for one in looker.complaints()]
    assert not faults, "\n".join(faults)
    assert page_routes() - seen == set()


def open_page(page: Any, site: Site, path: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    answer = page.goto(site.root + path)
    assert answer.status == 200, f"{path} answers {answer.status}"


def crawl(page: Any, site: Site, start: str) -> Iterator[tuple[str, str]]:
    """Every page of the face of `start` that links lead to, as (path, route): some pages of each route, all of them followed.

    Links are read from what the server sends, with the cookies of `page`, and not from a page that a browser draws: following
    some hundred pages takes seconds, so that a page to which only some others lead is found without drawing all of these.
    """
    waiting, met = [start, "/docs/problems/not-found"], set()
    given: Counter[str] = Counter()
    followed: Counter[str] = Counter()
    while waiting:
        path = waiting.pop(0)
        route = resolve(urlsplit(path).path).route
        if followed[route] >= EACH_ROUTE_FOLLOWED:
            continue
        followed[route] += 1
        answer = page.context.request.get(site.root + path)
        assert answer.status == 200, f"{path} answers {answer.status}"
        landed = urlsplit(answer.url).path
        if given[resolve(landed).route] < EACH_ROUTE:
            given[resolve(landed).route] += 1
            yield path, resolve(landed).route
        for target in links_of(answer.text(), answer.url, site, start):
            if target not in met:
                met.add(target)
                waiting.append(target)


def links_of(text: str, base: str, site: Site, start: str) -> Iterator[str]:
    """Addresses, without their fragment, to which a page links, within the face of `start`, and which show a page."""
    for link in lxml.html.fromstring(text).xpath("//a/@href"):
        parts = urlsplit(urljoin(base, link))
        within = parts.path.startswith("/desk/") == start.startswith("/desk/") or parts.path.startswith("/docs/")
        if f"{parts.scheme}://{parts.netloc}" != site.root or not (within or start == "/" and parts.path == "/desk/"):
            continue
        if resolve(parts.path).route not in FILES and not parts.path.startswith(f"/{WORKBENCH}"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")
