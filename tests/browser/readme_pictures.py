"""The pictures of the README, taken from a demonstration city that runs: `python -m tests.browser.readme_pictures [ADDRESS]`.

A resident applies for a permit, an officer opens his task; four pages are kept in docs/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WINDOW: Any = {"width": 1280, "height": 900}
PASSWORD = "Yiwang-demo-2026"
ANSWERS = {"主体业态": "餐饮服务经营者（小型餐馆）", "经营项目": "热食类食品制售，冷食类食品制售"}


def main(address: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        resident, officer = (browser.new_context(locale="zh-CN", viewport=WINDOW).new_page() for _ in range(2))
        resident.goto(address)
        keep(resident, "home")
        sign_in(resident, f"{address}/sign-in/", "chen.dawen")
        resident.goto(f"{address}/items/food-permit/apply/")
        keep(resident, "form")
        apply(resident)
        sign_in(officer, f"{address}/desk/sign-in/", "he.min")
        officer.get_by_role("button").filter(has_text="受理岗").first.click()
        officer.wait_for_url("**/desk/tasks/**")
        keep(officer, "tasks")
        officer.get_by_role("link", name="食品经营许可").first.click()
        officer.get_by_role("heading", level=1).wait_for()
        keep(officer, "task")
        browser.close()


def keep(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")


def sign_in(page: Page, address: str, login: str) -> None:
    page.goto(address)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def apply(page: Page) -> None:
    """Answer what the city does not know, section by section, and send."""
    while not page.get_by_role("button", name="提交", exact=True).is_visible():
        for label, answer in ANSWERS.items():
            if page.get_by_label(label).is_visible():
                page.get_by_label(label).select_option(label=answer)
        if page.get_by_label("联系电话").is_visible():
            page.get_by_label("联系电话").fill("13800000002")
        page.get_by_role("button", name="下一步").click()
    page.get_by_label("我作出以上承诺").check()
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_text("已收到您的申请").wait_for()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8460")
