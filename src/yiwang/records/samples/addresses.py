"""The sample file `addresses.yaml`: how the standard addresses of a city's communities and villages read.

Words and patterns are data of the pack; the communities are those of the divisions in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import accumulate
from random import Random
from typing import Annotated

from pydantic import Field
from ruamel.yaml import YAML

from yiwang.kernel.kinds import Part
from yiwang.places import queries as places

__all__ = ["AddressRules", "Addresses", "Community", "Place", "communities", "read_addresses"]

ROOMS_OF_A_FLOOR = 4
TRIES = 50


class AddressKind(Part):
    """Communities whose title ends in one of `endings`, before which stands their name. The first kind that fits counts; an empty ending
    fits all.

    weight: how many live in one, against other kinds.  roads: what follows the name.  home, shop: patterns with `{name}`, `{road}`,
    `{house}`, `{building}`, `{unit}` and `{room}`.  houses, buildings, units, floors: how many there are, from 1.
    """

    endings: tuple[str, ...] = Field(min_length=1)
    weight: float = Field(gt=0)
    roads: tuple[str, ...] = Field(min_length=1)
    home: str
    shop: str
    houses: int = Field(ge=1)
    buildings: int = Field(default=1, ge=1)
    units: int = Field(default=1, ge=1)
    floors: int = Field(default=1, ge=1)


class AddressRules(Part):
    """What `addresses.yaml` says."""

    kinds: Annotated[tuple[AddressKind, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Community:
    """The smallest division, by code and title, with the title of its county."""

    code: str
    title: str
    county: str


@dataclass(frozen=True, slots=True)
class Place:
    """A standard address: code of the community, and what is written after its name.  county: title of the county."""

    code: str
    detail: str
    county: str

    def value(self) -> dict[str, str]:
        """As an element of the type `address` takes it."""
        return {"place": self.code, "detail": self.detail}


def read_addresses(content: bytes) -> AddressRules:
    """Read `addresses.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return AddressRules.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def communities() -> list[Community]:
    """Every community of the city as it stands today, by code. Raises ValueError before places are applied. About 50 queries."""
    city = places.city()
    if city is None:
        raise ValueError("There are no divisions yet; a pack of places comes first.")
    return [
        Community(one.code, one.title, county.title)
        for county in places.children(city.code)
        for township in places.children(county.code)
        for one in places.children(township.code)
    ]


@dataclass(slots=True)
class Addresses:
    """Draws addresses; a home is nobody else's."""

    rules: AddressRules
    known: Sequence[Community]
    _weights: list[float] = field(init=False)
    _kinds: list[tuple[AddressKind, str]] = field(init=False)
    _taken: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._kinds = [_kind_of(one, self.rules.kinds) for one in self.known]
        self._weights = list(accumulate(kind.weight for kind, _ in self._kinds))

    def home(self, chance: Random) -> Place:
        """A dwelling that nobody has lived in. Raises ValueError when the communities are full."""
        for _ in range(TRIES):
            place = self._draw(chance, "home")
            if (place.code, place.detail) not in self._taken:
                self._taken.add((place.code, place.detail))
                return place
        raise ValueError("The communities are full: let addresses.yaml have more houses.")

    def shop(self, chance: Random) -> Place:
        """Premises on a road."""
        return self._draw(chance, "shop")

    def _draw(self, chance: Random, what: str) -> Place:
        [number] = chance.choices(range(len(self.known)), cum_weights=self._weights)
        community, (kind, name) = self.known[number], self._kinds[number]
        parts: dict[str, object] = {
            "name": name,
            "road": chance.choice(kind.roads),
            "house": chance.randint(1, kind.houses),
            "building": chance.randint(1, kind.buildings),
            "unit": chance.randint(1, kind.units),
            "room": chance.randint(1, kind.floors) * 100 + chance.randint(1, ROOMS_OF_A_FLOOR),
        }
        detail = (kind.home if what == "home" else kind.shop).format(**parts)
        return Place(community.code, detail, community.county)


def _kind_of(community: Community, kinds: Iterable[AddressKind]) -> tuple[AddressKind, str]:
    for kind in kinds:
        for ending in kind.endings:
            if community.title.endswith(ending):
                return kind, community.title.removesuffix(ending) or community.title
    raise ValueError(f"addresses.yaml has no kind for {community.title}: let its last one have the ending ''.")
