"""How people find an item: life events, themes, everyday words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from yiwang.cases.declarations.parts import Text
from yiwang.cases.values import Mark
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind

__all__ = ["LifeEventKind", "SynonymsKind", "ThemeKind"]


class LifeEventBody(Body):
    """Something that happens in a life 人生大事, or in the life of an enterprise, for which people come to the city.

    mark: the drawing of its tile.  order: smaller ones stand first; the eight first have a large tile on the first page.
    """

    kind: Literal["life-event"]
    summary: Text
    mark: Mark
    order: int = Field(default=100, ge=0, le=1000)


class LifeEventKind(Kind):
    """`life-events/*.yaml`."""

    name = "life-event"
    folder = "life-events"
    schema = LifeEventBody
    order = 30


class ThemeBody(Body):
    """A theme 主题 under which items stand, for people and for organisations each.  order: smaller ones stand first."""

    kind: Literal["theme"]
    summary: Text
    mark: Mark
    order: int = Field(default=100, ge=0, le=1000)


class ThemeKind(Kind):
    """`themes/*.yaml`."""

    name = "theme"
    folder = "themes"
    schema = ThemeBody
    order = 30


class SynonymsBody(Body):
    """Words that people use for the same thing: who searches for one finds the others.  groups: of two words and more each."""

    kind: Literal["synonyms"]
    groups: tuple[tuple[str, ...], ...] = Field(min_length=1)


class SynonymsKind(Kind):
    """`synonyms/*.yaml`."""

    name = "synonyms"
    folder = "synonyms"
    schema = SynonymsBody
    order = 30

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A group has two words and more, and a word stands in it once."""
        for n, group in enumerate(one.body.groups):
            if len(group) < 2 or len(set(group)) < len(group) or not all(word.strip() for word in group):
                yield one.fault(
                    f"groups/{n}", "This is no group of different words.", "Write two words and more, each once."
                )
