"""Reorganisation: merge, split and abolish units in one act, and undo that by another.

The system administrator changes the tree. Posts go with their duties and their holders as they stand: nobody gets a duty or a post, and
what a grant "in its unit" reaches is the unit in which the post stands now. Who holds a post and what it is there to do stays the
security administrator's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import (
    POST_MOVED,
    REORGANISATION_DONE,
    REORGANISATION_UNDONE,
    UNIT_CLOSED,
    UNIT_MOVED,
    UNIT_REOPENED,
)
from yiwang.identity.models import Post, Reorganisation, Succession, Unit, UnitMove
from yiwang.identity.models.single_sign_on import Client
from yiwang.identity.queries.reorganising import Planned, planned, returning
from yiwang.identity.registry import Kept, KeptRows, among, kept, needs_of
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.tree import hang_elsewhere, lock_tree, save, write_down
from yiwang.identity.services.units import OrganisationChanged, open_unit
from yiwang.identity.values import Abolish, Administrator, Merge, Moved, Moving, Plan, Split
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["Clients", "Posts", "ReorganisationStopped", "Units", "reorganise", "undo_reorganisation"]

LONGEST_REASON = 200
LONGEST_DOCUMENT = 100


class ReorganisationStopped(Conflict):
    """Something stands against it; every reason is listed."""

    code = "reorganisation-stopped"
    title = msgid("This cannot be done yet")
    next_step = msgid("Do what each line says, then look at the preview again.")


class Units(Kept):
    """The open units below."""

    kind = "unit"
    title = msgid("Units below")
    order = 60
    is_structure = True
    why_not_back = msgid("It was moved elsewhere or closed since.")

    def rows(self, moving: Moving) -> QuerySet[Unit]:
        """What goes."""
        below = Unit.objects.filter(parent_id__in=moving.sources, closed_on__isnull=True)
        return below if moving.whole else below.filter(id__in=moving.units)

    def move(self, moving: Moving) -> list[Moved]:
        """Let it go, and say what went."""
        moved = []
        for unit in self.rows(moving).order_by("code"):
            moved.append(Moved(unit.id, unit.parent_id))
            _hang(unit, moving.to)
        return moved

    def standing(self, moved: Sequence[Moved], to: UUID) -> set[UUID]:
        """What is still as it went."""
        rows = among(Unit, moved).filter(parent_id=to, closed_on__isnull=True)
        return set(rows.values_list("id", flat=True))

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        parents = {one.object_id: one.source for one in moved}
        for unit in among(Unit, moved).order_by("code"):
            _hang(unit, parents[unit.id])

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Unit.objects.filter(id__in=ids).values_list("id", "title"))


class Posts(KeptRows):
    """The open posts, with their duties and whoever holds them."""

    kind = "post"
    title = msgid("Posts, with their duties and holders")
    order = 70
    is_structure = True
    why_not_back = msgid("It was closed or moved elsewhere since.")
    model = Post
    stands = Q(closed_on__isnull=True)

    def rows(self, moving: Moving) -> QuerySet[Post]:
        """What goes."""
        posts = Post.objects.filter(unit_id__in=moving.sources, closed_on__isnull=True)
        return posts if moving.whole else posts.filter(id__in=moving.posts)

    def marks(self, moving: Moving) -> list[object]:
        """With their versions: their duties decide what work goes along."""
        return list(self.rows(moving).order_by("pk").values_list("pk", "version"))

    def move(self, moving: Moving) -> list[Moved]:
        """Let it go, and say what went."""
        moved = super().move(moving)
        self._tell(moved, lambda one: moving.to)
        return moved

    def back(self, moved: Sequence[Moved], to: UUID) -> None:
        """Return what stands."""
        super().back(moved, to)
        self._tell(moved, lambda one: one.source)

    def _tell(self, moved: Sequence[Moved], unit_of: Callable[[Moved], UUID | None]) -> None:
        among(Post, moved).update(version=F("version") + 1)
        for one in moved:
            current_act().emit(POST_MOVED, subject=str(one.object_id), data={"unit_id": str(unit_of(one))})

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        rows = Post.objects.filter(id__in=ids).values_list("id", "unit__title", "title")
        return {id: f"{unit} {title}" for id, unit, title in rows}


class Clients(KeptRows):
    """The connected systems. Of a split they stay: which one goes is nobody's guess."""

    kind = "client"
    title = msgid("Connected systems")
    order = 75
    why_not_back = msgid("It was closed or moved elsewhere since.")
    model = Client
    stands = Q(closed_at__isnull=True)

    def rows(self, moving: Moving) -> QuerySet[Client]:
        """What goes."""
        rows = Client.objects.filter(self.stands, unit_id__in=moving.sources)
        return rows if moving.whole else rows.none()

    def named(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What single ones are called."""
        return dict(Client.objects.filter(id__in=ids).values_list("id", "title"))


@service("organisation.reorganise")
def reorganise(actor: Actor, plan: Plan, reason: str, document: str, fingerprint: str | None = None) -> UUID:
    """Merge, split or abolish units today, with everything that is kept for them, and return the reorganisation.

    reason: 1–200 characters.  document: number of the document 文号 that it rests on.  fingerprint: of the preview that was looked at;
    None for who did not look.  All or nothing. The tree, the units and the posts are locked first, then what engines keep, each in the
    order in which its own services lock it; what flows in from acts that had looked before is brought after by their engines.

    Raises Invalid (422) with everything wrong, OrganisationChanged (409) when posts, child units or areas are others than in the
    preview, ReorganisationStopped (409) with every reason, ConsentDue at last.
    """
    lock_tree()
    faults = _text_faults(reason, document, needs_document=True)
    try:
        one = _locked(actor, plan)
    except Invalid as invalid:
        raise Invalid(faults=[*invalid.faults, *faults]) from None
    if faults:
        raise Invalid(faults=faults)
    if fingerprint is not None and fingerprint != one.fingerprint:
        raise OrganisationChanged()
    if one.stops:
        raise ReorganisationStopped(faults=one.stops)
    require_consent(actor, Administrator.SECURITY, plan=plan, reason=reason, document=document, fingerprint=fingerprint)
    moving = one.moving
    if isinstance(plan, Split):
        moving = planned(actor, plan, open_unit(actor, plan.new)).moving
    to = one.to or Unit.objects.get(id=moving.to)
    what = {Merge: "merge", Split: "split", Abolish: "abolish"}[type(plan)]
    row = Reorganisation.objects.create(
        what=what, to=to, reason=reason.strip(), document=document.strip(), at=current_act().time, origin=actor.origin
    )
    moved = {each.kind: each.move(moving) for each in kept()}
    for kind, ones in moved.items():
        _keep(row, kind, ones, moving.to)
    _succeed(row, moving)
    for source in one.sources:
        if moving.whole:
            _end(row, source, to, {"merge": "merged", "abolish": "abolished"}[what])
            write_down(to, "took-over", other=source, reorganisation=row)
        else:
            write_down(source, "split", other=to, reorganisation=row)
            write_down(to, "split-from", other=source, reorganisation=row)
    _grow([to, *([] if moving.whole else one.sources)])
    _tell(row, [source.id for source in one.sources], moved)
    return row.id


@service("organisation.undo")
def undo_reorganisation(
    actor: Actor, reorganisation_id: UUID, reason: str, document: str = "", fingerprint: str | None = None
) -> UUID:
    """Undo a reorganisation today, once: return what it moved and what stands still as it went, and return the act that undid it.

    Units that ended stand again where they stood; a unit that was split off ends when nothing is left in it. Work that has come since
    and that only posts can do which go back goes with them. What was done, ended or given to somebody else since stays.
    Raises NotFound, Invalid (422), OrganisationChanged (409), ReorganisationStopped (409) with every reason why it cannot be undone,
    ConsentDue at last.
    """
    lock_tree()
    act = current_act()
    act.about("reorganisation", reorganisation_id)
    if faults := _text_faults(reason, document, needs_document=False):
        raise Invalid(faults=faults)
    first = Reorganisation.objects.filter(id=reorganisation_id).first()
    if first is None:
        raise NotFound(msgid("There is no such reorganisation."))
    _lock_units([first.to_id, *first.changes.values_list("unit_id", flat=True)])
    _lock_posts([first.to_id])
    found = returning(actor, reorganisation_id)
    if found.stops:
        raise ReorganisationStopped(faults=found.stops)
    if fingerprint is not None and fingerprint != found.fingerprint:
        raise OrganisationChanged()
    require_consent(
        actor,
        Administrator.SECURITY,
        reorganisation_id=reorganisation_id,
        reason=reason,
        document=document,
        fingerprint=fingerprint,
    )
    row = Reorganisation.objects.create(
        what="undo", to=found.row.to, reason=reason.strip(), document=document.strip(), undoes=found.row,
        at=act.time, origin=actor.origin,
    )  # fmt: skip
    for source in found.sources:
        _stand_again(row, source, found.parents)
    returned: dict[str, list[Moved]] = {}
    for each in kept():
        going = found.back[each.kind]
        if going:
            each.back(going, found.row.to_id)
        came = [(moving.to, each.move(moving)) for moving in found.since]
        returned[each.kind] = going + [one for _, ones in came for one in ones]
        UnitMove.objects.bulk_create(
            UnitMove(
                reorganisation=row, kind=each.kind, object_id=one.object_id, source_id=found.row.to_id, to_id=one.source
            )
            for one in going
        )
        for to, ones in came:
            _keep(row, each.kind, ones, to)
    Succession.objects.filter(reorganisation=found.row).delete()
    write_down(found.row.to, "undone", reorganisation=row)
    _grow([found.row.to])
    if found.row.what == "split":
        _end_if_empty(found.row.to)
    counts = {kind: len(ones) for kind, ones in returned.items() if ones}
    stayed = {
        kind: number for kind, ones in found.moved.items() if (number := len(ones) - len(found.back.get(kind, ()))) > 0
    }
    act.note(by=str(row.id), moved=counts, stayed=stayed, document=row.document)
    act.emit(
        REORGANISATION_UNDONE,
        subject=str(found.row.id),
        data={"by": str(row.id), "moved": counts, "stayed": stayed},
    )
    return row.id


def _text_faults(reason: str, document: str, *, needs_document: bool) -> list[FieldFault]:
    faults = []
    for name, text, longest, needed in (
        ("reason", reason, LONGEST_REASON, True),
        ("document", document, LONGEST_DOCUMENT, needs_document),
    ):
        if needed and not text.strip():
            faults.append(FieldFault(name, "required", msgid("This is required.")))
        elif len(text.strip()) > longest:
            message = msgid("At most {most} characters.")
            faults.append(FieldFault(name, "too-long", message, {"most": longest}))
    return faults


def _locked(actor: Actor, plan: Plan) -> Planned:
    """The plan as it stands once nobody can change its units and posts any more."""
    match plan:
        case Merge(units, into):
            ids = [*units, into]
        case Abolish(unit, successor):
            ids = [unit, successor]
        case Split(unit):
            ids = [unit]
    _lock_units(ids)
    _lock_posts(ids)
    return planned(actor, plan)


def _lock_units(ids: Collection[UUID]) -> None:
    """Without hindering rows that name them: who makes a task must not wait here while this waits for his case."""
    list(Unit.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))


def _lock_posts(unit_ids: Collection[UUID]) -> None:
    list(
        Post.objects.select_for_update(no_key=True)
        .filter(unit_id__in=unit_ids, closed_on__isnull=True)
        .order_by("code")
    )


def _keep(row: Reorganisation, kind: str, moved: Sequence[Moved], to: UUID) -> None:
    UnitMove.objects.bulk_create(
        UnitMove(
            reorganisation=row, kind=kind, object_id=one.object_id, source_id=one.source, to_id=to,
            was_there=one.was_there,
        )
        for one in moved
    )  # fmt: skip


def _succeed(row: Reorganisation, moving: Moving) -> None:
    """Who takes over answers for the past: for all of it, or by the duties that went; and for what they had taken over themselves."""
    duties = {""} if moving.whole else moving.duties
    heirs = {(source, duty) for source in moving.sources for duty in duties}
    earlier = Succession.objects.filter(successor_id__in=moving.sources).exclude(predecessor_id=moving.to)
    for predecessor, duty in earlier.values_list("predecessor_id", "duty"):
        if moving.whole or duty in duties:
            heirs.add((predecessor, duty))
        elif not duty:
            heirs |= {(predecessor, one) for one in duties}
    Succession.objects.bulk_create(
        Succession(reorganisation=row, predecessor_id=unit, successor_id=moving.to, duty=duty)
        for unit, duty in sorted(heirs)
    )


def _end(row: Reorganisation, source: Unit, to: Unit, what: str) -> None:
    """The unit is closed, and stands below the one that took over, whose reach its past belongs to."""
    source.refresh_from_db()
    was = source.parent_id
    _keep(row, "ended", [Moved(source.id, was)], to.id)
    if was != to.id:
        hang_elsewhere(source, to.id)
    source.closed_on = today()
    save(source, "closed_on")
    write_down(source, what, other=to, reorganisation=row, parent_was_id=was)
    current_act().emit(UNIT_CLOSED, subject=str(source.id), data={"on": source.closed_on.isoformat()})


def _stand_again(row: Reorganisation, source: Unit, parents: Mapping[UUID, UUID | None]) -> None:
    if source.id in parents:
        was, parent = source.parent_id, parents[source.id]
        source.closed_on = None
        save(source, "closed_on")
        if was != parent:
            hang_elsewhere(source, parent)
        current_act().emit(UNIT_REOPENED, subject=str(source.id), data={"on": today().isoformat()})
    else:
        _grow([source])
    write_down(source, "undone", other=row.to, reorganisation=row)


def _end_if_empty(unit: Unit) -> None:
    """The unit that was split off ends, unless it has got something of its own since."""
    unit.refresh_from_db()
    open_posts = Post.objects.filter(unit=unit, closed_on__isnull=True).exists()
    below = Unit.objects.filter(parent=unit, closed_on__isnull=True).exists()
    if open_posts or below or needs_of("unit", unit.id):
        return
    unit.closed_on = today()
    save(unit, "closed_on")
    write_down(unit, "closed")
    current_act().emit(UNIT_CLOSED, subject=str(unit.id), data={"on": unit.closed_on.isoformat()})


def _grow(units: Sequence[Unit]) -> None:
    """Who looked at one of these before is told."""
    Unit.objects.filter(id__in=[one.id for one in units]).update(version=F("version") + 1)


def _hang(unit: Unit, parent_id: UUID | None) -> None:
    was = unit.parent_id
    hang_elsewhere(unit, parent_id)
    write_down(unit, "moved", parent_was_id=was)
    current_act().emit(UNIT_MOVED, subject=str(unit.id), data={"parent_id": str(parent_id) if parent_id else None})


def _tell(row: Reorganisation, sources: Sequence[UUID], moved: Mapping[str, Sequence[Any]]) -> None:
    act = current_act()
    act.about("reorganisation", row.id)
    for id in (*sources, row.to_id):
        act.about("unit", id)
    counts = {kind: len(ones) for kind, ones in moved.items() if ones}
    act.note(what=row.what, moved=counts, document=row.document)
    act.emit(
        REORGANISATION_DONE,
        subject=str(row.id),
        data={"what": row.what, "units": [str(id) for id in sources], "to": str(row.to_id), "moved": counts},
    )
