"""Pages that every visitor sees alike: made once, handed out for a while, never old in what matters, never anybody's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from support.clock import own_time
from support.demo import ITEM, RESIDENT, Demo

from yiwang.acts.models import Release
from yiwang.api import kept
from yiwang.content.models import Article
from yiwang.identity.models import Account, Unit
from yiwang.kernel.time import now

from .test_pages import page_of

GUIDE = f"/items/{ITEM}/"
SHARED = ["/", GUIDE, "/bundles/newborn/", "/life/home/", "/themes/work/", "/sitemap/"]


def publish(title: str, on: str = "2026-11-20T00:00:00Z") -> Article:
    return Article.objects.create(
        kind="notice",
        title=title,
        summary=title,
        body=title,
        unit=Unit.objects.all()[0],
        state="published",
        writers=[],
        published_by=Account.objects.all()[0],
        published_at=on,
        changed_at=on,
        search_text=title,
    )


def is_made(demo: Demo, path: str) -> bool:
    """Whether the page is made for this visitor: a kept one costs one statement, the first page one for its news and one for its pages."""
    visitor = demo.client()
    with CaptureQueriesContext(connection) as asked:
        page_of(visitor, path)
    return len(asked) > (2 if path == "/" else 1)


@pytest.mark.parametrize("path", SHARED)
def test_the_second_visitor_gets_the_same_page_and_neither_gets_a_cookie(demo: Demo, path: str) -> None:
    first, second = demo.client().get(path), demo.client().get(path)
    assert first.content == second.content
    assert {name: value for name, value in first.items() if name != "X-Request-Id"} == {
        name: value for name, value in second.items() if name != "X-Request-Id"
    }
    assert not first.cookies
    assert not second.cookies
    assert first["X-Request-Id"] != second["X-Request-Id"]


@pytest.mark.parametrize("path", ["/", GUIDE])
def test_a_kept_page_costs_hardly_a_statement(demo: Demo, path: str) -> None:
    assert is_made(demo, path)
    assert not is_made(demo, path)


def test_the_buttons_for_language_and_size_work_without_a_token_and_for_this_site_alone(demo: Demo) -> None:
    strict = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    page_of(strict, "/")
    english = {"next": "/", "language": "en"}
    foreign = strict.post("/preferences/", english, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, len(foreign.cookies)) == (403, 0)
    old_browser = strict.post("/preferences/", english, headers={"Origin": "https://elsewhere.example"})
    assert (old_browser.status_code, len(old_browser.cookies)) == (403, 0)
    assert strict.post("/preferences/", english, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert 'lang="en"' in page_of(strict, "/")


def test_a_name_that_is_not_ours_is_refused_a_kept_page_too(demo: Demo) -> None:
    page_of(demo.client(), "/")
    assert Client(HTTP_HOST="elsewhere.example").get("/").status_code == 400


def test_language_and_size_are_those_of_whoever_asks(demo: Demo) -> None:
    plain, english, elder = demo.client(), demo.client(language="en"), demo.client()
    elder.cookies["yiwang_elder"] = "1"
    for _ in range(2):
        assert 'lang="zh-Hans"' in page_of(plain, "/")
        assert 'lang="en"' in page_of(english, "/")
        assert "elder" in page_of(elder, "/").split("<head>")[0]
        assert "elder" not in page_of(plain, "/").split("<head>")[0]


@pytest.mark.parametrize("path", SHARED)
def test_who_is_signed_in_neither_gets_a_kept_page_nor_leaves_one(demo: Demo, path: str) -> None:
    own = page_of(demo.client(RESIDENT), path)
    assert "林秀英" in own
    shared = page_of(demo.client(), path)
    assert "林秀英" not in shared
    assert "林秀英" in page_of(demo.client(RESIDENT), path)


def test_what_is_published_and_withdrawn_shows_at_once(demo: Demo) -> None:
    page_of(demo.client(), "/")
    old = publish("旧的通知", "2026-11-19T00:00:00Z")
    publish("春节期间办事安排")
    assert "春节期间办事安排" in page_of(demo.client(), "/")
    Article.objects.filter(pk=old.pk).update(state="withdrawn", version=2)
    page = page_of(demo.client(), "/")
    assert "春节期间办事安排" in page
    assert "旧的通知" not in page


def test_a_new_release_shows_at_once(demo: Demo) -> None:
    is_made(demo, GUIDE)
    last = Release.objects.latest("number")
    Release.objects.create(number=last.number + 1, applied_at=last.applied_at, digest=last.digest, summary={})
    assert is_made(demo, GUIDE)
    assert not is_made(demo, GUIDE)


def test_figures_are_counted_anew_after_half_a_minute(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 1_000.0
    monkeypatch.setattr(kept, "steady_clock", lambda: seconds)
    assert is_made(demo, "/")
    seconds += kept.KEPT_FOR - 1
    assert not is_made(demo, "/")
    seconds += 1
    assert is_made(demo, "/")


def test_another_day_has_pages_of_its_own(demo: Demo, tmp_path: Path) -> None:
    with own_time(tmp_path) as clock:
        is_made(demo, "/")
        clock.set(now() + timedelta(days=1))
        assert is_made(demo, "/")


@pytest.mark.parametrize("path", ["/?from=a-letter", f"{GUIDE}?area=460105"])
def test_an_address_with_a_query_is_never_kept(demo: Demo, path: str) -> None:
    assert is_made(demo, path)
    assert is_made(demo, path)
