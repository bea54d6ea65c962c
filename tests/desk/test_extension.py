"""The head of the unit extends a limit on the desk: by which article, by how much at most, once; the applicant is told."""

from __future__ import annotations

from typing import Any

import pytest
from support.permit import Town

from yiwang.cases import queries
from yiwang.messaging import queries as messages
from yiwang.outbox.services import deliver_due


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def sent(town: Town) -> Any:
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    return sent


def limit_of(town: Town, case_id: Any) -> Any:
    return next(one for one in queries.case(town.self("mei"), case_id).clocks if one.limit.id == "lic-decide")


def test_the_head_finds_the_case_reads_the_article_and_extends_within_the_cap(town: Town, sent: Any) -> None:
    head, before = town.client("lei", post=True), limit_of(town, sent.case_id)
    assert f"/desk/cases/{sent.case_id}/" in text_of(head.get("/desk/cases/"))
    at = f"/desk/cases/{sent.case_id}/clocks/lic-decide/"
    assert at in text_of(head.get(f"/desk/cases/{sent.case_id}/"))
    page = text_of(head.get(at))
    assert "第四十二条" in page
    assert 'max="10"' in page

    refused = head.post(at + "extend/", {"length": "11", "reason": "需要现场核查"})
    assert refused.status_code == 422
    assert "需要现场核查" in text_of(refused)
    assert head.post(at + "extend/", {"length": "5", "reason": ""}).status_code == 422

    assert head.post(at + "extend/", {"length": "5", "reason": "需要现场核查"}).status_code == 303
    after = limit_of(town, sent.case_id)
    assert after.extended_by == "5 个工作日"
    assert after.due_on > before.due_on
    assert "延长这个期限" not in text_of(head.get(at))
    assert head.post(at + "extend/", {"length": "5", "reason": "再延长"}).status_code == 409


def test_the_applicant_is_told_and_reads_the_reason(own_town: Town) -> None:
    town = own_town
    sent = town.send()
    town.does("qin", sent.case_id, "accept")
    head = town.client("lei", post=True)
    head.post(f"/desk/cases/{sent.case_id}/clocks/lic-decide/extend/", {"length": "5", "reason": "需要现场核查"})
    deliver_due()
    assert "您的办件延长了办理期限" in [one.title for one in messages.inbox(town.self("mei")).rows]
    assert "需要现场核查" in text_of(town.client("mei").get(f"/my/cases/{sent.case_id}/"))


def test_who_handles_the_case_does_not_extend_it(town: Town, sent: Any) -> None:
    officer = town.client("shi", post=True)
    at = f"/desk/cases/{sent.case_id}/clocks/lic-decide/"
    assert "延长这个期限" not in text_of(officer.get(at))
    assert officer.post(at + "extend/", {"length": "5", "reason": "需要现场核查"}).status_code == 403


def test_a_limit_that_the_city_set_itself_is_not_called_one_of_the_law(town: Town, sent: Any) -> None:
    law = text_of(town.client("mei").get(f"/my/cases/{sent.case_id}/clocks/lic-decide/"))
    assert "法定时限" in law
    own = text_of(town.client("mei").get("/items/address-statement/"))
    assert "法定时限" not in own
    assert "本市规定的时限" in own
