"""Filters of SCIM (RFC 7644, 3.4.2.2) as the conditions that the engine takes. Parsed by scim2-models; bounded here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any as Anything
from typing import Literal

from scim2_models import InvalidFilterException, ScimFilter, TooManyException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from yiwang.identity.values import keepers as engine

__all__ = ["LONGEST_FILTER", "condition_of", "refuse_long_filter"]

LONGEST_FILTER = 1_000
DEEPEST = 10
MOST_PARTS = 50

How = Literal["is", "holds", "begins", "ends"]
HOW: Mapping[CompareOperator, How] = {
    CompareOperator.eq: "is",
    CompareOperator.co: "holds",
    CompareOperator.sw: "begins",
    CompareOperator.ew: "ends",
}
ONLY_WHOLE = {"id", "member"}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "User": {
        "id": "id",
        "username": "login",
        "externalid": "external_id",
        "active": "active",
        "employeenumber": "employee_number",
        "department": "unit",
    },
    "Group": {
        "id": "id",
        "displayname": "title",
        "externalid": "external_id",
        "members": "member",
        "members.value": "member",
        "code": "code",
        "unit": "unit",
        "leading": "leading",
    },
}


def refuse_long_filter(text: str) -> None:
    """Refuse what would be dear to read, before it is read. Raises TooManyException (400 tooMany)."""
    depth = deepest = 0
    for one in text:
        depth += (one in "([") - (one in ")]")
        deepest = max(deepest, depth)
    if len(text) > LONGEST_FILTER or deepest > DEEPEST:
        raise TooManyException(detail=f"A filter has at most {LONGEST_FILTER} characters and {DEEPEST} levels.")


def condition_of(filter: ScimFilter[Anything], resource_type: str) -> engine.Condition:
    """The condition. Raises InvalidFilterException for attributes by which nobody can search here, and for orders."""
    return _Reader(FIELDS[resource_type]).visit(filter.ast)


class _Reader(FilterVisitor[engine.Condition]):
    def __init__(self, fields: Mapping[str, str], within: str = "") -> None:
        self.fields, self.within, self.parts = fields, within, 0

    def visit(self, node: FilterNode) -> engine.Condition:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise TooManyException(detail=f"A filter has at most {MOST_PARTS} parts.")
        return super().visit(node)

    def visit_comparison(self, node: Comparison) -> engine.Condition:
        field = self._field(node.attr_path)
        if node.op is CompareOperator.ne:
            return engine.Not(engine.Comparison(field, "is", self._value(node.value)))
        how = HOW.get(node.op)
        if how is None or (field in ONLY_WHOLE and how != "is"):
            raise InvalidFilterException(detail=f"{node.attr_path} cannot be compared by {node.op} here.")
        return engine.Comparison(field, how, self._value(node.value))

    def visit_present(self, node: Present) -> engine.Condition:
        return engine.Comparison(self._field(node.attr_path), "there")

    def visit_not(self, node: Not) -> engine.Condition:
        return engine.Not(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> engine.Condition:
        parts = tuple(self.visit(one) for one in node.terms)
        return engine.All(parts) if node.op is LogicalOperator.and_ else engine.Any(parts)

    def visit_value_path(self, node: ValuePath) -> engine.Condition:
        inner = _Reader(self.fields, f"{node.attr_path.attr.lower()}.")
        return inner.visit(node.val_filter)

    def _field(self, path: AttrPath) -> str:
        name = self.within + path.attr.lower() + (f".{path.sub_attr.lower()}" if path.sub_attr else "")
        if name not in self.fields:
            raise InvalidFilterException(detail=f"Nobody can search by {path} here.")
        return self.fields[name]

    @staticmethod
    def _value(value: Anything) -> str | bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and "\0" not in value:
            return value
        raise InvalidFilterException(detail="A value is a text, true or false here.")
