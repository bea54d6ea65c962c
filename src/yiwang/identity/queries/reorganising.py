"""What a reorganisation would do, what it did, and what undoing it would return."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count, Q

from yiwang.acts.values import Actor
from yiwang.identity.models import Assignment, Post, PostDuty, Reorganisation, Unit, UnitChange, UnitPath
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.headcounts import limits
from yiwang.identity.queries.organisation import require_a_post
from yiwang.identity.queries.permission import persons_behind, require
from yiwang.identity.queries.shapes import not_over, unit_view
from yiwang.identity.registry import Kept, kept, remarks_on
from yiwang.identity.rules.new_units import unit_faults
from yiwang.identity.values import (
    Abolish,
    KeptLine,
    Merge,
    Moved,
    Moving,
    NewUnit,
    Plan,
    Remark,
    ReorganisationPage,
    ReorganisationPreview,
    Split,
    Stays,
    UnitView,
)
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import today

__all__ = [
    "Planned",
    "Return",
    "planned",
    "preview_reorganisation",
    "preview_undoing",
    "reorganisation_page",
    "returning",
]

REORGANISE = "organisation.reorganise"
UNDO = "organisation.undo"
MOST_EXAMPLES = 5
GAVE = ("merged", "abolished", "split")
"""What is written down of the units whose things went."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that makes sense, as it stands now.  to: None for a split, whose new unit is opened by the act."""

    moving: Moving
    sources: tuple[Unit, ...]
    to: Unit | None
    stops: tuple[FieldFault, ...]
    hints: tuple[FieldFault, ...]
    fingerprint: str

    @property
    def target(self) -> Unit:
        """The unit that takes, where it stands already."""
        if self.to is None:
            raise LookupError("The unit is not opened yet.")
        return self.to


def preview_reorganisation(actor: Actor, plan: Plan) -> ReorganisationPreview:
    """What the plan would move now, by kind, with the first of each; why it cannot be done; and what it leaves.

    The same code counts and moves. Its statements do not grow with what moves. Raises NotAllowed, Invalid (422) for a plan that makes
    no sense, with everything wrong.
    """
    require(actor, REORGANISE)
    one = planned(actor, plan)
    lines = []
    for each in reversed(kept()):
        if number := each.rows(one.moving).count():
            lines.append(_line(each, number, each.ids(one.moving, MOST_EXAMPLES)))
    return ReorganisationPreview(
        tuple(unit_view(unit) for unit in one.sources),
        _new_unit_view(plan.new, one.moving.to) if isinstance(plan, Split) else unit_view(one.target),
        tuple(lines),
        one.stops,
        one.hints,
        one.fingerprint,
    )


def planned(actor: Actor, plan: Plan, to: UUID | None = None) -> Planned:
    """The plan, checked against the units and posts as they stand.  to: the new unit of a split, once it is opened.

    Raises Invalid (422) with everything that makes no sense.
    """
    match plan:
        case Merge(units, into):
            source_ids, to = tuple(dict.fromkeys(units)), into
        case Abolish(unit, successor):
            source_ids, to = (unit,), successor
        case Split(unit):
            source_ids = (unit,)
    rows = {one.id: one for one in Unit.objects.filter(id__in=[*source_ids, *([to] if to else [])])}
    sources = tuple(rows[id] for id in source_ids if id in rows)
    target = rows.get(to) if to is not None else None
    faults = _unit_faults(plan, source_ids, rows)
    if isinstance(plan, Split):
        faults += _split_faults(plan, opened=target is not None)
    if faults:
        raise Invalid(faults=faults)
    moving = _moving(plan, source_ids, to or uuid7(), sources)
    title = plan.new.title if isinstance(plan, Split) else rows[moving.to].title
    remarks = [
        *_own_posts(actor, {*source_ids, moving.to}),
        *_tree_remarks(moving),
        *_reach_remarks(moving, title),
        *_headcount_remarks(moving),
        *remarks_on(moving),
    ]
    stops, hints = _told(remarks)
    return Planned(moving, sources, target, stops, hints, _fingerprint(plan, moving, (*sources, target)))


def _told(remarks: Iterable[Remark]) -> tuple[tuple[FieldFault, ...], tuple[FieldFault, ...]]:
    told = list(remarks)
    return tuple(one.says for one in told if one.stops), tuple(one.says for one in told if not one.stops)


def _unit_faults(plan: Plan, source_ids: Sequence[UUID], rows: dict[UUID, Unit]) -> list[FieldFault]:
    to = "into" if isinstance(plan, Merge) else "successor"
    asked = [("units" if isinstance(plan, Merge) else "unit", id) for id in source_ids]
    faults = []
    if not source_ids:
        faults.append(FieldFault("units", "required", msgid("Choose at least one unit.")))
    if isinstance(plan, Merge):
        asked.append(("into", plan.into))
    if isinstance(plan, Abolish):
        asked.append(("successor", plan.successor))
    for pointer, id in asked:
        if id not in rows:
            faults.append(FieldFault(pointer, "unknown-unit", msgid("There is no such unit.")))
        elif rows[id].closed_on is not None:
            faults.append(FieldFault(pointer, "unit-closed", msgid("This unit is closed.")))
        elif pointer == to and id in source_ids:
            faults.append(FieldFault(pointer, "same-unit", msgid("A unit cannot take over from itself.")))
    return faults


def _split_faults(plan: Split, *, opened: bool) -> list[FieldFault]:
    """What was named must be the unit's; and the new one must be one that can be opened."""
    faults = []
    if not (plan.posts or plan.units or plan.areas):
        message = msgid("Choose at least one post, unit or area that goes to the new unit.")
        faults.append(FieldFault("posts", "required", message))
    if not opened:
        known = Unit.objects.filter(code__in={plan.new.code, plan.new.parent_code}).values_list("code", "closed_on")
        faults += unit_faults(plan.new, "", {code for code, closed in known if closed is None})
        if plan.new.code in dict(known):
            message = msgid("Another unit has the code {code}.")
            faults.append(FieldFault("code", "code-taken", message, {"code": plan.new.code}))
    for pointer, asked, its in (
        ("posts", plan.posts, Post.objects.filter(unit_id=plan.unit, closed_on__isnull=True)),
        ("units", plan.units, Unit.objects.filter(parent_id=plan.unit, closed_on__isnull=True)),
    ):
        if asked and its.filter(id__in=asked).count() != len(asked):
            message = msgid("Not all of these are open and in the unit any more.")
            faults.append(FieldFault(pointer, "not-there", message))
    return faults


def _moving(plan: Plan, source_ids: Sequence[UUID], to: UUID, sources: Sequence[Unit]) -> Moving:
    of = Q(descendant__code=plan.new.parent_code) if isinstance(plan, Split) else Q(descendant_id=to)
    above = UnitPath.objects.filter(of)
    codes = frozenset(above.values_list("ancestor__code", flat=True))
    moving = Moving(
        frozenset(source_ids),
        to,
        not isinstance(plan, Split),
        source_codes=frozenset(one.code for one in sources),
        to_codes=codes | {plan.new.code} if isinstance(plan, Split) else codes,
    )
    if not isinstance(plan, Split):
        return moving
    goes = going_duties(plan.unit, plan.posts)
    return replace(moving, posts=plan.posts, units=plan.units, areas=plan.areas, duties=goes)


def going_duties(unit_id: UUID, post_ids: Collection[UUID], leaving: Collection[UUID] = ()) -> frozenset[str]:
    """The duties of these posts that no other open post of the unit has.  leaving: posts that go, too, but elsewhere."""
    stay = PostDuty.objects.filter(post__unit_id=unit_id, post__closed_on__isnull=True)
    stay = stay.exclude(post_id__in={*post_ids, *leaving})
    go = PostDuty.objects.filter(post_id__in=post_ids).exclude(duty__in=stay.values("duty"))
    return frozenset(go.values_list("duty", flat=True))


def _own_posts(actor: Actor, unit_ids: Collection[UUID]) -> list[Remark]:
    """Nobody moves work and reach to a post that he holds himself, unless it is there to administer alone (三员分立)."""
    if actor.account_id is None:
        return []
    known = duties()
    own = Assignment.objects.filter(
        not_over(today()), account_id__in=persons_behind(actor), post__unit_id__in=unit_ids
    ).values_list("post__title", "post__duties__duty")
    titles = {title for title, id in own if id in known and known[id].administrator is None}
    message = msgid("You hold the post {post} there yourself: let another administrator do this.")
    return [Remark(FieldFault("", "own-post", message, {"post": title})) for title in sorted(titles)]


def _tree_remarks(moving: Moving) -> list[Remark]:
    """The unit that takes cannot stand below one that ends."""
    above = UnitPath.objects.filter(descendant_id=moving.to, ancestor_id__in=moving.sources, depth__gt=0)
    if not (moving.whole and above.exists()):
        return []
    message = msgid("The unit that takes over stands below one that ends: move it out first.")
    return [Remark(FieldFault("", "below-source", message))]


def _reach_remarks(moving: Moving, title: str) -> list[Remark]:
    """Nobody gets a duty; but what a grant reaches in its own unit is another unit now, and whoever confirms is to know of how many."""
    posts = Post.objects.filter(unit_id__in=moving.sources, closed_on__isnull=True)
    posts = posts if moving.whole else posts.filter(id__in=moving.posts)
    held = Assignment.objects.filter(not_over(today()), post__in=posts)
    number = held.aggregate(of=Count("account_id", distinct=True))["of"]
    if not number:
        return []
    message = msgid(
        "{number} officers hold posts that go: what they may do in their own unit they may then do in {unit}."
    )
    return [Remark(FieldFault("", "reach", message, {"number": number, "unit": title}), stops=False)]


def _headcount_remarks(moving: Moving) -> list[Remark]:
    """Places do not go along: how many the unit that takes has is decided for it, and somebody should see to that."""
    with_places = [
        unit.title for unit in Unit.objects.filter(id__in=moving.sources).order_by("code") if limits(unit.id)
    ]
    message = msgid("The places of {unit} do not go along: set the headcount of the unit that takes, by its document.")
    return [Remark(FieldFault("", "headcount", message, {"unit": title}), stops=False) for title in with_places]


def _fingerprint(what: object, moving: Moving, units: Iterable[Unit | None]) -> str:
    """Who confirms has seen these units, and these posts, child units and areas. Tasks and cases may come and go meanwhile."""
    to = moving.to if moving.whole else None  # the new unit of a split has no id yet
    seen = [
        type(what).__name__,
        str(to),
        sorted(
            (str(one.id), one.version) for one in units if one is not None and (moving.whole or one.id != moving.to)
        ),
        sorted(moving.duties),
        [[each.kind, each.marks(moving)] for each in kept() if each.is_structure],
    ]
    return digest(_plain(seen)).hex()[:32]


def _plain(one: object) -> object:
    return [_plain(each) for each in one] if isinstance(one, list | tuple) else str(one)


def _line(each: Kept, number: int, ids: Collection[UUID], stays: Stays | None = None) -> KeptLine:
    names = each.named(ids)
    return KeptLine(each.kind, each.title, number, tuple((id, names.get(id, "")) for id in ids), stays)


def _new_unit_view(new: NewUnit, id: UUID) -> UnitView:
    return UnitView(
        id, new.code, new.title, new.short_title or new.title, new.credit_code, new.level, new.division_code, None
    )


# ── Looking back ────────────────────────────────────────────────────────────────────────────────────────────────────────


def reorganisation_page(actor: Actor, reorganisation_id: UUID) -> ReorganisationPage:
    """A reorganisation: of which units, why, and how much went. At most six queries. Raises NotSignedIn, NotAllowed, NotFound."""
    require_a_post(actor)
    row = Reorganisation.objects.select_related("to").filter(id=reorganisation_id).first()
    if row is None:
        raise NotFound(msgid("There is no such reorganisation."))
    counts = dict(row.moves.order_by().values_list("kind").annotate(Count("id")))
    undone = Reorganisation.objects.filter(undoes=row).values_list("id", flat=True).first()
    return ReorganisationPage(
        row.id,
        row.what,
        row.at,
        row.reason,
        row.document,
        tuple(unit_view(one) for one in _sources(row)),
        unit_view(row.to),
        tuple(KeptLine(each.kind, each.title, counts[each.kind]) for each in reversed(kept()) if each.kind in counts),
        row.undoes_id,
        undone,
    )


def _sources(row: Reorganisation) -> list[Unit]:
    """The units whose things went, by code; those of an undoing, to which they came back."""
    changes = UnitChange.objects.filter(reorganisation_id=row.undoes_id or row.id, what__in=GAVE)
    return list(Unit.objects.filter(id__in=changes.values("unit_id")).order_by("code"))


@dataclass(frozen=True, slots=True)
class Return:
    """What undoing a reorganisation would return. back: kind → what stands.  since: what came since and has nobody to do it otherwise.

    parents: unit that ended → where it stood.
    """

    row: Reorganisation
    sources: tuple[Unit, ...]
    parents: dict[UUID, UUID | None]
    moved: dict[str, list[Moved]]
    back: dict[str, list[Moved]]
    since: tuple[Moving, ...]
    stops: tuple[FieldFault, ...]
    fingerprint: str


def preview_undoing(actor: Actor, reorganisation_id: UUID) -> ReorganisationPreview:
    """What undoing would return, by kind, and what has changed since and stays, with the first of it; why it cannot be undone.

    Nothing of an act that is undone already, or that undid another. Raises NotAllowed, NotFound.
    """
    require(actor, UNDO)
    found = returning(actor, reorganisation_id)
    lines = []
    over = found.row.what == "undo" or any(one.code == "undone-already" for one in found.stops)
    for each in () if over else reversed(kept()):
        moved, back = found.moved.get(each.kind, []), {one.object_id for one in found.back.get(each.kind, [])}
        came = {id for moving in found.since for id in each.ids(moving)} - back
        stay = [one.object_id for one in moved if one.object_id not in back and one.object_id not in came]
        if moved or came:
            stays = Stays(len(stay), each.why_not_back) if stay else None
            lines.append(_line(each, len(back | came), stay[:MOST_EXAMPLES], stays))
    return ReorganisationPreview(
        tuple(unit_view(one) for one in found.sources),
        unit_view(found.row.to),
        tuple(lines),
        found.stops,
        (),
        found.fingerprint,
    )


def returning(actor: Actor, reorganisation_id: UUID) -> Return:
    """What undoing would return as things stand. Raises NotFound."""
    row = Reorganisation.objects.select_related("to").filter(id=reorganisation_id).first()
    if row is None:
        raise NotFound(msgid("There is no such reorganisation."))
    sources = tuple(_sources(row))
    moved: dict[str, list[Moved]] = {}
    parents: dict[UUID, UUID | None] = {}
    for kind, id, source, was_there in row.moves.values_list("kind", "object_id", "source_id", "was_there"):
        if kind == "ended":
            parents[id] = source
        else:
            moved.setdefault(kind, []).append(Moved(id, source, was_there))
    back = {}
    for each in kept():
        stands = each.standing(moved[each.kind], row.to_id) if each.kind in moved else set()
        back[each.kind] = [one for one in moved.get(each.kind, ()) if one.object_id in stands]
    since = tuple(_since(row, source, back) for source in sources)
    stops = tuple(_against(actor, row, sources, parents))
    marks = [
        [str(row.id)],
        sorted((str(one.id), one.version) for one in (*sources, row.to)),
        [[each.kind, sorted(str(one.object_id) for one in back[each.kind])] for each in kept() if each.is_structure],
    ]
    return Return(row, sources, parents, moved, back, since, stops, digest(_plain(marks)).hex()[:32])


def _since(row: Reorganisation, source: Unit, back: dict[str, list[Moved]]) -> Moving:
    """The work that came to the unit since and that only posts can do which go back: it goes with them."""
    own = {kind: frozenset(one.object_id for one in moved if one.source == source.id) for kind, moved in back.items()}
    posts, leaving = own["post"], [one.object_id for one in back["post"]]
    goes = going_duties(row.to_id, posts, leaving)
    return Moving(frozenset({row.to_id}), source.id, False, posts=posts, duties=goes)


def _against(
    actor: Actor, row: Reorganisation, sources: Sequence[Unit], parents: dict[UUID, UUID | None]
) -> Iterable[FieldFault]:
    """Every reason why it cannot be undone any more."""
    if row.what == "undo":
        yield FieldFault("", "is-undoing", msgid("This act undid another: do the reorganisation again instead."))
        return
    if Reorganisation.objects.filter(undoes=row).exists():
        yield FieldFault("", "undone-already", msgid("It has been undone already."))
        return
    if row.to.closed_on is not None:
        message = msgid("{unit}, which took over, is closed: undo what closed it first.")
        yield FieldFault("", "to-closed", message, {"unit": row.to.title})
    elif (
        UnitChange.objects.filter(
            unit_id=row.to_id, what="split", at__gte=row.at, reorganisation__undone_by__isnull=True
        )
        .exclude(reorganisation=row)
        .exists()
    ):
        message = msgid("{unit}, which took over, was split since: undo that first.")
        yield FieldFault("", "built-upon", message, {"unit": row.to.title})
    for one in sources:
        if row.what == "split" and one.closed_on is not None:
            message = msgid("{unit}, to which it would go back, is closed: open it first, or undo what closed it.")
            yield FieldFault("", "source-closed", message, {"unit": one.title})
    above = Unit.objects.filter(id__in=[id for id in parents.values() if id], closed_on__isnull=False)
    for title in above.order_by("code").values_list("title", flat=True):
        message = msgid("{unit}, below which a unit stood that would come back, is closed: open it first.")
        yield FieldFault("", "parent-closed", message, {"unit": title})
    for remark in _own_posts(actor, {row.to_id, *(one.id for one in sources)}):
        yield remark.says
