"""Every read of articles: what is published is public, the rest is for the posts that write and moderate it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor
from yiwang.content.models import Article
from yiwang.content.rules.moderation import FROM, may_moderate
from yiwang.content.values import ArticleKind, ArticlePage, ArticleState, ArticleView
from yiwang.identity.queries import in_scope, persons_behind, unit_scope
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound, msgid

__all__ = [
    "READ",
    "desk_article",
    "desk_articles",
    "latest_published",
    "published",
    "published_article",
    "search_published",
    "visible_articles",
]

READ = "article.read"
PAGE = 20
MOST_FOUND = 20
PAIR = 2


def published(cursor: str = "", *, kind: str = "", limit: int = PAGE) -> ArticlePage:
    """Published articles, the latest first, for everybody.  kind: `news` or `notice`, or empty for both. One query."""
    rows = Article.objects.filter(state=ArticleState.PUBLISHED)
    if kind in list(ArticleKind):
        rows = rows.filter(kind=kind)
    return _page(rows, "published_at", cursor, f"articles:{kind}", limit)


def latest_published(limit: int) -> str:
    """Which articles stand first, each with its version, as one SQL expression: differs as soon as `published` would.

    For who asks for it together with other things in one statement. limit: how many.
    """
    return (
        "ARRAY_TO_STRING(ARRAY(SELECT id::text || ' ' || version FROM content_article WHERE state = 'published'"  # noqa: S608 - ours
        f" ORDER BY published_at DESC, id DESC LIMIT {int(limit)}), ',')"
    )


def published_article(article_id: UUID) -> ArticleView:
    """One published article, for everybody. Raises NotFound, also for one that is not published."""
    found = Article.objects.filter(pk=article_id, state=ArticleState.PUBLISHED).select_related("unit").first()
    if found is None:
        raise NotFound(msgid("There is no such article."))
    return _view(found)


def search_published(words: Sequence[Sequence[str]]) -> list[ArticleView]:
    """Published articles in which every word stands, or one of the same meaning; those with it in the title first; at most 20.

    words: in normal form, each with its synonyms. Words of three characters and more by trigrams, of two by pairs. One query.
    """
    rows = Article.objects.filter(state=ArticleState.PUBLISHED)
    if not words:
        return []
    for alternatives in words:
        rows = rows.filter(Q.create([_stands(one) for one in alternatives], connector=Q.OR))
    titled = Case(When(title__icontains=words[0][0], then=Value(0)), default=Value(1), output_field=IntegerField())
    found = rows.select_related("unit").annotate(rank=titled).order_by("rank", "-published_at")
    return [_view(one) for one in found[:MOST_FOUND]]


def _stands(word: str) -> Q:
    return Q(pairs__contains=[word]) if len(word) == PAIR else Q(search_text__contains=word)


def desk_articles(actor: Actor, cursor: str = "", *, state: str = "") -> ArticlePage:
    """Articles that the actor's post may read, the last changed first."""
    rows = visible_articles(actor)
    if state in list(ArticleState):
        rows = rows.filter(state=state)
    return _page(rows, "changed_at", cursor, f"desk-articles:{actor.capacity_id}:{state}", PAGE, actor)


def desk_article(actor: Actor, article_id: UUID) -> ArticleView:
    """One article for a post that may read it, with what it may do now. Raises NotFound."""
    found = visible_articles(actor).filter(pk=article_id).select_related("unit").first()
    if found is None:
        raise NotFound(msgid("There is no such article."))
    return _view(found, actor)


def visible_articles(actor: Actor) -> QuerySet[Article]:
    """The one predicate: articles of units that the actor's grant `article.read` reaches."""
    return Article.objects.filter(in_scope(actor, READ))


def _page(
    rows: QuerySet[Article], by: str, cursor: str, scope: str, limit: int, actor: Actor | None = None
) -> ArticlePage:
    if cursor:
        at, id = cursors.decode(cursor, force_bytes(settings.SECRET_KEY), scope=scope)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": id}))
    found = list(rows.select_related("unit").order_by(f"-{by}", "-pk")[: limit + 1])
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = cursors.encode([getattr(last, by), last.pk], force_bytes(settings.SECRET_KEY), scope=scope)
    return ArticlePage(tuple(_view(one, actor) for one in found[:limit]), following)


def _view(row: Article, actor: Actor | None = None) -> ArticleView:
    return ArticleView(
        id=row.pk,
        kind=ArticleKind(row.kind),
        title=row.title,
        summary=row.summary,
        body=row.body,
        number=row.number,
        state=ArticleState(row.state),
        version=row.version,
        unit_title=row.unit.title,
        published_at=row.published_at,
        changed_at=row.changed_at,
        reason=row.reason if actor is not None else "",
        may=frozenset() if actor is None else _may(actor, row),
    )


def _may(actor: Actor, row: Article) -> frozenset[str]:
    allowed = {
        act
        for act, states in FROM.items()
        if row.state in states and unit_scope(actor, f"article.{act}").covers(row.unit_id)
    }
    if not may_moderate(persons_behind(actor), frozenset(row.writers)):
        allowed.discard("publish")
    return frozenset(allowed)
