"""Filling in a form: nothing typed is ever lost, every fault at once, one receipt however often it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from support.demo import ITEM, RESIDENT, Demo, call

APPLY = f"/items/{ITEM}/apply/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_resident_sends_the_form_and_gets_a_receipt_with_number_unit_and_day(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(APPLY, demo.open_form(client), follow=True)
    case = answer.context["case"]
    page = text_of(answer)
    assert answer.redirect_chain[-1][1] == 303
    assert case.number in page
    assert all(unit in page for unit in case.has_it)
    assert "已收到您的申请" in page
    assert f"{case.due_on.year}年{case.due_on.month}月{case.due_on.day}日" in page


def test_a_visitor_signs_in_and_comes_back_to_the_form(demo: Demo) -> None:
    client = demo.client()
    answer = client.get(APPLY)
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next=%2Fitems%2F{ITEM}%2Fapply%2F")
    answer = client.post("/sign-in/", {"login": RESIDENT, "password": "Yiwang-demo-2026", "next": APPLY})
    assert (answer.status_code, answer["Location"]) == (303, APPLY)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("residence.since", "2999-01-01", "何时起居住"),
        ("residence.since", "2026-02-30", "何时起居住"),
        ("residence.since", "", "何时起居住"),
        ("residence.phone", "1380749123", "联系电话"),
        ("residence.address.detail", "", "居住地址"),
        ("residence.address.detail", "x" * 5000, "居住地址"),
    ],
)
def test_a_fault_is_listed_at_the_top_with_a_way_to_the_field_and_at_the_field(
    demo: Demo, field: str, value: str, said: str
) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(APPLY, demo.open_form(client, **{field: value}))
    assert answer.status_code == 422
    [line] = answer.context["summary"]
    page = text_of(answer)
    assert said in line.text
    assert f'href="#{line.target}"' in page
    assert f'id="{line.target}"' in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("residence.since", "2999-01-01", "f-residence-since"),
        ("residence.phone", "1380749123", "f-residence-phone"),
        ("residence.address.detail", "", "f-residence-address-detail"),
        ("residence.address.village", "", "f-residence-address-county"),
    ],
)
def test_a_step_is_checked_in_the_words_of_sending_and_nothing_is_read_or_kept(
    demo: Demo, field: str, value: str, at: str
) -> None:
    from yiwang.cases.models import Case
    from yiwang.records.models import Read

    client = demo.client(RESIDENT)
    typed = demo.open_form(client, **{field: value})
    before = Read.objects.count(), Case.objects.count()
    question = ".".join(field.split(".")[:2])
    answer = client.post(APPLY, {**typed, "check": [question]})
    assert (Read.objects.count(), Case.objects.count()) == before
    [fault] = answer.json()["faults"]
    assert (fault["question"], fault["target"]) == ("f-" + question.replace(".", "-"), at)
    assert fault["text"] in text_of(client.post(APPLY, typed))
    others = {"residence.since", "residence.phone", "residence.address"} - {question}
    assert client.post(APPLY, {**typed, "check": list(others)}).json() == {"faults": []}


def test_all_faults_are_listed_at_once_and_everything_typed_is_still_there(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    wrong = {"residence.since": "2999-01-01", "residence.phone": "12", "residence.address.detail": "<b>楼</b>"}
    answer = client.post(APPLY, demo.open_form(client, **wrong, **{"residence.address.village": ""}))
    page = text_of(answer)
    assert answer.status_code == 422
    assert len(answer.context["summary"]) == 3
    for typed in ("2999-01-01", 'value="12"', "&lt;b&gt;楼&lt;/b&gt;"):
        assert typed in page
    assert "selected" in page


def test_a_place_outside_the_city_is_refused(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    digest = client.get(f"/api/v1/items/{ITEM}/form").json()["digest"]
    values = {
        "residence.address": {"place": "110101001001", "detail": "1号"},
        "residence.since": "2026-03-01",
        "residence.phone": "13807491234",
    }
    body = {"values": values, "form_digest": digest}
    answer = call(client, "POST", f"/api/v1/items/{ITEM}/cases", body, **{"Idempotency-Key": uuid4().hex})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["residence.address/place"]


def test_a_place_that_does_not_lie_within_the_one_chosen_before_it_counts_as_not_chosen(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(APPLY, demo.open_form(client, **{"residence.address.county": "460106", "show_places": "1"}))
    lists = answer.context["sections"][0].widgets[0].picker.levels
    assert [one.chosen for one in lists] == ["460106", "", ""]
    assert lists[1].options
    assert not lists[2].options


def test_the_lists_of_places_narrow_without_scripts_and_keep_the_other_answers(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    answer = client.post(APPLY, demo.open_form(client, **{"residence.address.village": "", "show_places": "1"}))
    assert answer.status_code == 200
    assert not answer.context["summary"]
    assert "金盘路30号5栋1202室" in text_of(answer)
    assert answer.context["sections"][0].widgets[0].picker.levels[2].options


def test_the_same_form_sent_twice_gives_the_same_receipt(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    form = demo.open_form(client)
    first, second = (client.post(APPLY, form)["Location"] for _ in range(2))
    assert first == second
    assert len(client.get("/api/v1/cases").json()["rows"]) == 1


def test_the_same_form_sent_with_other_content_keeps_what_was_typed_and_says_why(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    form = demo.open_form(client)
    client.post(APPLY, form)
    answer = client.post(APPLY, {**form, "residence.address.detail": "另一个门牌"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "另一个门牌" in page
    assert answer.context["idempotency_key"] != form["idempotency_key"]


def test_an_expired_session_in_mid_form_loses_nothing_and_goes_on_after_signing_in(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    form = demo.open_form(client)
    client.session.flush()
    answer = client.post(APPLY, form)
    page = text_of(answer)
    assert answer.status_code == 401
    assert "您填写的内容都保留在本页" in page
    carried = dict(answer.context["carried"])
    assert carried == form
    back = {f"carried.{name}": value for name, value in carried.items()}
    answer = client.post(
        "/sign-in/", {"login": RESIDENT, "password": "Yiwang-demo-2026", "next": APPLY, **back}, follow=True
    )
    page = text_of(answer)
    assert "已重新登录" in page
    assert "金盘路30号5栋1202室" in page
    assert answer.context["idempotency_key"] == form["idempotency_key"]
    village = answer.context["sections"][0].widgets[0].picker.levels[2].chosen
    assert village == form["residence.address.village"]
    assert client.post(APPLY, form).status_code == 303


def test_a_wrong_password_in_mid_form_loses_nothing_either(demo: Demo) -> None:
    client = demo.client()
    form = demo.answers(form_digest="x")
    answer = client.post(
        "/sign-in/", {"login": RESIDENT, "password": "wrong", "next": APPLY, "carried.residence.phone": "13807491234"}
    )
    assert answer.status_code in {401, 403, 422}
    assert ("residence.phone", "13807491234") in answer.context["carried"]
    assert form


def test_what_was_carried_is_filled_in_once(demo: Demo) -> None:
    client = demo.client()
    back = {"next": APPLY, "carried.residence.phone": "13900000000"}
    client.post("/sign-in/", {"login": RESIDENT, "password": "Yiwang-demo-2026", **back})
    assert "13900000000" in text_of(client.get(APPLY))
    assert "13900000000" not in text_of(client.get(APPLY))


def test_a_page_older_than_its_session_token_asks_again_with_everything_typed(demo: Demo) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="127.0.0.1")
    answer = client.post(APPLY, demo.answers(form_digest="x"))
    page = text_of(answer)
    assert answer.status_code == 403
    assert "金盘路30号5栋1202室" in page
    assert "再次提交" in page


def test_a_stale_form_lists_what_is_new_and_keeps_every_answer(own_demo: Demo, tmp_path: Any) -> None:
    import shutil
    from pathlib import Path

    from support.packs import apply_packs, connected_as

    from yiwang.acts.values import system
    from yiwang.packs.services import apply

    assert apply_packs
    client = own_demo.client(RESIDENT)
    form = own_demo.open_form(client)
    packs = tmp_path / "packs"
    shutil.copytree(Path(__file__).parents[2] / "packs", packs)
    changed = packs / ITEM / "forms" / f"{ITEM}.yaml"
    text = changed.read_text("utf-8")
    assert "- {element: residence.phone}" in text
    changed.write_text(
        text.replace("- {element: residence.phone}", "- {element: residence.phone, required: false}"), "utf-8"
    )
    with connected_as("yiwang_owner"):
        apply(system("tests"), [packs])
    answer = client.post(APPLY, form)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "表单有了变化" in page
    assert "联系电话" in answer.context["changed"][0]
    assert "金盘路30号5栋1202室" in page
    assert answer.context["form"].digest != form["form_digest"]
    assert client.post(APPLY, {**form, "form_digest": answer.context["form"].digest}).status_code == 303
