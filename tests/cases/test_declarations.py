"""What `yiwang check` says of items, forms, processes and calendars: every fault, at its line, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiwang.packs.queries.folders import read_city

from .conftest import copy_packs
from .diagrams import SOUND, lane, model, path, service, start, user
from .diagrams import end as ending


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return copy_packs(tmp_path / "packs")


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def faults(packs: Path) -> list[str]:
    return [str(one) for one in read_city([packs]).faults]


ITEM = "address-statement/items/address-statement.yaml"
FORM = "address-statement/forms/address-statement.yaml"
CALENDAR = "base/calendars/holidays-2026.yaml"
LIMIT = "address-statement/limits/address-confirmed.yaml"
PROCESS = "base/processes/one-decision.bpmn"
START = '<yw:name en="Sent" />'


def clocks(*acts: str) -> str:
    """The start of the process with clocks that it moves."""
    return START + "".join(f"<yw:clock {one}/>" for one in acts)


def test_the_packs_as_they_stand_have_no_fault(packs: Path) -> None:
    assert faults(packs) == []


CHANGES = {
    "an unknown duty": (ITEM, "duty: confirm-address", "duty: confirm-adress", "No pack declares the duty `confirm-adress`."),
    "a duty that may not decide": (ITEM, "duty: confirm-address", "duty: administer-system", "may not do tasks"),
    "an unknown message": (ITEM, "refused_message: address-refused", "refused_message: no", "No pack declares the message `no`."),
    "a missing parameter": (ITEM, "  refused_message: address-refused\n", "", "needs the parameter `refused_message` (message)"),
    "one parameter too many": (ITEM, "  duty: confirm", "  extra: 1\n  duty: confirm", "has no parameter `extra`"),
    "a write into nothing": (ITEM, "resource: residence.addresses", "resource: residence.adresses", "No pack declares the resource"),
    "a write that is no list": (
        ITEM,
        "    - {resource: residence.addresses, valid_from: residence.since}",
        "    resource: residence.addresses",
        "This is no list of writes.",
    ),
    "a date that is no date": (ITEM, "valid_from: residence.since", "valid_from: residence.phone", "`residence.phone` is no date."),
    "a date that is not asked": (ITEM, "valid_from: residence.since", "valid_from: person.birth-date", "does not ask"),
    "a field that the resource has not": (
        ITEM,
        "valid_from: residence.since}",
        "fields: {person.name: residence.phone}}",
        "has no field `person.name`",
    ),
    "a place that is no place": (ITEM, "place: residence.address", "place: residence.phone", "`residence.phone` is no place."),
    "a place that is not asked": (ITEM, "place: residence.address", "place: person.name", "does not ask `person.name`"),
    "an unknown process": (ITEM, "process: one-decision", "process: two-decisions", "There is no process `two-decisions`."),
    "an unknown form": (ITEM, "form: address-statement", "form: address", "There is no form `address`."),
    "a basic code of another shape": (ITEM, '"462099001000"', '"46-2099"', "basic_code"),
    "a promise longer than the law": (ITEM, "promise: 5", "promise: 11", "11 are promised; the limit `address-confirmed` is 10"),
    "an unknown limit": (ITEM, "limit: address-confirmed", "limit: address-conformed", "There is no limit `address-conformed`."),
    "a limit twice": (
        ITEM,
        "  - {limit: address-confirmed, promise: 5}",
        "  - {limit: address-confirmed, promise: 5}\n  - {limit: address-confirmed}",
        "`address-confirmed` stands here twice.",
    ),
    "a result that no step brings": (
        ITEM,
        "{limit: address-confirmed, promise: 5}",
        "{limit: lic-supplement}",
        "no step of `one-decision` stops its clock",
    ),
    "a limit without its law": (LIMIT, "verified: unknown", "verified: text", "names no law with its article"),
    "a limit without its article": (
        LIMIT,
        "verified: unknown",
        "verified: practice\nlaw: 中华人民共和国民法典",
        "names no law with its article",
    ),
    "a limit of another unit": (LIMIT, "unit: working_days", "unit: weeks", "unit"),
    "a pause that nobody declares": (LIMIT, "verified: unknown", "verified: unknown\npauses: [herring]", "There is no pause `herring`."),
    "a pause of what is counted backwards": (
        LIMIT,
        "verified: unknown",
        "verified: unknown\ncounts: before\npauses: [hearing]",
        "A limit that is counted backwards has no `pauses`.",
    ),
    "a pause twice": (LIMIT, "verified: unknown", "verified: unknown\npauses: [hearing, hearing]", "`hearing` stands here twice."),
    "a pause without its law": ("base/pauses/hearing.yaml", "law: 中华人民共和国行政许可法\n", "", "names no law with its article"),
    "a clock in two ways": (PROCESS, START, clocks('starts="lic-decide" stops="lic-decide"'), "This clock cannot be read."),
    "a clock of an unknown limit": (PROCESS, START, clocks('starts="lic-decides"'), "No pack declares the limit `lic-decides`."),
    "a clock that the item does not name": (
        ITEM,
        "process: one-decision",
        "process: with-a-clock",
        "moves the clock of `lic-decide`, which the item does not name",
    ),
    "a pause without a reason": (
        PROCESS,
        START,
        clocks('starts="lic-decide"', 'pauses="lic-decide"', 'resumes="lic-decide"'),
        "A pause, and nothing else, has a reason.",
    ),
    "a pause that its limit does not know": (
        PROCESS,
        START,
        clocks('starts="lic-deliver"', 'pauses="lic-deliver" reason="hearing"', 'resumes="lic-deliver"'),
        "`hearing` is no lawful pause of the limit `lic-deliver`.",
    ),
    "a clock that nothing starts": (PROCESS, START, clocks('stops="lic-decide"'), "No step starts the clock lic-decide."),
    "a clock that stands still for ever": (
        PROCESS,
        START,
        clocks('starts="lic-decide"', 'pauses="lic-decide" reason="hearing"'),
        "stands still and never goes on",
    ),
    "a clock that goes on from nothing": (
        PROCESS,
        START,
        clocks('starts="lic-decide"', 'resumes="lic-decide"'),
        "goes on and never stands still",
    ),
    "a clock that one step starts twice": (
        PROCESS,
        START,
        clocks('starts="lic-decide"', 'starts="lic-decide"'),
        "starts the clock lic-decide twice",
    ),
    "a result without its act": (
        PROCESS,
        START,
        clocks('starts="lic-supplement"', 'stops="lic-supplement"'),
        "the diagram does not say which act",
    ),
    "an act that no button does": (
        PROCESS,
        START,
        clocks('starts="lic-supplement"', 'stops="lic-supplement" deemed="accept"'),
        "“accept” is no act that could count as done here.",
    ),
    "a result that the limit does not have": (
        PROCESS,
        START,
        clocks('starts="lic-decide"', 'stops="lic-decide" deemed="accept"'),
        "Nothing counts as done when the limit `lic-decide` is missed.",
    ),
    "a question twice": (FORM, "{element: residence.since}", "{element: residence.address}", "asks `residence.address` twice"),
    "an unknown question": (FORM, "{element: residence.phone}", "{element: residence.fax}", "There is no element `residence.fax`."),
    "a form without questions": (FORM, "      - {element: residence.phone}", "      []", "fields"),
    "a day of another year": (CALENDAR, "first: 2026-01-01", "first: 2025-12-31", "2025-12-31 is not in 2026."),
    "days in the wrong order": (CALENDAR, "last: 2026-02-23", "last: 2026-02-13", "`last` is not before `first`"),
    "a day twice": (CALENDAR, "working: [2026-01-04", "working: [2026-01-03, 2026-01-04", "2026-01-03 stands here twice."),
    "a weekday worked": (CALENDAR, "working: [2026-01-04", "working: [2026-01-05", "2026-01-05 is a weekday"),
    "a calendar without its notice": (
        CALENDAR,
        "source: 国务院办公厅关于2026年部分节假日安排的通知\n",
        "",
        "An official calendar names its notice.",
    ),
    "two calendars of a year": ("base/calendars/holidays-2027.yaml", "year: 2027", "year: 2026", "2026 is also declared in"),
    "a placeholder that nothing fills": (
        "address-statement/messages/address-accepted.yaml",
        "{case.number}",
        "{case.nummer}",
        "Nothing fills the placeholder {case.nummer}.",
    ),
    "a reach into objects": (
        "address-statement/messages/address-accepted.yaml",
        "{case.number}",
        "{case.__class__}",
        "Nothing fills the placeholder {case.__class__}.",
    ),
    "an action that nobody offers": (
        "base/processes/one-decision.bpmn",
        'name="notify"',
        'name="shout"',
        "No engine offers the action “shout”.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_told_at_its_file(packs: Path, name: str) -> None:
    file, old, new, expected = CHANGES[name]
    diagram = (packs / PROCESS).read_text("utf-8").replace("one-decision", "with-a-clock")
    (packs / PROCESS).with_name("with-a-clock.bpmn").write_text(
        diagram.replace(START, clocks('starts="lic-decide"')), "utf-8"
    )
    rewrite(packs / file, old, new)
    told = faults(packs)
    assert any(expected in one and one.startswith(file) for one in told), told


def test_the_fault_of_a_parameter_stands_on_its_line(packs: Path) -> None:
    rewrite(packs / ITEM, "refused_message: address-refused", "refused_message: no")
    [told] = faults(packs)
    line = (packs / ITEM).read_text("utf-8").splitlines().index("  refused_message: no") + 1
    assert told.startswith(f"{ITEM}:{line}:")


@pytest.mark.parametrize("hostile", ["", "not xml", "<!DOCTYPE a []><a/>", "\udcff", SOUND[:200]])
def test_a_file_that_is_no_diagram_is_one_fault(packs: Path, hostile: str) -> None:
    (packs / "base/processes/p.bpmn").write_bytes(hostile.encode("utf-8", "surrogateescape"))
    told = faults(packs)
    assert len(told) == 1
    assert told[0].startswith("base/processes/p.bpmn:")


def test_a_diagram_is_declared_under_the_name_of_its_file(packs: Path) -> None:
    (packs / "base/processes/other.bpmn").write_text(SOUND, "utf-8")
    assert any("declares `p`" in one for one in faults(packs))


def test_a_duty_that_a_lane_names_is_looked_for(packs: Path) -> None:
    (packs / "base/processes/p.bpmn").write_text(SOUND, "utf-8")
    assert any("No pack declares the duty `checking`." in one for one in faults(packs))


def test_an_item_that_binds_one_parameter_twice_is_checked_once_each(packs: Path) -> None:
    text = model(
        lane("check", duty='<yw:duty from="who"/>'), start(), user("check"), service("tell", "notify", message="said"), ending(),
        path("start", "check", "tell", "end"),
    )  # fmt: skip
    (packs / "base/processes/p.bpmn").write_text(text, "utf-8")
    rewrite(packs / ITEM, "process: one-decision", "process: p")
    told = faults(packs)
    assert any("needs the parameter `said` (message)" in one for one in told)
    assert any("needs the parameter `who` (duty)" in one for one in told)
    assert any("has no parameter `writes`" in one for one in told)
