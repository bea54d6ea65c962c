"""One application for several items: one form, one number, cases that begin by the end of others, and what a refusal means."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.moving import ANSWERS, BUNDLE, ITEMS, Moving, follow
from support.moving import TITLES as NAMES

from yiwang.cases import queries, services
from yiwang.cases.models import Application, ApplicationPart, Case
from yiwang.cases.rules.bundles import Edge, Verdict, ancestors, circle, verdict
from yiwang.cases.values import (
    CaseNotOpen,
    Consequence,
    FormChanged,
    KeyReused,
    MaterialState,
    NotAsked,
    Outcome,
    PartState,
)
from yiwang.kernel.errors import Invalid, NotFound

pytestmark = pytest.mark.engine


# ── The one form ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_one_form_asks_each_question_once_and_nothing_that_an_earlier_item_brings_forth(moving: Moving) -> None:
    form = moving.form()
    assert [one.name for one in form.fields] == [
        "person.name",
        "home.address",
        "home.people",
        "school.child",
        "parking.plate",
        "proof.paper",
    ]
    assert form.known == 1
    assert form.fields[0].shown == "梅香"
    assert form.asked_apart == 13
    assert [one.id for one in form.materials] == ["proof"]


def test_every_fault_of_every_item_is_told_at_once_and_nothing_is_made(moving: Moving) -> None:
    with pytest.raises(Invalid) as refused:
        moving.apply(**{"home.people": "viele", "school.child": None, "proof.paper": None})
    assert [one.pointer for one in refused.value.faults] == ["home.people", "school.child", "proof.paper"]
    assert not Application.objects.exists()
    assert not Case.objects.exists()


def test_one_application_has_one_number_and_the_numbers_of_the_cases_that_have_begun(moving: Moving) -> None:
    receipt = moving.apply()
    assert receipt.number.startswith("0" * 18 + "5" + "010199002000")
    assert [one.item_id for one in receipt.cases] == ["enter"]
    assert receipt.cases[0].has_it == "海秀街道办事处"
    assert (receipt.form_fields, receipt.known_fields, receipt.asked_apart) == (6, 1, 13)
    assert moving.states(receipt.id) == {
        "enter": "begun",
        "school": "waiting",
        "parking": "waiting",
        "welcome": "waiting",
    }
    assert receipt.due_on == moving.progress(receipt.id).due_on
    assert receipt.due_on is not None
    assert receipt.due_on > date(2026, 1, 1)


def test_the_same_key_gives_the_same_receipt_and_other_content_is_refused(moving: Moving) -> None:
    key, form = uuid4().hex, moving.form()
    values = moving.with_files("mei", ANSWERS)

    def send(**changes: Any) -> Any:
        return services.submit_bundle(
            moving.self("mei"), BUNDLE, {**values, **changes}, idempotency_key=key, form_digest=form.digest
        )

    first, second = send(), send()
    assert (first.repeated, second.repeated) == (False, True)
    assert (first.id, first.number, first.cases[0].number) == (second.id, second.number, second.cases[0].number)
    assert Application.objects.count() == 1
    with pytest.raises(KeyReused):
        send(**{"school.child": "小凯"})


def test_a_form_that_was_read_before_it_changed_is_not_taken(moving: Moving) -> None:
    with pytest.raises(FormChanged):
        services.submit_bundle(moving.self("mei"), BUNDLE, {}, idempotency_key="k", form_digest="1.other")


def test_there_is_no_bundle_of_another_name(moving: Moving) -> None:
    with pytest.raises(NotFound):
        queries.bundle_form_for(moving.self("mei"), "travelling")


# ── One after the other ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_end_of_one_begins_those_that_wait_for_it_and_each_once(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter")
    assert moving.states(sent.id) == {"enter": "ended", "school": "begun", "parking": "begun", "welcome": "waiting"}
    follow()
    assert Case.objects.count() == 3
    moving.decides("shi", sent.id, "school")
    assert moving.part(sent.id, "welcome").state is PartState.WAITING
    moving.decides("tang", sent.id, "parking")
    moving.decides("shi", sent.id, "welcome")
    progress = moving.progress(sent.id)
    assert progress.is_over
    assert {one.outcome for one in progress.parts} == {Outcome.ACCEPTED}
    assert progress.sentence == "全部办好了。"


def test_a_later_case_has_the_frozen_answers_its_files_and_what_the_earlier_one_wrote(moving: Moving) -> None:
    sent = moving.apply()
    moving.says(
        "town.people", moving.subject("mei"), {"person.name": "梅湘", "person.citizen-id": "460199199004051205"}
    )
    moving.decides("qin", sent.id, "enter")
    school = queries.case(moving.post("shi"), moving.part(sent.id, "school").case_id)
    values = {one.name: one.shown for one in school.values}
    assert values["person.name"] == "梅香", "the evidence is that of the day on which it was sent"
    assert values["school.child"] == "小梅"
    facts = {one.element: one for one in school.facts}
    assert facts["home.address"].source.resource == "enter.register"
    assert "home.people" not in values
    assert [(one.id, one.state) for one in school.materials] == [("proof", MaterialState.GIVEN)]
    assert (school.form_fields, school.known_fields) == (4, 2)
    from yiwang.documents.queries import file

    paper = next(one.value["id"] for one in school.values if one.name == "proof.paper")
    assert file(moving.post("shi"), paper).name == "平面图.pdf"


def test_a_case_that_belongs_to_no_application_is_nobodys_part(moving: Moving) -> None:
    form = queries.form_for(moving.self("mei"), "parking")
    values = {"home.address": ANSWERS["home.address"], "parking.plate": "琼A1"}
    sent = services.submit(moving.self("mei"), "parking", values, idempotency_key="k", form_digest=form.digest)
    moving.does("tang", sent.case_id, "accept")
    follow()
    assert queries.application_of_case(moving.self("mei"), sent.case_id) is None


# ── When one is not granted ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_refusal_of_one_means_for_the_others_is_said_beforehand(moving: Moving) -> None:
    sent = moving.apply()
    assert moving.part(sent.id, "enter").if_not == (
        f"如果“{NAMES['enter']}”没有办成或者撤回了，“{NAMES['school']}”就不办了。",
        f"如果“{NAMES['enter']}”没有办成或者撤回了，会问您“{NAMES['parking']}”还办不办。",
    )
    guide = queries.bundle_guide(BUNDLE, "en")
    assert guide.steps[3].consequences == (
        "If “school” is not granted or is withdrawn, “welcome” does not begin.",
        "Even if “parking” is not granted or is withdrawn, “welcome” goes on.",
    )


def test_a_refusal_stops_what_depends_on_it_and_asks_about_what_may_go_on(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter", "refuse", "查无此处")
    assert moving.states(sent.id) == {"enter": "ended", "school": "stopped", "parking": "asking", "welcome": "stopped"}
    assert moving.part(sent.id, "school").sentence == f"没有开始办，因为“{NAMES['enter']}”没有办成或者撤回了。"
    assert moving.part(sent.id, "welcome").sentence == f"没有开始办，因为“{NAMES['school']}”没有办成或者撤回了。"
    assert moving.part(sent.id, "parking").may_answer
    after = services.answer_part(moving.self("mei"), sent.id, item="parking", goes_on=True)
    assert after.parts[2].state is PartState.BEGUN
    parking = queries.case(moving.post("tang"), after.parts[2].case_id)
    assert {one.name for one in parking.values} == {"person.name", "home.address", "parking.plate"}
    assert "home.address" not in {one.element for one in parking.facts}, "nobody confirmed the address"
    with pytest.raises(NotAsked):
        services.answer_part(moving.self("mei"), sent.id, item="parking", goes_on=False)
    moving.decides("tang", sent.id, "parking")
    assert moving.progress(sent.id).sentence == "已经结束：4 项中办成了 1 项。"


def test_who_does_not_want_the_rest_says_so_and_it_is_over(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter", "refuse", "查无此处")
    after = services.answer_part(moving.self("mei"), sent.id, item="parking", goes_on=False)
    assert after.parts[2].state is PartState.WITHDRAWN
    assert after.is_over


def test_what_goes_on_all_the_same_begins_when_the_other_has_failed(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter")
    moving.decides("tang", sent.id, "parking", "refuse", "没有车位")
    moving.decides("shi", sent.id, "school")
    assert moving.part(sent.id, "welcome").state is PartState.BEGUN


# ── Taking it back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_part_is_taken_back_and_only_what_depends_on_it_follows(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter")
    after = services.withdraw_application(moving.self("mei"), sent.id, item="school", reason="换了学校")
    assert {one.item_id: str(one.state) for one in after.parts} == {
        "enter": "ended",
        "school": "ended",
        "parking": "begun",
        "welcome": "stopped",
    }
    assert after.parts[1].outcome is Outcome.WITHDRAWN
    follow()
    assert Case.objects.count() == 3


def test_a_part_that_has_not_begun_is_taken_back_without_a_case(moving: Moving) -> None:
    sent = moving.apply()
    services.withdraw_application(moving.self("mei"), sent.id, item="parking")
    assert moving.part(sent.id, "parking").state is PartState.WITHDRAWN
    moving.decides("qin", sent.id, "enter")
    assert moving.part(sent.id, "parking").case_id is None


def test_all_of_it_is_taken_back_but_for_what_was_decided(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter")
    after = services.withdraw_application(moving.self("mei"), sent.id, reason="不搬了")
    assert after.is_over
    assert [str(one.outcome or one.state) for one in after.parts] == ["accepted", "withdrawn", "withdrawn", "withdrawn"]
    with pytest.raises(CaseNotOpen):
        services.withdraw_application(moving.self("mei"), sent.id)
    follow()
    assert moving.progress(sent.id).sentence == "已经结束：4 项中办成了 1 项。"


def test_a_case_that_is_withdrawn_by_itself_has_the_same_consequences(moving: Moving) -> None:
    sent = moving.apply()
    services.withdraw(moving.self("mei"), sent.cases[0].case_id)
    follow()
    assert moving.states(sent.id) == {"enter": "ended", "school": "stopped", "parking": "asking", "welcome": "stopped"}


def test_nobody_else_sees_it_or_takes_it_back(moving: Moving) -> None:
    sent = moving.apply()
    for act in (
        lambda: queries.application(moving.self("kai"), sent.id),
        lambda: services.withdraw_application(moving.self("kai"), sent.id),
        lambda: services.answer_part(moving.self("kai"), sent.id, item="parking", goes_on=True),
        lambda: services.withdraw_application(moving.self("mei"), sent.id, item="fishing"),
        lambda: queries.application(moving.post("shi"), sent.id),
    ):
        with pytest.raises(NotFound):
            act()


# ── What officers see ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_officer_sees_that_his_case_is_a_part_and_of_other_parts_what_he_may_see(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter")
    school = moving.part(sent.id, "school").case_id
    part_of = queries.application_of_case(moving.post("shi"), school)
    assert part_of is not None
    assert part_of.number == sent.number
    seen = {one.item_id: one for one in part_of.parts}
    assert [one for one in ITEMS if seen[one].state is not None] == ["school"]
    assert seen["enter"].case_number == ""
    assert seen["enter"].title == NAMES["enter"]
    assert not any(one.may_withdraw for one in part_of.parts)
    whole = queries.application(moving.post("shi"), sent.id)
    assert not whole.values
    assert {one.title for one in whole.history if one.title} == {NAMES["school"]}


def test_a_persons_applications_are_listed_with_how_far_they_are(moving: Moving) -> None:
    sent = moving.apply()
    moving.decides("qin", sent.id, "enter", "refuse", "查无此处")
    [line] = queries.my_applications(moving.self("mei"))
    assert (line.id, line.done, line.all) == (sent.id, 3, 4)
    assert queries.my_applications(moving.self("kai")) == ()
    assert ApplicationPart.objects.filter(application_id=sent.id, ended_at__isnull=False).count() == 3


# ── The rules alone ─────────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[Edge, ...]]:
    """A graph without circles: each part waits for some of those before it."""
    names = [f"i{n}" for n in range(draw(st.integers(1, 7)))]
    found: dict[str, tuple[Edge, ...]] = {}
    for n, name in enumerate(names):
        earlier = draw(st.lists(st.sampled_from(names[:n]), unique=True)) if n else []
        consequences = st.sampled_from(list(Consequence))
        found[name] = tuple(Edge(one, frozenset({"accepted"}), draw(consequences)) for one in earlier)
    return found


@given(graphs(), st.data())
def test_whatever_happens_every_part_ends_and_none_begins_before_those_that_it_waits_for(
    graph: dict[str, tuple[Edge, ...]], data: st.DataObject
) -> None:
    over: dict[str, str] = {}
    running: list[str] = []
    goes_on: set[str] = set()
    for _step in range(10 * len(graph)):
        for name in [one for one in graph if one not in over and one not in running]:
            what, because = verdict(graph[name], over, goes_on=name in goes_on)
            assert bool(because) == (what in (Verdict.STOP, Verdict.ASK))
            if what is Verdict.BEGIN:
                assert all(edge.item in over for edge in graph[name])
                assert not any(
                    edge.otherwise is Consequence.STOP and over[edge.item] != "accepted" for edge in graph[name]
                )
                running.append(name)
            elif what is Verdict.STOP:
                over[name] = "stopped"
            elif what is Verdict.ASK:
                if data.draw(st.booleans()):
                    goes_on.add(name)
                else:
                    over[name] = "withdrawn"
        if running:
            over[running.pop(0)] = data.draw(st.sampled_from(["accepted", "refused", "withdrawn"]))
    assert over.keys() == graph.keys()


@given(graphs())
def test_a_graph_in_which_parts_wait_for_earlier_ones_alone_has_no_circle(graph: dict[str, tuple[Edge, ...]]) -> None:
    names = {item: [edge.item for edge in after] for item, after in graph.items()}
    assert circle(names) == ""
    for item in names:
        assert item not in ancestors(names, item)
    if edges := [(item, after[0]) for item, after in names.items() if after]:
        item, first = edges[0]
        assert circle({**names, first: [*names[first], item]})


# ── What a case brings forth ────────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_rise_for_what_stands_before_them_and_keep_their_parity_and_check(moving: Moving) -> None:
    from uuid import UUID

    from yiwang.acts.queries import current_release
    from yiwang.cases.services.bringing import NumbersUsedUp, make_numbers
    from yiwang.cases.values import ActionCall
    from yiwang.kernel.identifiers import CitizenId
    from yiwang.kernel.time import now

    def number(born: date, sex: str, numbering: str = "person-number") -> str:
        values = {"person.birth-date": born, "person.sex": sex}
        call = ActionCall(
            actor=None, key="k", case_id=UUID(int=1), case_number="1", item_id="enter", item_titles={},
            release=current_release(), subject_id=UUID(int=2), unit_id=None,
            parameters={"numbers": [{"element": "person.citizen-id", "numbering": numbering}]},
            values=values, reason="", due_on=None, now=now(), applicant_id=UUID(int=2),
        )  # fmt: skip
        made: str = make_numbers(call)["person.citizen-id"]
        return made

    day = date(2026, 5, 4)
    boys, girls = [number(day, "1") for _ in range(3)], [number(day, "2") for _ in range(2)]
    assert [one[14:17] for one in boys] == ["001", "003", "005"]
    assert [one[14:17] for one in girls] == ["002", "004"]
    assert number(date(2026, 5, 5), "1")[14:17] == "001"
    assert all(CitizenId.parse(one) == one for one in [*boys, *girls])
    assert [number(day, "1", "one-digit") for _ in range(2)] == ["A8", "A9"]
    with pytest.raises(NumbersUsedUp):
        number(day, "1", "one-digit")
