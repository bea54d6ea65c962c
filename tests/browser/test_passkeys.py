"""Passkeys in a real browser: Chromium's own authenticator makes them and answers; and what a person reads when nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser.conftest import Site, visiting
from playwright.sync_api import expect
from support.demo import PASSWORD

pytestmark = pytest.mark.browser
WHO = "mo.lan"


@pytest.fixture
def local(site: Site) -> Iterator[str]:
    """The address at which browsers allow passkeys without HTTPS: this machine by its name. Afterwards nobody has one."""
    from yiwang.identity.models import Passkey, RecoveryCode

    yield site.root.replace("127.0.0.1", "localhost")
    Passkey.objects.filter(account__login=WHO).delete()
    RecoveryCode.objects.filter(account__login=WHO).delete()


def plug_in(page: Any, *, verifies: bool = True) -> Any:
    """Give the browser an authenticator that is touched at once.  verifies: it takes the person's finger for the right one."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    return devices, devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def give_password(page: Any, local: str, page_of: str = "/sign-in/") -> None:
    page.goto(local + page_of)
    page.get_by_label("登录名或身份证号码").fill(WHO)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def begin(page: Any, local: str) -> None:
    page.goto(local + "/my/account/")
    page.locator("#p-password").fill(PASSWORD)
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_label("给这台设备起个名称").fill("办公电脑")


def sign_out(page: Any, local: str) -> None:
    page.context.clear_cookies(name="yiwang_session")
    page.goto(local + "/sign-in/")


def test_a_passkey_is_added_and_opens_the_door_alone_and_beside_the_password(
    chromium: Any, site: Site, local: str
) -> None:
    with visiting(chromium, site) as page:
        plug_in(page)
        give_password(page, local)
        page.wait_for_url(local + "/")
        begin(page, local)
        page.keyboard.press("Enter")
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        expect(page.get_by_role("heading", name="办公电脑")).to_be_visible()

        sign_out(page, local)
        page.get_by_role("button", name="用通行密钥登录").click()
        page.wait_for_url(local + "/")
        page.goto(local + "/my/account/")
        expect(page.get_by_text("还没有用过")).to_have_count(0)

        sign_out(page, local)
        give_password(page, local)
        page.wait_for_url(local + "/sign-in/code/")
        page.get_by_role("button", name="用通行密钥继续").click()
        page.wait_for_url(local + "/")

        sign_out(page, local)
        page.goto(local + "/desk/sign-in/")
        page.get_by_role("button", name="用通行密钥登录").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/**")
        expect(page.locator("#login")).to_have_count(0)


def test_a_passkey_is_taken_away_by_who_confirms_with_it(chromium: Any, site: Site, local: str) -> None:
    with visiting(chromium, site) as page:
        plug_in(page)
        give_password(page, local)
        page.wait_for_url(local + "/")
        begin(page, local)
        page.get_by_role("button", name="现在创建通行密钥").click()
        page.locator(".recovery-codes").wait_for()
        page.goto(local + "/my/account/")
        page.locator("#p-password").fill(PASSWORD)
        page.get_by_role("button", name="用通行密钥确认").click()
        expect(page.get_by_text("已确认是您本人")).to_be_visible()
        page.get_by_role("button", name="移除通行密钥“办公电脑”").click()
        expect(page.get_by_role("heading", name="办公电脑")).to_have_count(0)
        sign_out(page, local)
        page.get_by_role("button", name="用通行密钥登录").click()
        expect(page.get_by_text("通行密钥没有通过验证")).to_be_visible()


def test_whatever_goes_wrong_is_said_with_what_to_do(chromium: Any, site: Site, local: str) -> None:
    with visiting(chromium, site) as page:
        devices, device = plug_in(page, verifies=False)
        page.goto(local + "/sign-in/")
        door = page.get_by_role("button", name="用通行密钥登录")
        door.click()
        expect(page.get_by_text("没有完成确认")).to_be_visible()
        devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
        page.route("**/passkey-challenge*", lambda route: route.abort())
        door.click()
        expect(page.get_by_text("没有成功。请检查网络后再试一次。")).to_be_visible()
        page.add_init_script("delete window.PublicKeyCredential")
        page.reload()
        door.click()
        expect(page.get_by_text("这个浏览器或设备不支持通行密钥")).to_be_visible()
        page.goto(site.root + "/sign-in/")
        door.click()
        expect(page.get_by_text(f"本站的通行密钥只能在 {local} 使用")).to_be_visible()


def test_without_scripts_no_passkey_is_offered(chromium: Any, site: Site, local: str) -> None:
    with visiting(chromium, site, java_script_enabled=False) as page:
        page.goto(local + "/sign-in/")
        expect(page.get_by_text("用通行密钥登录")).to_be_hidden()
        give_password(page, local)
        page.wait_for_url(local + "/")
        page.goto(local + "/my/account/")
        expect(page.get_by_text("添加通行密钥")).to_be_hidden()
