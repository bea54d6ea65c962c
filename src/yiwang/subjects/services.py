"""Every change of the subjects engine.

A subject comes into being by its first identifier and never goes: identifiers end, the id stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, msgid
from yiwang.kernel.identifiers import IdentifierFault
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now as business_now
from yiwang.kernel.time import today
from yiwang.subjects.events import SUBJECT_IDENTIFIER_ENDED, SUBJECT_IDENTIFIER_GIVEN, SUBJECT_REGISTERED
from yiwang.subjects.models import Identifier
from yiwang.subjects.queries import subject_kinds
from yiwang.subjects.registry import checkers
from yiwang.subjects.rules.batches import Identifiers, group_by_identifier
from yiwang.subjects.values import NewSubject, SubjectKindView

__all__ = ["IdentifierTaken", "system_end_identifier", "system_give_identifier", "system_register_subjects"]

IDS_IN_ONE_EVENT = 1_000
ROUNDS = 5
"""How often a batch is tried again after another transaction registered one of its identifiers in between."""


class IdentifierTaken(Conflict):
    """The identifier belongs to another subject, or two identifiers given for one subject belong to two."""

    code = "identifier-taken"
    title = msgid("This identifier belongs to somebody else")
    next_step = msgid("Check the identifier. Ask for a merge when the two are the same.")


class _LostRace(Exception):
    """Another transaction registered one of our identifiers first; look again."""


@service("subject.register")
def system_register_subjects(actor: Actor, subjects: Sequence[NewSubject]) -> list[UUID]:
    """Register subjects in one go and return their ids in the order given.

    Idempotent by identifier: a subject that is known by one of its identifiers keeps its id, and identifiers that are new for
    it are added from today. Set-based: five statements for a batch of any size. One event `subject.registered.v1` for each
    1,000 new subjects.
    Raises Invalid (422) with every bad kind, scheme and value of the batch, IdentifierTaken (409) when two identifiers of one
    subject have different owners.
    """
    batch = _checked(subjects)
    for _ in range(ROUNDS):
        try:
            with transaction.atomic():
                ids, made = _register(actor, subjects, batch)
            break
        except _LostRace:
            continue
    else:
        raise IdentifierTaken(msgid("Others are registering the same identifiers at this moment."))
    act = current_act()
    act.about("subject", ids[0] if len(ids) == 1 else "batch")
    act.note(given=len(ids), made=len(made))
    for start in range(0, len(made), IDS_IN_ONE_EVENT):
        some = [str(one) for one in made[start : start + IDS_IN_ONE_EVENT]]
        act.emit(SUBJECT_REGISTERED, subject=some[0], data={"ids": some})
    return ids


@service("subject.give-identifier")
def system_give_identifier(
    actor: Actor, subject_id: UUID, scheme: str, value: str, *, valid_from: date | None = None
) -> None:
    """Record that a subject bears an identifier from `valid_from` (a civil date, default today) on. Idempotent.

    Raises Invalid (422) on a value that its checker refuses, IdentifierTaken (409) when another subject bears it then.
    """
    scheme_checkers = {one.scheme: one.checker for kind in subject_kinds().values() for one in kind.schemes}
    if scheme not in scheme_checkers:
        raise Invalid(
            faults=[
                FieldFault(
                    "scheme", "unknown-scheme", msgid("No identifier scheme is called {scheme}."), {"scheme": scheme}
                )
            ]
        )
    try:
        value = _canonical(scheme_checkers[scheme], value)
    except ValueError as error:
        raise Invalid(faults=[_value_fault("value", scheme, error)]) from None
    begins = valid_from or today()
    act = current_act()
    act.about("subject", subject_id)
    act.note(scheme=scheme)
    _lock_value(scheme, value)
    for other in Identifier.objects.filter(scheme=scheme, value=value):
        if other.valid_to is None or other.valid_to > begins:
            if other.subject_id == subject_id and other.valid_to is None:
                return
            raise IdentifierTaken(msgid("The identifier is borne by another subject on that day."))
    Identifier.objects.create(subject_id=subject_id, scheme=scheme, value=value, valid_from=begins)
    act.emit(SUBJECT_IDENTIFIER_GIVEN, subject=str(subject_id), data={"scheme": scheme})


@service("subject.end-identifier")
def system_end_identifier(actor: Actor, subject_id: UUID, scheme: str, value: str, *, on: date | None = None) -> None:
    """Record that a subject no longer bears an identifier from the civil date `on` (default today). It may then pass to another.

    Raises Invalid (422) when the subject does not bear it, began to only after `on`, or `on` lies ahead.
    """
    ends = on or today()
    if ends > today():
        raise Invalid(faults=[FieldFault("on", "in-future", msgid("An identifier ends today or ended earlier."))])
    act = current_act()
    act.about("subject", subject_id)
    act.note(scheme=scheme)
    ended = Identifier.objects.filter(
        subject_id=subject_id, scheme=scheme, value=value, valid_to__isnull=True, valid_from__lte=ends
    ).update(valid_to=ends)
    if not ended:
        raise Invalid(
            faults=[FieldFault("value", "not-borne", msgid("The subject does not bear this identifier on that day."))]
        )
    act.emit(SUBJECT_IDENTIFIER_ENDED, subject=str(subject_id), data={"scheme": scheme})


def _checked(subjects: Sequence[NewSubject]) -> list[Identifiers]:
    kinds = subject_kinds()
    faults: list[FieldFault] = []
    if not subjects:
        faults.append(FieldFault("", "empty", msgid("There is nothing to register.")))
    batch = [_checked_one(position, one, kinds, faults) for position, one in enumerate(subjects)]
    if faults:
        raise Invalid(faults=faults)
    return batch


def _checked_one(
    position: int, one: NewSubject, kinds: Mapping[str, SubjectKindView], faults: list[FieldFault]
) -> Identifiers:
    kind = kinds.get(one.kind)
    if kind is None:
        faults.append(
            FieldFault(
                f"{position}/kind",
                "unknown-kind",
                msgid("There is no kind of subject named {kind}."),
                {"kind": one.kind},
            )
        )
        return frozenset()
    if not one.identifiers:
        faults.append(
            FieldFault(f"{position}/identifiers", "required", msgid("A subject needs at least one identifier."))
        )
    schemes = {scheme.scheme: scheme.checker for scheme in kind.schemes}
    pairs = set()
    for scheme, value in one.identifiers.items():
        where = f"{position}/identifiers/{scheme}"
        if scheme not in schemes:
            faults.append(
                FieldFault(
                    where,
                    "unknown-scheme",
                    msgid("No identifier scheme of this kind is called {scheme}."),
                    {"scheme": scheme},
                )
            )
            continue
        try:
            pairs.add((scheme, _canonical(schemes[scheme], value)))
        except ValueError as error:
            faults.append(_value_fault(where, scheme, error))
    return frozenset(pairs)


def _canonical(checker: str, value: str) -> str:
    canonical = str(checkers[checker](value)) if checker else value.strip()
    if not canonical:
        raise ValueError("empty")
    return canonical


def _value_fault(where: str, scheme: str, error: ValueError) -> FieldFault:
    if isinstance(error, IdentifierFault):
        return error.at(where)
    return FieldFault(
        where, "bad-identifier", msgid("This is not a valid value of the identifier {scheme}."), {"scheme": scheme}
    )


def _register(
    actor: Actor, subjects: Sequence[NewSubject], batch: Sequence[Identifiers]
) -> tuple[list[UUID], list[UUID]]:
    """Return the ids in order, and those that were made now. Raises _LostRace when somebody was faster."""
    wanted = sorted({pair for identifiers in batch for pair in identifiers})
    owners = _owners(wanted)
    first_of = group_by_identifier(batch, owners)
    owner_of_group: dict[int, UUID] = {}
    for position, identifiers in enumerate(batch):
        for pair in identifiers & owners.keys():
            if owner_of_group.setdefault(first_of[position], owners[pair]) != owners[pair]:
                raise IdentifierTaken(
                    msgid("Two of the identifiers given for one subject belong to two different subjects.")
                )
    new = {first: uuid7() for first in dict.fromkeys(first_of) if first not in owner_of_group}
    ids = [owner_of_group.get(first) or new[first] for first in first_of]
    _insert_subjects([(new[first], subjects[first].kind, subjects[first].origin or actor.origin) for first in new])
    missing = {
        pair: ids[position] for position, identifiers in enumerate(batch) for pair in identifiers - owners.keys()
    }
    _insert_identifiers(missing)
    return ids, list(new.values())


def _owners(pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.scheme, i.value, coalesce(s.merged_into_id, s.id)"
            " FROM unnest(%s::text[], %s::text[]) AS wanted (scheme, value)"
            " JOIN subjects_identifier i USING (scheme, value) JOIN subjects_subject s ON s.id = i.subject_id"
            " WHERE i.valid_to IS NULL",
            [[scheme for scheme, _ in pairs], [value for _, value in pairs]],
        )
        return {(scheme, value): owner for scheme, value, owner in cursor.fetchall()}


def _insert_subjects(rows: Sequence[tuple[UUID, str, str]]) -> None:
    if not rows:
        return
    ids, kinds, origins = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subjects_subject (id, kind, origin, created_at)"
            " SELECT id, kind, origin, %s FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, kind, origin)",
            [business_now(), list(ids), list(kinds), list(origins)],
        )


def _insert_identifiers(missing: Mapping[tuple[str, str], UUID]) -> None:
    if not missing:
        return
    pairs = sorted(missing)  # one order in every transaction, so that two batches cannot wait for each other
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subjects_identifier (id, subject_id, scheme, value, valid_from)"
            " SELECT id, subject_id, scheme, value, %s"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS new (id, subject_id, scheme, value)"
            " ON CONFLICT (scheme, value) WHERE valid_to IS NULL DO NOTHING",
            [
                today(),
                [uuid7() for _ in pairs],
                [missing[pair] for pair in pairs],
                [scheme for scheme, _ in pairs],
                [value for _, value in pairs],
            ],
        )
        if cursor.rowcount != len(pairs):
            raise _LostRace


def _lock_value(scheme: str, value: str) -> None:
    """Hold off other changes of this one identifier until the transaction ends: past owners have no unique index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"subjects.identifier {scheme} {value}"]
        )
