"""What people do in a browser: with the keyboard alone, on a phone, without scripts, in large text, on paper."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from browser.conftest import Site, visiting
from playwright.sync_api import expect
from support.demo import ITEM, NEIGHBOUR, OFFICER, RESIDENT

pytestmark = pytest.mark.browser
APPLY = f"/items/{ITEM}/apply/"
LISTS = ("区（县）", "街道（镇）", "社区（村）")
ANSWERS = {"街巷、门牌、楼栋、房号": "金盘路30号5栋1202室", "何时起居住": "2026-03-01", "联系电话": "13807491234"}


def choose_place(page: Any) -> None:
    """By scripts: each list fills when the one before it is chosen."""
    for label, place in zip(LISTS, ("秀英区", "海秀街道", None), strict=True):
        field = page.get_by_label(label)
        field.locator("option").nth(1).wait_for(state="attached")
        with nullcontext() if label == LISTS[-1] else page.expect_response("**/places/picker/**"):
            field.select_option(label=place) if place else field.select_option(index=1)


def fill(page: Any) -> None:
    for label, answer in ANSWERS.items():
        page.get_by_label(label).fill(answer)


def test_a_form_is_filled_and_sent_with_the_keyboard_alone(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.goto(site.root + APPLY)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        for label, keys in (("区（县）", 1), ("街道（镇）", 1), ("社区（村）", 1)):
            page.get_by_label(label).locator("option").nth(1).wait_for(state="attached")
            tab_to(page, label)
            with nullcontext() if label == LISTS[-1] else page.expect_response("**/places/picker/**"):
                for _ in range(keys):
                    page.keyboard.press("ArrowDown")
        tab_to(page, "街巷、门牌、楼栋、房号")
        page.keyboard.type("金盘路30号")
        tab_to(page, "何时起居住")
        page.get_by_label("何时起居住").fill("2026-03-01")  # how a date is typed differs between systems
        tab_to(page, "联系电话")
        page.keyboard.type("13807491234")
        page.keyboard.press("Enter")
        page.wait_for_url("**/receipts/**")


def tab_to(page: Any, label: str) -> None:
    """Press Tab until the field is reached; every stop on the way shows that it is."""
    wanted = page.get_by_label(label).get_attribute("id")
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return document.activeElement === document.body || s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"Tab never comes to {label}")


def test_without_scripts_the_lists_narrow_by_a_button_and_the_form_is_sent(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR, java_script_enabled=False) as page:
        page.goto(site.root + APPLY)
        fill(page)
        page.get_by_label("区（县）").select_option(label="秀英区")
        page.get_by_role("button", name="显示下一级").click()
        page.get_by_label("街道（镇）").select_option(label="海秀街道")
        page.get_by_role("button", name="显示下一级").click()
        page.get_by_label("社区（村）").select_option(index=1)
        page.get_by_role("button", name="提交").click()
        page.wait_for_url("**/receipts/**")
        expect(page.get_by_text("已收到您的申请")).to_be_visible()


def test_on_a_phone_one_thing_is_asked_at_a_time_with_words_for_how_far(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + APPLY)
        expect(page.get_by_text("4 步中的第 1 步")).to_be_visible()
        expect(page.get_by_label("联系电话")).to_be_hidden()
        choose_place(page)
        page.get_by_label("街巷、门牌、楼栋、房号").fill("金盘路30号")
        page.get_by_role("button", name="下一步").click()
        page.get_by_label("何时起居住").fill("2026-03-01")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_text("4 步中的第 3 步")).to_be_visible()
        page.get_by_role("button", name="上一步").click()
        expect(page.get_by_label("何时起居住")).to_have_value("2026-03-01")
        page.get_by_role("button", name="下一步").click()
        page.get_by_label("联系电话").fill("13807491234")
        expect(page.get_by_role("button", name="提交")).to_be_hidden()
        page.get_by_role("button", name="下一步").click()
        page.get_by_role("button", name="提交").click()
        page.wait_for_url("**/receipts/**")


def test_a_step_with_something_missing_is_not_left_and_says_at_the_field_what_to_do(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + APPLY)
        choose_place(page)
        page.get_by_role("button", name="下一步").click()
        missing = "请填写居住地址的街巷、门牌、楼栋和房号。"
        expect(page.locator("#f-residence-address-fault [data-fault-text]")).to_have_text(missing)
        expect(page.get_by_label("街巷、门牌、楼栋、房号")).to_be_focused()
        expect(page.get_by_role("alert").filter(has_text="这一步还没有填好。")).to_contain_text(missing)
        expect(page.get_by_text("4 步中的第 1 步")).to_be_visible()
        page.get_by_label("街巷、门牌、楼栋、房号").fill("金盘路30号")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_text("4 步中的第 2 步")).to_be_visible()
        expect(page.locator("#f-residence-address-fault")).to_be_hidden()
        page.get_by_label("何时起居住").fill("2999-01-01")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_label("何时起居住")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("何时起居住").fill("2026-03-01")
        page.keyboard.press("Enter")
        page.get_by_label("联系电话").fill("138")
        page.get_by_role("button", name="下一步").click()
        expect(page.locator("#f-residence-phone-fault")).to_contain_text("11位手机号")
        expect(page.get_by_text("4 步中的第 3 步")).to_be_visible()


def test_out_of_reach_of_the_city_the_steps_go_on_and_the_end_says_what_is_missing(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + APPLY)
        page.route("**" + APPLY, lambda route: route.abort())
        for _ in range(2):
            page.get_by_role("button", name="下一步").click()
        page.get_by_label("联系电话").fill("138")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_text("4 步中的第 4 步")).to_be_visible()
        page.unroute("**" + APPLY)
        page.get_by_role("button", name="提交").click()
        expect(page.locator("#faults")).to_contain_text("11位手机号")


def test_the_last_step_shows_every_answer_in_plain_words_and_leads_back_to_each(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + APPLY)
        choose_place(page)
        village = page.get_by_label("社区（村）").locator("option:checked").inner_text()
        fill_by_steps(page)
        review = page.get_by_role("region", name="请核对您填写的内容")
        expect(review.get_by_role("heading", name="请核对您填写的内容")).to_be_focused()
        said = dict(
            zip(review.locator("dt").all_inner_texts(), review.locator("dd > span").all_inner_texts(), strict=True)
        )
        assert said["居住地址"] == f"秀英区海秀街道{village}金盘路30号5栋1202室"
        assert said["何时起居住"] == "2026年3月1日"
        assert said["联系电话"] == "13807491234"
        review.get_by_role("button", name="修改 联系电话").click()
        expect(page.get_by_label("联系电话")).to_be_focused()
        page.get_by_label("联系电话").fill("13807494321")
        page.get_by_role("button", name="改好了，回到核对").click()
        expect(review).to_contain_text("13807494321")
        page.get_by_role("button", name="提交").click()
        page.wait_for_url("**/receipts/**")
        expect(page.get_by_text("13807494321")).to_be_visible()


def test_a_phone_that_is_turned_goes_on_with_the_question_that_it_showed(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{site.root}/items/food-permit/apply/")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_text("中的第 2 步")).to_be_visible()
        shown = page.locator(".step-now [data-title], .step-now[data-title]").first.get_attribute("data-title")
        page.set_viewport_size({"width": 844, "height": 390})
        expect(page.locator(f"[data-title='{shown}']")).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 800})
        expect(page.locator(f"[data-title='{shown}']")).to_be_visible()


def fill_by_steps(page: Any) -> None:
    """What is to be typed, each on its step, up to the summary."""
    for label, answer in ANSWERS.items():
        page.get_by_label(label).fill(answer)
        page.get_by_role("button", name="下一步").click()


def test_an_answer_is_checked_while_it_is_given_in_the_words_of_the_server(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.goto(site.root + APPLY)
        field = page.get_by_label("何时起居住")
        field.fill("2999-01-01")
        field.blur()
        at_once = page.locator("#f-residence-since-fault [data-fault-text]")
        page.wait_for_function("(one) => one.textContent !== ''", arg=at_once.element_handle())
        said = at_once.inner_text()
        choose_place(page)
        page.get_by_label("街巷、门牌、楼栋、房号").fill("金盘路30号")
        page.get_by_label("联系电话").fill("13807491234")
        page.get_by_role("button", name="提交").click()
        page.wait_for_selector("#faults")
        expect(page.locator("#f-residence-since-fault [data-fault-text]")).to_have_text(said)
        assert page.evaluate("document.activeElement.id") == "faults"
        page.locator("#faults a").first.click()
        assert page.evaluate("document.activeElement.id") == "f-residence-since"


def test_answers_that_do_not_go_together_are_told_while_they_are_given_and_taken_back_when_they_do(
    chromium: Any, site: Site
) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.goto(f"{site.root}/items/food-permit/apply/")
        for _section in ("谁来经营", "在哪里经营"):
            page.get_by_role("button", name="下一步").click()
        told = page.locator("#f-food-business-items-fault [data-fault-text]")
        page.get_by_label("经营项目").select_option(label="热食类食品制售，自制饮品制售")
        expect(told).to_have_text("")
        page.get_by_label("主体业态").select_option(label="餐饮服务经营者（饮品店）")
        expect(told).to_contain_text("饮品店只做自制饮品")
        said = told.inner_text()
        page.get_by_label("主体业态").select_option(label="餐饮服务经营者（小吃店）")
        expect(told).to_have_text("")
        page.get_by_label("主体业态").select_option(label="餐饮服务经营者（饮品店）")
        page.get_by_role("button", name="下一步").click()
        expect(page.locator("[data-step-said]")).to_contain_text(said)
        expect(told).to_have_text(said)
        page.get_by_label("主体业态").select_option(label="餐饮服务经营者（小吃店）")
        expect(told).to_have_text("")
        page.get_by_role("button", name="下一步").click()
        expect(page.locator("#f-food-business-phone-fault")).to_be_visible()
        expect(told).to_have_text("")


def test_what_was_typed_survives_a_reload_and_ends_with_signing_out(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.goto(site.root + APPLY)
        choose_place(page)
        fill(page)
        expect(page.get_by_text("已自动保存。以后在“我的空间”里接着填")).to_be_visible()
        page.reload()
        page.wait_for_function("() => document.querySelector('#f-residence-address-village')?.value !== ''")
        for label, answer in ANSWERS.items():
            expect(page.get_by_label(label)).to_have_value(answer)
        page.get_by_role("button", name="退出").click()
        page.wait_for_url(site.root + "/")
        assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_a_session_that_ends_in_mid_form_loses_nothing(chromium: Any, site: Site, password: str) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.goto(site.root + APPLY)
        choose_place(page)
        fill(page)
        village = page.get_by_label("社区（村）").input_value()
        page.context.clear_cookies(name="yiwang_session")
        page.get_by_role("button", name="提交").click()
        page.get_by_label("登录名或身份证号码").fill(RESIDENT)
        page.get_by_label("密码").fill(password)
        page.locator("main form button").click()
        page.wait_for_url("**" + APPLY)
        expect(page.get_by_text("已重新登录")).to_be_visible()
        expect(page.get_by_label("社区（村）")).to_have_value(village)
        for label, answer in ANSWERS.items():
            expect(page.get_by_label(label)).to_have_value(answer)
        page.get_by_role("button", name="提交").click()
        page.wait_for_url("**/receipts/**")


def test_a_button_pressed_twice_sends_once(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, NEIGHBOUR) as page:
        page.goto(site.root + "/my/cases/")
        page.goto(site.root + APPLY)
        choose_place(page)
        fill(page)
        sent = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.get_by_role("button", name="提交").dblclick(no_wait_after=True)
        page.wait_for_url("**/receipts/**")
        assert len(sent) == 1


def test_j_k_and_enter_walk_the_tasks_and_no_slip_of_a_finger_decides(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, OFFICER, post=True) as page:
        page.goto(site.root + "/desk/tasks/")
        for key in ("j", "j", "k"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement.closest('tr') === document.querySelector('tr[data-row]')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/tasks/*-*/")
        page.keyboard.press("a")
        expect(page.get_by_role("dialog")).to_contain_text("同意")
        page.keyboard.press("Escape")
        expect(page.locator("button[value=accept]")).to_be_focused()
        page.locator("#reason").focus()
        page.keyboard.press("j")
        expect(page.locator("#reason")).to_have_value("j")
        page.keyboard.press("Escape")


def test_on_a_phone_the_menu_leads_to_one_s_cases(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site.root + "/")
        page.get_by_role("navigation", name="主菜单").get_by_role("link", name="我的办件").click()
        page.wait_for_url("**/my/cases/")


@pytest.mark.parametrize("width", [1440, 1100, 900, 720, 390, 320])
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_nothing_in_the_header_lies_over_anything_however_much_it_is_enlarged(
    chromium: Any, site: Site, width: int, language: str
) -> None:
    with visiting(chromium, site, RESIDENT, language=language) as page:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(site.root + "/my/cases/")
        parts = page.locator(".brand-mark, .brand-name, .brand-place, .head-nav a:visible, .head-who > *")
        boxes = [one.bounding_box() for one in parts.all()]
        assert all(box["x"] + box["width"] <= width + 1 for box in boxes)
        for n, one in enumerate(boxes):
            for other in boxes[n + 1 :]:
                beside = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
                below = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
                assert beside or below, (one, other)


def test_a_chosen_file_is_named_with_its_size_in_the_language_of_the_page(chromium: Any, site: Site) -> None:
    with visiting(chromium, site) as page:
        page.goto(site.root + "/verify/")
        words = page.locator("[data-file-picked]").first
        expect(words).to_have_text("还没有选择文件")
        page.set_input_files("#document", {"name": "证照.pdf", "mimeType": "application/pdf", "buffer": b"x" * 4096})
        expect(words).to_have_text("证照.pdf · 4 KB")


def test_on_a_phone_days_of_one_kind_are_one_line_and_on_a_wide_screen_a_table(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.goto(f"{site.root}/my/cases/{site.cases['open']}/clocks/address-confirmed/")
        expect(page.get_by_role("table")).to_be_visible()
        expect(page.locator(".clock-folded")).to_be_hidden()
        days = page.locator(".clock-days tbody tr").count()
        page.set_viewport_size({"width": 390, "height": 800})
        expect(page.locator(".clock-wide")).to_be_hidden()
        assert 1 < page.locator(".clock-folded li").count() < days


def test_large_text_is_chosen_once_and_stays(chromium: Any, site: Site) -> None:
    with visiting(chromium, site) as page:
        page.goto(site.root + "/")
        page.get_by_role("button", name="长者模式").click()
        expect(page.locator("html.elder")).to_have_count(1)
        page.goto(f"{site.root}/items/{ITEM}/")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
        page.get_by_role("button", name="长者模式").click()
        expect(page.locator("html.elder")).to_have_count(0)
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "16px"


def test_the_receipt_on_paper_holds_the_number_and_no_buttons(chromium: Any, site: Site) -> None:
    with visiting(chromium, site, RESIDENT) as page:
        page.goto(f"{site.root}/receipts/{site.cases['open']}/")
        page.emulate_media(media="print")
        expect(page.locator(".receipt-number")).to_be_visible()
        expect(page.get_by_text("怎样通知您")).to_be_visible()
        for gone in (".head-nav", ".foot", ".acts", ".strip"):
            expect(page.locator(gone).first).to_be_hidden()
        assert page.pdf(format="A4").count(b"/Type /Page\n") <= 1
