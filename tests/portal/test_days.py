"""Days off and service hours, as everybody reads them; and whether somebody serves now, on guides and receipts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from support.demo import RESIDENT, Demo

from yiwang.api.kept import forget_pages
from yiwang.cases import queries

from .test_pages import page_of

At = Callable[[str], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Let the windows look at the clock at an instant of the city."""
    from yiwang.cases.queries import windows

    def be(moment: str) -> None:
        instant = datetime.fromisoformat(f"{moment}:00+08:00").astimezone(UTC)
        monkeypatch.setattr(windows, "now", lambda: instant)
        monkeypatch.setattr(windows, "today", lambda: datetime.fromisoformat(moment).date())
        forget_pages()

    return be


def said(code: str = "460108") -> dict[str, str]:
    """What is said of each window that serves a division, by its id."""
    return {one.window.id: one.now.sentence for one in queries.windows_open(code)}


def test_the_page_tells_the_days_of_the_nation_and_those_of_places_with_their_documents(demo: Demo) -> None:
    page = page_of(demo.client(), "/days/")
    for words in ("2026 年节假日安排", "国务院办公厅关于2026年部分节假日安排的通知", "全国", "调休上班的周末"):
        assert words in page
    for words in ("美兰区防御台风停工日（虚构）", "海南省海口市美兰区", "仅限本地", "2026年10月19日"):
        assert words in page
    assert page.index("防御台风“摩羯”停工日") > page.index("往年"), "what is over is folded away"


def test_the_page_tells_when_each_window_is_open(demo: Demo) -> None:
    page = page_of(demo.client(), "/days/")
    assert "周一至周五 8:30–12:00、14:30–17:30；周六 9:00–12:00" in page
    assert "美兰区政务服务中心" in page


@pytest.mark.parametrize(
    ("moment", "district", "city"),
    [
        ("2026-11-23T09:00", "现在开着，12:00 关门", "现在开着，12:00 关门"),
        ("2026-11-23T12:30", "现在没开，今天 14:30 开门", "现在没开，今天 14:30 开门"),
        ("2026-11-23T18:00", "现在没开，明天 8:30 开门", "现在没开，明天 8:30 开门"),
        ("2026-11-21T10:00", "现在没开，2026年11月23日 8:30 开门", "现在开着，12:00 关门"),  # a Saturday
        ("2026-10-10T16:00", "现在开着，17:30 关门", "现在开着，17:30 关门"),  # a Saturday that is worked
        ("2026-10-19T10:00", "现在没开，明天 8:30 开门（本地停工、放假：台风停工停课）", "现在开着，12:00 关门"),
        (
            "2026-10-02T10:00",
            "现在没开，2026年10月8日 8:30 开门（节假日：国庆节）",
            "现在没开，2026年10月8日 8:30 开门（节假日：国庆节）",
        ),
    ],
)
def test_a_window_says_whether_it_is_open_and_when_it_opens(
    demo: Demo, at: At, moment: str, district: str, city: str
) -> None:
    at(moment)
    found = said()
    assert (found["meilan-hall"], found["city-hall"]) == (district, city)


def test_a_guide_says_of_each_window_whether_it_is_open(demo: Demo, at: At) -> None:
    at("2026-11-23T12:30")
    page = page_of(demo.client(), "/items/food-permit/?area=460105")
    assert page.count("现在没开，今天 14:30 开门") == 2
    assert 'href="/days/"' in page


def test_a_receipt_says_whether_the_office_serves_now(demo: Demo, at: At) -> None:
    case_id = demo.send(demo.client(RESIDENT))
    at("2026-11-23T09:00")
    page = page_of(demo.client(RESIDENT), f"/receipts/{case_id}/")
    assert "周一至周五 8:30–12:00、14:30–17:30" in page
    assert "现在开着，12:00 关门" in page


def test_in_english_it_is_said_in_english(demo: Demo, at: At) -> None:
    at("2026-10-19T10:00")
    [meilan] = [one for one in queries.windows_open("460108", "en") if one.window.id == "meilan-hall"]
    assert meilan.now.sentence == "Closed now, opens tomorrow at 8:30 (Local day off: Typhoon)"
    assert meilan.window.hours == "Monday to Friday 8:30–12:00, 14:30–17:30"
