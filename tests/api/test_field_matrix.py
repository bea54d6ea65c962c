"""The permission matrix of fields: every capacity × every field of every resource, asked of somebody of whom it is known.

Cells: `whole` the value itself; `covered` its masked form; `none` nobody may learn more than that it is unknown (404); else the status.
The columns are those of the matrix of routes, and of the unit whose record it is: `keeper`, an officer in the post that keeps it, and
`reader`, one whose post reads the unit's records and not what is sensitive in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from api.test_route_matrix import CAPACITIES, RESIDENT, signed_in
from django.db import connection
from django.test import Client
from ruamel.yaml import YAML
from support.demo import OFFICER, Demo
from support.offices import PASSWORD as START
from support.offices import Town

from yiwang.catalog.queries import list_resources
from yiwang.catalog.values import FieldRole, Shape
from yiwang.identity.models import Account, Assignment, Unit
from yiwang.records.queries import subjects_represented
from yiwang.records.queries.tables import stored_tables
from yiwang.records.services.publishing import system_publish

READS = "review-applications"
TABLE = Path(__file__).with_name("matrix_fields.yaml")
COLUMNS = (*CAPACITIES, "keeper", "reader")


def fields() -> dict[str, tuple[str, str]]:
    """`resource element` → both, for every field that has its source in a resource of states."""
    return {
        f"{resource.id} {one.element}": (resource.id, one.element)
        for resource in list_resources().values()
        if resource.shape is Shape.STATE
        for one in resource.fields
        if one.role is FieldRole.SOURCE
    }


def table() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = YAML(typ="safe").load(TABLE)
    return rows


SAMPLE = {
    "text": "'样例'",
    "date": "DATE '2026-01-05'",
    "bigint": "1",
    "integer": "1",
    "numeric": "1",
    "boolean": "true",
    "uuid": "gen_random_uuid()",
}
"""SQL type → a value: what it says does not matter here, only who is told."""


def known_subjects() -> dict[str, tuple[str, str]]:
    """Resource → a subject whose record it holds, and the unit of the record: the resident, or the enterprise that she represents.

    A resource in which she is not gets a record of her at a unit that keeps such. What an engine publishes is asked of the officer
    and his unit.
    """
    system_publish()
    resident = str(Account.objects.get(login=RESIDENT).subject_id)
    [enterprise, *_] = (str(one) for one in subjects_represented(UUID(resident), "organisation"))
    found = {}
    officer = str(Account.objects.get(login=OFFICER).subject_id)
    for resource in stored_tables():
        declared = list_resources()[resource]
        hers = resident if declared.about == "person" else enterprise
        row = first_in(resource, hers if declared.kept_by else officer)
        if declared.kept_by and (row is None or row[0] != hers):
            fill(resource, hers)
            row = first_in(resource, hers)
        assert row is not None
        found[resource] = row
    return found


def first_in(resource: str, preferred: str) -> tuple[str, str] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subject_id::text, unit_id::text FROM records.{stored_tables()[resource].name}"
            " WHERE NOT retracted ORDER BY (subject_id = %s) DESC, (unit_id = %s) DESC, subject_id LIMIT 1",
            [preferred, str(Assignment.objects.get(account__login=OFFICER).post.unit_id)],
        )
        row: tuple[str, str] | None = cursor.fetchone()
        return row


def fill(resource: str, subject: str) -> None:
    """One record, with everything but its subject, unit and values as the population register has it of somebody."""
    into, like = stored_tables()[resource], stored_tables()["population.persons"]
    seats = Assignment.objects.filter(post__duties__duty=list_resources()[resource].kept_by)
    seat = seats.filter(account__login=OFFICER).first() or seats.first()
    assert seat is not None
    own = {name: SAMPLE[sql.partition("(")[0]] for name, sql in into.columns if name not in into.fixed}
    same = [name for name in into.fixed if name not in ("record_id", "subject_id", "unit_id")]
    names = ["record_id", "subject_id", "unit_id", *same, *own]
    values = ["gen_random_uuid()", "%s", "%s", *same, *own.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO records.{into.name} ({', '.join(names)})"
            f" SELECT {', '.join(values)} FROM records.{like.name} LIMIT 1",
            [subject, str(seat.post.unit_id)],
        )


def keeper_of(resource: str, unit_id: str) -> tuple[str, str] | None:
    """The log-in and the post of somebody who keeps the records of a unit."""
    kept_by = list_resources()[resource].kept_by
    seat = Assignment.objects.filter(post__duties__duty=kept_by, post__unit_id=unit_id, account__is_active=True).first()
    return None if seat is None else (seat.account.login, seat.post.title)


def reader_at(unit_id: str, town: Town) -> Any:
    """A browser of somebody new at the unit, whose only duty reads its records."""
    login = f"reader{next(town.numbers)}"
    town.officer(Unit.objects.get(pk=unit_id).code, READS, login=login)
    client = Client(HTTP_HOST="127.0.0.1")
    assert client.post("/desk/sign-in/", {"login": login, "password": START}).status_code == 303
    return client


def cell(client: Any, subject: str, element: str) -> Any:
    answer = client.get(f"/api/v1/subjects/{subject}/facts/{element}?purpose=case-handling")
    if answer.status_code == 404:
        return "none"
    if answer.status_code != 200:
        return answer.status_code
    return "covered" if answer.json()["masked"] else "whole"


def test_every_field_has_a_row_and_every_row_a_field(demo: Demo) -> None:
    """A field that is declared anew fails here until somebody has decided who sees it."""
    assert set(table()) == set(fields())


@pytest.mark.parametrize("capacity", COLUMNS)
def test_each_capacity_sees_of_each_field_what_its_column_says(demo: Demo, capacity: str) -> None:
    known = known_subjects()
    client = None if capacity in ("keeper", "reader") else signed_in(demo, capacity)
    keepers: dict[str, Any] = {}
    readers: dict[str, Any] = {}
    town = Town()
    wrong = {}
    for row, (resource, element) in fields().items():
        subject, unit = known[resource]
        asking = client
        if capacity == "keeper":
            if resource not in keepers:
                who = keeper_of(resource, unit)
                keepers[resource] = None if who is None else demo.client(who[0], post=who[1])
            asking = keepers[resource]
        if capacity == "reader":
            asking = readers[unit] = readers.get(unit) or reader_at(unit, town)
        got: Any = "nobody" if asking is None else cell(asking, subject, element)
        if got != table().get(row, {}).get(capacity):
            wrong[row] = got
    assert not wrong, f"{TABLE.name} does not say this of “{capacity}”; decide whether it should:\n" + "\n".join(
        f"{row}: {got}" for row, got in wrong.items()
    )
