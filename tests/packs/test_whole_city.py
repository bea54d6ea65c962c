"""The demonstration city laid down whole, at a size that a test can afford: agencies, officers, families, a past."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from support.permit import permit_office

from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.audit.models import Entry
from yiwang.audit.queries import verify
from yiwang.cases.models import ActionRun, Case, CourseEntry, Task
from yiwang.cases.queries import system_calendar
from yiwang.documents.models import Certificate
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.kernel.samples import Row, SampleFile, drawn
from yiwang.kernel.time import CITY_ZONE, civil_date, now
from yiwang.outbox.services import deliver_due
from yiwang.packs.models import Filling
from yiwang.packs.samples import CaseRules, IsWorking, Life, draw_lives, live, read_cases
from yiwang.packs.services import apply, demo_logins, fill_city, load_samples
from yiwang.places.models import Division
from yiwang.places.queries import units_answering
from yiwang.records.queries import history
from yiwang.records.samples import city_of
from yiwang.subjects.queries import system_find_subject, system_subject
from yiwang.supervision.models import Alert
from yiwang.supervision.services import system_tick

__all__ = ["permit_office"]

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
def begun(city: Any, folders: list[Path], permit_office: None) -> list[Path]:
    """All packs applied, and what comes before the first page loaded."""
    settings = connections["default"].settings_dict
    connections["default"].close()
    settings["USER"] = "yiwang_owner"
    apply(system("tests"), folders)
    connections["default"].close()
    settings["USER"] = "yiwang_app"
    load_samples(folders, size=SIZE)
    return folders


def sample(folders: list[Path], name: str = "people.yaml") -> SampleFile:
    beside = {path.name: path.read_bytes() for path in (folders[0] / "demo-haikou/sample").iterdir()}
    begun_at = Filling.objects.order_by("id")[0].begun_at
    return SampleFile(
        "demo-haikou", Path(name).stem, Path(name), beside[name], beside=beside, residents=int(SIZE), begun_at=begun_at
    )


def test_the_city_is_filled_behind_its_first_page_and_killing_loses_nothing(begun: list[Path]) -> None:
    assert Account.objects.count() == len({one["login"] for one in demo_logins()})
    assert Unit.objects.count() < 100, "only the named units"
    first = fill_city(begun, size=SIZE)
    for _ in range(3):
        next(first)
    first.close()  # as a process that is killed between two portions
    assert sum(fill_city(begun, size=SIZE)) > 500
    assert not Filling.objects.filter(ended_at=None).exists()
    assert list(fill_city(begun, size=SIZE)) == []
    _the_offices_are_there()
    _everybody_has_moved_as_he_did(begun)
    _every_way_of_a_case_is_told(begun)
    _nobody_decides_on_what_he_applied_for(begun)


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
    waiting = set(vacant.values_list("duties__duty", flat=True))
    assert waiting <= {"report-discrepancies", "grant-rights"}, (
        "no work for residents waits for posts that nobody holds"
    )
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


def a_past_with_every_way(
    given: CaseRules, file: SampleFile, is_working: IsWorking
) -> tuple[CaseRules, dict[Any, Life]]:
    """Rules under which a city of this size has a past with a life for each way, rare ones too, and these lives by their steps.

    Lives are drawn anew for each day on which a city begins; a small one has too few of them for all ways to come up on any day.
    """
    items = [
        told.model_copy(update={"ways": tuple(one.model_copy(update={"weight": 1}) for one in told.ways)})
        for told in given.items
    ]
    for seed in range(100):
        rules = given.model_copy(update={"seed": seed, "items": tuple(items)})
        lives = draw_lives(rules, lambda name: drawn(name, file), 20_000, file.begins, file.begun_at, is_working)
        ways: dict[Any, Life] = {}
        for life in lives:
            if life.at < file.begun_at - timedelta(days=120):
                ways.setdefault((rules.items.index(life.told), repr([planned.step for planned in life.steps])), life)
        if len(ways) == sum(len(one.ways) for one in rules.items):
            return rules, ways
    raise AssertionError("No draw has every way.")


def _every_way_of_a_case_is_told(folders: list[Path]) -> None:
    file = sample(folders, "cases.yaml")
    is_working = system_calendar().is_working
    rules, ways = a_past_with_every_way(read_cases(file.content), file, is_working)
    told = {live(life, rules, is_working): life for life in ways.values()}
    cases = {one.pk: one for one in Case.objects.filter(pk__in=told)}

    for id, life in told.items():
        case = cases[id]
        assert (case.state, case.origin) == ("ended", "invented")
        assert abs(case.submitted_at - life.at) < timedelta(seconds=30)
        assert is_working(civil_date(case.submitted_at))
        lines = list(CourseEntry.objects.filter(case=case).order_by("position").values_list("at", flat=True))
        assert lines == sorted(lines)
        assert lines[-1] < now() - timedelta(hours=1)
        assert not Task.objects.filter(case=case, state__in=["open", "running", "failed", "unassigned"]).exists()
    outcomes = {(one.item, one.outcome) for one in cases.values()}
    assert {outcome for item, outcome in outcomes if item == "address-statement"} == {
        "accepted",
        "refused",
        "withdrawn",
    }
    permits = {outcome for item, outcome in outcomes if item == "food-permit"}
    assert permits >= {"accepted", "refused", "not-accepted", "withdrawn"}
    granted = [one for one in cases.values() if (one.item, one.outcome) == ("food-permit", "accepted")]
    assert Certificate.objects.filter(case_id__in=[one.pk for one in granted], origin="invented").count() == len(
        granted
    )

    # who was late was warned, carded, heard and told off, each at its time
    levels = Counter(Alert.objects.filter(case__in=told).values_list("level", flat=True))
    assert min(levels["warning"], levels["yellow"], levels["red"]) > 0
    assert set(Alert.objects.filter(case__in=told).values_list("state", flat=True)) == {"closed"}
    for alert in Alert.objects.filter(case__in=told):
        assert timedelta(0) <= alert.fired_at - alert.moment < timedelta(minutes=5)

    # the worker has nothing to add, and the log tells that it was told
    before = (Alert.objects.count(), Case.objects.count())
    while deliver_due():
        pass
    system_tick()
    assert (Alert.objects.count(), Case.objects.count()) == before
    assert not ActionRun.objects.exclude(state="done").exists()
    entry = Entry.objects.filter(action="case.submit").latest("id")
    assert entry.machine_time - entry.time > timedelta(days=10)
    assert {problem.code for problem in verify().problems} <= {"not-sealed"}  # nobody seals here
    assert {one.login for one in Account.objects.all() if one.has_usable_password()} == {
        one["login"] for one in demo_logins()
    }


def _nobody_decides_on_what_he_applied_for(folders: list[Path]) -> None:
    """An officer is a resident too: what he applies for is decided by another, or waits."""
    file = sample(folders, "cases.yaml")
    is_working = system_calendar().is_working
    rules, ways = a_past_with_every_way(read_cases(file.content), file, is_working)
    life = next(one for one in ways.values() if one.told.item == "address-statement" and one.steps[0].step.act)
    [done] = Task.objects.filter(case_id=live(replace(life, number=7_000_001), rules, is_working), party="").exclude(
        done_by=None
    )
    officers = Account.objects.filter(assignments__post=done.done_in_post_id).distinct()
    for number, officer in enumerate(officers, 7_000_002):
        assert officer.subject_id is not None
        scheme = next(one for one in system_subject(officer.subject_id).identifiers if one.scheme == rules.scheme)
        case = Case.objects.get(pk=live(replace(life, number=number, applicant=scheme.value), rules, is_working))
        assert case.subject_id == officer.subject_id
        assert not Task.objects.filter(case=case, done_by=officer).exists()


def test_the_past_is_the_same_for_the_same_day_and_lies_on_working_days(folders: list[Path]) -> None:
    rules = read_cases((folders[0] / "demo-haikou/sample/cases.yaml").read_bytes())
    rows = {
        "people": {"people": [_resident(number) for number in range(4_000)]},
        "registers": {"enterprise.licences": [_enterprise(number) for number in range(900)]},
    }
    begins, until = datetime(2024, 11, 1, tzinfo=UTC), datetime(2026, 11, 21, 3, tzinfo=UTC)

    def is_working(day: date) -> bool:
        return day.weekday() < 5

    lives = draw_lives(rules, rows.__getitem__, 20_000, begins, until, is_working)
    again = draw_lives(rules, rows.__getitem__, 20_000, begins, until, is_working)
    assert lives == again
    assert [life.at for life in lives] == sorted((life.at for life in lives), reverse=True)
    assert len(lives) > 2_000
    assert len({(life.told.item, life.told.doubt, life.applicant, life.about) for life in lives}) == len(lives)
    for life in lives:
        moments = [life.at, *(planned.at for planned in life.steps)]
        assert moments == sorted(moments)
        assert all(is_working(civil_date(one)) for one in moments)
        assert all(8 <= one.astimezone(CITY_ZONE).hour < 17 for one in moments)
        assert begins < life.at < until
    months = Counter(life.at.month for life in lives)
    assert months[2] < months[3]
    assert draw_lives(rules, rows.__getitem__, 1_000, begins, until, is_working) == []


def _resident(number: int) -> Row:
    return {
        "number": f"P{number}",
        "name": "陈一",
        "surname": "陈",
        "age": 20 + number % 50,
        "stated": number % 2 == 0,
        "home.code": "460105002001",
        "home.detail": "1号",
        "home.since": "2020-01-01",
    }


def _enterprise(number: int) -> Row:
    return {
        "identifier": f"E{number}",
        "enterprise.representative-id": f"P{number}",
        "enterprise.status": "active" if number % 10 else "cancelled",
        "enterprise.scope": "餐饮服务",
        "valid_from": "2020-01-01",
    }
