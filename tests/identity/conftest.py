"""A small town: a kind of people, duties, a tree of units, posts and accounts, all made through the doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from yiwang.kernel.identifiers import invent_citizen_id
from yiwang.kernel.time import today

PASSWORD = "Lychee-season-26"
CREDIT_CODE = "11460199990000017H"

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


@dataclass
class Town:
    """Ids by name. Units: gov > (north > north-a), south. Posts: one for each (unit, duty) asked for."""

    units: dict[str, UUID] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(0))
    citizen_ids: dict[UUID, str] = field(default_factory=dict)

    def unit(self, code: str, parent: str = "") -> UUID:
        from yiwang.acts.values import system
        from yiwang.identity.services import open_unit
        from yiwang.identity.values import NewUnit

        self.units[code] = open_unit(
            system("tests"), NewUnit(code, f"单位{code}", "", CREDIT_CODE, "city", "460100", parent)
        )
        return self.units[code]

    def post(self, unit: str, *duties: str) -> UUID:
        from yiwang.acts.values import system
        from yiwang.identity.services import open_post
        from yiwang.identity.values import NewPost

        number = next(self.numbers)
        return open_post(system("tests"), NewPost(f"{unit}-{number}", unit, f"岗位{number}", frozenset(duties)))

    def person(self) -> UUID:
        from yiwang.acts.values import system
        from yiwang.subjects.services import system_register_subjects
        from yiwang.subjects.values import NewSubject

        number = str(invent_citizen_id("460199", date(1970, 1, 1) + timedelta(days=next(self.numbers)), 7))
        [id] = system_register_subjects(system("tests"), [NewSubject("person", {"citizen-id": number})])
        self.citizen_ids[id] = number
        return id

    def account(self, login: str = "", *, person: bool = True) -> Any:
        from yiwang.acts.values import system
        from yiwang.identity.queries import system_account
        from yiwang.identity.services import open_account

        subject = self.person() if person else None
        id = open_account(system("tests"), login or f"officer{next(self.numbers)}", PASSWORD, subject_id=subject)
        return system_account(id)

    def officer(self, unit: str, *duties: str, login: str = "") -> Any:
        """An actor in a new post with these duties."""
        from yiwang.acts.values import system
        from yiwang.identity.queries import actor_for_post
        from yiwang.identity.services import assign_post

        account, post = self.account(login), self.post(unit, *duties)
        assign_post(system("tests"), account.id, post, today())
        return actor_for_post(account, post)

    def resident(self) -> Any:
        """An actor as a person himself."""
        from yiwang.identity.queries import actor_for_self

        return actor_for_self(self.account())


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
