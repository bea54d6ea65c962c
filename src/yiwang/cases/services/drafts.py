"""Keep a form that somebody has begun 暂存, so that he can go on another day or on another device."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from yiwang.acts.queries import fetch
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.cases.models import Draft
from yiwang.cases.queries.bundles import form_of, kind_of
from yiwang.cases.queries.drafts import KEPT, about_draft, draft_secret, under, view_of
from yiwang.cases.values import DraftView
from yiwang.kernel.crypto import INTL
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, msgid
from yiwang.kernel.time import now

__all__ = ["discard_draft", "forget_draft", "save_draft", "system_discard_old_drafts"]

MOST_BYTES = 64_000
"""What one draft may hold; a form is a few hundred."""
AT_ONCE = 500


@service("draft.save", open_to={CapacityKind.SELF})
def save_draft(
    actor: Actor,
    item_id: str,
    values: Mapping[str, Sequence[str]],
    *,
    subject_id: UUID | None = None,
    language: str = "zh-Hans",
) -> DraftView:
    """Keep what somebody has typed into the form of an item or a bundle, for as long as `KEPT` from now; it replaces what he kept before.

    values: by the names of the fields as a page sends them; only those of the form's questions are kept, and nothing is checked: what
    is wrong is told when the form is sent.  subject_id: for whom he applies, where that is another.
    Nobody but he can read it: it is stored sealed. Raises NotFound (no such item or bundle, or events begin it), Invalid (422: too much).
    """
    act = current_act()
    act.about(kind_of(item_id), item_id)
    asked = form_of(item_id)
    if actor.account_id is None:
        raise NotAllowed(msgid("A form is kept for a person who is signed in."))
    kept = {
        name: [str(one) for one in given]
        for name, given in values.items()
        if any(name == question or name.startswith(f"{question}.") for question in asked.questions)
    }
    plain = json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()
    if len(plain) > MOST_BYTES:
        raise Invalid(faults=[FieldFault("", "length", msgid("This is more than can be kept of a form."))])
    draft, _made = Draft.objects.filter(under(actor)).update_or_create(
        account_id=actor.account_id,
        item=item_id,
        defaults={
            "mandate_id": actor.mandate_id,
            "subject_id": subject_id,
            "values": INTL.seal(draft_secret(), plain, about=about_draft(actor.account_id, item_id)),
            "saved_at": act.time,
            "expires_at": act.time + KEPT,
            "origin": actor.origin,
        },
    )
    act.about("draft", draft.pk)
    return view_of(draft, {name: tuple(given) for name, given in kept.items()}, language)


@service("draft.discard", open_to={CapacityKind.SELF})
def discard_draft(actor: Actor, item_id: str) -> None:
    """Forget what one has kept of the form of an item or a bundle. Doing it twice changes nothing."""
    act = current_act()
    act.about(kind_of(item_id), item_id)
    if actor.account_id is None:
        raise NotAllowed(msgid("A form is kept for a person who is signed in."))
    forget_draft(actor, item_id)


_FORGET = (  # by hand: with every form
    "DELETE FROM cases_draft WHERE account_id = %(account)s::uuid AND item = %(item)s"
    " AND mandate_id IS NOT DISTINCT FROM %(mandate)s::uuid RETURNING id"
)


def forget_draft(actor: Actor, item_id: str) -> None:
    """Within the change that makes the draft needless: the form was sent, or its owner does not want it."""
    if actor.account_id is not None:
        fetch(_FORGET, {"account": actor.account_id, "item": item_id, "mandate": actor.mandate_id})


def system_discard_old_drafts() -> int:
    """Forget every draft that nobody has gone on with for as long as `KEPT`; return how many. Called by the scheduler."""
    done = 0
    while ids := list(Draft.objects.filter(expires_at__lte=now()).values_list("pk", flat=True)[:AT_ONCE]):
        done += _system_discard(system("cases.drafts"), ids)
    return done


@service("draft.expire")
def _system_discard(actor: Actor, ids: Sequence[UUID]) -> int:
    act = current_act()
    act.about("drafts", "expired")
    count, _each = Draft.objects.filter(pk__in=ids, expires_at__lte=now()).delete()
    act.note(discarded=count)
    return count
