"""Units and posts, one at a time or by a list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import (
    POST_CHANGED,
    POST_CLOSED,
    POST_LOADED,
    POST_MARKED,
    POST_OPENED,
    POST_REOPENED,
    UNIT_CLOSED,
    UNIT_LOADED,
    UNIT_MOVED,
    UNIT_OPENED,
    UNIT_RENAMED,
    UNIT_REOPENED,
)
from yiwang.identity.models import Assignment, Post, PostDuty, Unit, UnitChange, UnitPath
from yiwang.identity.queries import duties, persons_behind
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.queries.succession import reorganised
from yiwang.identity.registry import needs_of, tell_placed
from yiwang.identity.rules.new_units import blank_faults, unit_faults
from yiwang.identity.rules.seats import excluded_pair
from yiwang.identity.services.assignments import (
    exclusion_faults,
    holders_of,
    lock_administrators,
    refuse_to_lose_the_last,
)
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.duty_requests import end_requests
from yiwang.identity.services.settling import settle_changed
from yiwang.identity.services.tree import closed_faults, hang, hang_elsewhere, lock_tree, rebuild, save, write_down
from yiwang.identity.values import Administrator, DutyView, NewPost, NewUnit
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.identifiers import CreditCode, DivisionCode
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import today

__all__ = [
    "CodeTaken",
    "OrganisationChanged",
    "StillNeeded",
    "UnitStands",
    "change_duties",
    "close_post",
    "close_unit",
    "mark_leading",
    "move_unit",
    "open_post",
    "open_unit",
    "rename_unit",
    "reopen_post",
    "reopen_unit",
    "system_load_posts",
    "system_load_units",
]


class CodeTaken(Conflict):
    """Another unit or post has this code."""

    code = "code-taken"
    title = msgid("This code is taken")
    next_step = msgid("Choose another code.")


class StillNeeded(Conflict):
    """A unit or a post that others still need cannot be closed; every reason is listed."""

    code = "still-needed"
    title = msgid("This cannot be closed yet")
    next_step = msgid("Do what each line says, then close it.")


class OrganisationChanged(Conflict):
    """Somebody changed the unit or the post since the page was opened."""

    code = "organisation-changed"
    title = msgid("Somebody else has changed this meanwhile")
    next_step = msgid("Look at how it stands now, and decide again.")


class UnitStands(Conflict):
    """It is not closed, or was closed by an act that is undone as a whole."""

    code = "cannot-reopen"
    title = msgid("This cannot be opened again so")
    next_step = msgid("Do what each line says.")


@service("unit.open")
def open_unit(actor: Actor, unit: NewUnit) -> UUID:
    """Add a unit to the tree and return its id.

    Raises Invalid (422) with everything wrong with it, CodeTaken (409).
    """
    lock_tree()
    parents = {row.code: row for row in Unit.objects.filter(code=unit.parent_code)}
    faults = unit_faults(unit, "", parents)
    parent = parents.get(unit.parent_code)
    if parent is not None and parent.closed_on is not None:
        faults.append(FieldFault("parent", "unit-closed", msgid("This unit is closed.")))
    if faults:
        raise Invalid(faults=faults)
    if Unit.objects.filter(code=unit.code).exists():
        raise CodeTaken(msgid("Another unit has the code {code}."), code=unit.code)
    row = _unit_row(unit, actor.origin)
    row.parent = parent
    row.save(force_insert=True)
    hang(row.id, row.parent_id)
    write_down(row, "opened")
    act = current_act()
    act.about("unit", row.id)
    act.emit(UNIT_OPENED, subject=str(row.id), data={"code": row.code})
    return row.id


@service("unit.rename")
def rename_unit(actor: Actor, unit_id: UUID, title: str, short_title: str, version: int | None = None) -> None:
    """Call a unit otherwise; what it was called before stays known.

    short_title: empty takes the title.  version: of the unit as it was looked at; None for who did not look.
    Raises NotFound, Invalid (422), OrganisationChanged (409).
    """
    unit = _changing(unit_id, version)
    faults = blank_faults("", title=title) + closed_faults(unit)
    if faults:
        raise Invalid(faults=faults)
    was = unit.title
    unit.title, unit.short_title = title.strip(), short_title.strip() or title.strip()
    save(unit, "title", "short_title")
    if unit.title != was:
        write_down(unit, "renamed", title_was=was)
    act = current_act()
    act.about("unit", unit_id)
    act.emit(UNIT_RENAMED, subject=str(unit_id), data={})


@service("unit.move")
def move_unit(actor: Actor, unit_id: UUID, parent_id: UUID | None, version: int | None = None) -> None:
    """Hang a unit, with everything below it, under another parent (None: make it a root).

    version: of the unit as it was looked at; None for who did not look.
    Raises NotFound, Invalid (a closed unit), UnitBelowItself (409) when the parent stands below the unit, OrganisationChanged (409).
    """
    lock_tree()
    unit = _changing(unit_id, version)
    parent = Unit.objects.filter(id=parent_id).first() if parent_id is not None else None
    if parent_id is not None and parent is None:
        raise NotFound(msgid("There is no such unit."))
    faults = closed_faults(unit) + (closed_faults(parent, "parent") if parent is not None else [])
    if faults:
        raise Invalid(faults=faults)
    was = unit.parent_id
    hang_elsewhere(unit, parent_id)
    if parent_id != was:
        write_down(unit, "moved", parent_was_id=was)
    act = current_act()
    act.about("unit", unit_id)
    act.emit(UNIT_MOVED, subject=str(unit_id), data={"parent_id": str(parent_id) if parent_id else None})


@service("unit.close")
def close_unit(actor: Actor, unit_id: UUID, version: int | None = None) -> None:
    """Close a unit today, with its posts that nobody holds. It stays in the tree for whoever asks about the past.

    version: of the unit as it was looked at; None for who did not look.  Its row is locked first, so that nothing new can name it
    meanwhile. Raises NotFound, Invalid (closed already), OrganisationChanged (409), StillNeeded (409) with every reason: units below
    it, posts that are held, and what other engines say (`identity.registry.register_need`).
    """
    lock_tree()
    unit = _changing(unit_id, version)
    if faults := closed_faults(unit):
        raise Invalid(faults=faults)
    posts = list(Post.objects.select_for_update().filter(unit_id=unit_id, closed_on__isnull=True).order_by("code"))
    faults = []
    if below := Unit.objects.filter(parent_id=unit_id, closed_on__isnull=True).count():
        faults.append(
            FieldFault(
                "", "has-units", msgid("{number} units stand directly below it; move or close them."), {"number": below}
            )
        )
    for post in posts:
        faults += _held_faults(post) + needs_of("post", post.id)
    faults += needs_of("unit", unit_id)
    if faults:
        raise StillNeeded(faults=faults)
    day = today()
    for post in posts:
        post.closed_on = day
        save(post, "closed_on")
    unit.closed_on = day
    save(unit, "closed_on")
    write_down(unit, "closed")
    act = current_act()
    act.about("unit", unit_id)
    for post in posts:
        act.about("post", post.id)
        act.emit(POST_CLOSED, subject=str(post.id), data={"unit_id": str(unit_id), "on": day.isoformat()})
    act.emit(UNIT_CLOSED, subject=str(unit_id), data={"on": day.isoformat()})


@service("unit.reopen")
def reopen_unit(actor: Actor, unit_id: UUID, version: int | None = None) -> None:
    """Undo the closing of a unit: it stands again where it stood, with the posts that closed on the same day. Nobody sits in them.

    version: of the unit as it was looked at; None for who did not look.
    Raises NotFound, OrganisationChanged (409), UnitStands (409) with every reason: it is open; it was merged or abolished (undo that);
    the unit above it is closed.
    """
    lock_tree()
    unit = _changing(unit_id, version)
    faults = []
    if unit.closed_on is None:
        faults.append(FieldFault("", "not-closed", msgid("This unit is open.")))
    elif _last_change(unit) in ("merged", "abolished"):
        faults.append(
            FieldFault("", "reorganised", msgid("A reorganisation closed it: undo that, and all comes back that went."))
        )
    if unit.parent is not None and unit.parent.closed_on is not None:
        message = msgid("{unit}, below which it stands, is closed: open that first.")
        faults.append(FieldFault("", "parent-closed", message, {"unit": unit.parent.title}))
    if faults:
        raise UnitStands(faults=faults)
    posts = list(Post.objects.select_for_update().filter(unit_id=unit_id, closed_on=unit.closed_on).order_by("code"))
    unit.closed_on = None
    save(unit, "closed_on")
    write_down(unit, "reopened")
    act = current_act()
    act.about("unit", unit_id)
    act.emit(UNIT_REOPENED, subject=str(unit_id), data={"on": today().isoformat()})
    for post in posts:
        _reopen(post)


@service("post.reopen")
def reopen_post(actor: Actor, post_id: UUID, version: int | None = None) -> None:
    """Undo the closing of a post: it can be assigned again, with the duties that it had. Nobody sits in it.

    version: of the post as it was looked at; None for who did not look.
    Raises NotFound, OrganisationChanged (409), UnitStands (409): it is open, or its unit is closed.
    """
    post = _changing_post(post_id, version)
    unit = Unit.objects.select_for_update().get(id=post.unit_id)
    faults = [] if post.closed_on else [FieldFault("", "not-closed", msgid("This post is open."))]
    if unit.closed_on is not None:
        message = msgid("{unit}, in which it stands, is closed: open that first.")
        faults.append(FieldFault("", "unit-closed", message, {"unit": unit.title}))
    if faults:
        raise UnitStands(faults=faults)
    _reopen(post)


def _reopen(post: Post) -> None:
    post.closed_on = None
    save(post, "closed_on")
    act = current_act()
    act.about("post", post.id)
    act.emit(POST_REOPENED, subject=str(post.id), data={"unit_id": str(post.unit_id), "on": today().isoformat()})


def _last_change(unit: Unit) -> str:
    """What became of it last."""
    return unit.changes.order_by("-at", "-id").values_list("what", flat=True).first() or ""


@service("post.open")
def open_post(actor: Actor, post: NewPost) -> UUID:
    """Add a post to a unit and return its id. Raises Invalid (422) with everything wrong with it, CodeTaken (409)."""
    rows = {row.code: row for row in Unit.objects.select_for_update().filter(code=post.unit_code)}
    unit = rows.get(post.unit_code)
    faults = _post_faults(post, "", rows, duties())
    if unit is not None:
        faults += closed_faults(unit, "unit")
    if faults or unit is None:
        raise Invalid(faults=faults)
    if Post.objects.filter(code=post.code).exists():
        raise CodeTaken(msgid("Another post has the code {code}."), code=post.code)
    row = Post.objects.create(code=post.code, unit=unit, title=post.title, origin=actor.origin)
    PostDuty.objects.bulk_create([PostDuty(post=row, duty=duty) for duty in sorted(post.duties)])
    act = current_act()
    act.about("post", row.id)
    act.emit(POST_OPENED, subject=str(row.id), data={"code": row.code, "unit_id": str(row.unit_id)})
    return row.id


@service("post.change-duties")
def change_duties(actor: Actor, post_id: UUID, given: Set[str], version: int | None = None) -> None:
    """Let a post have these duties and no others: what its holders may do changes at once.

    version: of the post as it was looked at; None for who did not look.  Nobody changes the duties of a post that he holds himself.
    Raises NotFound, NotAllowed (one's own post), OrganisationChanged (409), Invalid (422) with everything wrong: a closed post,
    unknown duties, duties that exclude each other in the post or in one of its holders; LastAdministrator (409) when nobody would
    be left for an administrator's work; ConsentDue at last.
    """
    lock_administrators()
    post = _changing_post(post_id, version)
    had, wanted = set(post.duties.values_list("duty", flat=True)), set(given)
    holders = holders_of(post)
    if actor.capacity is not CapacityKind.SYSTEM and persons_behind(actor) & {one.account_id for one in holders}:
        raise NotAllowed(msgid("Nobody changes the duties of a post that he holds himself."))
    known = duties()
    faults = closed_faults(post) + _duties_faults(wanted, "", {**known, **{id: known.get(id) for id in had}})
    faults += [fault for one in holders for fault in exclusion_faults(one, wanted, known)]
    if faults:
        raise Invalid(faults=faults)
    refuse_to_lose_the_last(post, had - wanted)
    require_consent(actor, Administrator.SYSTEM, post_id=post_id, given=given, version=version)
    end_requests(PostDuty.objects.filter(post=post, duty__in=had - wanted))
    PostDuty.objects.filter(post=post, duty__in=had - wanted).delete()
    PostDuty.objects.bulk_create([PostDuty(post=post, duty=duty) for duty in sorted(wanted - had)])
    save(post)
    settle_changed(post.id)
    act = current_act()
    act.about("post", post.id)
    changed = {"given": sorted(wanted - had), "taken": sorted(had - wanted)}
    act.note(**changed)
    act.emit(POST_CHANGED, subject=str(post.id), data=changed)


@service("post.mark-leading")
def mark_leading(actor: Actor, post_id: UUID, leading: bool, version: int | None = None) -> None:
    """Say whether a post is a leading one 领导岗位: then the organisation department's system says who holds it, where it keeps those.

    version: of the post as it was looked at; None for who did not look.  Raises NotFound, Invalid (a closed post), OrganisationChanged.
    """
    post = _changing_post(post_id, version)
    if faults := closed_faults(post):
        raise Invalid(faults=faults)
    post.leading = leading
    save(post, "leading")
    act = current_act()
    act.about("post", post.id)
    act.note(leading=leading)
    act.emit(POST_MARKED, subject=str(post.id), data={"leading": leading})


@service("post.close")
def close_post(actor: Actor, post_id: UUID, version: int | None = None) -> None:
    """Close a post today. Who held it stays known.

    version: of the post as it was looked at; None for who did not look.
    Raises NotFound, Invalid (closed already), OrganisationChanged (409), StillNeeded (409) with every reason.
    """
    post = _changing_post(post_id, version)
    if faults := closed_faults(post):
        raise Invalid(faults=faults)
    if faults := _held_faults(post) + needs_of("post", post.id):
        raise StillNeeded(faults=faults)
    post.closed_on = today()
    save(post, "closed_on")
    act = current_act()
    act.about("post", post.id)
    act.emit(POST_CLOSED, subject=str(post.id), data={"unit_id": str(post.unit_id), "on": post.closed_on.isoformat()})


@service("unit.load")
def system_load_units(actor: Actor, units: Sequence[NewUnit]) -> int:
    """Bring units in line with a list, by code: new ones are added, others changed, none removed. Return how many are new.

    A list does not undo a reorganisation: units that are closed stay as they are, and those that it moved stay where they went; the
    audit entry names them. Set-based, and the closure is computed anew. Raises Invalid (422) naming every bad row as `<row>/<field>`.
    """
    lock_tree()
    stood = {row.code: row for row in Unit.objects.all()}
    ids = {code: row.id for code, row in stood.items()}
    new = {unit.code: uuid7() for unit in units if unit.code not in ids}
    ids.update(new)
    moved = reorganised("unit")
    left = {code for code, row in stood.items() if row.closed_on is not None}
    placed = {code for code, row in stood.items() if row.id in moved} - left
    faults = []
    for at, unit in enumerate(units):
        faults += unit_faults(unit, f"{at}/", ids)
        if unit.parent_code in left and unit.code not in left | placed:
            faults += closed_faults(stood[unit.parent_code], f"{at}/parent")
    if faults:
        raise Invalid(faults=faults)
    rows = []
    for unit in units:
        if unit.code in left:
            continue
        row = _unit_row(unit, actor.origin)
        row.id, row.parent_id = ids[unit.code], ids.get(unit.parent_code)
        if unit.code in placed:
            row.parent_id = stood[unit.code].parent_id
        row.version = stood[unit.code].version + 1 if unit.code in stood else 1
        rows.append(row)
    fields = ["title", "short_title", "credit_code", "level", "division_code", "parent", "version"]
    Unit.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)
    UnitChange.objects.bulk_create(one for row in rows for one in _changes(stood.get(row.code), row))
    rebuild()
    elsewhere = [row.id for row in rows if row.code in stood and _stands_elsewhere(stood[row.code], row)]
    tell_placed(set(UnitPath.objects.filter(ancestor_id__in=elsewhere).values_list("descendant_id", flat=True)))
    act = current_act()
    act.about("unit", "batch")
    act.note(given=len(units), new=len(new), **_left_alone({unit.code for unit in units} & (left | placed)))
    act.emit(UNIT_LOADED, subject="batch", data={"given": len(units), "new": len(new)})
    return len(new)


def _stands_elsewhere(was: Unit, row: Unit) -> bool:
    return (was.division_code, was.parent_id) != (row.division_code, row.parent_id)


@service("post.load")
def system_load_posts(actor: Actor, posts: Sequence[NewPost]) -> int:
    """Bring posts and their duties in line with a list, by code; none is removed. Return how many are new.

    A list does not undo a reorganisation: posts that it moved stay where they went; the audit entry names them. Raises Invalid (422)
    naming every bad row as `<row>/<field>`.
    """
    lock_tree()
    units = {row.code: row for row in Unit.objects.all()}
    known = duties()
    moved = reorganised("post")
    stood = {row.code: row for row in Post.objects.all()}
    placed = {code for code, row in stood.items() if row.id in moved}
    faults = []
    for at, post in enumerate(posts):
        faults += _post_faults(post, f"{at}/", units, known)
        unit, there = units.get(post.unit_code), stood.get(post.code)
        if unit is not None and post.code not in placed and (there is None or there.unit_id != unit.id):
            faults += closed_faults(unit, f"{at}/unit")
    if faults:
        raise Invalid(faults=faults)
    rows = [
        Post(
            id=stood[post.code].id if post.code in stood else uuid7(),
            code=post.code,
            unit_id=stood[post.code].unit_id if post.code in placed else units[post.unit_code].id,
            title=post.title,
            origin=actor.origin,
        )
        for post in posts
    ]
    Post.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=["unit", "title"])
    # What was granted on application stands beside what the list gives, unless the list gives it for good.
    had = PostDuty.objects.filter(post_id__in=[row.id for row in rows])
    had.filter(request__isnull=True).delete()
    given = {row.id: post.duties for row, post in zip(rows, posts, strict=True)}
    end_requests(had.filter(id__in=[one.id for one in had if one.duty in given[one.post_id]]))
    PostDuty.objects.bulk_create(
        PostDuty(post_id=row.id, duty=duty)
        for row, post in zip(rows, posts, strict=True)
        for duty in sorted(post.duties)
    )
    new = sum(post.code not in stood for post in posts)
    act = current_act()
    act.about("post", "batch")
    act.note(given=len(rows), new=new, **_left_alone({post.code for post in posts} & placed))
    act.emit(POST_LOADED, subject="batch", data={"given": len(rows), "new": new})
    return new


def _left_alone(codes: Collection[str]) -> dict[str, list[str]]:
    """What the audit entry of a list says of those whose place a reorganisation, or their end, has settled."""
    return {"left_alone": sorted(codes)} if codes else {}


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


def _post_faults(post: NewPost, at: str, units: Collection[str], known: Mapping[str, DutyView]) -> list[FieldFault]:
    faults = blank_faults(at, code=post.code, title=post.title)
    if post.unit_code not in units:
        faults.append(
            FieldFault(
                at + "unit", "unknown-unit", msgid("There is no unit with the code {code}."), {"code": post.unit_code}
            )
        )
    return faults + _duties_faults(post.duties, at, known)


def _duties_faults(given: Collection[str], at: str, known: Mapping[str, DutyView | None]) -> list[FieldFault]:
    faults = [
        FieldFault(at + "duties", "unknown-duty", msgid("There is no duty named {duty}."), {"duty": duty})
        for duty in sorted(given)
        if duty not in known
    ]
    if pair := excluded_pair(given, given, known.get):
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


def _held_faults(post: Post) -> list[FieldFault]:
    """Somebody sits in the post, or will."""
    held = Assignment.objects.filter(not_over(today()), post=post).count()
    if not held:
        return []
    return [
        FieldFault(
            "",
            "post-held",
            msgid("The post {post} is held by {number} officers; end their assignments first."),
            {"post": post.title, "number": held},
        )
    ]


def _changing(unit_id: UUID, version: int | None) -> Unit:
    """The unit, locked, as it was looked at."""
    unit = Unit.objects.select_for_update().filter(id=unit_id).first()
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    if version is not None and unit.version != version:
        raise OrganisationChanged()
    return unit


def _changing_post(post_id: UUID, version: int | None) -> Post:
    post = Post.objects.select_for_update().filter(id=post_id).first()
    if post is None:
        raise NotFound(msgid("There is no such post."))
    if version is not None and post.version != version:
        raise OrganisationChanged()
    return post


def _changes(was: Unit | None, unit: Unit) -> Iterator[UnitChange]:
    """What a list of units changed of one."""
    now_so = {"unit_id": unit.id, "title": unit.title, "parent_id": unit.parent_id}
    if was is None:
        yield UnitChange(what="opened", **now_so)
        return
    if was.title != unit.title:
        yield UnitChange(what="renamed", title_was=was.title, **now_so)
    if was.parent_id != unit.parent_id:
        yield UnitChange(what="moved", parent_was_id=was.parent_id, **now_so)
