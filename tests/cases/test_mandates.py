"""Mandates 委托: an agent applies for an enterprise or a person, in items that are named, until the last day or until somebody ends it."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from support.permit import IDS, ITEM, PLAN, Town

from yiwang.audit.models import Entry
from yiwang.cases import queries, services
from yiwang.cases.models import Case, Draft
from yiwang.documents import queries as documents
from yiwang.identity import queries as identity
from yiwang.identity import services as mandates
from yiwang.identity.models import Account
from yiwang.identity.models.mandates import Mandate
from yiwang.identity.queries.mandates import holds_mandate
from yiwang.identity.services import AgentUnknown, MandateEnded, MandateStands, NewMandate, SignInLocked
from yiwang.identity.values import ProofDue
from yiwang.identity.values.mandates import MandateState
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import machine_now, today
from yiwang.messaging.queries import inbox
from yiwang.outbox.models import Event
from yiwang.records.models import Read
from yiwang.records.queries import list_reads

from .test_races import at_once

pytestmark = pytest.mark.engine


def account(login: str) -> UUID:
    return Account.objects.get(login=login).id


def faults_of(town: Town, *, giver: str = "mei", agent: str = "kai", **changes: Any) -> set[str]:
    new = {"subject_id": town.stall("one"), "items": [ITEM], "valid_from": today(), "valid_to": today() + timedelta(30)}
    with pytest.raises(Invalid) as refused:
        mandates.give_mandate(town.self(giver), account(agent), NewMandate(**{**new, **changes}))
    return {f"{one.pointer} {one.code}" for one in refused.value.faults}


def state_of(town: Town, login: str, mandate: UUID) -> MandateState:
    return identity.mandate(town.self(login), mandate).state


# ── Acting ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_applies_for_the_enterprise_and_both_sides_follow_the_case(town: Town) -> None:
    mandate = town.mandate()
    sent = town.send("kai", under=mandate)
    case = Case.objects.get(pk=sent.case_id)
    assert (case.subject_id, case.agent_id, case.mandate_id) == (town.stall("one"), town.subject("kai"), mandate)
    for who in (town.self("mei"), town.agent("kai", mandate), town.self("kai")):
        assert queries.case(who, case.pk).number == case.number
        assert [one.id for one in queries.my_cases(who).rows] == [case.pk]
    course = [one.sentence for one in queries.case(town.self("mei"), case.pk, "en").course]
    assert course[0] == "An agent sent the form for the applicant, under a mandate."


def test_what_an_agent_does_stands_under_his_name_with_the_mandate(town: Town) -> None:
    mandate = town.mandate()
    town.send("kai", under=mandate)
    entry = Entry.objects.filter(action="case.submit").latest("id")
    assert (entry.account_id, entry.capacity, entry.capacity_id) == (account("kai"), "agent", town.stall("one"))
    assert entry.details["mandate"] == str(mandate)
    read = Read.objects.filter(subject_id=town.stall("one"), account_id=account("kai")).latest("read_at")
    assert (read.ground, read.ground_id, read.reader_subject_id) == ("mandate", str(mandate), town.subject("kai"))


def test_the_agent_adds_what_is_missing_and_gets_the_certificate(town: Town) -> None:
    mandate = town.mandate()
    sent = town.send("kai", under=mandate, **{"stall.plan": None})
    town.does("qin", sent.case_id, "supplement")
    agent = town.agent("kai", mandate)
    [task] = queries.my_tasks(agent).rows
    found = queries.task(agent, task.id)
    services.answer_task(
        agent, task.id, town.with_files("kai", {"stall.plan": PLAN}, under=mandate), version=found.version
    )
    town.granted(sent.case_id)
    [permit] = documents.certificates_of(agent, town.stall("one"))
    [same] = queries.case(agent, sent.case_id).certificates
    assert permit.id == same.id
    mandates.end_mandate(town.self("mei"), mandate)
    assert documents.certificates_of(agent, town.stall("one")) == ()
    assert documents.certificates_of(town.self("kai"), town.stall("one")) == ()
    assert [one.id for one in documents.certificates_of(town.self("mei"), town.stall("one"))] == [permit.id]


def test_what_the_representative_sent_the_agent_sees_in_the_items_of_his_mandate_only(town: Town) -> None:
    sent = town.send("mei")
    agent = town.agent("kai", town.mandate(items=["stall-lights"]))
    assert queries.my_cases(agent).rows == ()
    with pytest.raises(NotFound):
        queries.case(agent, sent.case_id)
    mandates.end_mandate(town.self("kai"), agent.mandate_id)
    wider = town.agent("kai", town.mandate(items=None))
    services.withdraw(wider, sent.case_id)
    seen = queries.case(town.self("mei"), sent.case_id)
    assert seen.outcome == "withdrawn"
    [line] = [one.sentence for one in seen.course if one.code == "withdrawn"]
    assert "您" not in line + seen.waits_for, "it was not she who withdrew"


def test_a_mandate_of_other_items_does_not_let_one_apply(town: Town) -> None:
    mandate = town.mandate(items=["stall-lights"])
    with pytest.raises(NotAllowed, match="does not cover"):
        town.send("kai", under=mandate)
    with pytest.raises(NotAllowed):
        queries.form_for(town.agent("kai", mandate), ITEM, subject_id=town.subject("mei"))


def test_an_agent_does_nothing_else_for_his_principal(town: Town) -> None:
    agent = town.agent("kai", town.mandate(items=None))
    for ask in (identity.mandates, identity.possible_principals):
        with pytest.raises(NotAllowed):
            ask(agent)
    new = NewMandate(town.stall("one"), None, today(), today() + timedelta(days=2))
    with pytest.raises(NotAllowed):  # 民法典 169: an agent gives nothing on
        mandates.give_mandate(agent, account("lei"), new)


def test_a_person_lets_somebody_act_for_himself(town: Town) -> None:
    matters = {one.id for one in identity.possible_principals(town.self("mei"))[0].matters}
    assert "address-statement" in matters
    assert ITEM not in matters
    mandate = town.mandate(items=["address-statement"], subject=town.subject("mei"))
    filled, own = (
        {
            one.name: one.value
            for section in queries.form_for(who, "address-statement").sections
            for one in section.fields
        }
        for who in (town.agent("kai", mandate), town.self("mei"))
    )
    assert filled == own


def test_drafts_of_oneself_and_under_a_mandate_are_kept_apart(town: Town) -> None:
    agent, himself = (
        town.agent("kai", town.mandate(items=["address-statement"], subject=town.subject("mei"))),
        town.self("kai"),
    )
    services.save_draft(agent, "address-statement", {"person.phone": ["1"]}, subject_id=town.subject("mei"))
    assert queries.draft(himself, "address-statement") is None
    services.save_draft(himself, "address-statement", {"person.phone": ["2"]})
    services.discard_draft(himself, "address-statement")
    assert [one.mandate_id for one in Draft.objects.all()] == [agent.mandate_id]
    assert queries.draft(agent, "address-statement") is not None


# ── Giving and answering ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_counts_before_the_agent_has_accepted(town: Town) -> None:
    mandate = town.mandate(accepted=False)
    with pytest.raises(NotAllowed):
        town.agent("kai", mandate)
    assert identity.mandates_to_answer(town.self("kai")) == 1
    with pytest.raises(NotFound):
        mandates.accept_mandate(town.self("lei"), mandate)
    mandates.decline_mandate(town.self("kai"), mandate, "没有时间")
    assert state_of(town, "mei", mandate) is MandateState.DECLINED
    with pytest.raises(MandateEnded):
        mandates.accept_mandate(town.self("kai"), mandate)


def test_it_counts_from_its_first_day_to_its_last(town: Town) -> None:
    mandate = town.mandate(since=3, days=2)
    kai = Account.objects.get(login="kai")
    assert state_of(town, "kai", mandate) is MandateState.AHEAD
    counts = []
    for day in range(8):
        try:
            identity.actor_for_mandate(kai, mandate, today() + timedelta(days=day))
            counts.append(day)
        except NotAllowed:
            pass
    assert counts == [3, 4]


def test_only_who_represents_the_enterprise_gives_and_only_soon_after_a_proof(town: Town) -> None:
    new = NewMandate(town.stall("one"), [ITEM], today(), today() + timedelta(days=30))
    with pytest.raises(NotAllowed, match="do not represent"):
        mandates.give_mandate(town.self("lei"), account("kai"), new)
    from dataclasses import replace

    long_ago = replace(town.self("mei"), proved_at=machine_now() - timedelta(hours=3))
    with pytest.raises(ProofDue):
        mandates.give_mandate(long_ago, account("kai"), new)
    assert not Mandate.objects.exists()


def test_everything_wrong_is_told_at_once(town: Town) -> None:
    found = faults_of(
        town, items=[], valid_from=today() - timedelta(days=1), valid_to=date(2999, 1, 1), document="x" * 200
    )
    assert {"items required", "valid_from past", "valid_to too-long"} <= found
    assert any(one.startswith("document ") for one in found)
    assert faults_of(town, items=["no-such-item"]) == {"items unknown-item"}
    assert faults_of(town, items=["address-statement"]) == {"items unknown-item"}, "for people, not for a stall"
    assert faults_of(town, valid_to=today()) == {"valid_to not-after"}
    assert faults_of(town, agent="mei") == {"agent oneself"}
    assert faults_of(town, giver="mei", agent="mei", subject_id=town.subject("mei"), items=None) == {"agent oneself"}


def test_who_no_longer_represents_an_enterprise_gives_no_mandate_of_it(town: Town) -> None:
    from support.permit import stall_of

    town.says("stall.register", town.stall("two"), stall_of("mei", "梅香二店", "S-2"))
    town.says(
        "stall.register", town.stall("two"), stall_of("kai", "凯风小吃", "S-2"), since=today() - timedelta(days=9)
    )
    with pytest.raises(NotAllowed):  # not hers any more, and what she had given would be his to end
        mandates.give_mandate(
            town.self("mei"),
            account("lei"),
            NewMandate(town.stall("two"), [ITEM], today(), today() + timedelta(days=3)),
        )
    assert faults_of(town, giver="kai", agent="kai", subject_id=town.stall("two")) == {"agent oneself"}


def test_of_two_offers_for_the_same_days_at_once_one_stands(own_town: Town) -> None:
    new = NewMandate(own_town.stall("one"), [ITEM], today(), today() + timedelta(days=30))
    mei, kai = own_town.self("mei"), account("kai")
    results = at_once(*[lambda: mandates.give_mandate(mei, kai, new)] * 4)
    assert sum(isinstance(one, MandateStands) for one in results) == 3, results
    assert Mandate.objects.count() == 1


def test_who_is_to_act_is_found_by_number_and_name_and_nobody_learns_who_has_an_account(own_town: Town) -> None:
    mei = own_town.self("mei")
    assert mandates.find_agent(mei, IDS["kai"], " 凯 风 ", address="10.0.0.9") == account("kai")
    wrong = [(IDS["kai"], "梅香"), ("460199199004051213", "凯风"), (IDS["lei"], "雷")]
    told = set()
    for number, name in wrong:
        with pytest.raises(AgentUnknown) as refused:
            mandates.find_agent(mei, number, name, address="10.0.0.9")
        told.add((refused.value.code, refused.value.title, refused.value.detail))
    assert len(told) == 1
    mandates.find_agent(mei, IDS["kai"], "凯风", address="10.0.0.9")  # takes no wrong one away
    with pytest.raises(AgentUnknown):
        mandates.find_agent(mei, IDS["kai"], "凯", address="10.0.0.9")
    with pytest.raises(SignInLocked):
        mandates.find_agent(mei, IDS["kai"], "凯", address="10.0.0.9")
    with pytest.raises(SignInLocked):  # the right one, too, until the time is over
        mandates.find_agent(mei, IDS["kai"], "凯风", address="10.0.0.9")
    refusals = Entry.objects.filter(action="mandate.find-agent")
    assert {one.outcome for one in refusals} == {"refused", "failed"}


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("who", "how"), [("mei", MandateState.REVOKED), ("kai", MandateState.GIVEN_BACK)])
def test_either_side_ends_it_and_nothing_is_done_under_it_from_then_on(town: Town, who: str, how: MandateState) -> None:
    mandate = town.mandate()
    agent = town.agent("kai", mandate)
    sent = town.send("kai", under=mandate)
    mandates.end_mandate(town.self(who), mandate, "不再需要")
    assert state_of(town, "mei", mandate) is how
    before = Entry.objects.filter(action="case.withdraw", outcome="refused").count()
    with pytest.raises(NotAllowed, match="has ended"):
        services.withdraw(agent, sent.case_id)
    assert Entry.objects.filter(action="case.withdraw", outcome="refused").count() == before + 1
    for gone in (agent, town.self("kai")):
        with pytest.raises(NotFound):
            queries.case(gone, sent.case_id)
    services.withdraw(town.self("mei"), sent.case_id)
    with pytest.raises(MandateEnded):
        mandates.end_mandate(town.self(who), mandate)


def test_after_the_end_who_gave_it_hears_of_the_case_and_the_former_agent_no_more(town: Town) -> None:
    mandate = town.mandate()
    sent = town.send("kai", under=mandate)
    town.does("qin", sent.case_id, "accept")
    mandates.end_mandate(town.self("mei"), mandate)
    town.does("shi", sent.case_id, "agree")
    town.does("tang", sent.case_id, "grant")
    told = {
        who: [one.title for one in inbox(town.self(who)).rows if one.case_id == sent.case_id] for who in ("kai", "mei")
    }
    assert told == {"kai": ["taken-up"], "mei": ["granted"]}


def test_the_principal_reads_who_read_for_it(town: Town) -> None:
    town.send("kai", under=town.mandate())
    read = list_reads(town.self("mei"), about=town.stall("one"), others_only=True).reads[0]
    assert (read.who, read.ground, read.own) == ("凯风", "mandate", False)


def test_a_stranger_ends_and_sees_nothing(town: Town) -> None:
    mandate = town.mandate()
    with pytest.raises(NotFound):
        mandates.end_mandate(town.self("lei"), mandate)
    with pytest.raises(NotFound):
        identity.mandate(town.self("lei"), mandate)
    assert identity.mandates(town.self("lei")).given == ()


def test_who_represents_the_enterprise_after_another_ends_what_that_one_gave(town: Town) -> None:
    from support.permit import stall_of

    mandate = town.mandate()
    town.says("stall.register", town.stall("one"), stall_of("lei", "梅香小吃", "S-1"), since=today())
    assert [one.id for one in identity.mandates(town.self("lei")).given] == [mandate]
    with pytest.raises(NotFound):
        mandates.end_mandate(town.self("mei"), mandate)
    mandates.end_mandate(town.self("lei"), mandate)
    assert state_of(town, "kai", mandate) is MandateState.REVOKED


def test_as_himself_an_agent_sees_what_he_sent_and_is_told_to_act_under_the_mandate(town: Town) -> None:
    sent = town.send("kai", under=town.mandate())
    assert not queries.case(town.self("kai"), sent.case_id).may_withdraw
    with pytest.raises(NotAllowed, match="under a mandate"):
        services.withdraw(town.self("kai"), sent.case_id)


def test_who_ends_a_mandate_waits_for_what_is_being_done_under_it(own_town: Town) -> None:
    """The race for the end: an act under the mandate is done before it ends, or refused after; never done after."""
    mandate = own_town.mandate()
    agent, mei = own_town.agent("kai", mandate), own_town.self("mei")
    held, go = threading.Event(), threading.Event()
    order: list[str] = []

    def act() -> None:
        with transaction.atomic():
            assert holds_mandate(agent)
            held.set()
            assert go.wait(30)
            order.append("done under it")
        connection.close()

    def end() -> None:
        assert held.wait(30)
        go_on = threading.Timer(0, go.set)
        go_on.start()
        mandates.end_mandate(mei, mandate)
        order.append("ended")
        connection.close()

    threads = [threading.Thread(target=one) for one in (act, end)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert order == ["done under it", "ended"]
    assert not holds_mandate(agent)


def test_of_sending_and_ending_at_once_the_case_is_never_later_than_the_end(own_town: Town) -> None:
    mei = own_town.self("mei")
    for _ in range(5):
        mandate = own_town.mandate()
        sent, ended = at_once(
            lambda m=mandate: own_town.send("kai", under=m), lambda m=mandate: mandates.end_mandate(mei, m)
        )
        assert ended is None
        if isinstance(sent, NotAllowed):
            continue
        case = Case.objects.get(pk=sent.case_id)
        assert case.mandate_id == mandate
        services.withdraw(mei, case.pk)


def test_the_other_side_is_told(town: Town) -> None:
    mandate = town.mandate()
    mandates.end_mandate(town.self("kai"), mandate)
    told = {
        one.type: one.data
        for one in Event.objects.filter(type__startswith="mandate.", subject=str(mandate)).order_by("id")
    }
    assert list(told) == ["mandate.offered.v1", "mandate.accepted.v1", "mandate.ended.v1"]
    assert told["mandate.offered.v1"]["agent_id"] == str(town.subject("kai"))
    assert told["mandate.ended.v1"]["other_id"] == str(town.subject("mei"))
    assert told["mandate.ended.v1"]["end"] == "given-back"


# ── Standing too near ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_officer_decides_nothing_for_an_enterprise_of_which_he_holds_a_mandate(town: Town) -> None:
    sent = town.send("mei")
    town.mandate(agent="qin", items=["stall-lights"])
    task = town.task("qin", sent.case_id)
    with pytest.raises(NotAllowed, match="represent the one that this is for"):
        services.advance(town.post("qin"), task.id, version=task.version, act="accept")
    town.does("ruan", sent.case_id, "accept")


def test_an_officer_decides_nothing_for_an_enterprise_that_he_represents_whoever_sent_it(town: Town) -> None:
    from support.permit import stall_of

    town.says("stall.register", town.stall("two"), stall_of("qin", "秦记小吃", "S-2"))
    mandate = town.mandate("qin", "kai", subject=town.stall("two"))
    town.says("town.people", town.subject("qin"), {"person.name": "秦", "person.citizen-id": IDS["qin"]})
    town.says("hygiene.courses", town.subject("qin"), {"hygiene.until": "2030-01-01"})
    sent = town.send("kai", under=mandate)
    task = town.task("qin", sent.case_id)
    with pytest.raises(NotAllowed, match="represent the one that this is for"):
        services.advance(town.post("qin"), task.id, version=task.version, act="accept")
