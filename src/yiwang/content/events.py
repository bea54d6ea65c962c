"""What content tells. Events of articles have `subject` = the article's id, and `kind`, `unit_id`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ARTICLE_PUBLISHED", "ARTICLE_WITHDRAWN", "FIELDS", "PAGE_PUBLISHED", "PAGE_WITHDRAWN"]

ARTICLE_PUBLISHED: Final = "article.published.v1"
"""An article stands on the public pages."""

ARTICLE_WITHDRAWN: Final = "article.withdrawn.v1"
"""It does no more."""

PAGE_PUBLISHED: Final = "page.published.v1"
"""A page of the portal, or a new state of it, is public.  page: its number in the editorial system."""

PAGE_WITHDRAWN: Final = "page.withdrawn.v1"
"""It is public no more.  page: its number."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    ARTICLE_PUBLISHED: ("kind", "unit_id"),
    ARTICLE_WITHDRAWN: ("kind", "unit_id"),
    PAGE_PUBLISHED: ("page",),
    PAGE_WITHDRAWN: ("page",),
}
