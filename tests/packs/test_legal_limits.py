"""The register of legal limits: every row is declared, says where it stands in a law, and its examples are reckoned anew by each check."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from yiwang.packs.queries import read_city
from yiwang.packs.rules.reading import read_yaml

PACKS = Path(__file__).parents[2] / "packs"

REGISTER: dict[str, tuple[str, ...]] = {
    "LIC-SUPPLEMENT": ("lic-supplement",),
    "LIC-ACCEPT": ("lic-accept",),
    "LIC-DECIDE": ("lic-decide",),
    "LIC-JOINT": ("lic-joint",),
    "LIC-LOWER": ("lic-lower",),
    "LIC-DELIVER": ("lic-deliver",),
    "LIC-HEARING": ("lic-hearing-ask", "lic-hearing-hold", "lic-hearing-notice"),
    "LIC-RENEW": ("lic-renew",),
    "LIC-BAN": ("lic-ban-false", "lic-ban-fraud"),
    "PEN-DECIDE": ("pen-decide",),
    "PEN-SERVE": ("pen-serve",),
    "PEN-PAY": ("pen-pay",),
    "PEN-LIMIT": ("pen-limit", "pen-limit-safety"),
    "PEN-WITHDRAW": ("pen-withdraw",),
    "PEN-HEARING": ("pen-hearing-ask", "pen-hearing-notice"),
    "ENF-SEIZE": ("enf-seize", "enf-freeze", "enf-freeze-deliver"),
    "REC-APPLY": ("rec-apply", "rec-check", "rec-supplement-ask", "rec-supplement"),
    "REC-DECIDE": (
        "rec-forward",
        "rec-answer",
        "rec-forward-summary",
        "rec-answer-summary",
        "rec-hearing-notice",
        "rec-decide",
        "rec-decide-summary",
    ),
    "FOI-REPLY": ("foi-reply",),
    "FOI-FIX": ("foi-fix",),
    "FOI-3RD": ("foi-3rd", "foi-3rd-joint"),
    "FOI-PUBLISH": ("foi-publish",),
    "FOI-REPORT": ("foi-report-department", "foi-report-government"),
    "PET-REG": ("pet-reg",),
    "PET-TELL": ("pet-tell", "pet-tell-object"),
    "PET-DO": ("pet-do",),
    "PET-REVIEW": ("pet-review-ask", "pet-review", "pet-recheck-ask", "pet-recheck"),
    "SHARE-UNCOND": ("share-uncond",),
    "SHARE-COND": ("share-cond",),
    "SHARE-GIVE": ("share-give",),
    "SHARE-CHECK": ("share-check",),
    "CAT-UPDATE": ("cat-update", "cat-update-publish"),
    "XY-PUBLISH": ("xy-publish",),
    "PRESALE": ("presale",),
    "PRESALE-FILE": ("presale-file",),
    "BUILD-PERMIT": ("build-permit", "build-start"),
    "BUILD-STOP": ("build-stop", "build-stop-verify"),
    "BUILD-FILE": ("build-file",),
    "REALTY-REG": ("realty-reg",),
    "LOWINC": ("lowinc-decide", "lowinc-publicity", "lowinc-refusal-told"),
    "RESID-CARD": ("resid-card", "resid-endorse-opens", "resid-endorse"),
    "ACC-REPORT": (
        "acc-report-unit",
        "acc-report-level",
        "acc-report-casualties",
        "acc-report-casualties-traffic",
    ),
    "PH-REPORT": ("ph-report-find", "ph-report-health", "ph-report-county", "ph-report-city", "ph-report-province"),
}
EXCLUDED = {"hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert-review"}
NO_LIMIT = "PEN-SIMPLE"  # amounts of fines on the spot
NOT_READ = {"SHARE-UNCOND", "SHARE-COND", "SHARE-GIVE", "SHARE-CHECK", "CAT-UPDATE", "LOWINC"}


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    """The limits of both packs by their ids."""
    files = [*PACKS.glob("base/limits/*.yaml"), *PACKS.glob("legal-limits/limits/*.yaml")]
    return {file.stem: read_yaml(file.read_bytes()).value for file in files}


def test_every_row_of_the_register_is_declared_and_nothing_else(declared: dict[str, Any]) -> None:
    assert sorted(declared) == sorted(id for ids in REGISTER.values() for id in ids)


@pytest.mark.parametrize("row", REGISTER)
def test_a_row_names_its_law_or_says_that_nobody_has_read_it(row: str, declared: dict[str, Any]) -> None:
    for id in REGISTER[row]:
        limit = declared[id]
        named = [bool(limit.get(key)) for key in ("law", "article", "version", "text")]
        assert (limit["verified"] == "unknown") == (row in NOT_READ)
        assert all(named) if limit["verified"] != "unknown" else not any(named)


def test_what_is_not_counted_in_a_licence_is_declared(declared: dict[str, Any]) -> None:
    assert {file.stem for file in PACKS.glob("base/pauses/*.yaml")} >= EXCLUDED
    for id in ("lic-decide", "lic-joint", "lic-lower"):
        assert set(declared[id]["pauses"]) >= EXCLUDED


def test_every_limit_has_examples_also_with_its_extension_and_its_pauses(declared: dict[str, Any]) -> None:
    for id, limit in declared.items():
        vectors = limit.get("vectors", [])
        assert vectors, id
        if "extension" in limit:
            most = limit["extension"]["length"] * limit["extension"].get("times", 1)
            assert max(one.get("extended", 0) for one in vectors) == most, id
        if "pauses" in limit:
            assert any(one.get("paused") for one in vectors), id


def test_the_days_reckoned_long_before_the_engine_are_among_the_examples(declared: dict[str, Any]) -> None:
    known = {
        (limit["length"], str(one["begins"]), str(one["ends"]))
        for limit in declared.values()
        for one in limit["vectors"]
        if limit["unit"] == "working_days" and not {"paused", "extended"} & one.keys()
    }
    assert known >= {
        (5, "2026-02-10", "2026-02-24"),
        (20, "2026-02-10", "2026-03-16"),
        (10, "2026-04-28", "2026-05-14"),
        (20, "2026-09-18", "2026-10-22"),
        (10, "2026-09-24", "2026-10-15"),
        (1, "2026-01-01", "2026-01-04"),
    }


def test_the_readme_lists_every_row_and_every_limit(declared: dict[str, Any]) -> None:
    readme = (PACKS / "legal-limits/README.md").read_text("utf-8")
    for row in (*REGISTER, "LIC-EXCLUDED", NO_LIMIT):
        assert f"| {row} |" in readme
    for id in declared:
        assert f"`{id}`" in readme


# ── What check says ──


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """Copies of the two packs."""
    for pack in ("base", "legal-limits"):
        shutil.copytree(PACKS / pack, tmp_path / pack)
    return tmp_path


def told(packs: Path, file: str, old: str, new: str) -> list[str]:
    """What check says when `file` says something else; without what to write instead."""
    text = (packs / file).read_text("utf-8")
    assert old in text
    (packs / file).write_text(text.replace(old, new, 1), "utf-8")
    return [str(one).splitlines()[0] for one in read_city([packs]).faults]


REPLY = "legal-limits/limits/foi-reply.yaml"
REPORT = "legal-limits/limits/acc-report-level.yaml"


def test_the_two_packs_have_no_fault(packs: Path) -> None:
    assert not read_city([packs]).faults


def test_a_changed_example_is_refused_with_the_right_day(packs: Path) -> None:
    faults = told(packs, REPLY, "begins: 2026-02-10, ends: 2026-03-16", "begins: 2026-02-10, ends: 2026-03-17")
    assert faults == [f"{REPLY}:17: From 2026-02-10 the limit ends on 2026-03-16, not on 2026-03-17."]


def test_a_changed_length_is_refused_with_the_day_that_it_makes_of_each_example(packs: Path) -> None:
    faults = told(packs, REPLY, "length: 20", "length: 19")
    assert len(faults) == 4
    assert faults[0].endswith("From 2026-02-10 the limit ends on 2026-03-13, not on 2026-03-16.")


def test_a_changed_unit_or_one_that_no_longer_rolls_is_refused(packs: Path) -> None:
    assert told(packs, "legal-limits/limits/pet-reg.yaml", "unit: days", "unit: working_days")
    (packs / "legal-limits/limits/pet-reg.yaml").write_bytes((PACKS / "legal-limits/limits/pet-reg.yaml").read_bytes())
    [fault] = told(packs, "legal-limits/limits/pet-reg.yaml", "unit: days", "unit: days\nrolls: false")
    assert fault.endswith("From 2026-09-20 the limit ends on 2026-10-05, not on 2026-10-08.")


def test_a_local_holiday_moves_no_example(packs: Path) -> None:
    assert told(packs, "base/calendars/holidays-2026.yaml", "2026-02-14, 2026-02-28, ", "2026-02-14, ") == []


def test_an_example_allows_itself_no_more_than_the_limit_and_knows_its_year(packs: Path) -> None:
    begins = "begins: 2026-02-10, ends: 2026-03-16"
    for example, words in (
        ("begins: 2026-02-10, extended: 21, ends: 2026-04-15", "further than the limit may be"),
        ("begins: 2035-02-10, ends: 2035-03-16", "a year whose official calendar is not known"),
    ):
        [fault] = told(packs, REPLY, begins, example)
        assert words in fault
        (packs / REPLY).write_bytes((PACKS / REPLY).read_bytes())


def test_examples_in_hours_have_times_and_others_have_none(packs: Path) -> None:
    words = "A limit in hours has examples with times, and no other limit has."
    [fault] = told(packs, REPORT, 'at: "22:40", ', "")
    assert fault.endswith(words)
    (packs / REPORT).write_bytes((PACKS / REPORT).read_bytes())
    [fault] = told(packs, REPLY, "begins: 2026-02-10, ends", 'begins: 2026-02-10, at: "10:00", ends')
    assert fault.endswith(words)


def test_an_example_in_hours_runs_over_midnight(packs: Path) -> None:
    [fault] = told(packs, REPORT, 'ends: 2026-10-02, ends_at: "00:40"', 'ends: 2026-10-01, ends_at: "00:40"')
    assert fault.endswith("From 2026-10-01 the limit ends on 2026-10-02 00:40, not on 2026-10-01 00:40.")


def test_a_city_that_promises_a_shorter_limit_is_not_held_to_the_examples_above(packs: Path) -> None:
    shorter = (
        "kind: limit\nid: foi-reply-here\ntitle: {zh-Hans: 更快答复, en: Sooner}\nextends: foi-reply\nlength: 15\n"
    )
    mine = packs / "legal-limits/limits/foi-reply-here.yaml"
    mine.write_text(shorter, "utf-8")
    assert not read_city([packs]).faults
    mine.write_text(f"{shorter}vectors:\n  - {{begins: 2026-02-10, ends: 2026-03-16}}\n", "utf-8")
    [fault] = read_city([packs]).faults
    assert "From 2026-02-10 the limit ends on 2026-03-09, not on 2026-03-16." in str(fault)
