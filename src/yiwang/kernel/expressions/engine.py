"""The engine behind expressions: CEL C++ by `cel-expr-python`, with a standard library cut down to the subset.

Values are checked on their way in, so that the engine sees only what its static types promised. Civil dates travel as
timestamps at midnight UTC, which no expression can see.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from cel_expr_python import cel

from yiwang.kernel.expressions.faults import ExpressionFault, ExpressionRefused
from yiwang.kernel.expressions.grammar import FIRST_YEAR, LARGEST, Reading
from yiwang.kernel.time import civil_date

__all__ = ["Program", "Result", "Value", "compile_program", "type_of"]

Result = Literal["text", "integer", "boolean", "date", "list(text)", "list(integer)", "list(boolean)", "list(date)"]
Value = str | int | bool | date | list[Any]

LONGEST_LIST = 1_000
LONGEST_TEXT = 10_000
# cel-expr-python 0.1.3 fails on 0001-01-01, and cuts a text at its first NUL without a word: neither is let in.

_TYPES: Mapping[str, str] = {
    # what a variable is declared as → what it is in an expression
    "text": "text",
    "code": "text",
    "phone": "text",
    "place": "text",
    "citizen-id": "text",
    "credit-code": "text",
    "integer": "integer",
    "money": "integer",
    "boolean": "boolean",
    "date": "date",
    "instant": "date",
}
_CEL: Mapping[str, Any] = {
    "text": cel.Type.STRING,
    "integer": cel.Type.INT,
    "boolean": cel.Type.BOOL,
    "date": cel.Type.TIMESTAMP,
}
_RESULTS: Mapping[str, Result] = {"STRING": "text", "INT": "integer", "BOOL": "boolean", "TIMESTAMP": "date"}

# Only these overloads exist. Left out on purpose: ordering of texts (the engines order rare characters differently),
# floats, durations, conversions, maps, bytes, dyn, type.
_LIBRARY = """
name: yiwang
stdlib:
  include_macros: [all, exists]
  include_functions:
    - name: "_?_:_"
    - name: "_||_"
    - name: "_&&_"
    - name: "!_"
    - name: "@not_strictly_false"
    - name: "_==_"
    - name: "_!=_"
    - name: "@in"
      overloads: [{id: in_list}]
    - name: "_<_"
      overloads: [{id: less_int64}, {id: less_timestamp}]
    - name: "_<=_"
      overloads: [{id: less_equals_int64}, {id: less_equals_timestamp}]
    - name: "_>_"
      overloads: [{id: greater_int64}, {id: greater_timestamp}]
    - name: "_>=_"
      overloads: [{id: greater_equals_int64}, {id: greater_equals_timestamp}]
    - name: "_+_"
      overloads: [{id: add_int64}, {id: add_string}]
    - name: "_-_"
      overloads: [{id: subtract_int64}]
    - name: "_*_"
      overloads: [{id: multiply_int64}]
    - name: "_/_"
      overloads: [{id: divide_int64}]
    - name: "_%_"
      overloads: [{id: modulo_int64}]
    - name: "-_"
      overloads: [{id: negate_int64}]
    - name: size
      overloads: [{id: string_size}, {id: list_size}]
    - name: startsWith
    - name: endsWith
    - name: contains
    - name: matches
      overloads: [{id: matches_string}]
"""


def type_of(name: str, declared: str) -> Result:
    """The expression type of a variable declared as `declared`. Raises ExpressionRefused when it can have none."""
    inner = declared[5:-1] if declared.startswith("list(") and declared.endswith(")") else declared
    plain = _TYPES.get(inner)
    if plain is None:
        raise ExpressionRefused(
            "unusable-type",
            "{name} is {declared}, which no expression can compute with. Use a text, an integer, a boolean or a date.",
            name=name,
            declared=declared,
        )
    full = plain if inner == declared else f"list({plain})"
    return _result(full)


def _result(name: str) -> Result:
    match name:
        case (
            "text" | "integer" | "boolean" | "date"
            | "list(text)" | "list(integer)" | "list(boolean)" | "list(date)"
        ):  # fmt: skip
            return name
    raise ExpressionRefused("unusable-type", "An expression cannot give {name}.", name=name)


# ── functions on dates ──────────────────────────────────────────────────────────────────────────────────────────────


def add_months(day: date, months: int) -> date:
    """The day of the same number `months` later, or the last of that month. Source: 民法典 art. 202."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def years_between(first: date, second: date) -> int:
    """Full years from `first` to `second`, negative when `second` is earlier: age in 周岁, complete on the birthday.

    A birthday on 29 February is complete on 28 February of a common year (民法典 art. 202).
    """
    years = second.year - first.year
    return years if add_months(first, 12 * years) <= second else years - 1


def _midnight(day: date) -> datetime:
    if day.year < FIRST_YEAR:
        raise OverflowError(f"Dates begin with the year {FIRST_YEAR}.")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _on_dates(function: Callable[..., int | date]) -> Callable[..., Any]:
    """Let a function on civil dates stand for one on the engine's timestamps."""

    def call(*arguments: datetime | int | str) -> Any:
        given = [one.date() if isinstance(one, datetime) else one for one in arguments]
        outcome = function(*given)
        return _midnight(outcome) if isinstance(outcome, date) else outcome

    return call


def _function(name: str, function: Callable[..., int | date], result: Any, *parameters: Any) -> Any:
    overload = cel.Overload(f"yiwang_{name}", return_type=result, parameters=list(parameters), impl=_on_dates(function))
    return cel.FunctionDecl(name, [overload])


_DATE, _INT, _TEXT = cel.Type.TIMESTAMP, cel.Type.INT, cel.Type.STRING
_FUNCTIONS = [
    _function("date", date.fromisoformat, _DATE, _TEXT),
    _function("year", lambda day: day.year, _INT, _DATE),
    _function("month", lambda day: day.month, _INT, _DATE),
    _function("day", lambda day: day.day, _INT, _DATE),
    _function("days_between", lambda first, second: (second - first).days, _INT, _DATE, _DATE),
    _function("years_between", years_between, _INT, _DATE, _DATE),
    _function("add_days", lambda day, days: day + timedelta(days=days), _DATE, _DATE, _INT),
    _function("add_months", add_months, _DATE, _DATE, _INT),
]


# ── programs ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression and the types of what it names."""

    result: Result
    types: Mapping[str, Result]
    compiled: Any

    def run(self, values: Mapping[str, object]) -> Value:
        """Evaluate. Raises ExpressionFault when there is no value, for whatever reason."""
        data = {
            name: _into(name, type, value)
            for name, type in self.types.items()
            if (value := values.get(name)) is not None
        }
        try:
            outcome = self.compiled.eval(data=data)
            plain = outcome.plain_value()
        except RuntimeError as error:  # the engine's word for a spent budget
            raise ExpressionFault("too-much-work", str(error)) from error
        if outcome.type() == cel.Type.ERROR:
            raise ExpressionFault("cannot-compute", str(plain))
        return _out(self.result, plain)


def compile_program(text: str, types: tuple[tuple[str, Result], ...], reading: Reading) -> Program:
    """Type-check `text` with the engine. Raises ExpressionRefused with the engine's place."""
    try:
        compiled = _environment(types).compile(text)
    except RuntimeError as error:
        raise _refusal(str(error)) from error
    mentioned = {name: type for name, type in types if name in reading.mentions}
    return Program(_result_of(compiled.return_type().name()), mentioned, compiled)


@lru_cache(maxsize=512)
def _environment(types: tuple[tuple[str, Result], ...]) -> Any:
    variables = {
        name: cel.Type.List(_CEL[type[5:-1]]) if type.startswith("list(") else _CEL[type] for name, type in types
    }
    return cel.NewEnv(config=cel.NewEnvConfigFromYaml(_LIBRARY), variables=variables, functions=_FUNCTIONS)


def _result_of(name: str) -> Result:
    if match := re.fullmatch(r"LIST<(\w+)>", name):
        return _result(f"list({_RESULTS.get(match[1], match[1].lower())})")
    return _RESULTS.get(name) or _result(name.lower())


def _refusal(report: str) -> ExpressionRefused:
    """The first fault of the engine's report, in our words as far as they go."""
    match = re.search(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)", report)
    if match is None or int(match[1]) < 1:
        return ExpressionRefused(
            "too-deep", "The expression is too long or nested too deep. Write a decision table instead."
        )
    reason = match[3]
    for theirs, ours in (
        ("string", "text"),
        ("int", "integer"),
        ("bool", "boolean"),
        (r"google\.protobuf\.Timestamp", "date"),
        ("timestamp", "date"),
    ):
        reason = re.sub(rf"\b{theirs}\b", ours, reason)
    line, column = int(match[1]), int(match[2])
    if found := re.search(r"no matching overload for '_?@?([^']*?)_?' applied to '\(?(.*?)\)?'", reason):
        return ExpressionRefused(
            "wrong-types",
            "{operator} cannot be used with {types} here. Both sides need types that fit; texts have no order.",
            line=line,
            column=column,
            operator=found[1],
            types=found[2],
        )
    return ExpressionRefused("wrong-types", "The types do not fit: {reason}", line=line, column=column, reason=reason)


def _into(name: str, type: Result, value: object) -> Any:
    """`value` as the engine takes it, or an ExpressionFault: the engine itself is careless with what does not fit."""
    if type.startswith("list("):
        if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
            raise ExpressionFault("wrong-value", f"{name} must be a list of at most {LONGEST_LIST} members.")
        return [_into(name, _result(type[5:-1]), one) for one in value]
    match type, value:
        case "boolean", bool():
            return value
        case "integer", int() if not isinstance(value, bool) and abs(value) <= LARGEST:
            return int(value)
        case "text", str() if len(value) <= LONGEST_TEXT and not _UNFIT.search(value):
            return str.__str__(value)
        case "date", datetime() if value.tzinfo is not None and value.year > FIRST_YEAR:
            return _midnight(civil_date(value))
        case "date", date() if not isinstance(value, datetime) and value.year >= FIRST_YEAR:
            return _midnight(value)
    raise ExpressionFault("wrong-value", f"{name} must be a {type} within its limits.")


_UNFIT = re.compile("[\0\ud800-\udfff]")


def _out(type: Result, plain: Any) -> Value:
    if type.startswith("list("):
        return [_out(_result(type[5:-1]), one) for one in plain]
    if isinstance(plain, datetime):
        return plain.date()
    if isinstance(plain, int) and not isinstance(plain, bool) and abs(plain) > LARGEST:
        raise ExpressionFault("cannot-compute", "The result is over 2^53 - 1.")
    if isinstance(plain, str | int):
        return plain
    raise ExpressionFault("cannot-compute", f"The engine gave a {plain.__class__.__name__}.")
