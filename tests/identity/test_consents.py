"""Nobody gives away rights alone: what is dangerous waits for the consent of another administrator, and is done in one with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.offices import CREDIT_CODE

from yiwang import settings as site
from yiwang.acts.values import Actor, system
from yiwang.audit.models import Entry
from yiwang.identity import queries
from yiwang.identity.models import Assignment, ConsentRequest, PostDuty, Unit
from yiwang.identity.services import (
    ConsentAsked,
    ConsentFails,
    ConsentNotNeeded,
    ConsentOver,
    DutiesExclude,
    ask_consent,
    assign_post,
    change_duties,
    end_assignment,
    give_consent,
    refuse_consent,
    reorganise,
    undo_reorganisation,
    withdraw_consent,
)
from yiwang.identity.services.consents import _json
from yiwang.identity.values import Abolish, ConsentDue, ConsentState, Merge, NewUnit, Split
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import now, today
from yiwang.outbox.models import Event

from .conftest import DUTIES, PERSON, SHOP, duty
from .test_reorganisation import at_once

US = system("tests")
WHY = "机构改革，编办批复"
DOCUMENT = "琼编〔2026〕12号"
ALL = ("consent.ask/city", "consent.give/city", "consent.refuse/city", "consent.withdraw/city", "consent.read/city")
SYSTEM = duty(
    "system", "organisation.reorganise/city", "organisation.undo/city", "unit.open/city", "officer.list/city", *ALL,
    administrator="system",
)  # fmt: skip
SECURITY = duty(
    "security", "assignment.assign/city", "assignment.end/city", "post.change-duties/city", "officer.list/city", *ALL,
    administrator="security",
)  # fmt: skip
AUDIT = duty("audit", "audit.read/city", "consent.read/city", administrator="audit")


@pytest.fixture(autouse=True)
def consent_is_asked() -> Iterator[None]:
    """As in every city that has not said otherwise."""
    given = site.configuration().model_copy(update={"consent_days": 7})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        yield


@pytest.fixture
def declared(republish: Any) -> Any:
    others = [one for one in DUTIES if one["id"] not in {"system", "security", "audit"}]

    def again() -> None:
        republish(PERSON, SHOP, SYSTEM, SECURITY, AUDIT, *others)

    return again


@pytest.fixture
def three(town: Any, declared: Any) -> dict[str, Actor]:
    """The three administrators of the town."""
    declared()
    return {name: town.officer("gov", name, login=f"admin.{name}") for name in ("system", "security", "audit")}


def asked(actor: Actor, act: Any, *given: Any, **more: Any) -> UUID:
    """The request of who tries an act, hears that it needs consent, and asks for it."""
    with pytest.raises(ConsentDue) as due:
        act(actor, *given, **more)
    return ask_consent(actor, due.value.action, due.value.arguments, WHY)


def abolished(town: Any) -> bool:
    return Unit.objects.get(id=town.units["south"]).closed_on is not None


def abolition(town: Any) -> tuple[Any, ...]:
    return Abolish(town.units["south"], town.units["north"]), "机构改革", DOCUMENT, None


def test_an_act_that_needs_consent_is_refused_whole_and_says_whose(town: Any, three: dict[str, Actor]) -> None:
    before = Event.objects.count()
    with pytest.raises(ConsentDue) as due:
        reorganise(three["system"], *abolition(town))
    assert due.value.of == "security"
    assert due.value.arguments["plan"] == {"unit": str(town.units["south"]), "successor": str(town.units["north"])}
    assert not abolished(town)
    assert Event.objects.count() == before


def test_consent_does_what_was_asked_for_in_the_name_of_who_asked(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    assert not abolished(town)
    give_consent(three["security"], request)
    assert abolished(town)
    done = Entry.objects.get(action="organisation.reorganise", outcome="done")
    assert done.account_id == three["system"].account_id
    assert done.details["consent"] == str(request)
    assert done.details["consented_by"] == str(three["security"].account_id)
    assert Entry.objects.get(action="consent.give").account_id == three["security"].account_id
    seen = queries.consent(three["audit"], request)
    assert (seen.state, seen.decided_by) == (ConsentState.GIVEN, "admin.security")


@pytest.mark.parametrize("who", ["system", "audit"])
def test_nobody_else_can_consent(town: Any, three: dict[str, Actor], who: str) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    with pytest.raises(NotAllowed):
        give_consent(three[who], request)
    assert not abolished(town)


def test_a_second_system_administrator_cannot_consent_for_security(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    with pytest.raises(NotAllowed):
        give_consent(town.officer("gov", "system"), request)
    assert not abolished(town)


def test_a_refusal_tells_why_and_changes_nothing(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    with pytest.raises(Invalid):
        refuse_consent(three["security"], request, "  ")
    refuse_consent(three["security"], request, "批复文号有误")
    assert queries.consent(three["system"], request).reply == "批复文号有误"
    assert not abolished(town)
    with pytest.raises(ConsentOver):
        give_consent(three["security"], request)


def test_who_asked_can_withdraw_and_nobody_else(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    with pytest.raises(NotAllowed):
        withdraw_consent(three["security"], request)
    withdraw_consent(three["system"], request)
    with pytest.raises(ConsentOver):
        give_consent(three["security"], request)
    assert not abolished(town)


def test_a_request_that_nobody_answers_in_time_is_over(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    assert queries.consents_that_wait(three["security"]) == 1
    ConsentRequest.objects.update(lasts_until=now() - timedelta(seconds=1))
    assert queries.consent(three["system"], request).state == ConsentState.EXPIRED
    assert queries.consents_that_wait(three["security"]) == 0
    for act in (give_consent, withdraw_consent):
        with pytest.raises(ConsentOver):
            act(three["security" if act is give_consent else "system"], request)
    again = asked(three["system"], reorganise, *abolition(town))
    assert ConsentRequest.objects.get(id=request).state == "expired"
    give_consent(three["security"], again)
    assert abolished(town)


def test_the_same_is_not_asked_for_twice_at_once(town: Any, three: dict[str, Actor]) -> None:
    asked(three["system"], reorganise, *abolition(town))
    with pytest.raises(ConsentAsked):
        asked(three["system"], reorganise, *abolition(town))


def test_what_cannot_be_done_is_not_asked_for(town: Any, three: dict[str, Actor]) -> None:
    _plan, *rest = abolition(town)
    itself = Abolish(town.units["south"], town.units["south"])
    with pytest.raises(Invalid):
        reorganise(three["system"], itself, *rest)
    arguments = {
        "plan": {"unit": str(itself.unit), "successor": str(itself.unit)},
        "reason": "改",
        "document": DOCUMENT,
    }
    with pytest.raises(Invalid):
        ask_consent(three["system"], "organisation.reorganise", arguments, WHY)
    assert not ConsentRequest.objects.exists()


def test_what_needs_no_consent_is_not_done_by_asking_for_it(town: Any, three: dict[str, Actor]) -> None:
    account, post = town.account(), town.post("north", "decide")
    arguments = {"account_id": str(account.id), "post_id": str(post), "valid_from": today().isoformat()}
    with pytest.raises(ConsentNotNeeded):
        ask_consent(three["security"], "assignment.assign", arguments, WHY)
    assert not Assignment.objects.filter(post_id=post).exists()


def test_nobody_asks_for_what_he_may_not_do_himself(town: Any, three: dict[str, Actor]) -> None:
    with pytest.raises(ConsentDue) as due:
        reorganise(three["system"], *abolition(town))
    with pytest.raises(NotAllowed):
        ask_consent(three["security"], due.value.action, due.value.arguments, WHY)


@pytest.mark.parametrize(
    ("action", "arguments", "reason", "pointers"),
    [
        ("account.close", {}, WHY, {"action"}),
        ("no.such", {}, "", {"action", "reason"}),
        ("organisation.undo", {"reorganisation_id": "x", "more": 1}, "", {
            "arguments/reorganisation_id", "arguments/more", "arguments/reason", "reason",
        }),
        ("organisation.undo", {"reorganisation_id": str(uuid4()), "reason": "改"}, "长" * 201, {"reason"}),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_everything_that_is_wrong(
    three: dict[str, Actor], action: str, arguments: dict[str, Any], reason: str, pointers: set[str]
) -> None:
    with pytest.raises(Invalid) as invalid:
        ask_consent(three["system"], action, arguments, reason)
    assert {one.pointer for one in invalid.value.faults} == pointers


def test_the_rights_of_who_asked_count_when_consent_is_given(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    Assignment.objects.filter(account_id=three["system"].account_id).update(valid_to=today())
    with pytest.raises(ConsentFails):
        give_consent(three["security"], request)
    assert not abolished(town)
    assert queries.consent(three["security"], request).state == ConsentState.WAITS


def test_what_stands_against_it_by_then_is_told_and_the_request_goes_on_waiting(
    town: Any, three: dict[str, Actor]
) -> None:
    person, post = town.account(), town.post("gov", "audit")
    request = asked(three["security"], assign_post, person.id, post, today())
    assign_post(US, person.id, town.post("gov", "order"), today())
    PostDuty.objects.create(post_id=post, duty="pay")
    with pytest.raises(ConsentFails) as fails:
        give_consent(three["system"], request)
    assert [one.code for one in fails.value.faults] == [DutiesExclude.code]
    refuse_consent(three["system"], request, "与现任岗位不相容")


def test_only_the_seats_of_administrators_wait(town: Any, three: dict[str, Actor]) -> None:
    officer, person = town.account(), town.account()
    assign_post(three["security"], officer.id, town.post("north", "decide"), today())
    request = asked(three["security"], assign_post, person.id, town.post("gov", "audit"), today())
    assert queries.consent(three["system"], request).of == "system"
    give_consent(three["system"], request)
    held = Assignment.objects.get(account_id=person.id)
    ended = asked(three["security"], end_assignment, held.id, None)
    give_consent(three["system"], ended)
    held.refresh_from_db()
    assert held.valid_to == today()


def test_a_day_that_was_today_when_it_was_asked_for_is_no_past_day(town: Any, three: dict[str, Actor]) -> None:
    person, post = town.account(), town.post("gov", "audit")
    request = asked(three["security"], assign_post, person.id, post, today())
    yesterday = now() - timedelta(days=1)
    arguments = {**ConsentRequest.objects.get(id=request).arguments, "valid_from": (today() - timedelta(1)).isoformat()}
    ConsentRequest.objects.filter(id=request).update(asked_at=yesterday, arguments=arguments)
    give_consent(three["system"], request)
    assert Assignment.objects.get(account_id=person.id).valid_from == today()


def test_duties_that_are_given_in_any_order_are_the_same_request(town: Any, three: dict[str, Actor]) -> None:
    post = town.post("north")
    request = asked(three["security"], change_duties, post, {"decide", "oversee", "tend"}, 1)
    with pytest.raises(ConsentAsked):
        asked(three["security"], change_duties, post, frozenset(["tend", "oversee", "decide"]), 1)
    give_consent(three["system"], request)
    assert set(PostDuty.objects.filter(post_id=post).values_list("duty", flat=True)) == {"decide", "oversee", "tend"}


def test_a_consent_to_one_act_lets_no_other_pass(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["security"], change_duties, town.post("north"), {"decide"}, None)
    ConsentRequest.objects.filter(id=request).update(
        arguments={"post_id": str(town.post("gov", "audit")), "given": ["oversee"], "version": None, "more": 1}
    )
    with pytest.raises(ConsentFails):
        give_consent(three["system"], request)


def test_every_plan_and_its_undoing_can_be_asked_for(town: Any, three: dict[str, Actor]) -> None:
    post = town.post("south", "decide")
    new = NewUnit("east", "东街道办", "", CREDIT_CODE, "city", "460100", "gov")
    plans = [
        Split(town.units["south"], new, frozenset({post})),
        Merge((town.units["south"],), town.units["north"]),
    ]
    for plan in plans:
        request = asked(three["system"], reorganise, plan, "机构改革", DOCUMENT, None)
        lines = dict(queries.consent(three["security"], request).lines)
        assert "单位south" in lines.values()
        give_consent(three["security"], request)
    [first, second] = [one.object_id for one in Entry.objects.filter(action="organisation.reorganise", outcome="done")]
    assert first != second
    undone = asked(three["system"], undo_reorganisation, UUID(second), "有误", "", None)
    assert dict(queries.consent(three["security"], undone).lines)["Document number"] == DOCUMENT
    give_consent(three["security"], undone)
    assert not abolished(town)


def test_only_administrators_see_requests(town: Any, three: dict[str, Actor]) -> None:
    request = asked(three["system"], reorganise, *abolition(town))
    for actor in (town.officer("north", "decide"), town.resident()):
        with pytest.raises(NotAllowed):
            queries.consents(actor)
        with pytest.raises(NotAllowed):
            queries.consent(actor, request)
        assert queries.consents_that_wait(actor) == 0
    with pytest.raises(NotFound):
        queries.consent(three["audit"], uuid4())
    assert [one.id for one in queries.consents(three["audit"])] == [request]


def test_a_city_may_let_each_administrator_act_alone(town: Any, three: dict[str, Actor]) -> None:
    given = site.configuration().model_copy(update={"consent_days": 0})
    with mock.patch("yiwang.identity.services.consents.configuration", return_value=given):
        reorganise(three["system"], *abolition(town))
    assert abolished(town)


def test_two_consents_at_once_do_it_once(own_town: Any, declared: Any) -> None:
    declared()
    own_town.unit("north", "gov")
    own_town.unit("south", "gov")
    asker = own_town.officer("gov", "system")
    deciders = [own_town.officer("gov", "security"), own_town.officer("gov", "security")]
    request = asked(asker, reorganise, *abolition(own_town))
    one, other = deciders
    outcomes = at_once(lambda: give_consent(one, request), lambda: give_consent(other, request))
    assert sorted(type(each).__name__ for each in outcomes) == ["ConsentOver", "NoneType"]
    assert Entry.objects.filter(action="organisation.reorganise", outcome="done").count() == 1


@given(
    st.recursive(st.none() | st.integers() | st.text() | st.uuids() | st.dates(), st.lists, max_leaves=10), st.data()
)
def test_equal_arguments_look_the_same_in_whatever_order_a_set_gives_them(value: Any, data: st.DataObject) -> None:
    members = data.draw(st.lists(st.uuids() | st.text(), unique_by=str))
    assert _json({"a": value, "b": frozenset(members)}) == _json(
        {"b": dict.fromkeys(reversed(members)).keys(), "a": value}
    )
