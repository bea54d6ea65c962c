"""Why somebody may do an action, or may not, and who else may: the answer of `permission` laid open, for any account and unit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Post, Succession, Unit, UnitPath
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.organisation import assignment_views, post_lines
from yiwang.identity.queries.permission import WITH_THE_PAST, may_be_granted, posts_reaching, require
from yiwang.identity.queries.shapes import account_view, unit_view
from yiwang.identity.registry import action_words, administrative_actions
from yiwang.identity.values import (
    AccountView,
    Allowing,
    AssignmentView,
    DutyView,
    Explanation,
    HeldPost,
    PostView,
    Reason,
    Scope,
    Standing,
    UnitView,
)
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["actions", "explain_permission", "whose_rights"]

MOST_POSTS = 10
ORDER = {standing: number for number, standing in enumerate(Standing)}


def whose_rights(actor: Actor, account_id: UUID) -> AccountView:
    """The account about whose rights somebody asks: his own, or any that whoever may list officers asks about. Three queries.

    Raises NotAllowed, NotFound.
    """
    if actor.account_id != account_id:
        require(actor, "officer.list")
    account = Account.objects.filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    return account_view(account)


def explain_permission(actor: Actor, account_id: UUID, action: str, unit_id: UUID | None = None) -> Explanation:
    """Why an account may or may not do `action` today, on what concerns a unit (default: on anything at all).

    From the rows that are asked before every act. What a single case adds (who applied himself does not decide) is said where it is
    refused. At most thirteen queries. Raises NotAllowed, NotFound for an unknown account or unit, Invalid for an unknown action.
    """
    account = whose_rights(actor, account_id)
    if action not in actions():
        raise Invalid(
            faults=[FieldFault("action", "unknown", msgid("There is no such action. Choose one of the list."))]
        )
    unit = _unit(unit_id)
    held = _held(assignment_views([account_id]).get(account_id, []), action, unit_id)
    granting = tuple(
        one
        for one in sorted(duties().values(), key=lambda duty: duty.id)
        if any(grant.action == action for grant in one.may) and may_be_granted(action, one.administrator)
    )
    posts = posts_reaching(action, unit_id) if unit_id else _posts_with(granting)
    return Explanation(
        account,
        action,
        unit,
        _reason(account.is_active, action, unit, held, granting),
        held,
        administrative_actions.get(action),
        granting,
        post_lines(actor, Post.objects.filter(id__in=posts[:MOST_POSTS])),
        len(posts),
    )


def actions() -> dict[str, str]:
    """Every action that an engine describes or a duty grants, with its words (a msgid; the action itself for one without). Free."""
    granted = (grant.action for one in duties().values() for grant in one.may)
    return {**{action: action for action in granted}, **action_words}


def _unit(unit_id: UUID | None) -> UnitView | None:
    if unit_id is None:
        return None
    unit = Unit.objects.filter(id=unit_id).first()
    if unit is None:
        raise NotFound(msgid("There is no such unit."))
    return unit_view(unit)


def _posts_with(granting: Collection[DutyView]) -> list[UUID]:
    with_them = Post.objects.filter(duties__duty__in=[one.id for one in granting], closed_on__isnull=True)
    return list(with_them.order_by("code").distinct().values_list("id", flat=True))


def _held(assignments: Collection[AssignmentView], action: str, unit_id: UUID | None) -> tuple[HeldPost, ...]:
    """Every assignment, the ones that allow it first, then by how they stand. Two queries."""
    units = {one.post.unit_id for one in assignments}
    above = set(UnitPath.objects.filter(descendant_id=unit_id).values_list("ancestor_id", flat=True))
    heirs = Succession.objects.filter(successor_id__in=units, predecessor_id=unit_id)
    past = set(heirs.values_list("successor_id", "duty"))
    known = duties()
    found = [
        HeldPost(one, _standing(one), _grants(one.post, action, unit_id, above, past, known)) for one in assignments
    ]
    return tuple(sorted(found, key=lambda one: (not one.allows, ORDER[one.standing])))


def _standing(one: AssignmentView) -> Standing:
    day = today()
    if one.valid_to is not None and one.valid_to <= max(day, one.valid_from):
        return Standing.OVER
    if one.valid_from > day:
        return Standing.LATER
    return Standing.RESTS if one.rests else Standing.NOW


def _grants(
    post: PostView,
    action: str,
    unit_id: UUID | None,
    above: Collection[UUID],
    past: Collection[tuple[UUID, str]],
    known: Mapping[str, DutyView],
) -> tuple[Allowing, ...]:
    """above: the unit that was asked about, and those it stands below.  past: (heir, duty or empty for all) of what it left to others."""

    def reaches(duty: DutyView, scope: Scope) -> bool:
        if unit_id is None or scope is Scope.CITY:
            return True
        if scope in WITH_THE_PAST and {(post.unit_id, ""), (post.unit_id, duty.id)} & set(past):
            return True
        return post.unit_id in above if scope is Scope.SUBTREE else post.unit_id == unit_id

    return tuple(
        Allowing(duty, grant.scope, may_be_granted(action, duty.administrator), reaches(duty, grant.scope))
        for id in sorted(post.duties)
        if (duty := known.get(id)) is not None
        for grant in duty.may
        if grant.action == action
    )


def _reason(
    is_active: bool,
    action: str,
    unit: UnitView | None,
    held: tuple[HeldPost, ...],
    granting: Collection[DutyView],
) -> Reason:
    """The sentence that decides: what is nearest to a yes is said first."""
    if not is_active:
        return Reason(False, msgid("The account is closed: nobody can act with it any more."))
    if held and held[0].allows:
        return Reason(True, msgid("In the post {post} this may be done."), _post(held[0]))
    now = [one for one in held if one.standing is Standing.NOW]
    near = next((one for one in now if any(grant.counts for grant in one.grants)), None)
    if near is not None and unit is not None:
        params = {**_post(near), "unit": unit.title}
        return Reason(
            False, msgid("The post {post} may do this, but not for {unit}: that lies beyond its reach."), params
        )
    if not granting:
        return Reason(False, msgid("No duty in the city may do this, so nobody can."))
    if any(one.grants for one in now):
        return Reason(
            False,
            msgid(
                "A duty names it, but across the line between the three administrators and the city's business it does not count."
            ),
        )
    for one in held:
        if any(grant.counts and grant.reaches for grant in one.grants):
            return _at_another_time(one)
    if not now:
        return Reason(False, msgid("No post is held today, and rights come from posts alone."))
    if action in administrative_actions:
        return Reason(
            False,
            msgid("Only the administrators named below may be granted this, and none of the posts held is theirs."),
        )
    return Reason(False, msgid("No duty of the posts held today may do this."))


def _at_another_time(one: HeldPost) -> Reason:
    if one.standing is Standing.RESTS:
        return Reason(
            False, msgid("Not now: the post {post} may do this, and rests during a secondment elsewhere."), _post(one)
        )
    if one.standing is Standing.LATER:
        params = {**_post(one), "day": one.assignment.valid_from.isoformat()}
        return Reason(False, msgid("Not yet: the post {post} may do this, and is held from {day}."), params)
    until = one.assignment.valid_to
    params = {**_post(one), "day": until.isoformat() if until else ""}
    return Reason(False, msgid("No longer: the post {post} may do this, and was held until {day}."), params)


def _post(one: HeldPost) -> dict[str, object]:
    return {"post": f"{one.assignment.post.unit_title} {one.assignment.post.title}"}
