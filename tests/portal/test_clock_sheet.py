"""How a limit was counted, as a signed PDF: the same dates as the page, for whoever may see the case, and for nobody else."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from support.demo import OFFICER, RESIDENT, Demo
from support.signed import pdf_reader_trusts

from yiwang.audit.queries import city_key_path
from yiwang.documents.queries import signing_certificate
from yiwang.kernel.crypto import ensure_key_file
from yiwang.kernel.time import machine_now

LIMIT = "address-confirmed"


@pytest.fixture(autouse=True)
def city_has_its_key(demo: Demo) -> None:
    ensure_key_file(city_key_path(), now=machine_now())
    city_key_path().with_suffix(".crt").unlink(missing_ok=True)  # of another city of this run


def signed_well(pdf: bytes) -> bool:
    return pdf_reader_trusts(pdf, signing_certificate())


def words_of(pdf: bytes) -> str:
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def sheet(client: Any, at: str) -> bytes:
    answer = client.get(at)
    assert answer.status_code == 200, answer.content[:500]
    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]
    return bytes(answer.content)


def test_the_applicant_gets_the_table_signed_and_with_its_data(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    case = demo.send(resident)
    page = resident.get(f"/my/cases/{case}/clocks/{LIMIT}/").content.decode()
    assert 'href="sheet/"' in page
    pdf = sheet(resident, f"/my/cases/{case}/clocks/{LIMIT}/sheet/")
    assert signed_well(pdf)
    explained = resident.get(f"/api/v1/cases/{case}/clocks/{LIMIT}").json()
    words = words_of(pdf)
    assert explained["case_number"] in words
    for day in explained["rows"]:
        year, month, date = (int(part) for part in day["on"].split("-"))
        assert f"{year}年{month}月{date}日" in words
        assert re.sub(r"\s+", "", day["sentence"]) in words
    [carried] = PdfReader(io.BytesIO(pdf)).attachments.values()
    assert json.loads(carried[0])["rows"] == explained["rows"]


def test_in_english_it_speaks_english(demo: Demo) -> None:
    resident = demo.client(RESIDENT, language="en")
    case = demo.send(resident)
    words = words_of(sheet(resident, f"/my/cases/{case}/clocks/{LIMIT}/sheet/"))
    assert "Howalimitwascounted" in words
    assert "Thedayonwhichtheperiodistriggeredisnotcounted" in words


def test_who_does_not_see_the_case_gets_no_sheet(demo: Demo) -> None:
    case = demo.send(demo.client(RESIDENT))
    officer = demo.client(OFFICER, post=True)
    assert signed_well(sheet(officer, f"/desk/cases/{case}/clocks/{LIMIT}/sheet/"))
    assert signed_well(sheet(officer, f"/api/v1/cases/{case}/clocks/{LIMIT}/sheet"))
    stranger = demo.client("chen.dawen")
    assert stranger.get(f"/my/cases/{case}/clocks/{LIMIT}/sheet/").status_code == 404
    assert stranger.get(f"/api/v1/cases/{case}/clocks/{LIMIT}/sheet").status_code == 404
    assert officer.get(f"/desk/cases/{case}/clocks/lic-decide/sheet/").status_code == 404


def test_a_changed_sheet_shows(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    case = demo.send(resident)
    pdf = bytearray(sheet(resident, f"/my/cases/{case}/clocks/{LIMIT}/sheet/"))
    pdf[len(pdf) // 3] ^= 1
    assert not signed_well(bytes(pdf))


def test_what_is_laid_out_reads_nothing_else() -> None:
    from yiwang.cases.services import printing
    from yiwang.documents.rules.templates import template_faults

    faults = [
        one.message
        for one in template_faults(Path(printing.__file__).parents[1].joinpath("sheets/clock.typ").read_text("utf-8"))
    ]
    assert [one for one in faults if "defines no `certificate`" not in one] == []


def test_page_and_sheet_begin_with_the_sum_and_rest_on_the_same_facts(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    case = demo.send(resident)
    explained = resident.get(f"/api/v1/cases/{case}/clocks/{LIMIT}").json()
    counted = [day for day in explained["rows"] if day["on"] <= explained["clock"]["due_on"]]
    assert f"共{max(day['number'] for day in counted)} 个工作日" in explained["sum"]
    off = sum(day["code"] == "off" for day in counted)
    assert (f"休息日 {off} 天不算" in explained["sum"]) == (off > 0)
    page = resident.get(f"/my/cases/{case}/clocks/{LIMIT}/").content.decode()
    assert page.index(explained["sentence"]) < page.index(explained["sum"]) < page.index("<table")
    words = words_of(sheet(resident, f"/my/cases/{case}/clocks/{LIMIT}/sheet/"))
    for fact in explained["clock"]["facts"]:
        for said in (fact["label"], fact["value"], *fact["more"]):
            assert said in page
            assert re.sub(r"\s+", "", said) in words


def test_days_of_one_kind_are_one_line_where_there_is_no_room_and_none_is_lost(demo: Demo) -> None:
    resident = demo.client(RESIDENT)
    case = demo.send(resident)
    explained = resident.get(f"/api/v1/cases/{case}/clocks/{LIMIT}").json()
    days, spans = explained["rows"], explained["spans"]
    assert len(spans) < len(days)
    assert (spans[0]["on"], spans[-1]["until"]) == (days[0]["on"], days[-1]["until"])
    for span in spans:
        within = [day for day in days if span["on"] <= day["on"] <= span["until"]]
        assert {(day["sentence"], day["law"]) for day in within} == {(span["sentence"], span["law"])}
        assert (span["first"], span["last"]) == (within[0]["number"], within[-1]["number"])
        assert len(within) == 1 or all(mark["kind"] == "provisional" for mark in span["marks"])
