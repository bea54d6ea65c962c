"""A small town: a kind of people, duties, a tree of units, posts and accounts, all made through the doors."""

from __future__ import annotations

from typing import Any

import pytest
from support.offices import PASSWORD, Town

PERSON: dict[str, Any] = {
    "kind": "subject-kind",
    "id": "person",
    "title": "人",
    "natural_person": True,
    "identifiers": [{"scheme": "citizen-id", "title": "公民身份号码", "checker": "citizen-id"}],
}
SHOP: dict[str, Any] = {
    "kind": "subject-kind",
    "id": "shop",
    "title": "店",
    "identifiers": [{"scheme": "shop-number", "title": "店号"}],
}


def duty(id: str, *may: str, administrator: str = "", excludes: tuple[str, ...] = ()) -> dict[str, Any]:
    """`may` as "action/scope"."""
    grants = [dict(zip(("action", "scope"), one.split("/"), strict=True)) for one in may]
    return {
        "kind": "duty",
        "id": id,
        "title": {"zh-Hans": f"职责{id}", "en": f"Duty {id}"},
        "may": grants,
        "excludes": list(excludes),
        "administrator": administrator or None,
    }


DUTIES = [
    duty(
        "system",
        "account.open/city",
        "account.give-start-password/city",
        "unit.open/city",
        "unit.move/city",
        "unit.set-headcount/city",
        "post.open/city",
        "officer.list/city",
        administrator="system",
    ),
    duty(
        "security",
        "assignment.assign/city",
        "assignment.end/city",
        "assignment.place/city",
        "officer.list/city",
        "account.reset-second-factor/city",
        administrator="security",
    ),
    duty("audit", "audit.read/city", administrator="audit"),
    duty("decide", "trial.decide/unit", "trial.read/subtree"),
    duty("oversee", "trial.read/city"),
    duty("tend", "trial.decide/own"),
    duty("pay"),
    duty("order", excludes=("pay",)),
]


def declare(*bodies: dict[str, Any]) -> None:
    from yiwang.acts.services import system_publish_release
    from yiwang.acts.values import NewDefinition, system

    system_publish_release(system("tests"), [NewDefinition(one["kind"], one["id"], "tests", one) for one in bodies])


@pytest.fixture
def bare_town(db: None) -> Town:
    """Declarations, no units yet."""
    declare(PERSON, SHOP, *DUTIES)
    return Town()


@pytest.fixture
def town(bare_town: Town) -> Town:
    bare_town.unit("gov")
    bare_town.unit("north", "gov")
    bare_town.unit("north-a", "north")
    bare_town.unit("south", "gov")
    return bare_town


@pytest.fixture
def own_town(city: object) -> Town:
    """A town in a city of the test's own, where what is committed stays."""
    declare(PERSON, SHOP, *DUTIES)
    made = Town()
    made.unit("gov")
    return made


@pytest.fixture
def administrators(own_town: Town) -> dict[str, Any]:
    """The three, each in a post, by the name of the duty."""
    return {name: own_town.officer("gov", name, login=f"admin.{name}") for name in ("system", "security", "audit")}


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def republish() -> Any:
    return declare
