"""Conditions between the answers of one form. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yiwang.kernel.errors import FieldFault, msgid
from yiwang.kernel.expressions import UNKNOWN, Expression, ExpressionFault, compile_expression, variable
from yiwang.kernel.texts import text

__all__ = ["FormCheck", "broken"]


@dataclass(frozen=True, slots=True)
class FormCheck:
    """A condition between answers, as a form declares it.

    message: text in one or both languages.  at: the element, one of those that it names, at which that stands.
    types: elements that it may name, in the form's order, with what their values are in an expression.
    """

    check: str
    message: Any
    at: str
    law: str
    article: str
    types: tuple[tuple[str, str], ...]

    @property
    def expression(self) -> Expression:
        """The condition, compiled once in a process."""
        types = {variable(name): type for name, type in self.types}
        return compile_expression(self.check, types | {"today": "date"}, result="boolean")

    @property
    def names(self) -> list[str]:
        """The elements that it names, in the form's order."""
        mentions = self.expression.mentions
        return [name for name, _type in self.types if variable(name) in mentions]

    def stands_at(self, asked: Collection[str]) -> str:
        """Where its message stands when only these elements are asked; empty when it names none of them."""
        return next((name for name in (self.at, *self.names) if name in asked), "")

    def holds(self, values: Mapping[str, Any], on: date) -> bool:
        """Whether these answers meet it, or one that it needs is absent. Raises ExpressionFault when it cannot be computed."""
        given = {variable(name): values.get(name) for name in self.names}
        answer = self.expression.evaluate(given | {"today": on})
        return answer is UNKNOWN or answer is True

    def told(self, language: str) -> tuple[str, dict[str, object]]:
        """What is told who breaks it, with the law that sets it, if one does: msgid and what fills it."""
        sentence = {"sentence": text(self.message, language)}
        if not self.law:
            return "{sentence}", {**sentence}
        return msgid("{sentence} This is set by {law}, {article}."), {
            **sentence,
            "law": self.law,
            "article": self.article,
        }


def broken(
    checks: Iterable[FormCheck], values: Mapping[str, Any], *, asked: Collection[str], on: date, language: str
) -> list[FieldFault]:
    """What answers break: a fault for each condition.

    values: element → typed value; an absent one refuses nothing.  asked: the elements that somebody can correct now; a condition that names
    none of them is not his to meet.
    """
    faults: list[FieldFault] = []
    for one in checks:
        at = one.stands_at(asked)
        if not at:
            continue
        try:
            if one.holds(values, on):
                continue
        except ExpressionFault:
            faults.append(
                FieldFault(
                    at, "cannot-be-checked", msgid("This cannot be compared with the other answers. Enter it again.")
                )
            )
            continue
        faults.append(FieldFault(at, "form-check", *one.told(language)))
    return faults
