"""Serve somebody at a window 窗口代办: who he is and that he agreed are written down before anything is read of him or sent for him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Application, Case, Reception
from yiwang.cases.queries.bundles import form_of, kind_of
from yiwang.cases.queries.forms import Asking
from yiwang.cases.queries.known import NOBODY_SERVED, PURPOSE, Known, receptions_of
from yiwang.cases.queries.receptions import consent_texts, shape_reception
from yiwang.cases.queries.visibility import ENTER
from yiwang.cases.values import Channel, ConsentMeans, IdentityShown, ReceptionView
from yiwang.identity.queries import actor_unit, require, subjects_behind, system_unit, unit_scope
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, msgid
from yiwang.kernel.identifiers import IdentifierFault
from yiwang.kernel.time import civil_date
from yiwang.places.queries import units_answering
from yiwang.records.queries import name_at_window
from yiwang.subjects.queries import subject_kinds, system_find_subject
from yiwang.subjects.registry import checkers

__all__ = ["open_reception", "reception_for", "settle_reception"]

COMMUNITY = "community"
"""Level of the units whose desk serves their own neighbours."""


@service("reception.open", open_to={CapacityKind.POST})
def open_reception(
    actor: Actor,
    item_id: str,
    *,
    scheme: str,
    value: str,
    shown: str,
    means: str,
    agreed: bool,
    language: str = "zh-Hans",
) -> ReceptionView:
    """Write down that somebody at the window showed who he is, and agreed to this post applying for him and reading what the form names.

    item_id: of an item or a bundle.  scheme, value: the identifier on the document, such as the number of the identity card.  shown: an
    `IdentityShown`.  means: a `ConsentMeans`.  agreed: that he did; without it nothing is begun.
    It counts today, for this item or bundle, in this post. Source: 个人信息保护法 art. 13, 14; HK-3.3-3: any window takes any item.

    Raises NotAllowed without the grant `case.submit`, and for oneself; NotFound (no such item or bundle, or nobody applies for it);
    Invalid (422, every fault at once): no such identifier, nobody bears it, no document, no consent.
    """
    act = current_act()
    act.about(kind_of(item_id), item_id)
    require(actor, ENTER)
    asked = form_of(item_id)
    faults = _choice_faults(shown, means, agreed)
    subject_id: UUID | None = None
    try:
        subject_id = _person(scheme, value)
    except Invalid as invalid:
        faults = [*invalid.faults, *faults]
    unit_id = actor_unit(actor)
    if faults or subject_id is None or unit_id is None or actor.account_id is None or actor.capacity_id is None:
        raise Invalid(faults=faults)
    act.require(
        subject_id not in subjects_behind(actor), msgid("Apply for yourself as yourself, not at your own window.")
    )
    row = Reception.objects.create(
        subject_id=subject_id,
        name=name_at_window(actor, subject_id, purpose=PURPOSE, item=item_id),
        item=item_id,
        account_id=actor.account_id,
        post_id=actor.capacity_id,
        unit_id=unit_id,
        channel=Channel.COMMUNITY if system_unit(unit_id).level == COMMUNITY else Channel.HALL,
        shown=IdentityShown(shown),
        means=ConsentMeans(means),
        consent=consent_texts(asked.item),
        received_at=act.time,
        until=civil_date(act.time),
        origin=actor.origin,
    )
    act.about("reception", row.id)
    act.about("subject", subject_id)
    act.note(item=item_id, shown=str(row.shown), means=str(row.means), channel=str(row.channel))
    return shape_reception(row, language)


def _choice_faults(shown: str, means: str, agreed: bool) -> list[FieldFault]:
    faults = []
    if shown not in list(IdentityShown):
        faults.append(FieldFault("shown", "required", msgid("Say by which document he showed who he is.")))
    if means not in list(ConsentMeans):
        faults.append(FieldFault("means", "required", msgid("Say how he agreed.")))
    if not agreed:
        faults.append(
            FieldFault(
                "agreed", "no-consent", msgid("Without his consent nothing is read of him and nothing is sent for him.")
            )
        )
    return faults


def _person(scheme: str, value: str) -> UUID:
    """Whose identifier this is today. Raises Invalid."""
    known = {
        one.scheme: one.checker for kind in subject_kinds().values() if kind.natural_person for one in kind.schemes
    }
    if scheme not in known:
        raise Invalid(faults=[FieldFault("scheme", "unknown-scheme", msgid("Choose which identifier it is."))])
    try:
        canonical = str(checkers[known[scheme]](value)) if known[scheme] else value.strip()
    except IdentifierFault as fault:
        raise Invalid(faults=[fault.at("value")]) from None
    except ValueError:
        raise Invalid(faults=[FieldFault("value", "bad-identifier", msgid("This is no such identifier."))]) from None
    found = system_find_subject(scheme, canonical)
    if found is None:
        raise Invalid(faults=[FieldFault("value", "nobody", msgid("Nobody bears this identifier today."))])
    return found


def reception_for(actor: Actor, asked: Asking, known: Known, places: Sequence[str], on: date) -> Reception | None:
    """The reception on which a post applies, locked; None for a person, who needs none.

    A post with a grant for the whole city takes what belongs anywhere; another only what belongs to its own area: one of the `places` has
    to be one for which one of its units answers by the duty that grants it. Raises NotAllowed.
    """
    if actor.capacity is not CapacityKind.POST:
        return None
    person = known.agent_id or known.subject_id
    row = receptions_of(actor, asked.item["id"]).filter(subject=person).select_for_update().first()
    if row is None:
        raise NotAllowed(NOBODY_SERVED)
    for scope in unit_scope(actor, ENTER).each:
        answering = (units_answering(place, duty, on) for duty in scope.duties for place in places)
        if scope.everything or any(scope.unit_ids & set(units) for units in answering):
            return row
    raise NotAllowed(
        msgid(
            "This place is not in the area of your unit. A window of the government service hall takes it, whatever the place."
        )
    )


def settle_reception(reception: Reception, made: Case | Application) -> None:
    """Keep what came of a reception; it counts for nothing else."""
    if isinstance(made, Case):
        reception.case = made
    else:
        reception.application = made
    reception.save(update_fields=["case", "application"])
    act = current_act()
    act.about("reception", reception.id)
    act.note(channel=str(reception.channel), subject=str(reception.subject_id))
