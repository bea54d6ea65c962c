"""Which act leads from where to where, and that nobody publishes what he wrote."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from yiwang.content.values import ArticleState

__all__ = ["FROM", "may_moderate"]

FROM: Mapping[str, frozenset[ArticleState]] = {
    "write": frozenset({ArticleState.DRAFT, ArticleState.WITHDRAWN}),
    "submit": frozenset({ArticleState.DRAFT}),
    "publish": frozenset({ArticleState.SUBMITTED}),
    "send-back": frozenset({ArticleState.SUBMITTED}),
    "withdraw": frozenset({ArticleState.PUBLISHED}),
}
"""Act → the states in which it may be done."""


def may_moderate(publishers: frozenset[UUID], writers: frozenset[UUID]) -> bool:
    """Whether these may publish what those wrote and submitted: only who is not among them.

    publishers: the account that publishes, and the one for whom it does so as a deputy.
    """
    return bool(publishers) and not publishers & writers
