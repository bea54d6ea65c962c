"""The pages of one application for several items, in every state that they have: without fault like every other page."""

from __future__ import annotations

from typing import Any

import pytest
from browser.conftest import Site, visiting
from browser.look import Looker, shoot
from playwright.sync_api import expect
from support.demo import call
from support.permit import run_outside

pytestmark = pytest.mark.browser
PARENT, POLICE = "li.xiaowen", "guo.qiang"
PLACES = {
    "bundle": "/bundles/newborn/",
    "apply-bundle": "/bundles/newborn/apply/",
    "application": "/my/applications/{begun}/",
    "application-receipt": "/my/applications/{begun}/receipt/",
    "application-asks": "/my/applications/{asking}/",
    "my-cases": "/my/cases/",
    "part": "/my/cases/{case}/",
}


@pytest.fixture(scope="session")
def applications(site: Site) -> dict[str, str]:
    """Two applications: one whose second part the police have, one whose second part they refused."""
    from yiwang.audit.queries import city_key_path
    from yiwang.kernel.crypto import ensure_key_file
    from yiwang.kernel.time import machine_now

    ensure_key_file(city_key_path(), now=machine_now())  # parts end with a signed certificate
    parent = site.demo.client(PARENT)
    found: dict[str, str] = {}
    for name, act, reason in (("asking", "refuse", "母亲的户口已经迁到外省。"), ("begun", "", "")):
        form = parent.get("/api/v1/bundles/newborn/form").json()
        body = {
            "values": {"newborn.name": "吴一诺", "newborn.phone": "13800000007"},
            "form_digest": form["digest"],
        }
        sent = call(parent, "POST", "/api/v1/bundles/newborn/applications", body, **{"Idempotency-Key": name})
        assert sent.status_code == 201, sent.content
        found[name] = sent.json()["id"]
        decide(site, "xie.lin", sent.json()["cases"][0]["case_id"], "accept", "")
        parts = parent.get(f"/api/v1/applications/{found[name]}").json()["parts"]
        found["case"] = parts[1]["case_id"]
        if act:
            decide(site, POLICE, parts[1]["case_id"], act, reason)
    return found


def decide(site: Site, login: str, case: str, act: str, reason: str) -> None:
    from yiwang.outbox.services import deliver_due

    officer = site.demo.client(login, post=True)
    one = officer.get(f"/api/v1/cases/{case}").json()
    body = {"act": act, "version": one["version"], "reason": reason}
    done = call(officer, "POST", f"/api/v1/tasks/{one['tasks'][0]['id']}", body)
    assert done.status_code == 200, done.content
    run_outside()
    deliver_due()


def test_on_a_phone_the_one_form_ends_with_all_answers(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, PARENT) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + PLACES["apply-bundle"])
        on, review = page.get_by_role("button", name="下一步"), page.get_by_role("region", name="请核对您填写的内容")

        def go_on_to(wanted: Any) -> None:
            while not wanted.is_visible():
                before = page.locator("[data-step-words]").inner_text()
                on.click()
                expect(page.locator("[data-step-words]")).not_to_have_text(before)

        for field, answer in (("#f-newborn-name", "吴一诺"), ("#f-newborn-phone", "13800000007")):
            go_on_to(page.locator(field))
            on.click()
            expect(page.locator(f"{field}-fault")).to_be_visible()
            expect(page.locator(field)).to_be_focused()
            page.fill(field, answer)
        go_on_to(review)
        expect(review).to_contain_text("吴一诺")
        expect(review).to_contain_text("13800000007")
        expect(page.get_by_role("button", name="提交")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_page_of_an_application_is_without_fault(
    chromium: Any, site: Site, applications: dict[str, str], language: str
) -> None:
    faults: list[str] = []
    with visiting(chromium, site, PARENT, language=language) as page:
        looker = Looker(page, language)
        for name, place in PLACES.items():
            answer = page.goto(site.root + place.format_map(applications))
            assert answer.status == 200, name
            faults += [f"{name}: {one}" for one in looker.faults()]
            shoot(page, f"bundle-{name}", language)
    with visiting(chromium, site, POLICE, post=True, language=language) as page:
        looker = Looker(page, language)
        page.goto(f"{site.root}/desk/cases/{applications['case']}/")
        faults += [f"desk: {one}" for one in looker.faults()]
        shoot(page, "bundle-desk-part", language)
    assert faults == []
