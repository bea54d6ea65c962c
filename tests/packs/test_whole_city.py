"""The demonstration city laid down whole, at a size that a test can afford: agencies everywhere, officers in every post, families."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.kernel.samples import SampleFile
from yiwang.kernel.time import now
from yiwang.packs.models import Filling
from yiwang.packs.services import apply, demo_logins, fill_city, load_samples
from yiwang.places.models import Division
from yiwang.places.queries import units_answering
from yiwang.records.queries import history
from yiwang.records.samples import city_of
from yiwang.subjects.queries import system_find_subject

PACKS = Path(__file__).parents[2] / "packs"
SIZE = "1200"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """The repository's packs, with offices and officers in a small city, too."""
    copied = tmp_path / "packs"
    shutil.copytree(PACKS, copied, ignore=shutil.ignore_patterns("rehearsals"))
    for name in ("organisation.yaml", "officers.yaml"):
        path = copied / "demo-haikou/sample" / name
        path.write_text(path.read_text("utf-8").replace("residents: 5000", "residents: 0"), "utf-8")
    return [copied]


@pytest.fixture
def begun(city: Any, folders: list[Path]) -> list[Path]:
    """All packs applied, and what comes before the first page loaded."""
    settings = connections["default"].settings_dict
    connections["default"].close()
    settings["USER"] = "yiwang_owner"
    apply(system("tests"), folders)
    connections["default"].close()
    settings["USER"] = "yiwang_app"
    load_samples(folders, size=SIZE)
    return folders


def sample(folders: list[Path]) -> SampleFile:
    beside = {path.name: path.read_bytes() for path in (folders[0] / "demo-haikou/sample").iterdir()}
    path = Path("people.yaml")
    return SampleFile("demo-haikou", "people", path, beside["people.yaml"], beside=beside, residents=int(SIZE))


def test_the_city_is_filled_behind_its_first_page_and_killing_loses_nothing(begun: list[Path]) -> None:
    assert (Unit.objects.count(), Account.objects.count()) == (80, 18)
    first = fill_city(begun, size=SIZE)
    for _ in range(3):
        next(first)
    first.close()  # as a process that is killed between two portions
    assert sum(fill_city(begun, size=SIZE)) > 500
    assert not Filling.objects.filter(ended_at=None).exists()
    assert list(fill_city(begun, size=SIZE)) == []
    _the_offices_are_there()
    _everybody_has_moved_as_he_did(begun)


def _the_offices_are_there() -> None:
    levels = Counter(Unit.objects.values_list("level", flat=True))
    agencies = levels["city"] + levels["district"] + levels["township"]
    assert 200 <= agencies <= 260
    assert levels["community"] == Division.objects.filter(level="village").count()
    assert levels["division"] > 900
    assert set(Unit.objects.values_list("origin", flat=True)) == {"invented"}
    for district in Division.objects.filter(level="county"):
        of_it = Unit.objects.filter(division_code=district.code, level="district")
        assert of_it.filter(title__endswith="教育局").count() == 1
        assert of_it.get(title__endswith="行政审批服务局").code == f"hk-{district.code}-approval"
    own = Unit.objects.exclude(level__in=["division", "community"]).values_list("credit_code", flat=True)
    assert len(set(own)) == len(own)
    held = Assignment.objects.values("post_id")
    vacant = Post.objects.filter(duties__isnull=False).exclude(id__in=held)
    assert set(vacant.values_list("duties__duty", flat=True)) <= {"report-discrepancies"}
    assert {one.login for one in Account.objects.all() if one.has_usable_password()} == {
        one["login"] for one in demo_logins()
    }


def _everybody_has_moved_as_he_did(folders: list[Path]) -> None:
    moved = next(one for one in city_of(sample(folders)) if one.stated and len(one.homes) > 2)
    subject = system_find_subject("citizen-id", str(moved.number))
    assert subject is not None
    himself = Actor(account_id=None, capacity=CapacityKind.SELF, capacity_id=subject, subject_id=subject)
    lines = history(himself, subject, "residence.addresses", purpose="own-data")
    told = sorted((line.valid_from, line.unit_title) for line in lines)
    assert [day for day, _ in told] == [home.since for home in moved.homes]
    [unit] = units_answering(moved.homes[-1].place.code, "confirm-address")
    assert told[-1][1] in {Unit.objects.get(id=unit).title, Unit.objects.get(id=unit).short_title}
    assert {line.arrived_at < now() - timedelta(days=180) for line in lines} == {True}
