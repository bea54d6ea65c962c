"""The rules of careers: days, who may sit how, and how many at once, against the plain definition on every day."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from yiwang.identity.rules.careers import Sitting, terms_faults
from yiwang.identity.rules.seats import Period, most_at_once
from yiwang.identity.values import AssignmentKind, Establishment, Terms

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)
HORIZON = [FIRST + days * DAY for days in range(30)]
DATES = st.integers(0, 12).map(lambda days: FIRST + days * DAY)
PERIODS = st.tuples(DATES, st.none() | st.integers(0, 8)).map(
    lambda pair: Period(pair[0], None if pair[1] is None else pair[0] + pair[1] * DAY)
)
WHOLE = PERIODS.filter(lambda one: one.until is None or one.until > one.since)
HE, SHE, POST, OTHER_POST, UNIT, OTHER_UNIT, SEAT = (UUID(int=number) for number in range(1, 8))
DOCUMENT = "琼秀人〔2026〕3号"


def sitting(
    kind: AssignmentKind = AssignmentKind.REGULAR,
    period: Period = Period(FIRST),  # noqa: B008 - a value that never changes
    account: UUID = HE,
    post: UUID = POST,
    unit: UUID = UNIT,
) -> Sitting:
    return Sitting(account, post, unit, kind, period)


def codes(terms: Terms, wanted: Sitting, **more: object) -> set[tuple[str, str]]:
    return {(one.pointer, one.code) for one in terms_faults(terms, wanted, **more)}  # type: ignore[arg-type]


@given(PERIODS, PERIODS)
def test_a_period_lies_in_another_exactly_when_each_of_its_days_does(one: Period, other: Period) -> None:
    far = [*HORIZON, date(2100, 1, 1)]
    assert one.lies_in(other) == all(other.holds(day) for day in far if one.holds(day))


@given(WHOLE, st.lists(st.tuples(st.integers(0, 3), PERIODS), max_size=8))
def test_most_at_once_is_the_fullest_day(period: Period, taken: list[tuple[int, Period]]) -> None:
    plain = max(len({who for who, one in taken if one.holds(day)}) for day in HORIZON if period.holds(day))
    assert most_at_once(period, taken) == plain


@given(WHOLE, WHOLE)
def test_a_deputy_sits_only_while_the_holder_does(days: Period, held: Period) -> None:
    terms = Terms(AssignmentKind.DEPUTY, instead_of=SEAT)
    found = codes(terms, sitting(AssignmentKind.DEPUTY, days), instead=sitting(period=held, account=SHE))
    fits = days.until is not None and all(held.holds(day) for day in HORIZON if days.holds(day))
    assert (not found) == fits
    assert (("valid_to", "required") in found) == (days.until is None)


def test_what_is_wrong_with_a_deputy_is_told_at_once() -> None:
    terms = Terms(AssignmentKind.DEPUTY, instead_of=SEAT, establishment=Establishment.CONTRACT, home=SEAT)
    found = codes(terms, sitting(AssignmentKind.DEPUTY), instead=sitting(AssignmentKind.DEPUTY))
    assert found == {
        ("establishment", "regular-only"), ("valid_to", "required"), ("instead_of", "oneself"),
        ("instead_of", "deputy-of-deputy"), ("home", "secondments-only"),
    }  # fmt: skip
    elsewhere = sitting(account=SHE, post=OTHER_POST)
    assert ("instead_of", "no-holder") in codes(terms, sitting(AssignmentKind.DEPUTY), instead=elsewhere)
    assert codes(Terms(instead_of=SEAT), sitting()) == {("instead_of", "deputies-only")}


def test_what_is_wrong_with_a_secondment_is_told_at_once() -> None:
    wanted = sitting(AssignmentKind.SECONDMENT)
    bare = Terms(AssignmentKind.SECONDMENT, home_rests=True)
    assert codes(bare, wanted) == {("document", "required"), ("home", "required")}
    home = Terms(AssignmentKind.SECONDMENT, DOCUMENT, home=SEAT)
    late = Period(FIRST + 9 * DAY)
    assert codes(home, wanted, home=sitting(AssignmentKind.DEPUTY, late)) == {
        ("home", "not-his-own"), ("home", "same-unit"), ("home", "not-held-then"),
    }  # fmt: skip
    assert codes(home, wanted, home=sitting(account=SHE)) == codes(home, wanted) == {("home", "not-held")}
    assert codes(home, wanted, home=sitting(post=OTHER_POST, unit=OTHER_UNIT)) == set()
    unit = Terms(AssignmentKind.SECONDMENT, DOCUMENT, from_unit=UNIT, home_rests=True)
    assert codes(unit, wanted) == {("from_unit", "same-unit"), ("home_rests", "no-home")}
    assert codes(unit, wanted, from_unit_known=False) >= {("from_unit", "unknown-unit")}


def test_acting_rests_on_a_document_and_a_limited_unit_wants_to_know_the_place() -> None:
    acting = sitting(AssignmentKind.ACTING)
    assert codes(Terms(AssignmentKind.ACTING), acting) == {("document", "required")}
    assert codes(Terms(AssignmentKind.ACTING, DOCUMENT), acting, is_limited=True) == set()
    assert codes(Terms(document="x" * 101), sitting(), is_limited=True) == {
        ("document", "too-long"), ("establishment", "required"),
    }  # fmt: skip
    assert codes(Terms(establishment=Establishment.CONTRACT), sitting(), is_limited=True) == set()
