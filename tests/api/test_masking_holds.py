"""A planted ID number is found only where a ground says: not on other people's pages, not in logs, audit, events, jobs or errors."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection
from support.demo import NEIGHBOUR, OFFICER, OTHER_OFFICER, PASSWORD, RESIDENT, Demo, call

from yiwang.kernel.masking import cover_identity_numbers
from yiwang.launch.logs import Covered

NUMBER = "460199196103089029"
"""The resident's, invented."""
KEEPS_IT = {"subjects_identifier", "population_persons", "enterprise_licences"}
"""Tables whose work it is to hold it: hers as a person, and as the head of her enterprise."""


def everything_told(client: Any, subject: str) -> list[str]:
    """Addresses that somebody may ask about the resident."""
    asked = "?purpose=case-handling"
    pages = [
        f"/desk/subjects/{subject}/{asked}",
        f"/desk/subjects/{subject}/records/population.persons/{asked}",
        f"/api/v1/subjects/{subject}/facts{asked}",
        f"/api/v1/subjects/{subject}/facts/person.citizen-id{asked}",
        f"/api/v1/subjects/{subject}/records/population.persons{asked}",
        "/desk/cases/", "/desk/tasks/", "/my/facts/", "/my/reads/", "/api/v1/reads", "/api/v1/cases", "/desk/audit/",
    ]  # fmt: skip
    told = [client.get(page).content.decode() for page in pages]
    wrong = {"scheme": "citizen-id", "value": NUMBER[:-1] + "0", "purpose": "case-handling"}
    told.append(call(client, "POST", "/api/v1/subjects/search", wrong).content.decode())
    told.append(call(client, "POST", "/api/v1/subjects/search", {"scheme": NUMBER, "value": "x"}).content.decode())
    return told


@pytest.fixture
def subject(demo: Demo) -> str:
    from yiwang.identity.models import Account

    return str(Account.objects.get(login=RESIDENT).subject_id)


@pytest.mark.parametrize("login", [NEIGHBOUR, OFFICER, OTHER_OFFICER, "sys.admin", "sec.admin", "aud.admin"])
def test_nobody_without_a_ground_is_told(demo: Demo, subject: str, login: str, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    client = demo.client(login, post=login != NEIGHBOUR)
    assert [one[:300] for one in everything_told(client, subject) if NUMBER in one] == []
    assert NUMBER not in caplog.text


def test_a_number_in_an_address_or_a_library_s_words_is_covered_in_the_log() -> None:
    from structlog.stdlib import ProcessorFormatter

    said = logging.LogRecord("django.request", logging.WARNING, "", 0, f"Not Found: /subjects/{NUMBER}/", (), None)
    line = Covered(
        cover_identity_numbers, processors=[ProcessorFormatter.remove_processors_meta, lambda *given: str(given[-1])]
    ).format(said)
    assert NUMBER not in line
    assert "460199********9029" in line


def test_the_person_himself_sees_it_when_he_asks(demo: Demo) -> None:
    client = demo.client(RESIDENT)
    page = client.get("/my/facts/").content.decode()
    assert NUMBER not in page
    assert "460199********9029" in page
    assert NUMBER in client.get("/my/facts/?show=person.citizen-id").content.decode()


def test_the_source_s_officer_sees_it_by_his_grant(demo: Demo, subject: str) -> None:
    client = demo.client("tang.wei", post=True)
    assert NUMBER in client.get(f"/api/v1/subjects/{subject}/facts?purpose=case-handling").content.decode()


def test_no_table_holds_it_but_those_that_keep_it(demo: Demo, subject: str) -> None:
    resident, officer = demo.client(RESIDENT), demo.client("tang.wei", post=True)
    demo.send(resident)
    sought = {"scheme": "citizen-id", "value": NUMBER, "purpose": "case-handling"}
    assert officer.post("/desk/subjects/", sought).status_code == 303
    officer.get(f"/desk/subjects/{subject}/?purpose=case-handling")
    call(demo.client(""), "POST", "/api/v1/session", {"login": NUMBER, "password": PASSWORD})
    demo.settle()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'records')"
            " AND has_table_privilege(format('%%I.%%I', schemaname, tablename), 'SELECT') ORDER BY tablename",
            [],
        )
        tables = cursor.fetchall()
        found = set()
        for schema, name in tables:
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{schema}"."{name}" AS t WHERE t::text LIKE %s)', [f"%{NUMBER}%"]
            )
            if cursor.fetchone()[0]:
                found.add(name)
    assert found <= KEEPS_IT, found - KEEPS_IT
    assert found >= KEEPS_IT
