"""In a city that rehearses, whatever anybody does is flagged as a rehearsal's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.kernel.origin import LIVE, use_origin


@pytest.fixture
def rehearsing() -> Iterator[None]:
    use_origin("rehearsal")
    yield
    use_origin(LIVE)


def test_an_actor_keeps_its_own_origin_in_a_city_that_lives() -> None:
    assert Actor(None, CapacityKind.SELF, None, origin="invented").origin == "invented"
    assert system("job").origin == "live"


@pytest.mark.usefixtures("rehearsing")
def test_every_actor_rehearses_in_a_city_that_rehearses() -> None:
    assert Actor(None, CapacityKind.SELF, None, origin="invented").origin == "rehearsal"
    assert system("job").origin == "rehearsal"
