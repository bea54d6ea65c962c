"""Reviews of rights: who answers for whom, what an answer does, what becomes of lines by themselves, and what nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.clock import Clock, own_time

from yiwang import settings as site
from yiwang.acts.values import Actor, system
from yiwang.audit.models import Entry
from yiwang.identity import queries
from yiwang.identity.models import Account, Assignment, Post
from yiwang.identity.models.keepers import Keeper, KeeperUnit
from yiwang.identity.models.reviews import Review, ReviewLine
from yiwang.identity.queries.keepers import keepers_of_posts, keeping_post
from yiwang.identity.services import (
    ReviewAnswered,
    ReviewOver,
    ReviewStands,
    answer_line,
    answer_lines,
    ask_consent,
    assign_post,
    change_duties,
    close_account,
    close_review,
    end_assignment,
    give_consent,
    open_review,
    system_tend_reviews,
)
from yiwang.identity.services import closing_reviews as closing
from yiwang.identity.values import AssignmentKind, ConsentDue, EndReason, Terms
from yiwang.identity.values.reviews import Answer, Outcome, ReviewView, Unanswered
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

from .conftest import DUTIES, PERSON, SHOP, duty
from .test_reorganisation import at_once

US = system("tests")
WHY = "年度权限复核"
GONE = "已经不做这项工作"
CONSENT = ("consent.ask/city", "consent.give/city", "consent.read/city")
SYSTEM = duty("system", "account.open/city", "officer.list/city", *CONSENT, administrator="system")
SECURITY = duty(
    "security",
    "assignment.assign/city", "assignment.end/city", "officer.list/city", "review.open/city", "review.close/city",
    "review.read/city", "review.answer-last/city", *CONSENT,
    administrator="security",
)  # fmt: skip
AUDIT = duty("audit", "audit.read/city", "review.read/city", administrator="audit")
HEAD = duty("head", "review.answer/subtree", "trial.decide/unit")
CHIEF = duty("chief", "review.answer/unit")
MERE = duty("mere", "review.answer/own")
MONDAY = "2026-03-02T10:00"
FRIDAY = date(2026, 3, 13)
"""Nine working days after that Monday."""


@pytest.fixture(autouse=True)
def clock(tmp_path: Path) -> Iterator[Clock]:
    with own_time(tmp_path) as moved:
        moved.set(MONDAY)
        yield moved


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    given = site.configuration().model_copy(update={"consent_days": 7})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        yield


def declared(republish: Any) -> None:
    others = [one for one in DUTIES if one["id"] not in {"system", "security", "audit"}]
    republish(PERSON, SHOP, SYSTEM, SECURITY, AUDIT, HEAD, CHIEF, MERE, *others)


@pytest.fixture
def security(town: Any, republish: Any) -> Actor:
    declared(republish)
    officer: Actor = town.officer("gov", "security", login="admin.security")
    return officer


def opened(by: Actor, unit: UUID | None) -> UUID:
    return open_review(by, unit, WHY, FRIDAY)


def opened_to_end(unit: UUID) -> UUID:
    """A review in which what nobody answers ends, as consent opens it."""
    return open_review(US, unit, WHY, FRIDAY, Unanswered.END)


def line_of(review: UUID, actor: Actor) -> ReviewLine:
    return ReviewLine.objects.get(review_id=review, account_id=actor.account_id, post_id=actor.capacity_id)


def outcome(review: UUID, actor: Actor) -> str:
    return line_of(review, actor).outcome


def waiting(actor: Actor, review: UUID) -> set[str]:
    """Log-ins of those whose lines wait for the actor."""
    return {one.account.login for one in queries.lines_to_answer(actor, review).lines}


def login(actor: Actor) -> str:
    return Account.objects.get(id=actor.account_id).login


def seat(actor: Actor) -> Assignment:
    return Assignment.objects.get(account_id=actor.account_id, post_id=actor.capacity_id)


def only(actor: Actor) -> ReviewView:
    [found] = queries.reviews(actor)
    return found


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_are_what_stands_in_the_unit_and_below_at_the_opening(town: Any, security: Actor) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north-a", "decide", "pay")
    elsewhere, gone = town.officer("south", "decide"), town.officer("north", "decide")
    end_assignment(US, seat(gone).id)
    Account.objects.filter(id=clerk.account_id).update(last_login="2026-02-27T01:00:00Z")
    review = opened(security, town.units["north"])
    assert {(one.account_id, one.post_id) for one in ReviewLine.objects.filter(review_id=review)} == {
        (one.account_id, one.capacity_id) for one in (head, clerk)
    }
    line = line_of(review, clerk)
    assert (line.duties, line.kind, line.valid_from) == (["decide", "pay"], "regular", today())
    assert line.signed_in_at.isoformat() == "2026-02-27T01:00:00+00:00"
    town.officer("north", "decide")
    assert ReviewLine.objects.filter(review_id=review).count() == 2
    whole = opened(security, None)
    assert ReviewLine.objects.filter(review_id=whole, account_id=elsewhere.account_id).count() == 1


def test_a_seat_that_rests_during_a_secondment_is_reviewed_too(town: Any, security: Actor) -> None:
    lent = town.officer("north", "decide")
    terms = Terms(AssignmentKind.SECONDMENT, "海组〔2026〕7号", home=seat(lent).id, home_rests=True)
    assign_post(US, lent.account_id, town.post("south", "tend"), today(), None, terms)
    review = opened(security, None)
    assert line_of(review, lent).rests is True
    assert ReviewLine.objects.get(review_id=review, account_id=lent.account_id, kind="secondment").rests is False


@pytest.mark.parametrize(
    ("last_day", "code"),
    [
        (date(2026, 3, 4), "out-of-range"),
        (date(2026, 3, 7), "day-off"),
        (date(2026, 4, 6), "day-off"),  # 清明节放假
        (date(2026, 9, 30), "out-of-range"),
    ],
)
def test_the_last_day_is_a_working_day_of_the_city_and_leaves_time(
    town: Any, security: Actor, last_day: date, code: str
) -> None:
    town.officer("north", "decide")
    with pytest.raises(Invalid) as refused:
        open_review(security, town.units["north"], WHY, last_day)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("last_day", code)]


def test_everything_wrong_is_told_at_once(town: Any, security: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        open_review(security, town.units["south"], " ", today())
    assert {one.pointer for one in refused.value.faults} == {"reason", "last_day", "unit_id"}
    with pytest.raises(NotFound):
        open_review(security, uuid4(), WHY, FRIDAY)


def test_one_unit_is_reviewed_once_at_a_time(town: Any, security: Actor) -> None:
    town.officer("north", "decide")
    first = opened(security, town.units["north"])
    with pytest.raises(ReviewStands):
        opened(security, town.units["north"])
    close_review(security, first)
    assert opened(security, town.units["north"]) != first


def test_only_the_security_administrator_opens_and_closes(town: Any, security: Actor) -> None:
    head, audit = town.officer("north", "head"), town.officer("gov", "audit")
    review = opened(security, town.units["north"])
    for one in (head, audit, town.officer("gov", "system")):
        with pytest.raises(NotAllowed):
            opened(one, None)
        with pytest.raises(NotAllowed):
            close_review(one, review)


def test_that_rights_end_because_nobody_answers_takes_two_administrators(town: Any, security: Actor) -> None:
    clerk, system_admin = town.officer("south", "pay"), town.officer("gov", "system")
    asked = (town.units["south"], WHY, FRIDAY, Unanswered.END)
    with pytest.raises(ConsentDue) as due:
        open_review(security, *asked)
    assert not Review.objects.exists()
    request = ask_consent(security, due.value.action, due.value.arguments, "每年一次")
    told = dict(queries.consent(system_admin, request).lines)
    assert told["Whose rights"] == "单位south"
    assert told["Last day for answers"] == FRIDAY.isoformat()
    give_consent(system_admin, request)
    review = Review.objects.get()
    assert (review.unanswered, review.opened_by_id) == ("end", security.account_id)
    assert outcome(review.id, clerk) == "waits"
    with pytest.raises(ReviewStands):
        open_review(security, *asked)


# ── Who answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_head_answers_and_never_for_himself(town: Any, security: Actor) -> None:
    mayor, head = town.officer("gov", "head"), town.officer("north", "head")
    clerk, below, far = town.officer("north", "pay"), town.officer("north-a", "pay"), town.officer("south", "pay")
    review = opened(security, None)
    assert waiting(head, review) == {login(clerk), login(below)}
    assert waiting(mayor, review) == {login(head), login(far), login(security)}
    assert waiting(security, review) == {login(mayor)}
    with pytest.raises(NotAllowed):
        answer_line(security, line_of(review, security).id, Answer.KEEP)


def test_the_only_security_administrator_never_answers_for_himself(town: Any, security: Actor) -> None:
    review = opened(security, town.units["gov"])
    assert waiting(security, review) == set()
    with pytest.raises(NotAllowed):
        answer_line(security, line_of(review, security).id, Answer.KEEP)
    other = town.officer("south", "security")
    assert waiting(other, review) == {login(security)}
    assert answer_line(other, line_of(review, security).id, Answer.END, GONE) is Outcome.ASKED


def test_a_head_whose_grant_reaches_his_unit_alone_does_not_answer_below(town: Any, security: Actor) -> None:
    chief = town.officer("north", "chief")
    clerk, below = town.officer("north", "pay"), town.officer("north-a", "pay")
    review = opened(security, town.units["north"])
    assert waiting(chief, review) == {login(clerk)}
    assert waiting(security, review) == {login(chief), login(below)}


def test_beside_a_head_who_reaches_further_each_answers_as_far_as_his_own_grant(town: Any, security: Actor) -> None:
    head, chief, mere = town.officer("north", "head"), town.officer("north", "chief"), town.officer("north", "mere")
    clerk, below = town.officer("north", "pay"), town.officer("north-a", "pay")
    review = opened(security, town.units["north"])
    assert waiting(head, review) == {login(clerk), login(below), login(mere)}
    assert waiting(chief, review) == {login(clerk), login(mere)}
    assert queries.reviews_that_wait(mere) == 0
    for one, line in ((chief, line_of(review, below)), (mere, line_of(review, clerk))):
        with pytest.raises(NotFound):
            answer_line(one, line.id, Answer.KEEP)


def test_two_heads_of_one_unit_do_not_answer_for_each_other(town: Any, security: Actor) -> None:
    one, other, clerk = town.officer("north", "head"), town.officer("north", "head"), town.officer("north", "pay")
    review = opened(security, town.units["north"])
    assert waiting(one, review) == waiting(other, review) == {login(clerk)}
    assert waiting(security, review) == {login(one), login(other)}


def test_a_head_s_other_post_below_goes_up_as_well(town: Any, security: Actor) -> None:
    head = town.officer("north", "head")
    assign_post(US, head.account_id, town.post("north-a", "pay"), today())
    review = opened(security, town.units["north"])
    assert queries.reviews_that_wait(head) == 0
    assert len(queries.lines_to_answer(security, review).lines) == 2


def test_a_deputy_of_the_head_answers_and_neither_for_himself_nor_for_the_head(town: Any, security: Actor) -> None:
    head, clerk, third = town.officer("north", "head"), town.officer("north", "pay"), town.officer("north", "pay")
    days = Terms(AssignmentKind.DEPUTY, instead_of=seat(head).id)
    assign_post(US, clerk.account_id, head.capacity_id, today(), today() + timedelta(days=20), days)
    review = opened(security, town.units["north"])
    deputy = queries.actor_for_post(Account.objects.get(id=clerk.account_id), head.capacity_id)
    assert waiting(deputy, review) == waiting(head, review) == {login(third)}
    for line in (line_of(review, clerk), line_of(review, head)):
        with pytest.raises(NotFound):
            answer_line(deputy, line.id, Answer.KEEP)
    assert waiting(security, review) == {login(head), login(clerk)}
    answer_line(deputy, line_of(review, third).id, Answer.KEEP)
    assert Entry.objects.get(action="review.answer", outcome="done").details["instead_of"]


def test_who_comes_answers_and_who_leaves_does_not(town: Any, security: Actor) -> None:
    old, clerk = town.officer("north", "head"), town.officer("north", "pay")
    review = opened(security, town.units["north"])
    line = line_of(review, clerk)
    end_assignment(US, seat(old).id)
    assert waiting(security, review) == {login(clerk)}
    with pytest.raises(NotAllowed):
        answer_line(old, line.id, Answer.KEEP)
    new = town.officer("north", "head")
    assert waiting(new, review) == {login(clerk)}
    with pytest.raises(NotAllowed, match="somebody else"):
        answer_line(security, line.id, Answer.KEEP)
    assert answer_line(new, line.id, Answer.KEEP) is Outcome.KEPT


def test_a_stranger_sees_no_line_and_no_review(town: Any, security: Actor) -> None:
    town.officer("north", "head")
    clerk, other = town.officer("north", "pay"), town.officer("south", "head")
    review = opened(security, town.units["north"])
    assert queries.reviews(other) == []
    assert queries.reviews_that_wait(other) == 0
    with pytest.raises(NotFound):
        queries.lines_to_answer(other, review)
    [told] = answer_lines(other, review, [line_of(review, clerk).id], Answer.END, GONE)
    assert isinstance(told.fault, NotFound)
    for act in (queries.reviews, queries.reviews_that_wait):
        if act is queries.reviews_that_wait:
            assert act(clerk) == 0
        else:
            with pytest.raises(NotAllowed):
                act(clerk)
    for act in (queries.review, queries.review_lines):
        with pytest.raises(NotAllowed):
            act(other, review)
    assert outcome(review, clerk) == "waits"


def test_a_head_knows_by_name_those_alone_for_whom_he_answers(town: Any, security: Actor) -> None:
    head, clerk, far = town.officer("north", "head"), town.officer("north", "pay"), town.officer("south", "pay")
    subjects = [one.subject_id for one in (clerk, far)]
    assert queries.officers_among(head, subjects) == set()
    review = opened(security, None)
    assert queries.officers_among(head, subjects) == {clerk.subject_id}
    answer_line(head, line_of(review, clerk).id, Answer.KEEP)
    assert queries.officers_among(head, subjects) == {clerk.subject_id}
    assert queries.officers_among(clerk, subjects) == set()


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_kept_stays_and_what_is_ended_is_gone_at_once(town: Any, security: Actor) -> None:
    head, kept, ended = town.officer("north", "head"), town.officer("north", "decide"), town.officer("north", "decide")
    review = opened(security, town.units["north"])
    assert queries.why(ended, "trial.decide").allowed
    told = answer_lines(head, review, [line_of(review, kept).id], Answer.KEEP)
    told += answer_lines(head, review, [line_of(review, ended).id], Answer.END, f" {GONE} ")
    assert [one.outcome for one in told] == [Outcome.KEPT, Outcome.ENDED]
    assert queries.why(kept, "trial.decide").allowed
    assert not queries.why(ended, "trial.decide").allowed
    gone = seat(ended)
    assert (gone.valid_to, gone.end_reason, gone.ended_by_id) == (today(), EndReason.REVIEWED, head.account_id)
    line = line_of(review, ended)
    assert (line.reason, line.answered_by_id, line.answered_in_id) == (GONE, head.account_id, head.capacity_id)
    entries = Entry.objects.filter(action="review.answer", outcome="done").order_by("id")
    assert [(one.object_id, one.account_id, one.details["outcome"]) for one in entries] == [
        (str(line_of(review, kept).id), head.account_id, "kept"),
        (str(line.id), head.account_id, "ended"),
    ]
    assert entries[1].details["also"] == [f"assignment {gone.id}"]
    assert Event.objects.filter(type="assignment.ended.v1", subject=str(gone.id)).count() == 1
    assert only(head).answered == 2
    assert only(head).yours == 0


def test_whoever_ends_says_why_and_ticks_something(town: Any, security: Actor) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north", "pay")
    review = opened(security, town.units["north"])
    with pytest.raises(Invalid) as refused:
        answer_lines(head, review, [], Answer.END, " ")
    assert {one.pointer for one in refused.value.faults} == {"lines", "reason"}
    with pytest.raises(Invalid):
        answer_line(head, line_of(review, clerk).id, Answer.END, "x" * 201)
    with pytest.raises(Invalid):
        answer_lines(head, review, [uuid4() for _ in range(201)], Answer.KEEP)
    assert outcome(review, clerk) == "waits"


def test_a_line_is_answered_once_and_of_one_review(town: Any, security: Actor) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north", "pay")
    north, whole = opened(security, town.units["north"]), opened(security, None)
    line = line_of(north, clerk)
    [told] = answer_lines(head, whole, [line.id], Answer.KEEP)
    assert isinstance(told.fault, NotFound)
    answer_line(head, line.id, Answer.KEEP)
    with pytest.raises(ReviewAnswered):
        answer_line(head, line.id, Answer.END, GONE)
    assert seat(clerk).valid_to is None
    assert outcome(whole, clerk) == "waits"


def test_an_administrator_s_post_ends_by_two_administrators_alone(town: Any, security: Actor) -> None:
    head = town.officer("north", "head")
    auditor, other = town.officer("north", "audit"), town.officer("gov", "audit")
    review = opened(security, town.units["north"])
    assert [one.administers for one in queries.lines_to_answer(head, review).lines] == [True]
    assert answer_line(head, line_of(review, auditor).id, Answer.END, GONE) is Outcome.ASKED
    assert seat(auditor).valid_to is None
    close_review(security, review)
    end_assignment(US, seat(auditor).id)  # as consent does it
    line = line_of(review, auditor)
    assert (line.outcome, line.answered_by_id, line.reason) == ("ended", head.account_id, GONE)
    assert seat(other).valid_to is None


def test_where_another_system_says_who_holds_a_post_it_ends_all_the_same_and_the_page_says_which(
    town: Any, security: Actor
) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north-a", "decide")
    keeper = Keeper.objects.create(title="人事系统", unit_id=town.units["gov"], side="holders", posts="all")
    KeeperUnit.objects.create(keeper=keeper, unit_id=town.units["north-a"])
    review = opened(security, town.units["north"])
    [line] = queries.lines_to_answer(head, review).lines
    assert line.keeper == "人事系统"
    answer_line(head, line.id, Answer.END, GONE)
    assert seat(clerk).valid_to == today()
    assert Entry.objects.get(action="review.answer", outcome="done").details["against"] == str(keeper.id)


def test_the_keepers_of_many_posts_are_those_of_each(town: Any, security: Actor) -> None:
    posts = [town.post(unit, "decide") for unit in ("gov", "north", "north-a", "south")]
    posts += [town.post("north", "audit"), town.post("north-a", "pay")]
    Post.objects.filter(id=posts[-1]).update(leading=True)
    for title, unit, which in (("甲", "gov", "others"), ("乙", "north", "leading"), ("丙", "north", "others")):
        keeper = Keeper.objects.create(title=title, unit_id=town.units["gov"], side="holders", posts=which)
        KeeperUnit.objects.create(keeper=keeper, unit_id=town.units[unit])
    each = {one: keeping_post(Post.objects.get(id=one)) for one in posts}
    assert keepers_of_posts(posts) == {id: one.title for id, one in each.items() if one is not None}
    assert len(keepers_of_posts(posts)) == 5


# ── What answers itself ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_assignment_that_ends_meanwhile_answers_its_line_in_every_review(town: Any, security: Actor) -> None:
    head, clerk, leaver = town.officer("north", "head"), town.officer("north", "pay"), town.officer("north", "pay")
    north, whole = opened(security, town.units["north"]), opened(security, None)
    answer_line(head, line_of(north, clerk).id, Answer.END, GONE)
    end_assignment(US, seat(leaver).id, today() + timedelta(days=30))
    assert [outcome(one, clerk) for one in (north, whole)] == ["ended", "gone"]
    assert [outcome(one, leaver) for one in (north, whole)] == ["gone", "gone"]
    assert line_of(whole, clerk).answered_by is None


def test_a_closed_account_answers_its_lines(town: Any, security: Actor) -> None:
    town.officer("north", "head")
    clerk = town.officer("north", "pay")
    review = opened(security, town.units["north"])
    close_account(US, clerk.account_id)
    assert outcome(review, clerk) == "gone"


def test_a_post_that_is_there_for_something_else_now_answers_its_lines(town: Any, security: Actor) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north", "pay")
    review = opened(security, town.units["north"])
    change_duties(US, clerk.capacity_id, {"decide"})
    assert outcome(review, clerk) == "changed"
    with pytest.raises(ReviewAnswered):
        answer_line(head, line_of(review, clerk).id, Answer.END, GONE)


def test_an_assignment_that_runs_out_is_not_answered_for_and_settles_by_itself(
    town: Any, security: Actor, clock: Clock
) -> None:
    head = town.officer("north", "head")
    account, post = town.account(), town.post("north", "pay")
    assign_post(US, account.id, post, today(), today() + timedelta(days=2))
    town.officer("north", "tend")
    review = opened(security, town.units["north"])
    line = ReviewLine.objects.get(review_id=review, account_id=account.id)
    clock.set("2026-03-04T00:00")
    with pytest.raises(ReviewAnswered):
        answer_line(head, line.id, Answer.KEEP)
    assert system_tend_reviews() == 0
    line.refresh_from_db()
    assert line.outcome == "gone"
    assert Review.objects.get().closed_at is None


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def told(type: str) -> list[Event]:
    return list(Event.objects.filter(type=type).order_by("id"))


def test_those_who_have_not_answered_are_told_once_before_the_last_day(
    town: Any, security: Actor, clock: Clock
) -> None:
    head, ready = town.officer("north", "head"), town.officer("south", "head")
    clerk, other = town.officer("north", "pay"), town.officer("south", "pay")
    review = opened(security, None)
    [event] = told("review.opened.v1")
    assert {one["post_id"] for one in event.data["reviewers"]} == {
        str(one.capacity_id) for one in (head, ready, security)
    }
    answer_line(ready, line_of(review, other).id, Answer.KEEP)
    for one in (head, ready):
        answer_line(security, line_of(review, one).id, Answer.KEEP)
    clock.set("2026-03-10T23:00")
    system_tend_reviews()
    assert told("review.reminded.v1") == []
    clock.set("2026-03-11T00:01")
    system_tend_reviews()
    system_tend_reviews()
    [event] = told("review.reminded.v1")
    assert {one["post_id"] for one in event.data["reviewers"]} == {str(one.capacity_id) for one in (head, security)}
    assert (event.data["lines"], event.data["days"]) == (2, 2)
    assert outcome(review, clerk) == "waits"


def test_what_nobody_answered_is_reported_after_the_last_day(town: Any, security: Actor, clock: Clock) -> None:
    head, clerk, kept = town.officer("north", "head"), town.officer("north", "pay"), town.officer("north", "pay")
    audit = town.officer("gov", "audit")
    review = opened(security, town.units["north"])
    clock.set("2026-03-13T23:59")
    answer_line(head, line_of(review, kept).id, Answer.KEEP)
    assert system_tend_reviews() == 0
    clock.set("2026-03-14T00:00")
    with pytest.raises(ReviewOver):
        answer_line(head, line_of(review, clerk).id, Answer.END, GONE)
    assert system_tend_reviews() == 1
    assert system_tend_reviews() == 0
    assert outcome(review, clerk) == "unanswered"
    assert seat(clerk).valid_to is None
    [event] = told("review.closed.v1")
    assert {one["post_id"] for one in event.data["readers"]} == {str(one.capacity_id) for one in (security, audit)}
    numbers = {name: event.data[name] for name in ("lines", "kept", "ended", "unanswered")}
    assert numbers == {"lines": 3, "kept": 1, "ended": 0, "unanswered": 2}
    read = queries.review(audit, review)
    assert (read.review.lines, read.review.answered, read.waiting) == (3, 1, ())
    unanswered = queries.review_lines(audit, review, Outcome.UNANSWERED)
    assert {one.account.login for one in unanswered.lines} == {login(clerk), login(head)}


def test_what_nobody_answered_ends_where_that_was_declared_but_never_an_administrator_s(
    town: Any, security: Actor, clock: Clock
) -> None:
    head, clerk = town.officer("north", "head"), town.officer("north", "pay")
    auditor = town.officer("north", "audit")
    review = opened_to_end(town.units["north"])
    clock.set("2026-03-14T00:00")
    assert system_tend_reviews() == 1
    assert [outcome(review, one) for one in (head, clerk, auditor)] == ["lapsed", "lapsed", "unanswered"]
    assert (seat(clerk).valid_to, seat(clerk).end_reason) == (today(), EndReason.REVIEWED)
    assert seat(auditor).valid_to is None
    assert Entry.objects.filter(action="review.end-unanswered", outcome="done").count() == 3


def test_a_crash_between_two_lines_does_nothing_twice_and_leaves_nothing_out(
    town: Any, security: Actor, clock: Clock
) -> None:
    officers = [town.officer("south", "pay") for _ in range(4)]
    review = opened_to_end(town.units["south"])
    clock.set("2026-03-14T00:00")
    ended = closing._end_unanswered
    done: list[UUID] = []

    def dies(actor: Actor, line_id: UUID) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(line_id)
        ended(actor, line_id)

    with mock.patch.object(closing, "_end_unanswered", dies), pytest.raises(KeyboardInterrupt):
        system_tend_reviews()
    assert Review.objects.get().closed_at is None
    assert sorted(outcome(review, one) for one in officers) == ["lapsed", "lapsed", "waits", "waits"]
    assert system_tend_reviews() == 1
    assert {outcome(review, one) for one in officers} == {"lapsed"}
    assert len(told("assignment.ended.v1")) == 4
    assert len(told("review.closed.v1")) == 1


def test_a_review_closes_by_itself_when_everything_is_answered(town: Any, security: Actor) -> None:
    clerk = town.officer("south", "pay")
    review = opened(security, town.units["south"])
    answer_line(security, line_of(review, clerk).id, Answer.KEEP)
    assert system_tend_reviews() == 1
    assert only(security).closed_at is not None


def test_closed_early_what_nobody_answered_is_reported_and_never_ended(town: Any, security: Actor) -> None:
    clerk = town.officer("south", "pay")
    review = opened_to_end(town.units["south"])
    close_review(security, review)
    assert outcome(review, clerk) == "unanswered"
    assert seat(clerk).valid_to is None
    with pytest.raises(ReviewOver):
        close_review(security, review)
    with pytest.raises(ReviewOver):
        answer_line(security, line_of(review, clerk).id, Answer.KEEP)


# ── How far it has come ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_progress_says_who_has_not_answered(town: Any, security: Actor) -> None:
    head = town.officer("north", "head")
    clerks = [town.officer("north", "pay") for _ in range(3)]
    review = opened(security, town.units["north"])
    answer_line(head, line_of(review, clerks[0]).id, Answer.KEEP)
    found = queries.review(security, review)
    assert (found.review.answered, found.review.lines, found.review.yours) == (1, 4, 1)
    post = Post.objects.get(id=head.capacity_id).title
    assert [(one.unit_id, one.posts, one.lines) for one in found.waiting] == [
        (town.units["north"], (post,), 2),
        (None, (), 1),
    ]


def test_lines_come_in_pages_and_each_once(town: Any, security: Actor) -> None:
    head = town.officer("north", "head")
    clerks = {login(town.officer("north", "pay")) for _ in range(5)}
    review = opened(security, town.units["north"])
    seen, cursor = [], ""
    for _ in range(3):
        found = queries.lines_to_answer(head, review, cursor, limit=2)
        seen += [one.account.login for one in found.lines]
        cursor = found.next_cursor
    assert cursor == ""
    assert (len(seen), set(seen)) == (5, clerks)
    first = queries.review_lines(security, review, limit=4)
    rest = queries.review_lines(security, review, cursor=first.next_cursor, limit=4)
    assert len({one.id for one in (*first.lines, *rest.lines)}) == 6
    with pytest.raises(Invalid):
        queries.review_lines(security, review, cursor="nowhere")


def test_reading_costs_no_more_with_more_lines_and_units(town: Any, security: Actor) -> None:
    head = town.officer("gov", "head")

    def cost() -> list[int]:
        counted = []
        for ask in (
            lambda: queries.reviews(security),
            lambda: queries.review(security, review),
            lambda: queries.review_lines(security, review),
            lambda: queries.lines_to_answer(head, review),
            lambda: queries.reviews_that_wait(head),
        ):
            with CaptureQueriesContext(connection) as asked:
                ask()
            counted.append(len(asked))
        return counted

    town.officer("south", "pay")
    review = opened(security, None)
    few = cost()
    close_review(security, review)
    for unit in ("north", "south", "north-a"):
        for _ in range(6):
            town.officer(unit, "head" if unit == "north" else "pay")
    review = opened(security, None)
    assert [many <= one for one, many in zip(few, cost(), strict=True)] == [True] * 5


def test_opening_costs_no_more_with_more_lines(town: Any, security: Actor) -> None:
    def cost(unit: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            opened(security, town.units[unit])
        return len(asked)

    town.officer("north", "pay")
    for _ in range(12):
        town.officer("south", "pay")
    opened(security, None)  # what the first act of a release reads is read
    assert cost("south") == cost("north")


# ── Two at once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def own_security(own_town: Any, republish: Any) -> Actor:
    declared(republish)
    own_town.unit("south", "gov")
    officer: Actor = own_town.officer("gov", "security", login="admin.security")
    return officer


def test_of_two_who_answer_one_line_at_once_one_does(own_town: Any, own_security: Actor) -> None:
    one, other = own_town.officer("south", "head"), own_town.officer("south", "head")
    for _ in range(5):
        clerk = own_town.officer("south", "pay")
        review = opened(own_security, own_town.units["south"])
        line = line_of(review, clerk)
        results = at_once(
            lambda line=line: answer_line(one, line.id, Answer.KEEP),
            lambda line=line: answer_line(other, line.id, Answer.END, GONE),
        )
        assert sum(isinstance(result, ReviewAnswered) for result in results) == 1, results
        [done] = [result for result in results if isinstance(result, Outcome)]
        assert outcome(review, clerk) == done
        assert (seat(clerk).valid_to is None) == (done is Outcome.KEPT)
        close_review(own_security, review)


def test_an_answer_and_the_closing_at_once_leave_one_truth(own_town: Any, own_security: Actor) -> None:
    head = own_town.officer("south", "head")
    for _ in range(5):
        clerk = own_town.officer("south", "pay")
        review = opened(own_security, own_town.units["south"])
        line = line_of(review, clerk)
        answered, closed = at_once(
            lambda line=line: answer_line(head, line.id, Answer.END, GONE),
            lambda review=review: close_review(own_security, review),
        )
        assert closed is None
        if isinstance(answered, ReviewOver):
            assert outcome(review, clerk) == "unanswered"
            assert seat(clerk).valid_to is None
        else:
            assert answered is Outcome.ENDED
            assert outcome(review, clerk) == "ended"
            assert seat(clerk).valid_to == today()
        counted = Event.objects.filter(type="review.closed.v1", subject=str(review)).get().data
        assert counted["ended"] == (0 if isinstance(answered, ReviewOver) else 1)


def test_an_answer_and_an_end_by_hand_at_once_end_once(own_town: Any, own_security: Actor) -> None:
    head = own_town.officer("south", "head")
    for _ in range(5):
        clerk = own_town.officer("south", "pay")
        review = opened(own_security, own_town.units["south"])
        line, held = line_of(review, clerk), seat(clerk)
        at_once(
            lambda line=line: answer_line(head, line.id, Answer.END, GONE),
            lambda held=held: end_assignment(US, held.id),
        )
        assert Event.objects.filter(type="assignment.ended.v1", subject=str(held.id)).count() == 1
        assert outcome(review, clerk) in {"ended", "gone"}
        close_review(own_security, review)


def test_what_ends_while_the_review_is_opened_is_no_line_or_settles(own_town: Any, own_security: Actor) -> None:
    stays = own_town.officer("south", "pay")
    for by_hand in (True, False, True, False):
        clerk = own_town.officer("south", "pay")
        held, account = seat(clerk), clerk.account_id
        end = (
            (lambda held=held: end_assignment(US, held.id))
            if by_hand
            else lambda account=account: close_account(US, account)
        )
        review, _ended = at_once(lambda: opened(own_security, own_town.units["south"]), end)
        system_tend_reviews()
        assert outcome(review, stays) == "waits"
        lines = ReviewLine.objects.filter(review_id=review, account_id=clerk.account_id)
        assert {one.outcome for one in lines} <= {"gone"}
        close_review(own_security, review)


def test_two_schedulers_at_once_end_and_close_once(own_town: Any, own_security: Actor, clock: Clock) -> None:
    officers = [own_town.officer("south", "pay") for _ in range(6)]
    review = opened_to_end(own_town.units["south"])
    clock.set("2026-03-14T00:00")
    results = at_once(system_tend_reviews, system_tend_reviews)
    assert sorted(results) == [0, 1]
    assert {outcome(review, one) for one in officers} == {"lapsed"}
    assert len(told("assignment.ended.v1")) == 6
    assert len(told("review.closed.v1")) == 1


def test_of_two_reviews_of_one_unit_opened_at_once_one_is(own_town: Any, own_security: Actor) -> None:
    own_town.officer("south", "pay")
    results = at_once(*[lambda: opened(own_security, own_town.units["south"])] * 2)
    assert sum(isinstance(one, ReviewStands) for one in results) == 1, results
    assert Review.objects.count() == 1
