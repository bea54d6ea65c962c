"""News and notices: one officer writes, another publishes, everybody reads; and who may not."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from support.demo import OFFICER, RESIDENT, SUPERVISOR, Demo

from yiwang.acts.values import VISITOR, Actor
from yiwang.content import queries, services
from yiwang.content.models import Article
from yiwang.content.rules.moderation import FROM, may_moderate
from yiwang.content.values import ArticleKind, ArticleState, ArticleView, NewArticle
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn

WRITER, PUBLISHER = "mo.lan", SUPERVISOR
NEW = NewArticle(
    "notice", "春节期间办事安排", "除夕到初七窗口休息，网上照常。", "窗口休息。\n\n网上照常办理。", "海府办〔2026〕1号"
)


def in_post(login: str) -> Actor:
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_post, posts_of

    account = Account.objects.get(login=login)
    return actor_for_post(account, posts_of(account.id)[0].id)


def submitted(given: NewArticle = NEW) -> ArticleView:
    found = services.write(in_post(WRITER), given)
    return services.submit(in_post(WRITER), found.id, version=found.version)


def test_an_article_is_public_only_when_another_officer_has_published_it(demo: Demo) -> None:
    before = queries.published().rows
    found = submitted()
    assert queries.published().rows == before
    with pytest.raises(NotFound):
        queries.published_article(found.id)
    after = services.publish(in_post(PUBLISHER), found.id, version=found.version)
    assert after.state is ArticleState.PUBLISHED
    shown, *others = queries.published().rows
    assert tuple(others) == before
    assert (shown.title, shown.number) == (NEW.title, NEW.number)
    assert queries.published_article(found.id).unit_title == "海口市卫生健康委员会"


def test_who_wrote_or_submitted_it_may_not_publish_it_and_the_refusal_is_audited(
    demo: Demo,
) -> None:
    from yiwang.audit.models import Entry

    found = submitted()
    with pytest.raises(NotAllowed):
        services.publish(in_post(WRITER), found.id, version=found.version)
    publisher = in_post(PUBLISHER)
    assert publisher.account_id is not None
    Article.objects.filter(pk=found.id).update(writers=[publisher.account_id])
    with pytest.raises(NotAllowed):
        services.publish(publisher, found.id, version=found.version)
    assert "publish" not in queries.desk_article(publisher, found.id).may
    assert Entry.objects.filter(action="article.publish", outcome="refused").count() == 2


def test_the_table_itself_refuses_an_article_that_its_writer_published(demo: Demo) -> None:
    found = submitted()
    writer = in_post(WRITER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=found.id).update(
            state="published", published_by=writer.account_id, published_at="2026-11-21T00:00:00Z"
        )


def test_a_publisher_gives_back_with_a_reason_and_the_writer_mends_it(demo: Demo) -> None:
    found = submitted()
    with pytest.raises(Invalid):
        services.send_back(in_post(PUBLISHER), found.id, version=found.version, reason=" ")
    back = services.send_back(in_post(PUBLISHER), found.id, version=found.version, reason="日期写错了")
    assert (back.state, back.reason) == (ArticleState.DRAFT, "日期写错了")
    mended = services.write(in_post(WRITER), NEW, article_id=found.id, version=back.version)
    assert mended.reason == ""
    assert "submit" in mended.may


def test_a_withdrawn_article_is_public_no_more(demo: Demo) -> None:
    before = queries.published().rows
    found = submitted()
    shown = services.publish(in_post(PUBLISHER), found.id, version=found.version)
    services.withdraw(in_post(PUBLISHER), found.id, version=shown.version, reason="已过期")
    assert queries.published().rows == before


def test_two_who_change_it_at_once_do_not_overwrite_each_other(demo: Demo) -> None:
    found = services.write(in_post(WRITER), NEW)
    services.write(in_post(WRITER), NEW, article_id=found.id, version=found.version)
    with pytest.raises(Conflict):
        services.write(in_post(WRITER), NEW, article_id=found.id, version=found.version)
    with pytest.raises(Conflict):
        services.publish(in_post(PUBLISHER), found.id, version=found.version + 1)


@pytest.mark.parametrize("login", [RESIDENT, OFFICER])
def test_nobody_writes_without_the_duty(demo: Demo, login: str) -> None:
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_self

    actor = in_post(login) if login == OFFICER else actor_for_self(Account.objects.get(login=login))
    with pytest.raises(NotAllowed):
        services.write(actor, NEW)
    with pytest.raises((NotSignedIn, NotAllowed)):
        services.write(VISITOR, NEW)
    with pytest.raises(NotFound):
        services.submit(in_post(WRITER), uuid4(), version=1)


def test_every_fault_of_an_article_is_told_at_once(demo: Demo) -> None:
    with pytest.raises(Invalid) as refused:
        services.write(in_post(WRITER), NewArticle("song", "", "长" * 201, " "))
    assert [one.pointer for one in refused.value.faults] == ["kind", "title", "summary", "body"]


@pytest.mark.parametrize(
    ("asked", "found"), [("春节", 1), ("窗口休息", 1), ("网上 照常", 1), ("端午", 0), ("照常开", 0)]
)
def test_published_articles_are_found_by_two_characters_and_more(demo: Demo, asked: str, found: int) -> None:
    article = submitted()
    assert queries.search_published([[word] for word in asked.split()]) == []
    services.publish(in_post(PUBLISHER), article.id, version=article.version)
    assert len(queries.search_published([[word] for word in asked.split()])) == found


def test_the_list_goes_on_by_cursor(demo: Demo) -> None:
    for _ in range(3):
        article = submitted()
        services.publish(in_post(PUBLISHER), article.id, version=article.version)
    every = queries.published(limit=50).rows
    pages = [queries.published(limit=2)]
    while (cursor := pages[-1].next) is not None:
        pages.append(queries.published(cursor, limit=2))
    assert len(pages) == (len(every) + 1) // 2
    assert [one.id for page in pages for one in page.rows] == [one.id for one in every]
    assert {one.kind for one in queries.published(kind="news").rows} <= {ArticleKind.NEWS}


def test_an_act_is_open_in_its_states_alone() -> None:
    assert set(FROM) == {"write", "submit", "publish", "send-back", "withdraw"}
    someone, other, third = uuid4(), uuid4(), uuid4()
    assert may_moderate(frozenset({someone}), frozenset({other}))
    assert not may_moderate(frozenset({someone}), frozenset({someone, other}))
    assert not may_moderate(frozenset({third, other}), frozenset({someone, other}))
    assert not may_moderate(frozenset(), frozenset())


# ── The pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_two_officers_bring_a_notice_from_the_desk_to_the_first_page_the_search_and_a_page_of_its_own(
    demo: Demo,
) -> None:
    writer, publisher, visitor = demo.client(WRITER, post=True), demo.client(PUBLISHER, post=True), demo.client()
    typed = {"kind": NEW.kind, "title": NEW.title, "summary": NEW.summary, "body": "<b>窗口</b>休息。", "number": ""}
    wrong = writer.post("/desk/articles/write/", {**typed, "title": ""})
    assert wrong.status_code == 422
    assert NEW.summary in text_of(wrong)
    at = writer.post("/desk/articles/write/", typed)["Location"]
    assert "草稿" in text_of(writer.get(at))
    submitting = writer.post(f"{at}submit/", {"version": "1"}, follow=True)
    assert "由另一名人员审核发布" in text_of(submitting)
    assert "发布</button>" not in text_of(submitting)
    assert "待审核发布" in text_of(publisher.get("/desk/articles/"))
    assert "已发布" in text_of(publisher.post(f"{at}publish/", {"version": "2"}, follow=True))
    for page in ("/", "/news/", "/search/?q=春节"):
        assert NEW.title in text_of(visitor.get(page)), page
    article = UUID(at.strip("/").rpartition("/")[2])
    shown = text_of(visitor.get(f"/news/{article}/"))
    assert "&lt;b&gt;窗口" in shown
    assert publisher.post(f"{at}withdraw/", {"version": "3", "reason": ""}).status_code == 422
    publisher.post(f"{at}withdraw/", {"version": "3", "reason": "过期"})
    assert visitor.get(f"/news/{article}/").status_code == 404


def test_a_page_that_was_read_before_another_changed_the_article_changes_nothing(demo: Demo) -> None:
    writer = demo.client(WRITER, post=True)
    found = services.write(in_post(WRITER), NEW)
    typed = {"kind": NEW.kind, "title": "新标题", "summary": NEW.summary, "body": NEW.body, "version": "7"}
    answer = writer.post(f"/desk/articles/{found.id}/write/", typed)
    assert answer.status_code == 409
    assert "新标题" in text_of(answer)
    assert writer.post(f"/desk/articles/{found.id}/sing/", {"version": "1"}).status_code == 404


def test_the_menu_names_articles_to_those_alone_who_may_read_them(demo: Demo) -> None:
    assert "/desk/articles/" in text_of(demo.client(WRITER, post=True).get("/desk/messages/"))
    assert "/desk/articles/" not in text_of(demo.client(OFFICER, post=True).get("/desk/messages/"))
