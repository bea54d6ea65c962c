"""How resources become tables: checks, plan and apply that the catalogue's kind `resource` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yiwang.catalog.registry import element_types
from yiwang.catalog.values import ElementView, Shape
from yiwang.kernel.kinds import Change, City, Declaration, DeclarationFault, did_you_mean
from yiwang.records.queries.tables import KnownTable, count_misfits, count_rows, differing_tables, stored_tables
from yiwang.records.registry import publications
from yiwang.records.rules.tables import (
    LONGEST_NAME,
    ColumnSet,
    Step,
    TableShape,
    column_base,
    conversion,
    fixed_columns,
    steps,
    table_name,
)
from yiwang.records.services.tables import bring_in_line, rows_to_convert

__all__ = ["GeneratedTables"]

TABLE = "table"
BRIEFLY = "ACCESS EXCLUSIVE for a moment"


class GeneratedTables:
    """One real table for each resource, in the schema `records`."""

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        """Names that two elements or two resources would share, or that the table needs for itself."""
        for other in city.of_kind("resource").values():
            if other.id < one.id and table_name(other.id) == table_name(one.id):
                yield DeclarationFault(
                    one.path,
                    one.line("id"),
                    f"Its table would have the name of that of `{other.id}` ({other.path}).",
                    "Give one of the two another id.",
                )
        yield from _publication_faults(one, city)
        seen: set[str] = set()
        taken = {name: "every record" for name, _, _ in fixed_columns(Shape(one.body.shape))}
        for index, field in enumerate(one.body.fields):
            declared = city.of_kind("element").get(field.element)
            if declared is None or field.element in seen:
                continue
            seen.add(field.element)
            for name, _ in _columns(declared.body).columns:
                if name in taken or len(name) > LONGEST_NAME:
                    reason = f"is that of {taken[name]}" if name in taken else "is too long"
                    yield DeclarationFault(
                        one.path,
                        one.line(f"fields/{index}"),
                        f"The column `{name}` of `{field.element}` {reason}.",
                        "Give the element another id.",
                    )
                taken[name] = f"`{field.element}`"

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[DeclarationFault]:
        """Tables changed by hand, renames of what never was, values that have no meaning in the new type."""
        known = stored_tables()
        if differing := differing_tables():
            shown = next(iter(city.of_kind("resource").values()), None)
            if shown:
                yield DeclarationFault(
                    shown.path,
                    1,
                    f"Tables of records were changed by hand: {', '.join(differing)}.",
                    "Undo the change (the definition is in `records_generated_table`); only `apply` changes these tables.",
                )
                return
        for one in city.of_kind("resource").values():
            before = _before(shape := _shape(one, city), known)
            if before:
                yield from _misfits(one, shape, before)

    def plan(self, city: City) -> Iterator[Change]:
        """What happens to the tables, with real row counts."""
        known = stored_tables()
        taken: set[str] = set()
        for one in sorted(city.of_kind("resource").values(), key=lambda one: one.id):
            shape = _shape(one, city)
            before = _before(shape, known)
            if before:
                taken.add(before.resource)
            yield from _changes(shape, before)
        for resource, table in known.items():
            if resource not in taken and not table.retired:
                detail = f"takes no more records; its {count_rows(table.name):,} stay"
                yield Change(TABLE, f"records.{table.name}", "retire", detail)

    def apply(self, release: int, city: City) -> None:
        """Do what `plan` said."""
        bring_in_line(release, [_shape(one, city) for one in city.of_kind("resource").values()])


def _publication_faults(one: Declaration, city: City) -> Iterator[DeclarationFault]:
    """A published resource names what an engine publishes, and says of each element which column it shows."""
    body = one.body
    publication = publications().get(body.published_by)
    if not body.published_by:
        for index, field in enumerate(body.fields):
            if field.column:
                yield one.fault(f"fields/{index}/column", "This resource is not published.", "Delete `column`.")
        return
    if publication is None:
        advice = did_you_mean(body.published_by, publications())
        yield one.fault("published_by", f"No engine publishes `{body.published_by}`.", advice)
        return
    if Shape(body.shape) is not Shape.STATE:
        yield one.fault("shape", "What an engine publishes is a state.", "Write `shape: state`.")
    for index, field in enumerate(body.fields):
        declared = city.of_kind("element").get(field.element)
        wanted = publication.columns.get(field.column)
        if wanted is None:
            advice = did_you_mean(field.column, publication.columns)
            said = (
                f"has no column `{field.column}`" if field.column else "has several columns, and this field names none"
            )
            yield one.fault(f"fields/{index}", f"`{body.published_by}` {said}.", advice)
        elif declared is not None and declared.body.type != wanted:
            advice = f"Give `{field.element}` the type `{wanted}`."
            yield one.fault(f"fields/{index}", f"The column `{field.column}` is of the type `{wanted}`.", advice)


def _columns(body: Any, was: str = "") -> ColumnSet:
    """body: that of an element."""
    view = ElementView(body.id, body.title, body.type, body.sensitivity, decimals=body.decimals)
    base = column_base(body.id)
    columns = tuple((base + one.suffix, one.sql) for one in element_types[body.type].columns(view))
    return ColumnSet(body.id, body.type, columns, was)


def _shape(one: Declaration, city: City) -> TableShape:
    elements = city.of_kind("element")
    sets = tuple(_columns(elements[field.element].body, field.was) for field in one.body.fields)
    lookups = [columns.columns[0][0] for columns, field in zip(sets, one.body.fields, strict=True) if field.represents]
    return TableShape(one.id, sets, one.body.was, Shape(one.body.shape), tuple(lookups))


def _before(shape: TableShape, known: Mapping[str, KnownTable]) -> KnownTable | None:
    return known.get(shape.resource) or (known.get(shape.was) if shape.was else None)


def _misfits(one: Declaration, shape: TableShape, before: KnownTable) -> Iterator[DeclarationFault]:
    places = {field.element: f"fields/{index}" for index, field in enumerate(one.body.fields)}
    if shape.shape is not before.shape:
        yield DeclarationFault(
            one.path,
            one.line("shape"),
            f"`{before.resource}` holds records of the shape `{before.shape}`; none of them means anything as `{shape.shape}`.",
            "Keep the shape, or declare a new resource.",
        )
        return
    standing = {stored.element for stored in before.sets}
    for wanted in shape.sets:
        if wanted.was and wanted.element not in standing and wanted.was not in standing:
            yield DeclarationFault(
                one.path,
                one.line(f"{places[wanted.element]}/was"),
                f"`{one.id}` never had the element `{wanted.was}`.",
                "Correct `was`, or delete it.",
            )
    for step in steps(shape, before):
        if step.verb != "convert" or step.before is None or step.after is None:
            continue
        line = one.line(places[step.after.element])
        rule = conversion(step.before, step.after)
        if rule is None:
            yield DeclarationFault(
                one.path,
                line,
                f"`{step.after.element}` was `{step.before.type}` and is now `{step.after.type}`:"
                " stored values have no meaning in the new type.",
                "Keep the type, or declare a new element.",
            )
        elif rule[1] and (
            misfits := count_misfits(before.name, _stored_column(step.after.element, shape, before), rule[1])
        ):
            yield DeclarationFault(
                one.path,
                line,
                f"{misfits:,} stored values of `{step.after.element}` do not fit the type `{step.after.type}`.",
                "Keep the type, or correct those records first.",
            )


def _stored_column(element: str, shape: TableShape, before: KnownTable) -> str:
    """The column as it is called now: a rename in the same release comes first."""
    names = {stored.element: stored.columns[0][0] for stored in before.sets}
    was = next(one.was for one in shape.sets if one.element == element)
    return names[element] if element in names else names[was]


def _changes(shape: TableShape, before: KnownTable | None) -> Iterable[Change]:
    name = f"records.{table_name(shape.resource)}"
    if before is None:
        columns = sum(len(one.columns) for one in shape.sets)
        return [Change(TABLE, name, "add", f"is made with {columns} columns of {len(shape.sets)} elements")]
    todo = steps(shape, before)
    rows = rows_to_convert(before, todo)
    changes = [_change(name, step, before, rows) for step in todo]
    if before.retired:
        changes.append(Change(TABLE, name, "change", "takes records again"))
    return changes


def _change(name: str, step: Step, before: KnownTable, rows: int) -> Change:
    old = ", ".join(column for column, _ in step.before.columns) if step.before else ""
    new = ", ".join(column for column, _ in step.after.columns) if step.after else ""
    match step.verb:
        case "rename-table":
            return Change(TABLE, name, "change", f"was records.{before.name}", lock=BRIEFLY)
        case "add":
            return Change(TABLE, name, "change", f"adds {new}", lock=BRIEFLY)
        case "rename":
            return Change(TABLE, name, "change", f"renames {old} to {new}", lock=BRIEFLY)
        case "revive":
            return Change(TABLE, name, "change", f"takes values in {new} again")
        case "leave":
            return Change(TABLE, name, "change", f"keeps {old}, which takes no more values")
        case "index":
            return Change(
                TABLE, name, "change", "indexes the columns by which it is asked", lock="SHARE (readers go on)"
            )
    types = f"from {step.before.type} to {step.after.type}" if step.before and step.after else ""
    rule = conversion(step.before, step.after) if step.before and step.after else None
    if rule and not rule[0]:
        return Change(TABLE, name, "change", f"{new} changes {types} without being rewritten")
    return Change(
        TABLE,
        name,
        "change",
        f"{new} changes {types} in a copy",
        rows,
        "SHARE ROW EXCLUSIVE while copying (readers go on)",
    )
