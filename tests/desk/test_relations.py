"""Pages of relations: corrected by who keeps them, doubted from either end, and read by both with who, when and why."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from support.demo import OFFICER, Demo, call
from support.kin import CHECKER, CHILD, KEEPER, MOTHER, SINCE, relate, subject_of

PURPOSE = "case-handling"
MARK = "有疑义"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def subject_page(client: Any, login: str) -> Any:
    answer = client.get(f"/desk/subjects/{subject_of(login)}/", {"purpose": PURPOSE})
    assert answer.status_code == 200
    return answer


def correcting(word: UUID | str, login: str = CHILD) -> str:
    return f"/desk/relations/{word}/correct/?purpose={PURPOSE}&subject={subject_of(login)}"


@pytest.fixture
def word(demo: Demo) -> UUID:
    return relate()


def test_the_keeper_corrects_a_relation_from_the_page_of_either_and_both_read_why(demo: Demo, word: UUID) -> None:
    keeper = demo.client(KEEPER, post=True)
    for login in (CHILD, MOTHER):
        assert f"/desk/relations/{word}/correct/" in subject_page(keeper, login).content.decode()
    form = keeper.get(correcting(word))
    assert 'value="1988-11-12"' in form.content.decode()
    sent = keeper.post(correcting(word), {
        "act": "correct", "valid_from": "1988-11-11", "valid_to": "", "reason": "出生证明写错了一天", "case_number": "46010099",
    })  # fmt: skip
    assert (sent.status_code, sent["Location"]) == (303, f"/desk/subjects/{subject_of(CHILD)}/?purpose={PURPOSE}")
    page = text_of(keeper.get(sent["Location"]))
    assert "已更正" in page
    for client, at in (
        (keeper, f"/desk/subjects/{subject_of(MOTHER)}/relations/?purpose={PURPOSE}"),
        (demo.client(CHILD), "/my/relations/"),
        (demo.client(MOTHER), "/my/relations/"),
    ):
        said = text_of(client.get(at))
        assert "1988年11月11日" in said
        assert "1988年11月12日" in said
        assert any(one.retracted for one in client.get(at).context["rows"])
        assert said.count("出生证明写错了一天") == 2
        assert "出生医学证明岗" in said
        assert "46010099" in said
    assert "1988年11月11日" in text_of(demo.client(CHILD).get("/my/facts/"))


def test_what_is_wrong_with_a_correction_is_said_beside_it_and_nothing_typed_is_lost(demo: Demo, word: UUID) -> None:
    keeper = demo.client(KEEPER, post=True)
    typed = {"act": "correct", "valid_from": "1988-11-12", "valid_to": "1980-01-01", "reason": ""}
    refused = keeper.post(correcting(word), typed)
    assert refused.status_code == 422
    assert "关系的截止日期要晚于开始日期。" in text_of(refused)
    assert 'value="1980-01-01"' in refused.content.decode()
    assert set(refused.context["fault_at"]) == {"valid_to", "reason"}
    unchanged = keeper.post(correcting(word), typed | {"valid_to": "", "reason": "没有变化"})
    assert unchanged.status_code == 422
    assert len(unchanged.context["summary"]) == 1
    without_reason = keeper.post(correcting(word), {"act": "retract", "why-never": ""})
    assert without_reason.status_code == 422
    assert set(without_reason.context["fault_at"]) == {"never"}


def test_what_was_never_so_is_retracted_and_stays_in_the_history_of_both(demo: Demo, word: UUID) -> None:
    keeper = demo.client(KEEPER, post=True)
    assert keeper.post(correcting(word), {"act": "retract", "why-never": "登记错了人"}).status_code == 303
    late = keeper.post(correcting(word), {"act": "retract", "why-never": "再来一次"})
    assert late.status_code == 409
    assert "再来一次" in late.content.decode()
    for login in (CHILD, MOTHER):
        client = demo.client(login)
        assert "目前没有有效的关系" in text_of(client.get("/my/facts/"))
        assert "登记错了人" in text_of(client.get("/my/relations/"))
        assert f"/desk/subjects/{subject_of(login)}/relations/" in subject_page(keeper, login).content.decode()


def test_nobody_else_corrects_it(demo: Demo, word: UUID) -> None:
    for login in (OFFICER, CHECKER, "guo.qiang"):
        client = demo.client(login, post=True)
        assert client.get(correcting(word)).status_code == 403
        assert client.post(correcting(word), {"act": "retract", "why-never": "不归我管"}).status_code == 403


def test_a_circle_is_refused_with_the_reason(demo: Demo, word: UUID) -> None:
    """Nobody's child is his father."""
    from yiwang.acts.values import system
    from yiwang.records.services import RelationCircle, write_relation

    ends = (subject_of(MOTHER), subject_of(CHILD))
    with pytest.raises(RelationCircle):
        write_relation(system("tests"), "father", *ends, valid_from=SINCE, door="case")
    page = demo.client().get("/docs/problems/relation-circle")
    assert page.status_code == 200


def test_a_doubt_from_one_end_is_a_case_at_the_source_and_reads_disputed_at_both_until_it_is_answered(
    own_demo: Demo,
) -> None:
    from yiwang.outbox.services import deliver_due

    demo, word = own_demo, relate()
    mother, child = demo.client(MOTHER), demo.client(CHILD)
    keeper, checker = demo.client(KEEPER, post=True), demo.client(CHECKER, post=True)
    form = f"/my/relations/{word}/doubt/"
    assert form in mother.get("/my/facts/").content.decode()
    empty = mother.post(form, {"valid_from": "1988-11-12"})
    assert empty.status_code == 422
    assert {one.target for one in empty.context["summary"]} == {"what", "why"}
    days = {"what": "otherwise", "valid_from": "1988-11-10", "valid_to": "", "why": "出生证明上是十日"}
    sent = mother.post(form, days)
    assert sent.status_code == 303
    doubt = sent["Location"].split("/")[3]
    deliver_due()
    for client, at in (
        (mother, "/my/facts/"), (child, "/my/facts/"), (mother, "/my/relations/"), (child, "/my/relations/"),
    ):  # fmt: skip
        assert MARK in text_of(client.get(at))
    assert MARK in text_of(subject_page(keeper, CHILD))
    assert MARK in text_of(subject_page(keeper, MOTHER))
    told = call(child, "GET", "/api/v1/relations").json()["rows"]
    assert [one["standing"] for one in told] == ["disputed"]
    page = text_of(mother.get(sent["Location"]))
    assert "1988年11月10日" in page
    assert "核实该疑义的办件" not in page  # it is the child's
    [task] = call(checker, "GET", "/api/v1/tasks").json()["rows"]
    asked = text_of(checker.get(f"/desk/tasks/{task['id']}/"))
    assert "出生证明上是十日" in asked
    answer = call(checker, "POST", f"/api/v1/tasks/{task['id']}", {"act": "correct", "version": task["version"]})
    assert answer.status_code == 200, answer.content
    for client in (mother, child):
        facts = text_of(client.get("/my/facts/"))
        assert MARK not in facts
        assert "1988年11月10日" in facts
    assert "已更正" in text_of(mother.get(f"/my/doubts/{doubt}/"))


def test_an_officer_who_reads_a_relation_doubts_it_too(demo: Demo, word: UUID) -> None:
    keeper = demo.client(KEEPER, post=True)
    at = f"/desk/subjects/{subject_of(CHILD)}/relations/{word}/doubt/?purpose={PURPOSE}"
    assert keeper.get(at).status_code == 200
    assert keeper.post(at, {"why": "看错了"}).status_code == 422
    sent = keeper.post(at, {"what": "never", "why": "看错了人"})
    assert sent.status_code == 303
    assert "从来不是这样" in text_of(keeper.get(sent["Location"]))


def test_the_api_corrects_retracts_doubts_and_tells_the_history(demo: Demo, word: UUID) -> None:
    keeper, child = demo.client(KEEPER, post=True), demo.client(CHILD)
    doubt = {
        "subject_id": str(subject_of(CHILD)), "resource": "mother", "element": "mother", "record_id": str(word),
        "proposed": {"never_so": True}, "why": "登记错了人", "purpose": "own-data",
    }  # fmt: skip
    opened = call(child, "POST", "/api/v1/discrepancies", doubt)
    assert opened.status_code == 201, opened.content
    right = {"valid_from": "1988-11-11", "reason": "写错了一天", "case_number": "46010099"}
    corrected = call(keeper, "POST", f"/api/v1/relations/{word}/corrections", right)
    assert corrected.status_code == 201, corrected.content
    assert call(keeper, "POST", f"/api/v1/relations/{word}/corrections", right).status_code == 409
    gone = call(keeper, "POST", f"/api/v1/relations/{corrected.json()['id']}/retraction", {"reason": "登记错了人"})
    assert gone.status_code == 201
    told = call(child, "GET", "/api/v1/relations/history").json()["rows"]
    assert [(one["retracted"], one["superseded"]) for one in told] == [
        (True, False), (False, True), (True, False), (False, True),
    ]  # fmt: skip
    same = call(keeper, "GET", f"/api/v1/subjects/{subject_of(MOTHER)}/relations/history?purpose={PURPOSE}").json()
    assert [one["record_id"] for one in same["rows"]] == [one["record_id"] for one in told]
    state = call(child, "GET", f"/api/v1/discrepancies/{opened.json()['id']}?purpose=own-data").json()
    assert (state["line"]["state"], state["line"]["other_id"]) == ("corrected", str(subject_of(MOTHER)))
