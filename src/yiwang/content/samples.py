"""The sample file `articles.yaml`: news and notices that an invented city has published, each written and published by who may."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from yiwang.acts.values import Actor
from yiwang.content.services.articles import publish, submit, write
from yiwang.content.values import ArticleKind, NewArticle
from yiwang.identity.queries import (
    actor_for_post,
    posts_reaching,
    system_account,
    system_accounts_in_posts,
    system_unit_by_code,
)
from yiwang.kernel.samples import SampleFile, register_sample
from yiwang.kernel.time import telling

__all__ = ["load_articles", "register"]


def register() -> None:
    """Let packs have articles among their samples."""
    register_sample("articles", load_articles, order=60, once=True)


class _Article(BaseModel):
    """unit: code of the unit whose article it is.  days_ago: before the city was begun."""

    model_config = ConfigDict(extra="forbid")

    kind: ArticleKind
    unit: str
    days_ago: int = Field(gt=0)
    title: str
    summary: str
    paragraphs: list[str] = Field(min_length=1)
    number: str = ""


@transaction.atomic
def load_articles(file: SampleFile) -> int:
    """Write, submit and publish every article of the file, as its days say. Raises ValueError."""
    articles = [_Article.model_validate(one) for one in YAML(typ="safe", pure=True).load(io.BytesIO(file.content))]
    for one in sorted(articles, key=lambda each: -each.days_ago):
        unit = system_unit_by_code(one.unit)
        if unit is None:
            raise ValueError(f"{file.path}: there is no unit {one.unit}.")
        with telling(file.begun_at - timedelta(days=one.days_ago)):
            writer = _officer(file, "article.write", unit.id)
            text = NewArticle(one.kind, one.title, one.summary, "\n\n".join(one.paragraphs), one.number)
            written = write(writer, text)
            handed_in = submit(writer, written.id, version=written.version)
            other = _officer(file, "article.publish", unit.id, another_than=writer)
            publish(other, handed_in.id, version=handed_in.version)
    return len(articles)


def _officer(file: SampleFile, action: str, unit_id: UUID, another_than: Actor | None = None) -> Actor:
    """Somebody who may do this in the unit today."""
    held = system_accounts_in_posts(posts_reaching(action, unit_id))
    seats = sorted((post, account) for post, accounts in held.items() for account in accounts)
    if another_than is not None:
        seats = [seat for seat in seats if seat[1] != another_than.account_id]
    if not seats:
        raise ValueError(f"{file.path}: nobody may do {action} for the unit {unit_id}.")
    post, account = seats[0]
    return actor_for_post(system_account(account), post)
