"""Signing in by a certificate in a real browser: its pages without fault, and the file that goes out and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import Site, visiting
from browser.look import Looker, shoot
from support.authorities import Authority, Holder, declared, opened, register
from support.demo import NEIGHBOUR, PASSWORD, RESIDENT, Demo

from yiwang.identity.models.login_certificates import Authority as Declared
from yiwang.identity.models.login_certificates import LoginCertificate
from yiwang.kernel.time import machine_now

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def city(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Holder, Authority, str, str]]:
    """The resident's key, its authority, and the ids of one that is open and one that is only declared."""
    folder, demo = tmp_path_factory.mktemp("authorities"), Demo("")
    authority = Authority(folder / "open", "RSA", name="海道市电子认证中心")
    other = Authority(folder / "declared", "SM2", name="国密认证中心")
    open_one, declared_one = opened(demo, authority), declared(demo, other)
    lost = authority.issue()
    authority.revoke(lost)
    holder = authority.issue()
    client = demo.client(RESIDENT)
    register(client, holder)
    yield holder, authority, open_one, declared_one
    LoginCertificate.objects.all().delete()
    Declared.objects.all().delete()


def sign_here(page: Any, holder: Holder, folder: Path) -> Path:
    """Take the challenge that the page gives, sign it as a key program does, and keep what came of it."""
    with page.expect_download() as waiting:
        page.locator("a[href^='/certificate/challenge']").click()
    signed = folder / "answer.p7s"
    signed.write_bytes(holder.sign(Path(waiting.value.path()).read_bytes()))
    return signed


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_of_certificates_is_without_fault(
    chromium: Any, site: Site, city: tuple[Holder, Authority, str, str], language: str
) -> None:
    _holder, _authority, open_one, declared_one = city
    faults: list[str] = []
    for login, post, paths in (
        ("", False, ["/sign-in/", "/desk/sign-in/"]),
        (NEIGHBOUR, False, ["/my/account/"]),
        (
            "sys.admin",
            True,
            [
                *("/desk/systems/", "/desk/authorities/", "/desk/authorities/add/"),
                *(f"/desk/authorities/{open_one}/", f"/desk/authorities/{declared_one}/"),
                f"/desk/authorities/{declared_one}/change/",
            ],
        ),
        ("sec.admin", True, [f"/desk/authorities/{declared_one}/"]),
    ):
        with visiting(chromium, site, login, post=post, language=language) as page:
            for path in paths:
                looker = Looker(page, language)
                page.goto(site.root + path)
                faults += [f"{login} {path}: {one}" for one in looker.faults((1440, 390))]
                plain = path.replace(open_one, "open").replace(declared_one, "declared").strip("/").replace("/", "-")
                shoot(page, f"certificate-{login or 'visitor'}-{plain}", language)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_person_registers_signs_in_and_is_refused_in_his_language(
    chromium: Any, site: Site, city: tuple[Holder, Authority, str, str], language: str, tmp_path: Path
) -> None:
    holder, authority, _open, declared_one = city
    faults: list[str] = []

    def look(page: Any, name: str, status: int = 200) -> None:
        looker = Looker(page, language, expected=status)
        faults.extend(f"{name}: {one}" for one in looker.faults((1440, 390)))
        shoot(page, f"certificate-{name}", language)

    with visiting(chromium, site, "", language=language) as page:
        page.goto(site.root + "/sign-in/?next=/my/account/")
        page.locator("form[action='/certificate/go/'] button").click()
        page.wait_for_selector("#p-certificate")
        look(page, "sign-in")
        wrong = tmp_path / "wrong.p7s"
        wrong.write_bytes(holder.sign(b"something else"))
        page.set_input_files("#p-certificate", wrong)
        page.locator("main form button[type=submit]").click()
        page.wait_for_selector(".faults")
        look(page, "refused", 401)
        page.set_input_files("#p-certificate", sign_here(page, holder, tmp_path))
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/my/account/")
        look(page, "account")
        page.locator("form[action='/certificate/prove/'] button").click()
        page.wait_for_selector("#p-certificate")
        look(page, "prove")
        page.set_input_files("#p-certificate", sign_here(page, holder, tmp_path))
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/my/account/")
        page.fill("#p-password", PASSWORD)
        page.locator("button[value=certificate]").click()
        page.wait_for_selector("#new-certificate")
        look(page, "registering")
        page.set_input_files("#p-certificate", wrong)
        page.fill("#p-name", "红色密钥")
        page.locator("#new-certificate button[type=submit]").click()
        page.wait_for_selector("#p-certificate-fault")
        look(page, "not-registered", 422)
        page.set_input_files("#p-certificate", sign_here(page, authority.issue(), tmp_path))
        page.fill("#p-name", f"红色密钥 {language}")
        page.locator("#new-certificate button[type=submit]").click()
        page.wait_for_selector(f"text=红色密钥 {language}")
    with visiting(chromium, site, "sys.admin", post=True, language=language) as page:
        page.goto(f"{site.root}/desk/authorities/{declared_one}/")
        page.locator("form[action$='/list/'] button[type=submit]").click()
        page.wait_for_selector("#f-list-fault")
        look(page, "list-refused", 422)
        page.goto(f"{site.root}/desk/authorities/add/")
        page.locator("main form button[type=submit]").click()
        page.wait_for_selector("#faults")
        look(page, "authority-refused", 422)
    LoginCertificate.objects.update(valid_until=machine_now() - timedelta(days=1))
    with visiting(chromium, site, "", language=language) as page:
        page.goto(site.root + "/sign-in/")
        page.fill("#login", RESIDENT)
        page.fill("#password", PASSWORD)
        page.locator("#sign-in button").click()
        page.wait_for_url("**/sign-in/code/")
        look(page, "second-step")
    LoginCertificate.objects.update(valid_until=machine_now() + timedelta(days=5))
    assert not faults, "\n".join(faults)
