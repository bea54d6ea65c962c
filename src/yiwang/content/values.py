"""What articles look like from outside. Texts are as their officer wrote them; instants are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

__all__ = ["ArticleKind", "ArticlePage", "ArticleState", "ArticleView", "NewArticle", "PageChange", "Shown"]


class ArticleKind(StrEnum):
    """News 新闻, or a notice 通知公告."""

    NEWS = "news"
    NOTICE = "notice"


class ArticleState(StrEnum):
    """draft: its unit is writing it.  submitted: it waits for an officer who did not write it.  published: everybody reads it.

    withdrawn: it was published and is no more; it may be written anew.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewArticle:
    """What an officer writes.  number: 文号, or empty.  body: paragraphs with an empty line between."""

    kind: str
    title: str
    summary: str
    body: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article.  reason: why it was sent back or withdrawn, or empty.  may: acts that its reader may do now."""

    id: UUID
    kind: ArticleKind
    title: str
    summary: str
    body: str
    number: str
    state: ArticleState
    version: int
    unit_title: str
    published_at: datetime | None
    changed_at: datetime
    reason: str = ""
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of articles, the latest first.  next: cursor of the next page, or None."""

    rows: tuple[ArticleView, ...]
    next: str | None


class Shown(StrEnum):
    """What a change of a page means for the public.

    nothing: it sees the same as before.  published: a new text.  later: a new text, at an hour that is set.  withdrawn: no page any more.
    """

    NOTHING = "nothing"
    PUBLISHED = "published"
    LATER = "later"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PageChange:
    """One change that an editorial system makes: what it calls it, of what, and what the public sees of it.

    kind: `page` or `picture`.  number: which, in that system.  moderates: whether a second officer does it.  revision: number of the text,
    or empty.  writers: accounts that wrote on the text since the public last got one.  stands: of a picture, whether pages show it.
    """

    kind: str
    number: str
    act: str
    moderates: bool = False
    shown: Shown = Shown.NOTHING
    revision: str = ""
    writers: frozenset[UUID] = frozenset()
    stands: bool = False
