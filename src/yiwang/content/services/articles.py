"""Articles: write, submit, publish, send back, withdraw. Who wrote an article does not publish it."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import Act, current_act, service
from yiwang.acts.values import Actor
from yiwang.content.events import ARTICLE_PUBLISHED, ARTICLE_WITHDRAWN
from yiwang.content.models import Article
from yiwang.content.queries import desk_article, visible_articles
from yiwang.content.rules.moderation import FROM, may_moderate
from yiwang.content.values import ArticleKind, ArticleState, ArticleView, NewArticle
from yiwang.identity.queries import actor_unit, persons_behind, unit_scope
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7

__all__ = ["publish", "send_back", "submit", "withdraw", "write"]

LONGEST = {"title": 80, "summary": 200, "body": 20_000, "number": 60}
LONGEST_REASON = 200


@service("article.write")
def write(
    actor: Actor, given: NewArticle, *, article_id: UUID | None = None, version: int | None = None
) -> ArticleView:
    """Write a new article for the actor's unit, or change a draft or one that was withdrawn.

    version: of the text that was changed. Raises NotFound, NotAllowed, Conflict (409: changed meanwhile, or no draft any more), Invalid
    (422, every fault).
    """
    act = current_act()
    act.about("article", article_id or "new")
    if faults := _faults(given):
        raise Invalid(faults=faults)
    texts = {"title": given.title.strip(), "summary": given.summary.strip(), "body": given.body.strip()}
    search = " ".join(" ".join(texts.values()).lower().split())
    values = {
        **texts,
        "kind": given.kind,
        "number": given.number.strip(),
        "search_text": search,
        "pairs": sorted({search[n : n + 2] for n in range(len(search) - 1)}),
        "changed_at": act.time,
    }
    if article_id is None:
        unit = actor_unit(actor)
        if unit is None:
            raise NotFound(msgid("There is no such article."))
        row = Article(id=uuid7(), unit_id=unit, origin=actor.origin)
    else:
        row = _locked(actor, act, article_id, "write", version)
        row.version += 1
    row.state, row.reason = ArticleState.DRAFT, ""
    row.writers = sorted({*row.writers, *persons_behind(actor)}, key=str)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    act.about("article", row.pk)
    act.note(digest=digest([row.title, row.summary, row.body]).hex(), version=row.version)
    return desk_article(actor, row.pk)


@service("article.submit")
def submit(actor: Actor, article_id: UUID, *, version: int) -> ArticleView:
    """Put a draft before an officer who did not write it. Raises NotFound, NotAllowed, Conflict."""
    act = current_act()
    act.about("article", article_id)
    row = _locked(actor, act, article_id, "submit", version)
    row.writers = sorted({*row.writers, *persons_behind(actor)}, key=str)
    return _move(actor, act, row, ArticleState.SUBMITTED)


@service("article.publish")
def publish(actor: Actor, article_id: UUID, *, version: int) -> ArticleView:
    """Publish what another wrote. Raises NotFound, NotAllowed (also for who wrote or submitted it), Conflict."""
    act = current_act()
    act.about("article", article_id)
    row = _locked(actor, act, article_id, "publish", version)
    act.require(
        may_moderate(persons_behind(actor), frozenset(row.writers)),
        msgid("You wrote this article. Another officer publishes it."),
    )
    row.published_by_id, row.published_at = actor.account_id, act.time
    act.emit(ARTICLE_PUBLISHED, subject=row.pk, data={"kind": row.kind, "unit_id": str(row.unit_id)})
    act.note(digest=digest([row.title, row.summary, row.body]).hex())
    return _move(actor, act, row, ArticleState.PUBLISHED)


@service("article.send-back")
def send_back(actor: Actor, article_id: UUID, *, version: int, reason: str) -> ArticleView:
    """Give a submitted article back to who wrote it.  reason: 1–200 characters. Raises NotFound, NotAllowed, Conflict, Invalid."""
    act = current_act()
    act.about("article", article_id)
    row = _locked(actor, act, article_id, "send-back", version)
    row.reason = _reason(reason)
    return _move(actor, act, row, ArticleState.DRAFT)


@service("article.withdraw")
def withdraw(actor: Actor, article_id: UUID, *, version: int, reason: str) -> ArticleView:
    """Take a published article off the public pages.  reason: 1–200 characters. Raises NotFound, NotAllowed, Conflict, Invalid."""
    act = current_act()
    act.about("article", article_id)
    row = _locked(actor, act, article_id, "withdraw", version)
    row.reason = _reason(reason)
    act.emit(ARTICLE_WITHDRAWN, subject=row.pk, data={"kind": row.kind, "unit_id": str(row.unit_id)})
    return _move(actor, act, row, ArticleState.WITHDRAWN)


def _locked(actor: Actor, act: Act, article_id: UUID, name: str, version: int | None) -> Article:
    row = visible_articles(actor).select_for_update(of=("self",)).filter(pk=article_id).first()
    if row is None:
        raise NotFound(msgid("There is no such article."))
    act.require(
        unit_scope(actor, f"article.{name}").covers(row.unit_id),
        msgid("Your post does not answer for articles of this unit."),
    )
    if row.version != version or row.state not in FROM[name]:
        raise Conflict(msgid("Somebody has changed this article meanwhile. Look at it again."))
    return row


def _move(actor: Actor, act: Act, row: Article, state: ArticleState) -> ArticleView:
    act.note(was=str(row.state), version=row.version + 1)
    row.state, row.changed_at = state, act.time
    row.version += 1
    row.save()
    return desk_article(actor, row.pk)


def _reason(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Invalid(faults=[FieldFault("reason", "required", msgid("Give a reason of 1 to 200 characters."))])
    if len(words) > LONGEST_REASON:
        fault = msgid("At most {longest} characters.")
        raise Invalid(faults=[FieldFault("reason", "length", fault, {"longest": LONGEST_REASON})])
    return words


def _faults(given: NewArticle) -> list[FieldFault]:
    faults = []
    if given.kind not in list(ArticleKind):
        faults.append(FieldFault("kind", "unknown", msgid("Choose news or a notice.")))
    for name, longest in LONGEST.items():
        words = getattr(given, name).strip()
        if not words and name != "number":
            faults.append(FieldFault(name, "required", msgid("This is required.")))
        if len(words) > longest:
            faults.append(FieldFault(name, "length", msgid("At most {longest} characters."), {"longest": longest}))
    return faults
