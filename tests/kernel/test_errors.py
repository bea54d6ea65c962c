"""Faults, and the problems they become."""

import json
from collections.abc import Iterator

import pytest

from yiwang.kernel.errors import (
    Conflict,
    Fault,
    FieldFault,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    format_message,
    problem,
)
from yiwang.kernel.faults import Faults
from yiwang.kernel.identifiers import CitizenId, MobileNumber


def every_fault(base: type[Fault] = Fault) -> Iterator[type[Fault]]:
    for one in base.__subclasses__():
        if one.__module__.startswith("yiwang.kernel"):
            yield one
            yield from every_fault(one)


@pytest.mark.parametrize("fault", list(every_fault()))
def test_a_fault_has_code_status_title_and_next_step(fault: type[Fault]) -> None:
    assert fault.code == fault.code.lower().replace("_", "-")
    assert 400 <= fault.status < 500
    assert not fault.title.endswith(".")
    assert fault.next_step.endswith(".")


def test_codes_are_not_shared() -> None:
    codes = [one.code for one in every_fault()]
    assert sorted(codes) == ["conflict", "invalid", "not-allowed", "not-found", "not-signed-in"]
    assert [one.status for one in (Invalid, NotSignedIn, NotAllowed, NotFound, Conflict)] == [422, 401, 403, 404, 409]


def test_a_problem_has_the_members_of_rfc_9457_and_lists_every_fault() -> None:
    fault = Invalid(
        "{count} fields need correcting.",
        faults=[
            FieldFault("phone", "mobile-shape", "The mobile number must have {digits} digits.", {"digits": 11}),
            FieldFault("residence.address/place", "required", "Choose a place."),
        ],
        count=2,
    )
    assert problem(fault, instance="/api/v1/cases") == {
        "type": "/docs/problems/invalid",
        "title": "What you entered needs correcting",
        "status": 422,
        "detail": "2 fields need correcting.",
        "next_step": "Correct the listed fields and send again. Nothing that you entered is lost.",
        "instance": "/api/v1/cases",
        "errors": [
            {"pointer": "phone", "code": "mobile-shape", "detail": "The mobile number must have 11 digits."},
            {"pointer": "residence.address/place", "code": "required", "detail": "Choose a place."},
        ],
    }


def test_a_problem_is_told_in_the_readers_language() -> None:
    words = {"Not found": "未找到", "Case {number} is not here.": "没有办件 {number}。"}
    told = problem(NotFound("Case {number} is not here.", number="A1"), lambda text: words.get(text, text))
    assert (told["title"], told["detail"]) == ("未找到", "没有办件 A1。")


def test_a_problem_without_faults_has_no_errors() -> None:
    assert "errors" not in problem(Conflict())
    assert "instance" not in problem(Conflict())


def test_a_problem_is_plain_json() -> None:
    assert json.loads(json.dumps(problem(NotAllowed("Not by {post}.", post="窗口")))) == problem(
        NotAllowed("Not by {post}.", post="窗口")
    )


@pytest.mark.parametrize(
    ("text", "params", "told"),
    [
        ("{a} and {b}", {"a": 1}, "1 and {b}"),
        ("{a.__class__}", {"a": 1}, "{a.__class__}"),
        ("{a!r:>99999999}", {"a": 1}, "{a!r:>99999999}"),
        ("{", {"a": 1}, "{"),
        ("{0}{}", {"a": 1}, "{0}{}"),
        ("{a}", {"a": "{b}", "b": "secret"}, "{b}"),
        ("100 %s {a}", {"a": "x"}, "100 %s x"),
    ],
)
def test_a_message_is_filled_and_never_fails(text: str, params: dict[str, object], told: str) -> None:
    assert format_message(text, params) == told


# ── collecting ──


def test_all_faults_are_told_at_once() -> None:
    faults = Faults()
    given = {"number": "110105194912310020", "phone": "1234", "age": -1}
    with faults.field("number"):
        CitizenId.parse(str(given["number"]))
    with faults.field("phone"):
        MobileNumber.parse(str(given["phone"]))
    assert not faults.require(given["age"] == 0, "age", "negative", "The age must be {least} or more.", least=0)
    faults.add("", "late", "The office is closed.")
    with pytest.raises(Invalid) as caught:
        faults.raise_if_any("{count} faults.", count=len(faults))
    assert [(one.pointer, one.code) for one in caught.value.faults] == [
        ("number", "citizen-id-check"),
        ("phone", "mobile-shape"),
        ("age", "negative"),
        ("", "late"),
    ]
    assert problem(caught.value)["detail"] == "4 faults."


def test_without_faults_nothing_is_raised() -> None:
    faults = Faults()
    with faults.field("phone"):
        MobileNumber.parse("13812345678")
    assert faults.require(True, "x", "x", "x")
    faults.raise_if_any()
    assert list(faults) == []


def test_faults_of_a_part_stand_under_the_part() -> None:
    faults = Faults()
    with faults.field("address"):
        raise Invalid(faults=[FieldFault("place", "required", "Choose a place."), FieldFault("", "odd", "Odd.")])
    with faults.field("phone"):
        raise Invalid("Not today.")
    assert [(one.pointer, one.code, one.message) for one in faults] == [
        ("address/place", "required", "Choose a place."),
        ("address", "odd", "Odd."),
        ("phone", "invalid", "Not today."),
    ]


def test_other_errors_are_not_swallowed() -> None:
    with pytest.raises(KeyError), Faults().field("x"):
        raise KeyError("a mistake in the program")
