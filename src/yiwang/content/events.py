"""What content tells. Every event has `subject` = the article's id and `kind`, `unit_id`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ARTICLE_PUBLISHED", "ARTICLE_WITHDRAWN", "FIELDS"]

ARTICLE_PUBLISHED: Final = "article.published.v1"
"""An article stands on the public pages."""

ARTICLE_WITHDRAWN: Final = "article.withdrawn.v1"
"""It does no more."""
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    ARTICLE_PUBLISHED: ("kind", "unit_id"),
    ARTICLE_WITHDRAWN: ("kind", "unit_id"),
}
