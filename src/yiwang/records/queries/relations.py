"""Relations: who is related to whom on a day, as far as the reader's ground reaches; every look is logged for both ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import get_language

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import Sensitivity
from yiwang.identity.queries import unit_titles
from yiwang.kernel import masking
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, now
from yiwang.records.models import Relation
from yiwang.records.queries.grounds import Claim, Reader, reader_of
from yiwang.records.queries.reading import log_reading, system_value
from yiwang.records.queries.relation_kinds import list_relations, relation
from yiwang.records.values import Door, Ground, RelatedView
from yiwang.subjects.queries import subject_kinds, system_subject
from yiwang.subjects.values import Scheme, SubjectKindView, SubjectView

__all__ = ["count_words", "last_word_about", "related", "standing_link"]

MOST = 200


def count_words(relation_id: str) -> int:
    """How many words are stored about a relation. One query over all relations, for `plan`."""
    return Relation.objects.filter(relation=relation_id).count()


def related(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    relations: Collection[str] | None = None,
    agreement: str | None = None,
    valid_at: date | None = None,
    known_at: datetime | None = None,
) -> list[RelatedView]:
    """To whom a subject is related, from either end, by relation and beginning; at most 200. And a note that it was read.

    purpose: id of a registered purpose.  relations: only these; None for all.  valid_at: civil date (default today).  known_at: what was
    known here at that instant (default now).  agreement: read under this one alone.
    The grounds are those of `facts`: a person sees his own links, whichever end he is, and those of whom he represents; a post sees what
    its grant reaches by source unit and what agreements give. The look is logged for the subject; unless it is his own, also for
    everybody whom it shows. Of a sensitive relation it stays covered who the other is, unless `record.read-sensitive` reaches the source.
    Queries: five, and for each link four.
    Raises what `facts` raises.
    """
    release = current_release()
    moment = now()
    day = valid_at or civil_date(moment)
    reader = reader_of(
        actor, subject_id, purpose, agreement=agreement, item=None, release=release, on=civil_date(moment)
    )
    with transaction.atomic():
        kind = system_subject(subject_id).kind
        wanted = [
            one
            for one in list_relations(release).values()
            if kind in (one.start.kind, one.end.kind) and (relations is None or one.id in relations)
        ]
        claims = {one.id: reader.claims(one.id, [one.id]) for one in wanted}
        if wanted and not any(claims.values()):
            raise reader.refusal([one.id for one in wanted])
        found = _standing(subject_id, list(claims), day, known_at or moment)
        seen = [_seen(one, claims[one.relation], subject_id) for one in found]
        shown = [one for one in seen if one is not None]
        units = unit_titles(one.row.unit_id for one in shown if one.row.unit_id)
        views = [_related(reader, one, units, day, known_at or moment) for one in shown]
        _log(reader, subject_id, claims, zip(shown, views, strict=True), moment)
    return views


def standing_link(relation_id: str, from_id: UUID, to_id: UUID, day: date) -> Relation | None:
    """The word by which these two are related on a civil date, as known now; None when they are not. One query."""
    words = Relation.objects.filter(relation=relation_id, from_subject=from_id, to_subject=to_id, valid_from__lte=day)
    last = words.order_by("valid_from", "-arrived_at").distinct("valid_from")
    return next((one for one in last if not one.retracted and (one.valid_to is None or one.valid_to > day)), None)


def last_word_about(word: Relation) -> Relation:
    """The last word about the same link. One query."""
    return Relation.objects.filter(
        relation=word.relation,
        from_subject=word.from_subject_id,
        to_subject=word.to_subject_id,
        valid_from=word.valid_from,
    ).latest("arrived_at")


# For each link the last word, then those that hold on the day. The two halves never give one row twice: nobody is related to himself.
_STANDING = """
SELECT id FROM (
    SELECT DISTINCT ON (relation, from_id, to_id, valid_from) id, relation, valid_from, valid_to, retracted FROM (
        SELECT * FROM records_relation WHERE from_id = %(subject)s AND relation = ANY(%(relations)s)
        UNION ALL
        SELECT * FROM records_relation WHERE to_id = %(subject)s AND relation = ANY(%(relations)s)
    ) AS words WHERE valid_from <= %(day)s AND arrived_at <= %(known_at)s
    ORDER BY relation, from_id, to_id, valid_from, arrived_at DESC
) AS last_words WHERE NOT retracted AND (valid_to IS NULL OR valid_to > %(day)s)
ORDER BY relation, valid_from, id LIMIT %(most)s
"""


def _standing(subject_id: UUID, relations: list[str], day: date, known_at: datetime) -> list[Relation]:
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDING,
            {"subject": subject_id, "relations": relations, "day": day, "known_at": known_at, "most": MOST},
        )
        ids = [id for (id,) in cursor.fetchall()]
    rows = Relation.objects.in_bulk(ids)
    return [rows[id] for id in ids]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link that the reader's claim reaches, and who is at its other end."""

    row: Relation
    claim: Claim
    other: SubjectView
    is_from: bool


def _seen(row: Relation, claims: Iterable[Claim], subject_id: UUID) -> _Seen | None:
    for claim in claims:
        if claim.rows.covers(row.unit_id) or (row.post_id is not None and row.post_id in claim.rows.post_ids):
            is_from = row.from_subject_id == subject_id
            return _Seen(row, claim, system_subject(row.to_subject_id if is_from else row.from_subject_id), is_from)
    return None


def _related(reader: Reader, one: _Seen, units: Mapping[UUID, str], day: date, known_at: datetime) -> RelatedView:
    language = get_language() or "zh-hans"
    row, view = one.row, relation(one.row.relation, reader.release)
    role = view.end if one.is_from else view.start
    kind = subject_kinds(reader.release)[one.other.kind]
    uncovers = (
        reader.whole is not None or reader.sensitive.covers(row.unit_id) or row.post_id in reader.sensitive.post_ids
    )
    masked = view.sensitivity is Sensitivity.SENSITIVE and not uncovers
    titles = {scheme.scheme: scheme for scheme in kind.schemes}
    borne = [
        (text(titles[given.scheme].title, language), _shown(reader, kind, titles[given.scheme], given.value))
        for given in one.other.identifiers
        if given.scheme in titles
    ]
    return RelatedView(
        record_id=row.id,
        relation=row.relation,
        title=role.title_in(language),
        other_id=None if masked else one.other.id,
        other_kind_title=text(kind.title, language),
        other_name="" if masked else _name(one.other.id, kind, reader.release, day, known_at),
        identifiers=() if masked else tuple(one for one in borne if one[1] != masking.COVERED),
        unit_title=units.get(row.unit_id, "") if row.unit_id else "",
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        registered_at=row.registered_at,
        arrived_at=row.arrived_at,
        door=Door(row.door),
        case_id=row.case_id,
        case_number=str(row.evidence.get("case_number", "")),
        reason=str(row.evidence.get("reason", "")),
        masked=masked,
    )


def _shown(reader: Reader, kind: SubjectKindView, scheme: Scheme, value: str) -> str:
    """An identifier for people. Those of people are masked; who is related himself knows a number that has no mask of its own."""
    if not kind.natural_person or (reader.whole is not None and not scheme.checker):
        return value
    return masking.mask(scheme.checker, value)


def _name(subject_id: UUID, kind: SubjectKindView, release: int, day: date, known_at: datetime) -> str:
    """What somebody is called, when his kind says by which element and it may be shown. One query."""
    element = catalog.find_element(kind.called, release)
    if element is None or element.sensitivity is Sensitivity.SENSITIVE:
        return ""
    value = system_value(subject_id, element.id, valid_at=day, known_at=known_at)
    return catalog.shown(value, element, release=release)


def _log(
    reader: Reader,
    subject_id: UUID,
    claims: Mapping[str, list[Claim]],
    shown: Iterable[tuple[_Seen, RelatedView]],
    moment: datetime,
) -> None:
    """One line for the subject and each relation that was looked at, one for each other whom a link shows."""
    looked = list(shown)
    read: dict[tuple[UUID, str], Claim] = {}
    for id, some in claims.items():
        for claim in some:
            if claim.rows.everything or any(one.claim is claim for one, _ in looked):
                read[subject_id, id] = claim
    if reader.whole is not Ground.OWN:
        for one, view in looked:
            if view.other_id is not None and view.other_id != reader.actor.capacity_id:
                read[view.other_id, view.relation] = one.claim
    for (whose, id), claim in read.items():
        log_reading(
            reader.actor, whose, reader.purpose, {id: [id]}, reader.release, moment, claim.ground, claim.id,
            reader.unit_id,
        )  # fmt: skip
