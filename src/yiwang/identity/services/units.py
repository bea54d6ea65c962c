"""Units and posts. The closure of the tree is written here and nowhere else.

Changes of the tree wait for each other (one advisory lock): they are rare, and two moves at once could make a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import F

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import POST_LOADED, POST_OPENED, UNIT_LOADED, UNIT_MOVED, UNIT_OPENED
from yiwang.identity.models import Post, PostDuty, Unit, UnitPath
from yiwang.identity.queries import duties
from yiwang.identity.rules.seats import excluded_pair
from yiwang.identity.rules.tree import TreeHasCycle, closure
from yiwang.identity.values import DutyView, NewPost, NewUnit
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.identifiers import CreditCode, DivisionCode, IdentifierFault
from yiwang.kernel.ids import uuid7

__all__ = [
    "CodeTaken",
    "UnitBelowItself",
    "move_unit",
    "open_post",
    "open_unit",
    "system_load_posts",
    "system_load_units",
]

LEVELS = ("city", "district", "township", "community", "division")


class CodeTaken(Conflict):
    """Another unit or post has this code."""

    code = "code-taken"
    title = msgid("This code is taken")
    next_step = msgid("Choose another code.")


class UnitBelowItself(Conflict):
    """The unit would stand above itself."""

    code = "unit-below-itself"
    title = msgid("A unit cannot stand below itself")
    next_step = msgid("Choose a parent outside the unit.")


@service("unit.open")
def open_unit(actor: Actor, unit: NewUnit) -> UUID:
    """Add a unit to the tree and return its id.

    Raises Invalid (422) with everything wrong with it, CodeTaken (409).
    """
    _lock_tree()
    parents = dict(Unit.objects.filter(code=unit.parent_code).values_list("code", "id"))
    faults = _unit_faults(unit, "", parents)
    if faults:
        raise Invalid(faults=faults)
    if Unit.objects.filter(code=unit.code).exists():
        raise CodeTaken(msgid("Another unit has the code {code}."), code=unit.code)
    row = _unit_row(unit, actor.origin)
    row.parent_id = parents.get(unit.parent_code)
    row.save(force_insert=True)
    _hang(row.id, row.parent_id)
    act = current_act()
    act.about("unit", row.id)
    act.emit(UNIT_OPENED, subject=str(row.id), data={"code": row.code})
    return row.id


@service("unit.move")
def move_unit(actor: Actor, unit_id: UUID, parent_id: UUID | None) -> None:
    """Hang a unit, with everything below it, under another parent (None: make it a root).

    Raises NotFound, UnitBelowItself (409) when the parent stands below the unit.
    """
    _lock_tree()
    unit = Unit.objects.filter(id=unit_id).first()
    if unit is None or (parent_id is not None and not Unit.objects.filter(id=parent_id).exists()):
        raise NotFound(msgid("There is no such unit."))
    below = set(UnitPath.objects.filter(ancestor_id=unit_id).values_list("descendant_id", flat=True))
    if parent_id in below:
        raise UnitBelowItself(msgid("{unit} cannot stand below itself."), unit=unit.title)
    UnitPath.objects.filter(descendant_id__in=below).exclude(ancestor_id__in=below).delete()
    unit.parent_id = parent_id
    unit.save(update_fields=["parent"])
    if parent_id is not None:
        _join(parent_id, unit_id)
    act = current_act()
    act.about("unit", unit_id)
    act.emit(UNIT_MOVED, subject=str(unit_id), data={"parent_id": str(parent_id) if parent_id else None})


@service("post.open")
def open_post(actor: Actor, post: NewPost) -> UUID:
    """Add a post to a unit and return its id. Raises Invalid (422) with everything wrong with it, CodeTaken (409)."""
    units = dict(Unit.objects.filter(code=post.unit_code).values_list("code", "id"))
    faults = _post_faults(post, "", units, duties())
    if faults:
        raise Invalid(faults=faults)
    if Post.objects.filter(code=post.code).exists():
        raise CodeTaken(msgid("Another post has the code {code}."), code=post.code)
    row = Post.objects.create(code=post.code, unit_id=units[post.unit_code], title=post.title, origin=actor.origin)
    PostDuty.objects.bulk_create([PostDuty(post=row, duty=duty) for duty in sorted(post.duties)])
    act = current_act()
    act.about("post", row.id)
    act.emit(POST_OPENED, subject=str(row.id), data={"code": row.code, "unit_id": str(row.unit_id)})
    return row.id


@service("unit.load")
def system_load_units(actor: Actor, units: Sequence[NewUnit]) -> int:
    """Bring units in line with a list, by code: new ones are added, others changed, none removed. Return how many are new.

    Set-based, and the closure is computed anew. Raises Invalid (422) naming every bad row as `<row>/<field>`.
    """
    _lock_tree()
    ids = dict(Unit.objects.values_list("code", "id"))
    new = {unit.code: uuid7() for unit in units if unit.code not in ids}
    ids.update(new)
    faults = [fault for row, unit in enumerate(units) for fault in _unit_faults(unit, f"{row}/", ids)]
    if faults:
        raise Invalid(faults=faults)
    rows = []
    for unit in units:
        row = _unit_row(unit, actor.origin)
        row.id, row.parent_id = ids[unit.code], ids.get(unit.parent_code)
        rows.append(row)
    fields = ["title", "short_title", "credit_code", "level", "division_code", "parent"]
    Unit.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)
    _rebuild()
    act = current_act()
    act.about("unit", "batch")
    act.note(given=len(rows), new=len(new))
    act.emit(UNIT_LOADED, subject="batch", data={"given": len(rows), "new": len(new)})
    return len(new)


@service("post.load")
def system_load_posts(actor: Actor, posts: Sequence[NewPost]) -> int:
    """Bring posts and their duties in line with a list, by code; none is removed. Return how many are new.

    Raises Invalid (422) naming every bad row as `<row>/<field>`.
    """
    units = dict(Unit.objects.values_list("code", "id"))
    known = duties()
    faults = [fault for row, post in enumerate(posts) for fault in _post_faults(post, f"{row}/", units, known)]
    if faults:
        raise Invalid(faults=faults)
    ids = dict(Post.objects.values_list("code", "id"))
    rows = [
        Post(
            id=ids.get(post.code) or uuid7(),
            code=post.code,
            unit_id=units[post.unit_code],
            title=post.title,
            origin=actor.origin,
        )
        for post in posts
    ]
    Post.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=["unit", "title"])
    PostDuty.objects.filter(post_id__in=[row.id for row in rows]).delete()
    PostDuty.objects.bulk_create(
        PostDuty(post_id=row.id, duty=duty)
        for row, post in zip(rows, posts, strict=True)
        for duty in sorted(post.duties)
    )
    new = sum(post.code not in ids for post in posts)
    act = current_act()
    act.about("post", "batch")
    act.note(given=len(rows), new=new)
    act.emit(POST_LOADED, subject="batch", data={"given": len(rows), "new": new})
    return new


def _unit_row(unit: NewUnit, origin: str) -> Unit:
    return Unit(
        code=unit.code,
        title=unit.title,
        short_title=unit.short_title or unit.title,
        credit_code=CreditCode.parse(unit.credit_code),
        level=unit.level,
        division_code=DivisionCode.parse(unit.division_code),
        origin=origin,
    )


def _unit_faults(unit: NewUnit, at: str, known: Collection[str]) -> list[FieldFault]:
    faults = _blank_faults(at, code=unit.code, title=unit.title)
    for field, value, checker in (
        ("credit_code", unit.credit_code, CreditCode.parse),
        ("division_code", unit.division_code, DivisionCode.parse),
    ):
        try:
            checker(value)
        except IdentifierFault as fault:
            faults.append(fault.at(at + field))
    if unit.level not in LEVELS:
        faults.append(
            FieldFault(
                at + "level",
                "unknown-level",
                msgid("The level of a unit is one of {levels}."),
                {"levels": ", ".join(LEVELS)},
            )
        )
    if unit.parent_code and unit.parent_code not in known:
        faults.append(
            FieldFault(
                at + "parent",
                "unknown-unit",
                msgid("There is no unit with the code {code}."),
                {"code": unit.parent_code},
            )
        )
    return faults


def _post_faults(post: NewPost, at: str, units: Collection[str], known: Mapping[str, DutyView]) -> list[FieldFault]:
    faults = _blank_faults(at, code=post.code, title=post.title)
    if post.unit_code not in units:
        faults.append(
            FieldFault(
                at + "unit", "unknown-unit", msgid("There is no unit with the code {code}."), {"code": post.unit_code}
            )
        )
    for duty in sorted(post.duties):
        if duty not in known:
            faults.append(
                FieldFault(at + "duties", "unknown-duty", msgid("There is no duty named {duty}."), {"duty": duty})
            )
    if pair := excluded_pair(post.duties, post.duties, known.get):
        one, other = pair
        faults.append(
            FieldFault(
                at + "duties",
                "duties-exclude",
                msgid("The duties {one} and {other} exclude each other."),
                {"one": one, "other": other},
            )
        )
    return faults


def _blank_faults(at: str, **values: str) -> list[FieldFault]:
    return [
        FieldFault(at + name, "required", msgid("This is required."))
        for name, value in values.items()
        if not value.strip()
    ]


def _lock_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('identity.tree', 0))")


def _hang(unit_id: UUID, parent_id: UUID | None) -> None:
    """Write the paths of a unit that has nothing below it yet."""
    UnitPath.objects.create(ancestor_id=unit_id, descendant_id=unit_id, depth=0)
    if parent_id is not None:
        _join(parent_id, unit_id)


def _join(parent_id: UUID, unit_id: UUID) -> None:
    """Write every path from above `parent_id` (itself included) to below `unit_id` (itself included)."""
    above = list(UnitPath.objects.filter(descendant_id=parent_id).values_list("ancestor_id", "depth"))
    below = list(UnitPath.objects.filter(ancestor_id=unit_id).values_list("descendant_id", "depth"))
    UnitPath.objects.bulk_create(
        UnitPath(ancestor_id=ancestor, descendant_id=descendant, depth=up + 1 + down)
        for ancestor, up in above
        for descendant, down in below
    )


def _rebuild() -> None:
    """Compute the whole closure anew from the parents."""
    try:
        wanted = closure(dict(Unit.objects.values_list("id", F("parent_id"))))
    except TreeHasCycle as cycle:
        title = Unit.objects.get(id=str(cycle.node)).title
        raise UnitBelowItself(msgid("{unit} cannot stand below itself."), unit=title) from None
    UnitPath.objects.all().delete()
    UnitPath.objects.bulk_create(
        UnitPath(ancestor_id=ancestor, descendant_id=descendant, depth=depth)
        for (ancestor, descendant), depth in wanted.items()
    )
