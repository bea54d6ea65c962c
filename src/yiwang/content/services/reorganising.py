"""What of articles goes with a unit: those that are not published. What is published names its source 来源 as it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.content.models import Article
from yiwang.content.values import ArticleState
from yiwang.identity.registry import KeptRows
from yiwang.identity.values import Moving
from yiwang.kernel.errors import msgid

__all__ = ["Articles"]


class Articles(KeptRows):
    """Articles that are not published. Of a split they stay."""

    kind = "article"
    title = msgid("News and notices that are not published")
    order = 40
    why_not_back = msgid("It was published or given to somebody else since.")
    model = Article
    stands = ~Q(state=ArticleState.PUBLISHED)

    def rows(self, moving: Moving) -> QuerySet[Article]:
        """What goes."""
        rows = Article.objects.filter(self.stands, unit_id__in=moving.sources)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Article.objects.filter(id__in=ids).values_list("id", "title"))
