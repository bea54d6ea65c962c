"""Units, posts, officers and residents, made through the doors: what a test of rights needs of an organisation, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from yiwang.kernel.identifiers import invent_citizen_id
from yiwang.kernel.time import today

PASSWORD = "Lychee-season-26"
CREDIT_CODE = "11460199990000017H"


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
