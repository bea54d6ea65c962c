"""Stories on a toy city: what the verbs do, and what is said when something is not as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from yiwang.packs.rehearsals.browser import BrowserDriver, open_browser
from yiwang.packs.rehearsals.drivers import Driver
from yiwang.packs.rehearsals.http import ApiDriver, HttpDriver
from yiwang.packs.rehearsals.player import Played, Player
from yiwang.packs.rehearsals.steps import RehearsalBody

from . import toy_city

Play = Callable[..., Played]

FILLED = {
    "居住起始日期": "2026-03-01",
    "居住地址": {"社区": "海秀社区", "门牌": "7 栋 2 单元"},
    "居住方式": "租住",
    "备注": "无",
    "以上属实": True,
}
SENDING: list[dict[str, Any]] = [
    {"as": "lin.xiuying"},
    {"finds": "居住地址声明"},
    {"opens": "居住地址声明"},
    {"fills": FILLED},
    {"submits": "提交"},
]
KEEPING = {"sees": {"texts": "已收到", "keeps": {"number": "办件编号"}, "keeps address": "receipt"}}


@pytest.fixture
def city() -> Iterator[toy_city.ToyCity]:
    with toy_city.running() as city:
        yield city


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(params=["http", pytest.param("browser", marks=pytest.mark.browser)])
def play(request: pytest.FixtureRequest, city: toy_city.ToyCity, tmp_path: Path) -> Play:
    browser = request.getfixturevalue("browser") if request.param == "browser" else None

    def open_driver(face: str, language: str) -> Driver:
        if face == "api":
            return ApiDriver(city.root, face, language)
        return BrowserDriver(browser, city.root, face, language) if browser else HttpDriver(city.root, face, language)

    def play(*steps: dict[str, Any]) -> Played:
        body = RehearsalBody.model_validate({"kind": "rehearsal", "id": "a", "title": "一", "steps": steps})
        player = Player(
            city, open_driver, passwords={"lin.xiuying": "right", "wu.qing": "right"}, pictures=tmp_path / "pictures"
        )
        return player.play("toy", body, request.param)

    return play


def faults(played: Played) -> list[str]:
    return [f"{step.number}: {step.said}" for step in played.steps if not step.ok]


def test_a_story_goes_from_a_form_through_an_officer_back_to_its_teller(play: Play, city: toy_city.ToyCity) -> None:
    played = play(
        *SENDING,
        KEEPING,
        {"as": {"login": "wu.qing", "post": "海秀岗"}},
        {"sees": ["待办", "{number}"]},
        {"does": {"button": "受理", "beside": "{number}", "with": {"理由": "已核对"}}},
        {"as": "lin.xiuying"},
        {"sees": "已收到"},
        {"opens": "我的办件"},
        {"sees": {"values": {"{number}": "已办结", "共有": "1 件"}, "not": "办理中"}},
        {"opens": {"address": "{receipt}"}},
        {"sees": {"values": {"办件编号": "{number}"}}},
        {"checks": ["page", "audit log", "work queue"]},
    )
    assert not faults(played)
    assert played.ok
    assert city.sent[0] == {
        "key": "0",
        "since": "2026-03-01",
        "place": "2",
        "door": "7 栋 2 单元",
        "way": "b",
        "note": "无",
        "true": "yes",
        "act": "send",
    }


def test_sending_twice_makes_one_case(play: Play, city: toy_city.ToyCity) -> None:
    played = play(*SENDING[:-1], {"submits": {"button": "提交", "twice": True}}, KEEPING)
    assert not faults(played)
    assert len(city.cases) == 1


def test_a_refusal_that_is_told_is_no_fault_and_shows_what_is_wrong_at_the_field(play: Play) -> None:
    played = play(
        *SENDING[:3],
        {"submits": "提交"},
        {"is refused with": {"status": 422, "fields": {"居住起始日期": "请填写日期"}}},
        {"sees": {"fields": {"居住起始日期": "", "社区": "请选择"}}},
    )
    assert not faults(played)


def test_a_refusal_that_is_not_told_fails_the_step_that_was_refused(play: Play) -> None:
    played = play(*SENDING[:3], {"submits": "提交"}, {"sees": "已收到"})
    assert faults(played) == ["4: This was refused (422)."]
    assert "请填写日期" in played.steps[-1].seen
    assert Path(played.steps[-1].picture).exists()
    assert played.left == 1
    assert not played.ok


def test_the_problem_of_a_refusal_has_a_name(play: Play) -> None:
    accept = {"does": {"button": "受理", "beside": "460199-1"}}
    officer = {"as": {"login": "wu.qing", "post": "海秀岗"}}
    assert not faults(
        play(*SENDING, officer, accept, accept, {"is refused with": {"code": "already-decided", "status": 409}})
    )
    assert faults(play(officer, accept, {"is refused with": {"code": "not-allowed"}})) == [
        "3: The problem is “already-decided”, not “not-allowed”."
    ]


def test_somebody_who_cannot_sign_in_is_refused(play: Play) -> None:
    played = play({"as": {"login": "lin.xiuying", "password": "wrong"}}, {"is refused with": "账号或密码不对"})
    assert not faults(played)


def test_a_visitor_is_asked_to_sign_in(play: Play) -> None:
    assert not faults(play({"as": "visitor"}, {"opens": {"address": "/item/"}}, {"sees": "密码"}))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"opens": "没有的事项"}, "There is no link “没有的事项”. There is “首页”, “我的办件”"),
        ({"finds": "没有的事项"}, "没有的事项"),
        ({"fills": {"没有的": "1"}}, "There is no field “没有的”. There is “搜索”"),
        ({"does": "没有的"}, "There is no button “没有的”. There is “搜索”"),
        ({"sees": "没有的"}, "“没有的” is not shown."),
        ({"sees": {"not": "办事大厅"}}, "“办事大厅” is shown and should not be."),
        ({"sees": {"values": {"状态": "已办结"}}}, "Nothing is labelled “状态”."),
        ({"opens": {"address": "/nowhere/"}}, "This was refused (404 not-found)."),
        ({"does": {"operation": "find_case"}}, "Only `face: api` calls operations"),
        ({"moves time": {"to": "yesterday"}}, "“yesterday” is no date or time."),
    ],
)
@pytest.mark.parametrize("play", ["http"], indirect=True)
def test_what_is_not_there_is_said_with_what_is_there_instead(play: Play, step: dict[str, Any], said: str) -> None:
    (fault,) = faults(play({"as": "visitor"}, step))
    assert said in fault


@pytest.mark.parametrize("play", ["http"], indirect=True)
def test_the_api_is_called_by_operation_and_answers_are_read_by_path(play: Play) -> None:
    played = play(
        *SENDING,
        KEEPING,
        {"as": {"login": "lin.xiuying", "face": "api"}},
        {"does": {"operation": "find_case", "with": {"number": "{number}"}}},
        {"sees": {"values": {"case/state": "办理中", "case/tags/1": True}}},
        {"does": {"operation": "find_case", "with": {"number": "1"}}},
        {"is refused with": {"code": "not-found", "status": 404, "texts": "没有这个办件"}},
    )
    assert not faults(played)


@pytest.mark.parametrize("play", ["http"], indirect=True)
def test_a_step_ends_when_the_city_has_settled_or_says_what_is_stuck(play: Play, city: toy_city.ToyCity) -> None:
    city.stuck = "1 job waits: notify"
    assert faults(play(*SENDING)) == ["5: 1 job waits: notify"]


@pytest.mark.parametrize("play", ["http"], indirect=True)
def test_time_and_samples_are_given_to_the_city(play: Play, city: toy_city.ToyCity) -> None:
    played = play(
        {"given": {"time": "2026-12-01 09:00", "sample": {"units": [{"code": "1"}]}}},
        {"moves time": {"to": "2026-12-24", "hours": 2}},
    )
    assert not faults(played)
    assert [moment.isoformat() for moment in city.moved] == ["2026-12-01T09:00:00+08:00", "2026-12-24T02:00:00+08:00"]
    assert city.samples == {"units": [{"code": "1"}]}


@pytest.mark.parametrize(
    ("file", "seen"),
    [
        ({"file": "平面图.pdf"}, r"平面图.pdf application/pdf b'%PDF'"),
        ({"file": "a.png"}, r"a.png image/png b'\x89PNG'"),
        ({"file": "x.pdf", "holds": "zip"}, r"x.pdf application/pdf b'PK\x03\x04'"),
    ],
)
def test_a_file_is_handed_in_under_its_name_as_what_it_calls_itself(
    play: Play, file: dict[str, str], seen: str
) -> None:
    played = play(
        {"as": "visitor"},
        {"opens": {"address": "/plan/"}},
        {"fills": {"平面图": file, "备注": "首层"}},
        {"submits": "上传"},
        {"sees": [seen, "备注：首层"]},
    )
    assert played.ok, faults(played)


def test_a_file_goes_into_a_field_for_files_and_nothing_else_does(play: Play) -> None:
    begin: list[dict[str, Any]] = [{"as": "visitor"}, {"opens": {"address": "/plan/"}}]
    assert faults(play(*begin, {"fills": {"备注": {"file": "a.pdf"}}})) == ["3: The field “备注” takes no file."]
    assert faults(play(*begin, {"fills": {"平面图": "a.pdf"}})) == ["3: The field “平面图” takes a file."]
    missing = play(*begin, {"fills": {"备注": "无"}}, {"submits": "上传"})
    assert missing.ok, faults(missing)
