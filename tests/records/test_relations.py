"""A relation is a dated, sourced link between two subjects: who says so, since when, until when, and how many at one time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from support.families import FAMILIES, MOTHER, relation
from support.packs import apply_packs

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.time import now
from yiwang.packs.values import RefusedCity
from yiwang.records.queries import list_reads, related, subject_page
from yiwang.records.services import (
    RecordSuperseded,
    RelationTaken,
    retract_relation,
    system_ingest_relations,
    write_record,
    write_relation,
)
from yiwang.records.values import RelationRow

TESTS = system("tests")
BORN = date(2026, 1, 10)
NUMBERS = count(1)


@pytest.fixture
def families(town: Any) -> Any:
    town.apply(FAMILIES)
    return town


def household() -> UUID:
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    [id] = system_register_subjects(TESTS, [NewSubject("household", {"household-number": f"户{next(NUMBERS)}"})])
    return id


def relate(kind: str, start: UUID, end: UUID, actor: Any = TESTS, *, valid_from: date = BORN, **more: Any) -> UUID:
    return write_relation(actor, kind, start, end, valid_from=valid_from, door="case", **more)


def others(town: Any, whose: UUID, kind: str = "", **when: Any) -> list[UUID]:
    found = related(town.himself(whose), whose, purpose="own-data", **when)
    return [one.other_id for one in found if kind in ("", one.relation) and one.other_id is not None]


def words() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_relation")
        return int(cursor.fetchone()[0])


# ── What is said ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_relation_is_seen_from_both_ends_with_who_says_so(families: Any) -> None:
    child, mother = families.person(), families.person()
    officer = families.officer("u1", "keep")
    write_record(officer, "trial.people", mother, {"trial.name": "黎晓雯"}, valid_from=BORN, door="case")
    relate("mother", child, mother, officer, evidence={"case_number": "46010000000001"})
    with override("zh-hans"):
        [up] = related(families.himself(child), child, purpose="own-data")
        [down] = related(families.himself(mother), mother, purpose="own-data")
    assert (up.title, up.other_id, up.other_name, up.other_kind_title) == ("母亲", mother, "黎晓雯", "人")
    assert (up.unit_title, up.case_number, up.valid_from, up.valid_to) == ("单位u1", "46010000000001", BORN, None)
    [(scheme, number)] = up.identifiers
    assert scheme == "公民身份号码"
    assert "********" in number
    assert (down.title, down.other_id, down.other_name) == ("子女", child, "")


def test_a_relation_holds_from_its_day_to_before_its_end(families: Any) -> None:
    person, first, second = families.person(), household(), household()
    relate("member", person, first, valid_from=date(2020, 1, 1))
    relate("member", person, first, valid_from=date(2025, 6, 1), valid_to=date(2025, 7, 1))
    relate("member", person, second, valid_from=date(2025, 7, 1))
    assert others(families, person, valid_at=date(2019, 12, 31)) == []
    assert others(families, person, valid_at=date(2025, 6, 30)) == [first]
    assert others(families, person, valid_at=date(2025, 7, 1)) == [second]


def test_what_was_known_stays_known_of_the_past(families: Any) -> None:
    child, mother = families.person(), families.person()
    before = now()
    word = relate("mother", child, mother)
    since = now()
    retract_relation(TESTS, word, reason="写错了人")
    assert others(families, child) == []
    assert others(families, child, known_at=since) == [mother]
    assert others(families, child, known_at=before) == []
    relate("mother", child, mother)
    assert others(families, child) == [mother]
    assert words() == 3
    with pytest.raises(RecordSuperseded):
        retract_relation(TESTS, word, reason="再来一次")


def test_the_same_link_again_is_the_same_word(families: Any) -> None:
    child, mother = families.person(), families.person()
    word = relate("mother", child, mother)
    assert relate("mother", child, mother) == word
    assert relate("mother", child, mother, valid_from=BORN + timedelta(days=9)) == word
    assert words() == 1


def test_of_a_symmetric_relation_either_may_be_named_first(families: Any) -> None:
    one, two = families.person(), families.person()
    assert relate("spouse", one, two) == relate("spouse", two, one)
    with override("zh-hans"):
        [seen] = related(families.himself(two), two, purpose="own-data")
    assert (seen.title, seen.other_id) == ("配偶", one)


def test_what_cannot_be_is_refused_with_every_fault(families: Any) -> None:
    person, home = families.person(), household()
    with pytest.raises(Invalid) as refusal:
        relate("mother", home, home, valid_to=BORN)
    assert {(one.pointer, one.code) for one in refusal.value.faults} == {
        ("from", "wrong-kind"), ("to", "wrong-kind"), ("to", "same-subject"), ("valid_to", "ends-too-early"),
    }  # fmt: skip
    with pytest.raises(NotFound):
        relate("mother", person, uuid4())
    with pytest.raises(NotFound):
        relate("aunt", person, families.person())
    assert words() == 0


# ── How many at one time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_child_has_one_mother_and_a_mother_many_children(families: Any) -> None:
    child, mother, another = families.person(), families.person(), families.person()
    relate("mother", child, mother)
    with pytest.raises(RelationTaken):
        relate("mother", child, another)
    relate("mother", families.person(), mother)
    assert len(others(families, mother)) == 2
    assert others(families, child) == [mother]


def test_spouses_are_each_others_only_one_whoever_is_named_first(families: Any) -> None:
    people = [families.person() for _ in range(3)]
    for first, second in ((0, 1), (1, 0)):
        with transaction.atomic():
            relate("spouse", people[first], people[second])
            for third in (people[0], people[1]):
                for pair in ((third, people[2]), (people[2], third)):
                    with pytest.raises(RelationTaken):
                        relate("spouse", *pair)
            transaction.set_rollback(True)


def test_a_limit_on_the_first_end_is_kept_too(families: Any) -> None:
    home, head = household(), families.person()
    relate("head", home, head)
    relate("head", household(), head)
    with pytest.raises(RelationTaken):
        relate("head", home, families.person())


def test_no_two_are_related_twice_at_one_time_even_without_a_limit(families: Any) -> None:
    one, two = families.person(), families.person()
    rows = [RelationRow(one, two, BORN), RelationRow(two, one, BORN + timedelta(days=5))]
    with pytest.raises(Invalid) as refusal:
        system_ingest_relations(TESTS, "friend", rows, door="feed")
    assert {one.code for one in refusal.value.faults} == {"relation-taken"}
    assert words() == 0


DAYS = [BORN + timedelta(days=day) for day in range(5)]
Link = tuple[int, int, int, int | None, bool]
LINKS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.one_of(st.none(), st.integers(1, 4)), st.booleans()
    ),
    min_size=1,
    max_size=8,
)


def holds(said: dict[tuple[int, int, int], int | None], day: int) -> Iterator[tuple[int, int]]:
    """Which links hold on a day, by the last word about each: the meaning in plain Python."""
    for (start, end, since), until in said.items():
        if since <= day and (until is None or day < until):
            yield start, end


@pytest.mark.parametrize("kind", ["mother", "spouse", "friend"])
def test_at_no_time_has_anybody_more_than_he_can_have(families: Any, kind: str) -> None:
    people = sorted(families.person() for _ in range(3))

    def is_lawful(said: dict[tuple[int, int, int], int | None]) -> bool:
        for day in range(6):
            pairs = list(holds(said, day))
            one_each = [start for start, _ in pairs] + ([end for _, end in pairs] if kind == "spouse" else [])
            counted = pairs if kind == "friend" else one_each
            if len(set(counted)) < len(counted):  # type: ignore[arg-type]  # pairs or people: both can be told apart
                return False
        return True

    @settings(max_examples=60, deadline=None)
    @given(LINKS)
    def check(links: list[Link]) -> None:
        said: dict[tuple[int, int, int], int | None] = {}
        with transaction.atomic():
            for start, end, since, until, retracted in links:
                if start == end or (until is not None and until <= since):
                    continue
                if kind != "mother" and start > end:
                    start, end = end, start
                then = {link: stands for link, stands in said.items() if link != (start, end, since)}
                then |= {} if retracted else {(start, end, since): until}
                row = RelationRow(
                    people[start], people[end], DAYS[since], None if until is None else DAYS[until], retracted=retracted
                )
                if is_lawful(then):
                    system_ingest_relations(TESTS, kind, [row], door="feed")
                    said = then
                else:
                    with pytest.raises(Invalid):
                        system_ingest_relations(TESTS, kind, [row], door="feed")
            for day, person in product(range(5), range(3)):
                wanted = [b if a == person else a for a, b in holds(said, day) if person in (a, b)]
                assert sorted(
                    people.index(one) for one in others(families, people[person], valid_at=DAYS[day])
                ) == sorted(wanted)
            transaction.set_rollback(True)

    check()


def test_of_two_at_once_one_waits_and_is_refused(families: Any) -> None:
    child, mother, another = families.person(), families.person(), families.person()
    outcome: list[str] = []

    def come_second() -> None:
        try:
            relate("mother", child, another)
            outcome.append("related")
        except RelationTaken:
            outcome.append("refused")
        finally:
            connection.close()

    with transaction.atomic():
        relate("mother", child, mother)
        thread = threading.Thread(target=come_second)
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive()
    thread.join()
    assert outcome == ["refused"]
    assert others(families, child) == [mother]


def test_the_database_itself_refuses_what_cannot_hold(families: Any) -> None:
    child, mother, another = families.person(), families.person(), families.person()
    relate("mother", child, mother)
    copy = (
        "INSERT INTO records_relation (id, relation, from_id, to_id, valid_from, registered_at, arrived_at, retracted, door,"
        " evidence, release, origin) VALUES (gen_random_uuid(), 'mother', %s, %s, %s, now(), now(), false, 'case', '{}', 1, 'live')"
    )
    for statement, cells in (
        (copy, [child, another, BORN]),
        (copy, [child, child, BORN]),
        ("UPDATE records_relation SET valid_to = %s", [BORN]),
        ("DELETE FROM records_relation", []),
        ("UPDATE records_relation_limit SET one_to = false", []),
    ):
        with pytest.raises(Exception) as refusal, transaction.atomic(), connection.cursor() as cursor:  # noqa: PT011
            cursor.execute(statement, cells)
        assert isinstance(
            refusal.value.__cause__,
            psycopg.errors.ExclusionViolation | psycopg.errors.CheckViolation | psycopg.errors.InsufficientPrivilege,
        )


# ── Batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_comes_whole_and_the_same_batch_changes_nothing(families: Any) -> None:
    home, people = household(), [families.person() for _ in range(30)]
    rows = [RelationRow(one, home, BORN) for one in people]
    assert system_ingest_relations(TESTS, "member", rows, door="feed").written == 30
    again = system_ingest_relations(TESTS, "member", rows, door="feed")
    assert (again.written, again.known) == (0, 30)
    moved = [
        RelationRow(people[0], home, BORN, date(2026, 3, 1)),
        RelationRow(people[0], household(), date(2026, 3, 1)),
    ]
    assert system_ingest_relations(TESTS, "member", moved, door="feed").written == 2
    assert len(others(families, people[0], "member", valid_at=date(2026, 4, 1))) == 1


def test_a_batch_with_faults_is_refused_whole_with_their_numbers(families: Any) -> None:
    home, other, one, two = household(), household(), families.person(), families.person()
    rows = [
        RelationRow(one, home, BORN),
        RelationRow(two, one, BORN),
        RelationRow(two, home, BORN, BORN),
        RelationRow(uuid4(), home, BORN),
    ]
    with pytest.raises(Invalid) as refusal:
        system_ingest_relations(TESTS, "member", rows, door="feed")
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("1/to", "wrong-kind"), ("2/valid_to", "ends-too-early"), ("3/from", "wrong-kind"),
    ]  # fmt: skip
    relate("member", one, home)
    with pytest.raises(Invalid) as refusal:
        system_ingest_relations(
            TESTS, "member", [RelationRow(two, home, BORN), RelationRow(one, other, BORN)], door="feed"
        )
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("1", "relation-taken")]
    assert words() == 1


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_relates_for_its_own_unit_and_takes_back_what_its_duty_keeps(families: Any) -> None:
    from yiwang.identity.queries import actor_unit

    officer, elsewhere = families.officer("u1", "keep"), families.officer("u2", "keep")
    same_unit = families.officer("u1", "keep-else")
    child, mother = families.person(), families.person()
    word = relate("mother", child, mother, officer)
    with pytest.raises(NotAllowed):
        relate("mother", families.person(), mother, elsewhere, unit_id=actor_unit(officer))
    for stranger in (elsewhere, same_unit, families.officer("u1", "idle"), families.himself(child), VISITOR):
        with pytest.raises((NotAllowed, NotSignedIn)):
            retract_relation(stranger, word, reason="不是我的")
    with pytest.raises(Invalid):
        retract_relation(officer, word, reason="  ")
    retract_relation(officer, word, reason="写错了人")
    assert others(families, child) == []


def test_a_person_reads_his_own_alone_and_a_post_what_its_unit_says(families: Any) -> None:
    child, mother, stranger = families.person(), families.person(), families.person()
    relate("mother", child, mother, families.officer("u1", "keep"))
    with pytest.raises(NotAllowed):
        related(families.himself(stranger), child, purpose="own-data")
    with pytest.raises(NotAllowed):
        related(families.himself(mother), child, purpose="own-data")
    with pytest.raises(NotSignedIn):
        related(VISITOR, child, purpose="own-data")
    with pytest.raises(Invalid):
        related(families.himself(child), child, purpose="curiosity")
    with pytest.raises(NotAllowed):
        related(families.officer("u1", "idle"), child, purpose="own-data")
    assert related(families.officer("u2", "keep"), child, purpose="own-data") == []
    assert [one.other_id for one in related(families.officer("u1", "keep"), child, purpose="own-data")] == [mother]
    assert related(families.officer("u1", "keep"), child, purpose="own-data", relations=["spouse"]) == []


def test_an_agreement_gives_one_relation_for_its_purpose(families: Any) -> None:
    agreement = (
        "kind: agreement\nid: mothers\ntitle: 母亲\nreader: {duties: [idle]}\nrelation: mother\npurposes: [own-data]\n"
    )
    families.apply(FAMILIES | {"agreements/mothers.yaml": agreement})
    child, mother, spouse = families.person(), families.person(), families.person()
    relate("mother", child, mother)
    relate("spouse", child, spouse)
    clerk = families.officer("u7", "idle")
    assert [one.other_id for one in related(clerk, child, purpose="own-data")] == [mother]
    with override("zh-hans"):
        [read] = list_reads(families.himself(mother)).reads
    assert (read.resource_title, read.ground, read.ground_title) == ("母亲", "agreement", "母亲")
    with pytest.raises(NotAllowed):
        related(clerk, child, purpose="own-data", relations=["spouse"])


def test_both_ends_see_who_looked(families: Any) -> None:
    child, mother = families.person(), families.person()
    relate("mother", child, mother, families.officer("u1", "keep"))
    related(families.officer("u1", "keep"), child, purpose="own-data", relations=["mother"])
    related(
        families.officer("u2", "keep"), child, purpose="own-data", relations=["mother"]
    )  # reaches nothing, learns nothing
    with override("zh-hans"):
        for whose in (child, mother):
            [read] = list_reads(families.himself(whose)).reads
            assert (read.own, read.who, read.resource_title) == (False, "单位u1 窗口", "母亲")
    related(families.himself(child), child, purpose="own-data", relations=["mother"])
    assert [one.own for one in list_reads(families.himself(child)).reads] == [True, False]
    assert len(list_reads(families.himself(mother)).reads) == 1


def test_a_look_that_is_undone_leaves_no_note(families: Any) -> None:
    child, mother = families.person(), families.person()
    relate("mother", child, mother)
    with transaction.atomic():
        related(families.himself(child), child, purpose="own-data")
        transaction.set_rollback(True)
    assert list_reads(families.himself(child)).reads == ()


def test_of_a_sensitive_relation_it_stays_covered_who_it_is(families: Any) -> None:
    ward, guardian = families.person(), families.person()
    relate("guardian", ward, guardian, families.officer("u1", "keep"))
    [seen] = related(families.officer("u1", "keep"), ward, purpose="own-data")
    assert (seen.masked, seen.other_id, seen.other_name, seen.identifiers) == (True, None, "", ())
    assert list_reads(families.himself(guardian)).reads == ()
    [seen] = related(families.officer("u9", "see-secrets"), ward, purpose="own-data")
    assert (seen.masked, seen.other_id) == (False, guardian)
    assert others(families, ward) == [guardian]


def test_the_page_of_a_household_shows_its_members_though_nobody_keeps_facts_of_it(families: Any) -> None:
    home, people = household(), [families.person() for _ in range(3)]
    officer = families.officer("u1", "keep")
    for one in people:
        relate("member", one, home, officer)
    page = subject_page(officer, home, purpose="own-data")
    assert page.records == ()
    assert {one.other_id for one in page.relations} == set(people)
    with pytest.raises(NotAllowed):
        subject_page(families.officer("u1", "idle"), home, purpose="own-data")


# ── What packs say ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_stands_keeps_its_meaning(families: Any) -> None:
    relate("mother", families.person(), families.person())
    many = MOTHER.replace(", at_most: 1", "")
    homes = MOTHER.replace("{kind: person, title: 母亲", "{kind: household, title: 母亲")
    for changed in (many, homes):
        with pytest.raises(RefusedCity, match="1 records of `mother` would mean something else"):
            families.apply(FAMILIES | {"relations/mother.yaml": changed})
    families.apply(FAMILIES | {"relations/mother.yaml": MOTHER.replace("title: 母亲", "title: 妈妈")})


def test_a_limit_that_comes_while_nothing_is_said_counts(families: Any) -> None:
    families.apply(
        FAMILIES | {"relations/friend.yaml": relation("friend", "朋友", "kind: person, title: 朋友, at_most: 1")}
    )
    one, two, three = (families.person() for _ in range(3))
    relate("friend", one, two)
    with pytest.raises(RelationTaken):
        relate("friend", three, one)


def test_a_relation_that_goes_keeps_its_words(families: Any) -> None:
    child, mother = families.person(), families.person()
    relate("mother", child, mother)
    without = {name: content for name, content in FAMILIES.items() if name != "relations/mother.yaml"}
    families.apply(without)
    assert others(families, child) == []
    with pytest.raises(NotFound):
        relate("mother", child, mother)
    apply_packs(families.packs)
    families.apply(FAMILIES)
    assert others(families, child) == [mother]
