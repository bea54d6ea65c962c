"""What a keeper of holders says: who holds a post."""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Assignment, Post
from yiwang.identity.models.keepers import Keeper, KeptPost
from yiwang.identity.queries.keepers import post_seen, seen_accounts
from yiwang.identity.queries.shapes import on_the_day
from yiwang.identity.services.assignments import assign_post, end_assignment
from yiwang.identity.services.keepers.accounts import ExternalIdTaken
from yiwang.identity.services.reach import keeper_acting, refuse_post_of_another
from yiwang.identity.services.units import OrganisationChanged
from yiwang.identity.values import AssignmentKind, Establishment, Terms
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["MOST_HOLDERS", "say_holders"]

MOST_HOLDERS = 500
"""No post has more. Source: ours; a limit so that one request stays one."""


@service("keeper.seat")
def say_holders(
    actor: Actor, post_id: UUID, wanted: Set[UUID], *, external_id: str = "", version: str | None = None
) -> None:
    """Let these accounts hold a post regularly from today on, and no others: who is missing leaves it today, who is new is assigned.

    version: as it was looked at. All or nothing; each seat is made and ended by its own service, with all that these refuse.
    Raises NotFound (a post that it does not see), NotAllowed, Invalid (422) naming every account that it does not see,
    ExternalIdTaken, OrganisationChanged (409), and what `assign_post` and `end_assignment` raise.
    """
    keeper = keeper_acting(actor)
    post = Post.objects.select_for_update().filter(id=post_id).first()
    if post is None:
        raise NotFound(msgid("There is no such post."))
    if version is not None and post_seen(keeper, post_id).version != version:
        raise OrganisationChanged
    refuse_post_of_another(actor, post_id, AssignmentKind.REGULAR)
    held = {
        one.account_id: one.id
        for one in Assignment.objects.filter(on_the_day(today()), post=post, kind=AssignmentKind.REGULAR)
    }
    new = _seen(keeper, wanted - set(held))
    _call_it(keeper, post, external_id.strip())
    act = current_act()
    act.about("post", post.id)
    act.note(keeper=str(keeper.id), seated=len(new), unseated=len(set(held) - wanted))
    for account_id in sorted(set(held) - wanted):
        end_assignment(actor, held[account_id])
    terms = Terms(establishment=Establishment(keeper.establishment) if keeper.establishment else None)
    for account_id in new:
        assign_post(actor, account_id, post.id, today(), terms=terms)


def _seen(keeper: Keeper, wanted: Set[UUID]) -> list[UUID]:
    """Those of these whom it may seat. Raises Invalid naming every other."""
    if len(wanted) > MOST_HOLDERS:
        raise Invalid(faults=[FieldFault("members", "too-many", msgid("At most {most}."), {"most": MOST_HOLDERS})])
    seen = set(
        Account.objects.filter(id__in=seen_accounts(keeper).values("id"))
        .filter(id__in=wanted, is_active=True)
        .values_list("id", flat=True)
    )
    message = msgid("There is no officer {id} whom this system could seat.")
    faults = [
        FieldFault("members", "unknown-officer", message, {"id": str(one)})
        for one in sorted(wanted, key=str)
        if one not in seen
    ]
    if faults:
        raise Invalid(faults=faults)
    return sorted(seen)


def _call_it(keeper: Keeper, post: Post, external_id: str) -> None:
    if not external_id:
        KeptPost.objects.filter(keeper=keeper, post=post).delete()
        return
    if KeptPost.objects.filter(keeper=keeper, external_id=external_id).exclude(post=post).exists():
        raise ExternalIdTaken(msgid("This system calls another post so."))
    KeptPost.objects.update_or_create(keeper=keeper, post=post, defaults={"external_id": external_id})
