"""The portal as one walks through it: search, life events, guides, a form that waits for one, one's own first page."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.demo import ITEM, NEIGHBOUR, OFFICER, RESIDENT, Demo, call

from yiwang.api.kept import forget_pages
from yiwang.kernel.texts import civil_day

from .test_pages import page_of

APPLY = f"/items/{ITEM}/apply/"
DRAFT = f"/my/drafts/{ITEM}/"


def test_the_first_page_leads_to_life_events_themes_today_and_verification(demo: Demo) -> None:
    page = page_of(demo.client(), "/")
    assert page.count('class="life-tile"') == 8
    for words in ("生孩子", "宜居", "宜学", "宜业", "宜游", "今天的城市", "核验证照", "个人", "法人"):
        assert words in page
    assert page_of(demo.client(), "/?for=organisation").count("食品经营许可") > 0


def test_a_life_event_lists_its_items_and_an_empty_one_says_what_to_do(demo: Demo) -> None:
    assert f"/items/{ITEM}/" in page_of(demo.client(), "/life/home/")
    born = page_of(demo.client(), "/life/birth/")
    assert "/bundles/newborn/" in born, "who has a child finds the one form for it"
    assert "/items/birth-certificate/" in born
    assert "还没有可以网上办的事" in page_of(demo.client(), "/life/old-age/")
    page_of(demo.client(), "/life/nothing/", 404)
    page_of(demo.client(), "/themes/nothing/", 404)


def test_search_finds_by_synonym_and_shows_everything_when_nothing_fits(demo: Demo) -> None:
    assert "/items/food-permit/" in page_of(demo.client(), "/search/?q=饭馆")
    assert "/life/home/" in page_of(demo.client(), "/search/?q=搬家")
    assert f"/items/{ITEM}/" in page_of(demo.client(), "/search/?q=护照")


@pytest.mark.parametrize(
    ("asked", "words", "found"),
    [
        ("搬家了换地址", ["搬家", "换地址"], f"/items/{ITEM}/"),
        ("孩子出生要办什么", ["孩子", "出生"], "/bundles/newborn/"),
        ("想开一家小吃店卖面条", ["小吃店"], "/items/food-permit/"),
        ("I want to move house", ["move"], f"/items/{ITEM}/"),
    ],
)
def test_a_phrase_is_cut_into_what_is_known_and_the_page_says_what_it_looked_for(
    demo: Demo, asked: str, words: list[str], found: str
) -> None:
    answer = demo.client().get("/search/", {"q": asked})
    page = answer.content.decode()
    assert f'href="{found}"' in page
    assert list(answer.context["found"].words) == words
    assert all(f">{word}</a>" in page for word in words)


def test_a_phrase_without_any_known_word_finds_what_shares_its_parts(demo: Demo) -> None:
    answer = demo.client().get("/search/", {"q": "我会做糕点还有饮品"})
    assert answer.context["found"].near
    assert "/items/food-permit/" in answer.content.decode()


def test_bundles_stand_among_all_that_can_be_done(demo: Demo) -> None:
    for path in ("/sitemap/", "/search/", "/search/?q=护照"):
        assert 'href="/bundles/newborn/"' in page_of(demo.client(), path)


def test_a_bundle_names_the_offices_that_do_it(demo: Demo) -> None:
    page = page_of(demo.client(), "/bundles/newborn/")
    for unit in ("海口市卫生健康委员会", "海口市公安局"):
        assert unit in page
    assert "由谁办：签发出生医学证明" not in page


def test_who_has_withdrawn_reads_that_he_has_and_may_apply_again(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    case = demo.send(resident)
    assert "截止日期" in page_of(resident, f"/my/cases/{case}/")
    resident.post(f"/my/cases/{case}/withdraw/", {"reason": "填错了"})
    page = page_of(resident, f"/my/cases/{case}/")
    assert "已经撤回。" in page
    assert "您撤回了申请。" in page
    assert "申请人" not in page
    assert "截止日期" not in page
    assert re.search(rf'href="/items/{ITEM}/">重新申请', page)
    assert "已经撤回。" in page_of(resident, "/my/cases/")
    assert "最后一天" not in page_of(resident, f"/my/cases/{case}/clocks/address-confirmed/")


def test_a_receipt_arrives_as_a_message_with_number_office_and_day(demo: Demo) -> None:
    from yiwang.outbox.models import Event

    demo.heard = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    resident = demo.client(RESIDENT)
    case = resident.get(f"/api/v1/cases/{demo.send(resident)}").json()
    demo.tell()
    [told] = resident.get("/my/messages/").context["inbox"].rows
    assert told.title == f"收件回执：{case['item_title']}"
    limit = f"核实居住地址：最晚 {civil_day(date.fromisoformat(case['due_on']), 'zh-Hans')}"
    for said in (case["number"], limit, case["has_it"][0], "接下来"):
        assert said in told.body
    assert f'href="/my/cases/{case["id"]}/"' in page_of(resident, "/my/messages/")
    [told] = demo.client(RESIDENT, language="en").get("/my/messages/").context["inbox"].rows
    assert f"Confirm the address: by {civil_day(date.fromisoformat(case['due_on']), 'en')}" in told.body


def test_the_course_of_an_item_names_the_offices_that_do_a_step(demo: Demo) -> None:
    page = page_of(demo.client(), "/items/food-permit/")
    assert re.search(r'class="flow-who">\s*<svg.*?</svg>\s*海口市秀英区行政审批服务局等 4 个单位', page, re.DOTALL)


def test_one_receipt_arrives_for_all_parts_of_a_bundle(demo: Demo) -> None:
    from yiwang.outbox.models import Event

    demo.heard = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    parent = demo.client("li.xiaowen")
    form = parent.get("/api/v1/bundles/newborn/form").json()
    body = {"values": {"newborn.name": "吴一诺", "newborn.phone": "13800000007"}, "form_digest": form["digest"]}
    sent = call(parent, "POST", "/api/v1/bundles/newborn/applications", body, **{"Idempotency-Key": "one"}).json()
    demo.tell()
    received = [one for one in parent.get("/my/messages/").context["inbox"].rows if one.title.startswith("收件回执")]
    assert [(one.title, one.about_id) for one in received] == [(f"收件回执：{sent['title']}", UUID(sent["id"]))]
    assert sent["number"] in received[0].body
    assert f'href="/my/applications/{sent["id"]}/"' in page_of(parent, "/my/messages/")


def test_a_guide_answers_in_order_and_speaks_to_machines_in_a_block_of_data(demo: Demo) -> None:
    page = page_of(demo.client(), "/items/food-permit/")
    said = ("我能办吗", "要准备什么", "要多久", "怎么办", "在哪里办", "常见问题", "法律依据")
    asked = [page.index(words) for words in said]
    assert asked == sorted(asked)
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    graph = json.loads(block)
    assert graph["@type"] == "GovernmentService"
    assert graph["name"] == "食品经营许可（餐饮服务）"
    assert graph["areaServed"]["name"] == "海口市"
    assert "<" not in block


def test_windows_are_shown_by_area_and_an_unknown_area_counts_as_none(demo: Demo) -> None:
    page = page_of(demo.client(), "/items/food-permit/?area=460105")
    assert "秀英区政务服务中心" in page
    assert "龙华区政务服务中心" not in page
    assert "龙华区政务服务中心" in page_of(demo.client(), "/items/food-permit/?area=999999")


def test_what_the_city_has_is_struck_through_for_who_is_signed_in(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    assert "<s>" not in page_of(demo.client(), f"/items/{ITEM}/")
    assert "<s>" not in page_of(demo.client(OFFICER, post=True), f"/items/{ITEM}/")
    page_of(resident, f"/items/{ITEM}/")


def test_what_is_typed_is_saved_and_there_again_on_another_device(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(DRAFT, {"residence.phone": "13800001111", "residence.address.detail": "海港路 8 号"})
    assert answer.status_code == 200
    assert re.fullmatch(r"\d\d:\d\d", answer.json()["saved_at"])
    other = demo.client(RESIDENT)
    form = page_of(other, APPLY)
    assert 'value="13800001111"' in form
    assert "接着上次的填" in form
    assert "接着办" in page_of(other, f"/items/{ITEM}/")
    assert "13800001111" not in page_of(demo.client(NEIGHBOUR), APPLY)


def test_one_saves_by_button_without_scripts_finds_it_in_one_s_space_and_throws_it_away(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(APPLY, {**demo.open_form(client), "keep": "yes"})
    assert (answer.status_code, answer["Location"]) == (303, "/my/")
    page = page_of(client, "/my/")
    assert "您有没填完的表" in page
    assert APPLY in page
    answer = client.post(DRAFT, {"discard": "yes", "next": "/my/"}, follow=True)
    assert "已经删除" in answer.content.decode()
    assert APPLY not in page_of(client, "/my/")


def test_a_visitor_and_a_post_keep_no_form(demo: Demo) -> None:
    assert demo.client().post(DRAFT, {"residence.phone": "1"}).status_code == 401
    assert demo.client(OFFICER, post=True).post(DRAFT, {"residence.phone": "1"}).status_code == 403


def test_sending_the_form_ends_what_was_kept_of_it(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    client.post(DRAFT, {"residence.phone": "13800001111"})
    demo.send(client)
    assert "接着上次的填" not in page_of(client, APPLY)


def test_one_s_space_says_what_waits_and_shows_cases_messages_facts_and_readers(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    demo.send(client)
    page = page_of(client, "/my/")
    for words in ("正在办理", "我的证照", "我的信息", "谁查过我的信息", "消息"):
        assert words in page
    assert page.index("现在没有需要您处理的事") < page.index("正在办理")


def test_the_footer_says_what_the_city_has_still_to_enter_and_shows_what_it_has(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yiwang import settings

    assert "演示，暂无" in page_of(demo.client(), "/")
    real = settings.configuration().model_copy(update={"demo": False})
    monkeypatch.setattr(settings, "_active", real)
    forget_pages()  # as a process does that starts with other settings
    assert "待配置" in page_of(demo.client(), "/")
    given = real.model_copy(
        update={
            "site_icp": "琼ICP备00000000号",
            "site_police": "琼公网安备 00000000000000号",
            "site_code": "4601000000",
        }
    )
    monkeypatch.setattr(settings, "_active", given)
    forget_pages()
    page = page_of(demo.client(), "/")
    for words in (given.site_icp, given.site_police, given.site_code, "beian.miit.gov.cn", "beian.mps.gov.cn"):
        assert words in page


def test_a_page_that_is_not_there_and_one_that_broke_offer_a_search(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'action="/search/"' in page_of(demo.client(), "/nowhere/", 404)
    from yiwang.cases import queries

    def broken(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(queries, "life_events", broken)
    client = demo.client()
    client.raise_request_exception = False
    page = page_of(client, "/", 500)
    assert 'action="/search/"' in page
    assert "编号" in page


@pytest.mark.parametrize(
    "path", ["/sitemap/", "/contact/", "/search/", "/life/birth/", "/themes/live/?for=organisation"]
)
def test_pages_about_the_site_speak_both_languages(demo: Demo, path: str) -> None:
    assert page_of(demo.client(), path) != page_of(demo.client(language="en"), path)


def test_who_is_signed_in_is_called_by_name_in_portal_and_desk_and_by_login_where_no_name_is_known(demo: Demo) -> None:
    page = page_of(demo.client(RESIDENT), "/my/")
    assert 'href="/my/account/"' in page
    assert "林秀英" in page
    assert RESIDENT not in page
    assert "林秀英" not in page_of(demo.client(NEIGHBOUR), "/my/")
    desk = page_of(demo.client(OFFICER, post=True), "/desk/tasks/")
    assert "吴清" in desk.split("bench-who")[1].split("</p>")[0]


def test_the_name_in_the_header_costs_one_query_and_leaves_no_note_of_a_reading(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    client.get("/help/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/help/")
    statements = [one["sql"] for one in captured.captured_queries]
    assert sum("population_persons" in one for one in statements) == 1
    assert not any("records_read_log" in one for one in statements)


@pytest.mark.parametrize("where", ["/items/birth-certificate/apply/", "/bundles/newborn/apply/"])
def test_who_may_not_apply_for_a_child_reads_who_does(demo: Demo, where: str) -> None:
    page = demo.client(RESIDENT).get(where).content.decode()
    assert "由孩子的父亲或母亲申请" in page
    assert "法定代表人" not in page
    assert "企业委托您办理" not in page


def test_who_represents_no_enterprise_reads_who_applies_and_that_he_may_have_a_mandate(demo: Demo) -> None:
    page = demo.client("li.xiaowen").get("/items/food-permit/apply/").content.decode()
    assert "由营业执照上的法定代表人（负责人）申请" in page
    assert "企业委托您办理" in page
