"""The sample file `pages.yaml`: pages of words, and what stands above themes."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML
from wagtail.models import Site

from yiwang.acts.values import system
from yiwang.content.services import changing_pages
from yiwang.kernel.samples import SampleFile, register_sample
from yiwang.portal.models import ContentPage, HomePage, ThemePage

__all__ = ["load_pages", "register"]


def register() -> None:
    """Let packs have pages among their samples."""
    register_sample("pages", load_pages, order=60, once=True)


class _Text(BaseModel):
    """A heading, and paragraphs of plain text below it."""

    model_config = ConfigDict(extra="forbid")

    heading: str = ""
    paragraphs: list[str]

    @property
    def html(self) -> str:
        """As the editor would have made it."""
        return "".join(f"<p>{escape(one)}</p>" for one in self.paragraphs)


class _Page(BaseModel):
    """theme: of a page above a theme; slug: of a page of words. One of the two."""

    model_config = ConfigDict(extra="forbid")

    title: str
    theme: str = ""
    slug: str = ""
    introduction: str = ""
    body: list[_Text] = Field(default_factory=list)


@transaction.atomic
def load_pages(file: SampleFile) -> int:
    """Publish the pages of the file below the first page; those that stand already stay. Raises ValueError."""
    pages = [_Page.model_validate(one) for one in YAML(typ="safe", pure=True).load(io.BytesIO(file.content))]
    site = Site.objects.select_related("root_page").get(is_default_site=True)
    home = HomePage.objects.get(pk=site.root_page_id)
    with changing_pages(system("samples", origin="invented")):
        return sum(_publish(home, one) for one in pages)


def _publish(home: HomePage, given: _Page) -> int:
    body: Any = [("text", {"heading": one.heading, "text": one.html}) for one in given.body]
    shared = {"title": given.title, "introduction": given.introduction, "body": body}
    if given.theme:
        if ThemePage.objects.filter(theme=given.theme).exists():
            return 0
        page: Any = ThemePage(theme=given.theme, slug=f"theme-{given.theme}", **shared)
    else:
        if ContentPage.objects.child_of(home).filter(slug=given.slug).exists():
            return 0
        page = ContentPage(slug=given.slug, **shared)
    home.add_child(instance=page)
    page.save_revision().publish()
    return 1
