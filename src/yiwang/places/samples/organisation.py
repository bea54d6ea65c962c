"""The sample file `organisation.yaml`: which agencies, divisions of agencies and posts every city, district, street and community has.

Titles and duties are data of the pack; the places are the divisions in force. A unit that the pack's `units.csv` names stands as it is
named there, and gets the divisions and posts that this file gives its like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import Literal

from pydantic import Field
from ruamel.yaml import YAML

from yiwang.acts.values import system
from yiwang.identity.services import system_load_posts, system_load_units
from yiwang.identity.values import NewPost, NewUnit
from yiwang.kernel.identifiers import invent_credit_code
from yiwang.kernel.kinds import Part
from yiwang.kernel.samples import Portion, SampleFile
from yiwang.places import queries
from yiwang.places.values import DivisionView

__all__ = ["Organisation", "draw_organisation", "load_organisation", "read_organisation"]

STEPS = 2
"""Units, then posts."""


class PostTemplate(Part):
    """A post of every unit of a sort. code: what follows the unit's code."""

    code: str
    title: str
    duties: tuple[str, ...] = ()


class Department(Part):
    """One agency of a level. name, short: what stands for `{name}` and `{short}`.  divisions: titles of its inner units, besides the
    level's own.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    name: str
    short: str
    divisions: tuple[str, ...] = ()


class Level(Part):
    """What every division of one level has.

    at: level of the division.  unit: level of its units.  departments: keys, all by default; where `code` has no `{key}`, there is one unit
    for each division.  code, parent, title, short: patterns with `{place}` (code of the division), `{title}` (its title), `{above}` (code
    of the division around it), `{key}`, `{name}` and `{short}`.  own_code: whether a unit has a credit code of its own; otherwise it bears
    its parent's.  divisions: inner units of each.  posts: of each unit.  division_posts: of each inner unit.
    """

    at: Literal["city", "county", "township", "village"]
    unit: Literal["city", "district", "township", "community"]
    departments: tuple[str, ...] | None = None
    code: str
    parent: str
    title: str
    short: str
    own_code: bool = True
    divisions: tuple[str, ...] = ()
    posts: tuple[PostTemplate, ...] = ()
    division_posts: tuple[PostTemplate, ...] = ()


class Organisation(Part):
    """What `organisation.yaml` says.

    division: of the invented credit codes.  first: number of the first of them; others follow.  residents: a city of fewer keeps to the
    units that are named one by one.
    """

    division: str = Field(pattern=r"^[0-9]{6}$")
    first: int = Field(ge=0)
    residents: int = Field(ge=0)
    departments: tuple[Department, ...]
    levels: tuple[Level, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Named:
    """A unit that is named one by one."""

    code: str
    title: str
    short_title: str
    credit_code: str


def read_organisation(content: bytes) -> Organisation:
    """Read `organisation.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return Organisation.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def draw_organisation(
    given: Organisation, divisions: Mapping[str, Sequence[DivisionView]], named: Iterable[Named]
) -> tuple[list[NewUnit], list[NewPost]]:
    """Units, those above before those below, and posts. divisions: by level.  named: units that are there already.

    Raises ValueError for a parent that there is not.
    """
    drawing = _Drawing(given, {one.code: one for one in named})
    for level in given.levels:
        for place in divisions.get(level.at, ()):
            drawing.lay_down(level, place)
    return drawing.units, drawing.posts


def load_organisation(file: SampleFile, at: int) -> Portion:
    """Open the units, then the posts. Idempotent."""
    given = read_organisation(file.content)
    if file.residents < given.residents:
        return Portion(STEPS, STEPS, 0)
    rows = SampleFile(file.pack, "units", PurePath("units.csv"), file.beside["units.csv"]).rows()
    named = [Named(row["code"], row["title"], row["short_title"], row["credit_code"]) for row in rows]
    units, posts = draw_organisation(given, _divisions(), named)
    us = system("samples", origin="invented")
    return Portion(at + 1, STEPS, system_load_units(us, units) if at == 0 else system_load_posts(us, posts))


def _divisions() -> dict[str, list[DivisionView]]:
    city = queries.city()
    if city is None:
        raise ValueError("There are no divisions yet; a pack of places comes first.")
    found = {"city": [city]}
    for level, above in (("county", "city"), ("township", "county"), ("village", "township")):
        found[level] = [one for around in found[above] for one in queries.children(around.code)]
    return found


class _Drawing:
    """Units and posts as far as they are drawn. codes: credit code by unit."""

    def __init__(self, given: Organisation, named: Mapping[str, Named]) -> None:
        self.units: list[NewUnit] = []
        self.posts: list[NewPost] = []
        self._given = given
        self._named = named
        self._codes = {code: one.credit_code for code, one in named.items()}
        self._number = given.first

    def lay_down(self, level: Level, place: DivisionView) -> None:
        """Everything that one division of a level has."""
        for words in self._each(level, place):
            code, parent = level.code.format(**words), level.parent.format(**words)
            title, short = level.title.format(**words), level.short.format(**words)
            if code in self._named:
                title, short = self._named[code].title, self._named[code].short_title
            else:
                self._open(code, title, short, level.unit, place.code, parent, own_code=level.own_code)
            self._post(code, level.posts)
            department = next((one for one in self._given.departments if one.key == words["key"]), None)
            inner = [*level.divisions, *(department.divisions if department else ())]
            for number, name in enumerate(dict.fromkeys(inner), 1):
                below = f"{code}-{number:02}"
                self._open(below, title + name, short + name, "division", place.code, code, own_code=False)
                self._post(below, level.division_posts)

    def _each(self, level: Level, place: DivisionView) -> Iterator[dict[str, str]]:
        words = {"place": place.code, "title": place.title, "above": place.parent_code}
        if "{key}" not in level.code:
            yield {**words, "key": "", "name": "", "short": ""}
            return
        for one in self._given.departments:
            if level.departments is None or one.key in level.departments:
                yield {**words, "key": one.key, "name": one.name, "short": one.short}

    def _open(self, code: str, title: str, short: str, level: str, place: str, parent: str, *, own_code: bool) -> None:
        if parent not in self._codes:
            raise ValueError(f"organisation.yaml: {code} stands below {parent}, which there is not.")
        if own_code:
            self._codes[code] = str(invent_credit_code("11", self._given.division, self._number))
            self._number += 1
        else:
            self._codes[code] = self._codes[parent]
        self.units.append(NewUnit(code, title, short, self._codes[code], level, place, parent))

    def _post(self, unit: str, templates: Iterable[PostTemplate]) -> None:
        self.posts += [NewPost(f"{unit}-{one.code}", unit, one.title, frozenset(one.duties)) for one in templates]
