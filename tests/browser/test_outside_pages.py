"""Pages of outside identity providers 外部身份源, which are reached only where one is connected: without fault like every other page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser.conftest import Site, visiting
from browser.look import Looker, shoot
from support.demo import RESIDENT, call
from support.outside import Platform, come_in, connected, described, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def platform(site: Site) -> Iterator[tuple[Platform, str, str]]:
    """A platform, and two providers by it: one that is open and knows the resident, one that is declared only."""
    with running() as made:
        provider = connected(site.demo, described(made, people="both"))
        assert come_in(site.demo.client(), made, provider).status_code == 303
        administrator = site.demo.client("sys.admin", post=True)
        other = described(made, title="海南省统一身份认证平台", secret="", client_id="", levels={})
        declared = call(administrator, "POST", "/api/v1/providers", other).json()["id"]
        yield made, provider, declared
        # signed in anew: so many have signed in as he meanwhile that his first session may have ended
        again = site.demo.client("sys.admin", post=True)
        assert call(again, "POST", f"/api/v1/providers/{provider}/shutting").status_code == 204


def name_of(login: str, path: str, provider: str, declared: str) -> str:
    plain = path.replace(provider, "open").replace(declared, "declared")
    return "-".join(["outside", login or "visitor", *plain.replace("?", "/").strip("/").split("/")])


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_of_providers_is_without_fault(
    chromium: Any, site: Site, platform: tuple[Platform, str, str], language: str
) -> None:
    _made, provider, declared = platform
    faults: list[str] = []
    for login, post, paths in (
        (
            "",
            False,
            ["/sign-in/", "/desk/sign-in/", f"/outside/{provider}/signed-out/", f"/outside/{provider}/back?state=x"],
        ),
        (RESIDENT, False, ["/my/account/"]),
        (
            "sys.admin",
            True,
            [
                *("/desk/providers/", "/desk/providers/connect/", f"/desk/providers/{provider}/"),
                *(f"/desk/providers/{declared}/", f"/desk/providers/{declared}/change/"),
            ],
        ),
        ("sec.admin", True, ["/desk/providers/", f"/desk/providers/{declared}/"]),
    ):
        with visiting(chromium, site, login, post=post, language=language) as page:
            for path in paths:
                looker = Looker(page, language, expected=401 if "/back" in path else 200)
                page.goto(site.root + path)
                faults += [f"{login} {path}: {one}" for one in looker.faults((1440, 390))]
                shoot(page, name_of(login, path, provider, declared), language)
    with visiting(chromium, site, "sys.admin", post=True, language=language) as page:
        for path, button, sign, status in (
            (f"/desk/providers/{declared}/", "form[action$='/trial/'] button", "#tried", 200),
            ("/desk/providers/connect/", "main form button[type=submit]", "#faults", 422),
        ):
            looker = Looker(page, language, expected=status)
            page.goto(site.root + path)
            page.locator(button).click()
            page.wait_for_selector(sign)
            faults += [f"{sign}: {one}" for one in looker.faults((1440, 390))]
            shoot(page, f"outside-{sign[1:]}", language)
    assert not faults, "\n".join(faults)
