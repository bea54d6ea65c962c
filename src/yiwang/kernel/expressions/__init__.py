"""Conditions that packs declare, in a subset of CEL (https://cel.dev) that the server and the browser compute alike.

An expression is compiled once against the types of the facts it may name and evaluated many times. Facts are named by
their element (`dwelling.colour`), with `_` for `-` (`variable`); `value` and `today` are names like any other.
Evaluation has three outcomes: a value; UNKNOWN, when a fact it needs is absent; an ExpressionFault, when all are there
and it still cannot be computed. Neither of the last two is ever *no*.

The subset is what both engines do alike (tests/vectors/expressions.json runs in both):

- types: text, integer (money is an integer of 分), boolean, date, and lists of these; no floats, maps, bytes, null;
- operators: `?:  ||  &&  !  ==  !=`, `< <= > >=` between integers or dates, `+ - * / %` on integers, `+` on texts,
`in`;
- on texts: `size() startsWith() endsWith() contains()`, and `matches()` with a literal pattern (see `grammar`);
- on lists: `size()`, `all(x, …)`, `exists(x, …)`, not one inside another;
- on dates: `date('2026-11-21')`, `year month day`, `days_between years_between`, `add_days add_months`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from yiwang.kernel.expressions.engine import Program, Result, Value, compile_program, type_of
from yiwang.kernel.expressions.faults import ExpressionFault, ExpressionRefused
from yiwang.kernel.expressions.grammar import LONGEST, read

__all__ = [
    "LONGEST",
    "UNKNOWN",
    "Expression",
    "ExpressionFault",
    "ExpressionRefused",
    "Unknown",
    "compile_expression",
    "variable",
]


class Unknown(enum.Enum):
    """The outcome when a needed fact is absent: neither yes nor no. Its truth value cannot be asked."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("Unknown is neither yes nor no; ask `is UNKNOWN` first.")


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. Safe to share between threads.

    text: as declared.  mentions: the variables it names.  result: its static type (`boolean`, `integer`, `text`,
    `date`, `list(text)` …).  operators: how many it has; a long condition belongs in a decision table.
    """

    text: str
    mentions: frozenset[str]
    result: str
    operators: int
    _program: Program

    def evaluate(self, values: Mapping[str, object]) -> Value | Unknown:
        """Compute the expression over `values`: variable → value. An absent key and None both mean an absent fact.

        A fact that is not needed may be absent (`known || absent` is yes when `known` is). What cannot be computed
        while a mentioned fact is absent is UNKNOWN; otherwise raises ExpressionFault. An instant enters as its civil
        date.
        Bounded: at most 1,000 members in a list, 10,000 characters in a text.
        """
        try:
            return self._program.run(values)
        except ExpressionFault:
            if any(values.get(name) is None for name in self.mentions):
                return UNKNOWN
            raise


def variable(element: str) -> str:
    """How an expression names an element: a hyphen is minus there, so `road-use.from` is `road_use.from`. No two are alike."""
    return element.replace("-", "_")


def compile_expression(text: str, variables: Mapping[str, str], *, result: str | None = None) -> Expression:
    """Check `text` against the variables it may name (dotted name → type) and make it ready to evaluate.

    Types: text, integer, boolean, date, `list(…)` of these, and the element types that become one of them (code, phone,
    place, citizen-id, credit-code; money; instant). `result`: the static type that it must have.
    Raises ExpressionRefused, which names the place and says what to write.
    """
    return _compile(text, tuple(sorted(variables.items())), result)


@lru_cache(maxsize=4096)
def _compile(text: str, variables: tuple[tuple[str, str], ...], wanted: str | None) -> Expression:
    types: dict[str, Result] = {name: type_of(name, declared) for name, declared in variables}
    reading = read(text, types)
    program = compile_program(text, tuple(types.items()), reading)
    if wanted is not None and program.result != wanted:
        raise ExpressionRefused(
            "wrong-result",
            "The expression gives {given}; a {wanted} is needed here.",
            given=program.result,
            wanted=wanted,
        )
    return Expression(text, frozenset(reading.mentions), program.result, reading.operators, program)
