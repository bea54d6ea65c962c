"""A small province whose divisions are declared, and two units that answer in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

CREDIT_CODE = "11460199990000017H"
ROWS = """code,title,level,parent
460000,海南省,province,
460100,海口市,city,460000
460105,秀英区,county,460100
460106,龙华区,county,460100
460105001,秀英街道,township,460105
460105002,海秀街道,township,460105
460105102,海秀镇,township,460105
460105001001,秀华社区居民委员会,village,460105001
460105001200,向荣村委会,village,460105001
460105002001,海港社区居民委员会,village,460105002
"""


def declaration(rows: str = ROWS, id: str = "province", as_of: date = date(2026, 1, 1), edition: str = "first") -> Any:
    from yiwang.kernel.kinds import Declaration
    from yiwang.places.declarations import PlacesBody

    body = PlacesBody(
        kind="places", id=id, title="省", edition=edition, source="tests", as_of=as_of, rows="divisions.csv"
    )
    lines = {"rows": 7, "as_of": 6}
    return Declaration(
        "places", id, "tests", Path(f"tests/places/{id}.yaml"), body, lines, {"divisions.csv": rows.encode()}
    )


@pytest.fixture
def declare() -> Any:
    return declaration


@pytest.fixture
def province(db: None) -> None:
    from yiwang.places.declarations import PlacesKind

    PlacesKind().apply(1, {"province": declaration()}, [])


@pytest.fixture
def offices(province: None) -> dict[str, Any]:
    """Units `west` and `east`, and the duty `confirm`."""
    from yiwang.acts.services import system_publish_release
    from yiwang.acts.values import NewDefinition, system
    from yiwang.identity.services import open_unit
    from yiwang.identity.values import NewUnit

    us = system("tests")
    duty = {"kind": "duty", "id": "confirm", "title": "核实", "may": [], "excludes": [], "administrator": None}
    system_publish_release(us, [NewDefinition("duty", "confirm", "tests", duty)])
    return {
        code: open_unit(us, NewUnit(code, code, "", CREDIT_CODE, "township", "460105", "")) for code in ("west", "east")
    }
