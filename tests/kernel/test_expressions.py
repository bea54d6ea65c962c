"""What conditions give, by the vectors that Python and the browser share; and what is refused when it is declared."""

import contextlib
import json
import re
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.expressions import UNKNOWN, Expression, ExpressionFault, ExpressionRefused, compile_expression

from .chance import some_case

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "expressions.json").read_text("utf-8")
)
TYPES = {
    "s": "text",
    "n": "integer",
    "b": "boolean",
    "d": "date",
    "today": "date",
    "l": "list(text)",
    "k": "list(integer)",
    "residence.since": "date",
}


def compiled(text: str) -> Expression:
    return compile_expression(text, TYPES)


def refusal(text: str) -> ExpressionRefused:
    with pytest.raises(ExpressionRefused) as caught:
        compiled(text)
    return caught.value


def from_json(type: str, value: Any) -> Any:
    if isinstance(value, list):
        return [from_json(type.removeprefix("list(").removesuffix(")"), one) for one in value]
    return date.fromisoformat(value) if type == "date" and isinstance(value, str) else value


def outcome_of(case: dict[str, Any]) -> dict[str, Any]:
    """What Python makes of a case, in the words of the vector file."""
    values = {name: from_json(case["types"][name], value) for name, value in case["values"].items()}
    try:
        result = compile_expression(case["expression"], case["types"]).evaluate(values)
    except ExpressionFault:
        return {"outcome": "error"}
    if result is UNKNOWN:
        return {"outcome": "unknown"}
    return {"result": result.isoformat() if isinstance(result, date) else result}


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    outcome = outcome_of(vector)
    assert outcome == {key: vector[key] for key in ("outcome", "result") if key in vector}
    assert type(outcome.get("result")) is type(vector.get("result"))  # True is not 1


# ── three values ──


def test_unknown_has_no_truth() -> None:
    with pytest.raises(TypeError, match="neither yes nor no"):
        bool(UNKNOWN)


def test_knowing_more_never_turns_yes_into_no() -> None:
    random = Random(7)
    settled = 0
    for _ in range(800):
        case = some_case(random)
        before = outcome_of(case)
        if "result" in before:
            full = {"n": 5, "m": 5, "s": "x", "residence.place": "y", "a": True, "b": False} | {
                "d": "2020-01-01", "today": "2026-11-21", "k": [3], "l": ["z"]
            }  # fmt: skip
            assert outcome_of(case | {"values": full | case["values"]}) == before, case["expression"]
            settled += 1
    assert settled > 200


def test_an_instant_enters_as_its_civil_date_in_shanghai() -> None:
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert compile_expression("i == date('2026-11-21')", {"i": "instant"}).evaluate({"i": late}) is True


def test_a_naive_instant_is_a_fault() -> None:
    naive = datetime(2026, 11, 20, 16, 30)  # noqa: DTZ001 what must be refused
    with pytest.raises(ExpressionFault):
        compile_expression("i == i", {"i": "instant"}).evaluate({"i": naive})


# ── what is told ──


def test_an_expression_tells_what_it_names_and_gives() -> None:
    expression = compiled("residence.since <= today && l.exists(x, x == s)")
    assert expression.mentions == {"residence.since", "today", "l", "s"}
    assert expression.result == "boolean"
    assert expression.operators == 3


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "syntax", 1),
        ("n +", "syntax", 4),
        ("n n", "syntax", 3),
        ("(n", "syntax", 3),
        ("n)", "syntax", 2),
        ("n = 1", "character", 3),
        ("n & 1", "character", 3),
        ("s == 'x", "character", 6),
        ("n > 1；", "character", 6),
        ("１ > n", "character", 1),
        ("n\u00a0> 1", "character", 2),
        ("#", "character", 1),
        ("1.5 > 1", "number", 1),
        ("1e3 > 1", "number", 1),
        ("0x10 > 1", "number", 1),
        ("1u > 1", "number", 1),
        ("007 > 1", "number", 1),
        ("9007199254740992 > 1", "number", 1),
        ("9" * 400, "number", 1),
        ("s == b'x'", "syntax", 7),
        ("s == r'x'", "unknown-fact", 6),
        ("s == '''x'''", "syntax", 8),
        ("s == '\\x41'", "text", 6),
        ("s == '\\u0000'", "text", 6),
        ("s == '\\ud800'", "text", 6),
        ("s == '\u202e'", "text", 6),
        ("s == 'a\x00'", "text", 6),
        ("null == s", "reserved", 1),
        ("n == 1 // more", "syntax", 9),
        ("{'a': 1}.a == 1", "character", 1),
        ("k[0] == 1", "index", 2),
        ("[] == k", "empty-list", 2),
        ("n < 1 < 2", "chain", 7),
        ("!!b", "syntax", 2),
        ("--n", "syntax", 2),
        ("vale", "unknown-fact", 1),
        ("residence.sinse < today", "unknown-fact", 1),
        ("residence < today", "unknown-fact", 1),
        ("s.size == 1", "unknown-fact", 1),
        ("'x'.size == 1", "unknown-fact", 5),
        (".n == 1", "syntax", 1),
        ("size(s) == 1", "unknown-function", 1),
        ("s.lower() == 'x'", "unknown-function", 3),
        ("type(n) == int", "unknown-function", 1),
        ("dyn(n) == 1", "unknown-function", 1),
        ("has(residence.since)", "unknown-function", 1),
        ("timestamp('2026-01-01T00:00:00Z') < today", "unknown-function", 1),
        ("today.getFullYear() > 1", "unknown-function", 7),
        ("k.map(x, x).size() == 1", "unknown-function", 3),
        ("n.exists()", "syntax", 10),
        ("k.exists(n, n > 1)", "name-taken", 10),
        ("k.exists(residence, residence > 1)", "name-taken", 10),
        ("k.exists(x, k.exists(x, x > 1))", "name-taken", 22),
        ("k.exists(x, k.exists(y, x > y))", "nested-loop", 22),
        ("||".join(["k.all(x,x>n)"] * 9), "too-many-loops", 119),
        ("k.exists(x, x.y > 1)", "unknown-fact", 15),
        ("s.size(1) == 1", "arguments", 3),
        ("years_between(d) > 1", "arguments", 1),
        ("date(s) < d", "date", 6),
        ("date('2026-02-30') < d", "date", 6),
        ("date('0999-01-01') < d", "date", 6),
        ("date('2026-01-01' + '') < d", "date", 6),
        ("s.matches(s)", "pattern", 11),
        ("s.matches('a' + 'b')", "pattern", 11),
        ("s < 'b'", "wrong-types", 3),
        ("n == '1'", "wrong-types", 3),
        ("n && b", "wrong-types", 3),
        ("d - today", "wrong-types", 3),
        ("d + 1 > today", "wrong-types", 3),
        ("b ? 1 : 'a'", "wrong-types", 3),
        ("'秀英'.size() == '二'", "wrong-types", 13),
        ("n in l", "wrong-types", 3),
        ("s in s", "wrong-types", 3),
        ("s.size() + s", "wrong-types", 10),
        ("[1, 'a'] == k", "mixed-list", 5),
        ("[n, s]", "unusable-type", 1),
        ("(" * 13 + "b" + ")" * 13, "too-deep", 14),
        ("n+" * 100 + "1 > 2", "too-deep", 1),
    ],
)
def test_what_is_refused_says_where(text: str, code: str, column: int) -> None:
    refused = refusal(text)
    assert (refused.code, refused.line, refused.column) == (code, 1, column), str(refused)
    assert not re.search(r"\{\w+\}", str(refused)), "a placeholder was left unfilled"


def test_a_refusal_counts_lines() -> None:
    refused = refusal("n > 1 &&\n  vale")
    assert (refused.line, refused.column) == (2, 3)


def test_a_misspelt_fact_is_met_with_the_right_one() -> None:
    assert "Did you mean residence.since?" in str(refusal("residence.sinse < today"))


def test_five_hundred_characters_are_enough_and_one_more_is_refused() -> None:
    longest = "n == 1" + " " * 494
    assert compiled(longest).evaluate({"n": 1}) is True
    refused = refusal(longest + " ")
    assert refused.code == "too-long"
    assert "501" in str(refused)


def test_length_is_counted_in_characters() -> None:
    text = "s == '" + "政" * 490 + "'"
    assert compiled(text).evaluate({"s": "政" * 490}) is True


def test_a_needed_result_type_is_checked() -> None:
    with pytest.raises(ExpressionRefused) as caught:
        compile_expression("n + 1", {"n": "integer"}, result="boolean")
    assert caught.value.code == "wrong-result"


@pytest.mark.parametrize("type", ["decimal", "file", "address", "list(decimal)", "list(list(text))", "list()", ""])
def test_a_type_that_cannot_be_computed_with_is_refused(type: str) -> None:
    with pytest.raises(ExpressionRefused) as caught:
        compile_expression("x == x", {"x": type})
    assert caught.value.code == "unusable-type"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(a|a)*b?(c+)*", "a**", "+a", "(?=a)", "(?i)a", r"\\w+", r"\\bq", r"(a)\\1", "[a", "a)", "(a",
     "a{1000}", "[[:alpha:]]", "[a&&b]", "a{,3}", "|*", "𠮷+", r"\\p{Han}", "(?:a+){2}"],
)  # fmt: skip
def test_a_pattern_that_engines_read_differently_or_slowly_is_refused(pattern: str) -> None:
    assert refusal(f"s.matches('{pattern}')").code == "pattern"


@pytest.mark.parametrize(
    "pattern", ["^[A-HJ-NP-Z]{2}$", r"^\\d{4}-\\d{6}$", "(?:ab|cd){2}", r"a\\.b", "[^0-9]", "^$", "a{2,}"]
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    assert compiled(f"s.matches('{pattern}')").result == "boolean"


# ── bounds ──


def test_a_long_text_and_a_plain_pattern_take_no_time() -> None:
    expression = compiled("s.matches('^a*a*a*a*a*a*a*b$')")
    before = monotonic()
    assert expression.evaluate({"s": "a" * 10_000}) is False
    assert monotonic() - before < 1


def test_a_text_over_ten_thousand_characters_is_a_fault() -> None:
    with pytest.raises(ExpressionFault):
        compiled("s == 'a'").evaluate({"s": "a" * 10_001})


def test_as_many_loops_as_allowed_over_the_longest_lists_finish() -> None:
    text = " && ".join(["k.all(x, x >= n)"] * 8)
    assert compiled(text).evaluate({"k": [1] * 1_000, "n": 1}) is True


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**400, 1.5, float("nan"), "1", b"1", object(), [1], True])
def test_a_value_that_is_no_integer_is_a_fault(value: object) -> None:
    with pytest.raises(ExpressionFault):
        compiled("n == 1").evaluate({"n": value})


@pytest.mark.parametrize("value", ["\ud800", "a\x00", 1, b"a", ["a"]])
def test_a_value_that_is_no_text_is_a_fault(value: object) -> None:
    with pytest.raises(ExpressionFault):
        compiled("s == 'a'").evaluate({"s": value})


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = compiled(text)
    except ExpressionRefused:
        return
    with contextlib.suppress(ExpressionFault):
        expression.evaluate({})


@given(
    st.lists(
        st.sampled_from([*"()[]!-+*/%<>,.'?:", "n", "s", "b", "k", "&&", "||", "==", " in ", "1", "x", ".all(x,"]),
        max_size=25,
    )
)
def test_any_row_of_signs_is_an_expression_or_refused(signs: list[str]) -> None:
    try:
        expression = compiled("".join(signs))
    except ExpressionRefused:
        return
    assert expression.evaluate(dict.fromkeys(TYPES)) is not None


def test_threads_share_an_expression() -> None:
    expression = compiled("k.exists(x, x == n)")
    wrong: list[int] = []

    def work(number: int) -> None:
        for i in range(2_000):
            if expression.evaluate({"k": [number, i], "n": i + 1}) is not (number == i + 1):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
