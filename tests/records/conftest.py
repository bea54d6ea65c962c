"""A small city with one resource, written as a pack and applied, and people in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.demo import demo, demo_template, own_demo
from support.packs import apply_packs, write_pack
from support.town import TOWN

__all__ = ["demo", "demo_template", "own_demo"]


@dataclass
class Town:
    """The pack on disk, and makers of people and officers."""

    packs: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def apply(self, files: dict[str, str | bytes] | None = None) -> int:
        write_pack(self.packs, "town", files or TOWN)
        return apply_packs(self.packs)

    def number(self) -> str:
        from yiwang.kernel.identifiers import invent_citizen_id

        return invent_citizen_id("460199", date(1990, 1, 1), next(self.numbers))

    def person(self, number: str = "") -> UUID:
        from yiwang.acts.values import system
        from yiwang.subjects.services import system_register_subjects
        from yiwang.subjects.values import NewSubject

        [id] = system_register_subjects(
            system("tests"), [NewSubject("person", {"citizen-id": number or self.number()})]
        )
        return id

    def himself(self, subject: UUID) -> Any:
        from yiwang.acts.values import Actor, CapacityKind

        return Actor(uuid4(), CapacityKind.SELF, subject, subject_id=subject)

    def officer(self, unit: str, duty: str) -> Any:
        """An actor in a post of the unit with this code (made when it is not there) with this duty."""
        from yiwang.acts.values import system
        from yiwang.identity.queries import actor_for_post, list_posts, system_account, system_unit_by_code
        from yiwang.identity.services import (
            system_assign_posts,
            system_load_posts,
            system_load_units,
            system_open_accounts,
        )
        from yiwang.identity.values import NewPost, NewUnit
        from yiwang.kernel.time import today

        tests = system("tests")
        if system_unit_by_code(unit) is None:
            system_load_units(tests, [NewUnit(unit, f"单位{unit}", unit, "11460199990000017H", "division", "460100")])
        code, login = f"{unit}-{duty}", f"officer{next(self.numbers)}"
        system_load_posts(tests, [NewPost(code, unit, "窗口", frozenset({duty}))])
        accounts = system_open_accounts(tests, [(login, "Lychee-season-26", self.person())])
        post = next(one for one in list_posts(tests) if one.code == code)
        system_assign_posts(tests, [(accounts[login], post.id, today())])
        return actor_for_post(system_account(accounts[login]), post.id, today())


@pytest.fixture
def town(city: Any, tmp_path: Path) -> Town:
    made = Town(tmp_path)
    made.apply()
    return made
