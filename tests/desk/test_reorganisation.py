"""The pages of reorganisation: choose, look at what would move, do it, look at what was done, undo it."""

from __future__ import annotations

from typing import Any

import pytest
from support.demo import OFFICER, Demo

from .test_desk import page_of
from .test_organisation import AUDIT, SYSTEM, unit_of

WHY = {"reason": "机构改革", "document": "琼编〔2026〕12号"}


@pytest.fixture
def street(demo: Demo) -> Any:
    return unit_of("海秀街道办事处")


@pytest.fixture
def other(demo: Demo) -> Any:
    return unit_of("秀英街道办事处")


def test_a_merger_is_looked_at_done_and_undone(demo: Demo, street: Any, other: Any) -> None:
    client = demo.client(SYSTEM, post=True)
    at = f"/desk/units/{street.id}/"
    assert f"{at}reorganise/" in page_of(client, at)
    assert f"{at}merge/" in page_of(client, f"{at}reorganise/")
    assert str(other.id) in page_of(client, f"{at}merge/?q=秀英街道")
    given = {"into": str(other.id), "q": "秀英街道", **WHY}
    seen = client.post(f"{at}merge/", {**given, "step": "preview"})
    assert seen.status_code == 200
    words = seen.content.decode()
    for expected in ("岗位及其职责和人员", "责任区", "今天办理", str(other.title)):
        assert expected in words
    fingerprint = seen.context["found"].fingerprint
    changed = client.post(f"{at}merge/", {**given, "step": "change"})
    assert WHY["document"] in changed.content.decode()
    unfounded = client.post(f"{at}merge/", {**given, "reason": "", "step": "do", "fingerprint": fingerprint})
    assert unfounded.status_code == 422
    assert "理由：此项必填。" in unfounded.content.decode()
    assert fingerprint in unfounded.content.decode()
    late = client.post(f"{at}merge/", {**given, "step": "do", "fingerprint": "0" * 32})
    assert late.status_code == 409
    assert "其他人刚刚改动了这里" in late.content.decode()
    assert fingerprint in late.content.decode()
    done = client.post(f"{at}merge/", {**given, "step": "do", "fingerprint": fingerprint})
    assert done.status_code == 303
    result = page_of(client, done["Location"])
    assert WHY["document"] in result
    assert "撤销重组" in result
    assert f"并入“{other.title}”" in page_of(client, at)
    assert f"接管“{street.title}”" in page_of(client, f"/desk/units/{other.id}/")
    undo = f"{done['Location']}undo/"
    looked = client.get(undo)
    assert "将要归还" in looked.content.decode()
    without = client.post(undo, {"reason": "", "fingerprint": looked.context["found"].fingerprint})
    assert without.status_code == 422
    back = client.post(undo, {"reason": "文件撤销", "fingerprint": looked.context["found"].fingerprint})
    assert back.status_code == 303
    assert "后来已撤销" in page_of(client, back["Location"])
    again = client.post(undo, {"reason": "文件撤销", "fingerprint": ""})
    assert again.status_code == 409
    assert "已经撤销" in again.content.decode()
    assert "将要归还" not in again.content.decode()


def test_a_search_keeps_what_was_chosen_and_typed(demo: Demo, street: Any, other: Any) -> None:
    client = demo.client(SYSTEM, post=True)
    at = f"/desk/units/{street.id}/merge/"
    assert str(other.id) in page_of(client, at)  # it stands beside the street
    given = {"into": str(other.id), "q": "海口市财政局", **WHY, "step": "search"}
    found = client.post(at, given).content.decode()
    assert "海口市财政局" in found
    assert f'value="{other.id}" checked' in found
    assert WHY["document"] in found


def test_an_agreement_that_names_the_unit_stands_against_abolishing_it(demo: Demo) -> None:
    from yiwang.identity.models import Unit

    market, other = Unit.objects.get(code="hk-market"), Unit.objects.get(code="hk-health")
    given = {"successor": str(other.id), **WHY, "step": "preview"}
    seen = demo.client(SYSTEM, post=True).post(f"/desk/units/{market.id}/abolish/", given).content.decode()
    assert "representatives-of-enterprises" in seen
    assert "今天办理" not in seen


def test_a_split_asks_for_the_new_unit_and_what_goes_to_it(demo: Demo, street: Any) -> None:
    client = demo.client(SYSTEM, post=True)
    at = f"/desk/units/{street.id}/split/"
    form = page_of(client, at)
    post = street.posts.filter(closed_on=None).first()
    assert str(post.id) in form
    nothing = client.post(at, {"step": "preview"})
    assert nothing.status_code == 422
    assert "请至少选择" in nothing.content.decode()


def test_nobody_else_finds_the_pages_and_a_closed_unit_is_opened_again(demo: Demo, street: Any) -> None:
    for login in (AUDIT, OFFICER):
        client = demo.client(login, post=True)
        assert "重组" not in page_of(client, f"/desk/units/{street.id}/")
        assert client.get(f"/desk/units/{street.id}/reorganise/").status_code == 403
    client = demo.client(SYSTEM, post=True)
    opened = client.post(f"/desk/units/{street.id}/open/", {
        "title": "便民服务中心", "short_title": "", "code": "hk-new-centre", "level": "division",
        "credit_code": street.credit_code, "division_code": street.division_code,
    })["Location"]  # fmt: skip
    client.post(f"{opened}close/", {"version": 1})
    assert f"{opened}reopen/" in page_of(client, opened)
    assert client.post(f"{opened}reopen/", {"version": 2}).status_code == 303
    assert "重新启用" in page_of(client, opened)
