"""Relations: who is related to whom on a day, and what was ever said of it, as far as the reader's ground reaches.

Every look is logged for both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import get_language

from yiwang.acts.queries import current_release
from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog import queries as catalog
from yiwang.catalog.values import Sensitivity
from yiwang.identity.queries import post_titles, unit_titles
from yiwang.kernel import masking
from yiwang.kernel.errors import NotAllowed, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import civil_date, now
from yiwang.records.models import Relation
from yiwang.records.queries.grounds import Claim, Reader, reader_of
from yiwang.records.queries.keeping import CORRECT_RELATION, RETRACT_RELATION, may_correct
from yiwang.records.queries.reading import log_reading, system_value
from yiwang.records.queries.relation_kinds import list_relations, relation
from yiwang.records.queries.standing import doubted_records
from yiwang.records.rules.links import Link
from yiwang.records.values import Door, Ground, RelatedView, RelationForm, Standing
from yiwang.subjects.queries import subject_kinds, system_subject
from yiwang.subjects.values import Scheme, SubjectKindView, SubjectView

__all__ = [
    "called",
    "count_circles",
    "count_words",
    "ever_related",
    "last_word_about",
    "last_word_of",
    "link_of",
    "related",
    "related_by",
    "relation_form",
    "relation_history",
    "standing_link",
]

MOST = 200


def count_words(relation_id: str) -> int:
    """How many words are stored about a relation. One query over all relations, for `plan`."""
    return Relation.objects.filter(relation=relation_id).count()


# Links that stand and stand above themselves: from each one up along those that hold on the same days, as the table's trigger walks.
_CIRCLES = """
WITH RECURSIVE last_words AS MATERIALIZED (
    SELECT DISTINCT ON (relation, from_id, to_id, valid_from) id, from_id, to_id, retracted, daterange(valid_from, valid_to) AS days
    FROM records_relation WHERE relation = ANY(%(relations)s) ORDER BY relation, from_id, to_id, valid_from, arrived_at DESC
), up (id, foot, subject, days) AS (
    SELECT id, from_id, to_id, days FROM last_words WHERE NOT retracted
    UNION
    SELECT up.id, up.foot, above.to_id, up.days * above.days FROM up JOIN last_words AS above ON above.from_id = up.subject
    WHERE NOT above.retracted AND above.days && up.days AND up.subject <> up.foot
) SELECT count(DISTINCT id) FROM up WHERE subject = foot
"""


def count_circles(relations: Collection[str]) -> int:
    """How many stored links go round in a circle if these relations are one hierarchy. One query over all of them, for `plan`."""
    with connection.cursor() as cursor:
        cursor.execute(_CIRCLES, {"relations": sorted(relations)})
        return int(cursor.fetchone()[0])


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
    Queries: seven, and for each link four.
    Raises what `facts` raises.
    """
    moment = now()
    look = _Look(subject_id, purpose, valid_at or civil_date(moment), known_at or moment, moment)
    return _read(actor, look, relations, agreement, lambda ids: _standing(subject_id, ids, look.day, look.known_at))


def relation_history(
    actor: Actor,
    subject_id: UUID,
    *,
    purpose: str,
    relations: Collection[str] | None = None,
    agreement: str | None = None,
) -> list[RelatedView]:
    """Every word about a subject's relations, corrections and retractions included, the latest arrival first; at most 200.

    Grounds, notes and faults are those of `related`.
    """
    moment = now()
    look = _Look(subject_id, purpose, civil_date(moment), moment, moment)

    def found(ids: list[str]) -> list[Relation]:
        either = Q(from_subject=subject_id) | Q(to_subject=subject_id)
        return list(Relation.objects.filter(either, relation__in=ids).order_by("-arrived_at", "-pk")[:MOST])

    return _read(actor, look, relations, agreement, found)


def ever_related(actor: Actor, subject_id: UUID, *, purpose: str, agreement: str | None = None) -> bool:
    """Whether anything was ever said of a subject's relations that the reader may read. Nothing is shown, and nothing noted.

    Raises what `reader_of` raises.
    """
    release, on = current_release(), civil_date(now())
    reader = reader_of(actor, subject_id, purpose, agreement=agreement, item=None, release=release, on=on)
    words = Relation.objects.filter(Q(from_subject=subject_id) | Q(to_subject=subject_id))
    said = words.values_list("relation", "unit_id", "post_id").distinct()[:MOST]
    return any(
        claim.rows.covers(unit) or post in claim.rows.post_ids
        for id, unit, post in said
        for claim in reader.claims(id, [id])
    )


def related_by(actor: Actor, subject_id: UUID, record_id: UUID, *, purpose: str) -> RelatedView:
    """One relation of a subject that holds today, by its word. Raises NotFound, and what `related` raises."""
    word = Relation.objects.filter(pk=record_id).first()
    if word is None or subject_id not in (word.from_subject_id, word.to_subject_id):
        raise NotFound(msgid("There is no such relation."))
    for one in related(actor, subject_id, purpose=purpose, relations=[word.relation]):
        if one.record_id == record_id:
            return one
    raise NotFound(msgid("There is no such relation."))


def relation_form(actor: Actor, record_id: UUID, *, purpose: str) -> RelationForm:
    """A relation as its source's officer may correct it. The look is logged for both ends.

    Raises NotFound, NotAllowed for anybody but the source's officer, and what `related` raises.
    """
    word = Relation.objects.filter(pk=record_id).first()
    if word is None:
        raise NotFound(msgid("There is no such relation."))
    view = relation(word.relation)
    correct = may_correct(actor, view.kept_by, word.unit_id, CORRECT_RELATION)
    retract = may_correct(actor, view.kept_by, word.unit_id, RETRACT_RELATION)
    if not (correct or retract):
        raise NotAllowed(msgid("Only the source corrects its records."))
    start = _as_seen_from(actor, word, word.to_subject_id, purpose)
    end = _as_seen_from(actor, word, word.from_subject_id, purpose)
    title = view.title_in(get_language() or "zh-hans")
    return RelationForm(record_id, title, start, end, correct, retract, view.may_swap)


def _as_seen_from(actor: Actor, word: Relation, subject_id: UUID, purpose: str) -> RelatedView:
    for one in relation_history(actor, subject_id, purpose=purpose, relations=[word.relation]):
        if one.record_id == word.pk:
            return one
    raise NotFound(msgid("There is no such relation."))


@dataclass(frozen=True, slots=True)
class _Look:
    """At whom, for what, on which day and as known when. moment: business time of the reading."""

    subject_id: UUID
    purpose: str
    day: date
    known_at: datetime
    moment: datetime


def _read(
    actor: Actor,
    look: _Look,
    relations: Collection[str] | None,
    agreement: str | None,
    find: Callable[[list[str]], list[Relation]],
) -> list[RelatedView]:
    """The words that `find` gives of the relations that may be read, as far as some claim reaches them; and the notes of it."""
    release = current_release()
    on = civil_date(look.moment)
    reader = reader_of(actor, look.subject_id, look.purpose, agreement=agreement, item=None, release=release, on=on)
    with transaction.atomic():
        kind = system_subject(look.subject_id).kind
        wanted = [
            one
            for one in list_relations(release).values()
            if kind in (one.start.kind, one.end.kind) and (relations is None or one.id in relations)
        ]
        claims = {one.id: reader.claims(one.id, [one.id]) for one in wanted}
        if wanted and not any(claims.values()):
            raise reader.refusal([one.id for one in wanted])
        seen = [_seen(one, claims[one.relation], look.subject_id) for one in find(list(claims))]
        shown = [one for one in seen if one is not None]
        around = _Around(
            unit_titles(one.row.unit_id for one in shown if one.row.unit_id),
            post_titles(one.row.post_id for one in shown if one.row.post_id),
            doubted_records(one.row.pk for one in shown),
            _last_of(one.row for one in shown),
        )
        views = [_related(reader, one, around, look) for one in shown]
        _log(reader, look.subject_id, claims, zip(shown, views, strict=True), look.moment)
    return views


@dataclass(frozen=True, slots=True)
class _Around:
    """What the views of several words share.  doubted, last: ids of words that somebody doubts, and that count of their link."""

    units: Mapping[UUID, str]
    posts: Mapping[UUID, str]
    doubted: Collection[UUID]
    last: Collection[UUID]


def _last_of(words: Iterable[Relation]) -> set[UUID]:
    """Of these words the last about each link."""
    last: dict[tuple[str, tuple[UUID, UUID, date]], Relation] = {}
    for word in words:
        about = (word.relation, link_of(word).key)
        if about not in last or last[about].arrived_at < word.arrived_at:
            last[about] = word
    return {word.pk for word in last.values()}


def link_of(word: Relation) -> Link:
    """Which link a word is about, and on which days it says that it holds."""
    return Link(word.from_subject_id, word.to_subject_id, word.valid_from, word.valid_to)


def standing_link(relation_id: str, from_id: UUID, to_id: UUID, day: date) -> Relation | None:
    """The word by which these two are related on a civil date, as known now; None when they are not. One query."""
    words = Relation.objects.filter(relation=relation_id, from_subject=from_id, to_subject=to_id, valid_from__lte=day)
    last = words.order_by("valid_from", "-arrived_at").distinct("valid_from")
    return next((one for one in last if not one.retracted and (one.valid_to is None or one.valid_to > day)), None)


def last_word_about(word: Relation) -> Relation:
    """The last word about the same link. One query."""
    return last_word_of(word.relation, link_of(word)) or word


def last_word_of(relation_id: str, link: Link) -> Relation | None:
    """The last word about a link, None when nothing was ever said of it. One query."""
    from_id, to_id, since = link.key
    words = Relation.objects.filter(relation=relation_id, from_subject=from_id, to_subject=to_id, valid_from=since)
    return words.order_by("-arrived_at").first()


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


def _related(reader: Reader, one: _Seen, around: _Around, look: _Look) -> RelatedView:
    language = get_language() or "zh-hans"
    row, view = one.row, relation(one.row.relation, reader.release)
    role = view.end if one.is_from else view.start
    kind = subject_kinds(reader.release)[one.other.kind]
    uncovers = (
        reader.whole is not None or reader.sensitive.covers(row.unit_id) or row.post_id in reader.sensitive.post_ids
    )
    masked = view.sensitivity is Sensitivity.SENSITIVE and not uncovers
    open_to_source = reader.actor.capacity is CapacityKind.POST and not row.retracted and row.pk in around.last
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
        other_name="" if masked else _name(one.other.id, kind, reader.release, look.day, look.known_at),
        identifiers=() if masked else tuple(one for one in borne if one[1] != masking.COVERED),
        unit_title=around.units.get(row.unit_id, "") if row.unit_id else "",
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        registered_at=row.registered_at,
        arrived_at=row.arrived_at,
        door=Door(row.door),
        case_id=row.case_id,
        case_number=str(row.evidence.get("case_number", "")),
        reason=str(row.evidence.get("reason", "")),
        masked=masked,
        relation_title=view.title_in(language),
        standing=Standing.DISPUTED if row.pk in around.doubted else Standing.UNDISPUTED,
        retracted=row.retracted,
        superseded=row.pk not in around.last,
        who=around.posts.get(row.post_id, "") if row.post_id else "",
        may_correct=open_to_source and may_correct(reader.actor, view.kept_by, row.unit_id, CORRECT_RELATION),
        may_retract=open_to_source and may_correct(reader.actor, view.kept_by, row.unit_id, RETRACT_RELATION),
    )


def called(subject_id: UUID, release: int) -> str:
    """What people know a subject by, for who may know it: his name, else his kind and masked identifiers. Some queries; logs nothing."""
    found = system_subject(subject_id)
    kind = subject_kinds(release)[found.kind]
    if name := _name(subject_id, kind, release, civil_date(now()), now()):
        return name
    checkers = {scheme.scheme: scheme.checker for scheme in kind.schemes}
    borne = [
        masking.mask(checkers[one.scheme], one.value) if kind.natural_person else one.value
        for one in found.identifiers
        if one.scheme in checkers
    ]
    return " ".join([text(kind.title, get_language() or "zh-hans"), *(one for one in borne if one != masking.COVERED)])


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
