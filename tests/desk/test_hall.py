"""The window: who is there and that he agrees come first; then the form of any item, the receipt, and what the citizen sees of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from support.demo import ITEM, NEIGHBOUR, OFFICER, RESIDENT, Demo, call

WINDOW, COMMUNITY = "zhuo.lin", "li.hong"
NUMBERS = {RESIDENT: "460199196103089029", NEIGHBOUR: "460199198811129019"}
AGREED = {"scheme": "citizen-id", "shown": "card", "means": "signed", "agreed": "true"}


def receive(demo: Demo, client: Any, login: str = RESIDENT, **changes: str) -> Any:
    return client.post(f"/desk/hall/{ITEM}/", {**AGREED, "value": NUMBERS[login], **changes})


def enter(demo: Demo, client: Any, page: str, **changes: str) -> Any:
    shown = client.get(page)
    assert shown.status_code == 200, shown.content.decode()[-800:]
    form = shown.context["form"]
    typed = demo.answers(form_digest=form.digest, subject_id=str(form.subject_id), **changes)
    return client.post(page, typed)


def reads_of(login: str) -> list[Any]:
    from yiwang.identity.models import Account
    from yiwang.records.models import Read

    return list(Read.objects.filter(subject_id=Account.objects.get(login=login).subject_id, capacity="post"))


def test_a_window_enters_a_case_for_who_is_there_and_another_unit_decides(demo: Demo) -> None:
    window = demo.client(WINDOW, post=True)
    answer = receive(demo, window)
    assert answer.status_code == 303
    answer = enter(demo, window, answer["Location"])
    assert answer.status_code == 303, answer.content.decode()[-1500:]
    case = UUID(answer["Location"].split("/")[4])
    receipt = window.get(answer["Location"]).content.decode()
    assert "政务服务中心 综合窗口岗" in receipt
    assert "林秀英" in receipt
    assert "data-print" in receipt

    from yiwang.audit.models import Entry
    from yiwang.cases.models import Case, Reception

    row = Case.objects.get(pk=case)
    reception = Reception.objects.get(case=row)
    assert (row.channel, row.account.login, row.agent_id) == ("hall", WINDOW, None)
    assert (reception.shown, reception.means) == ("card", "signed")
    assert "居住地址声明" in reception.consent["zh-Hans"]
    assert {one.action for one in Entry.objects.filter(account_id=row.account_id, outcome="done")} >= {
        "reception.open",
        "case.submit",
    }
    assert "citizen" not in str([one.details for one in Entry.objects.filter(action="reception.open")])

    officer, resident = demo.client(OFFICER, post=True), demo.client(RESIDENT)
    assert "政务服务大厅窗口录入" in officer.get(f"/desk/cases/{case}/").content.decode()
    page = resident.get(f"/my/cases/{case}/").content.decode()
    assert "政务服务大厅窗口录入" in page
    assert "申请人到场并同意" in page
    assert window.get(answer["Location"].replace("receipts", "receptions")).status_code == 404


def test_nothing_is_read_of_anybody_before_he_has_agreed(demo: Demo) -> None:
    window = demo.client(WINDOW, post=True)
    for missing in ({"agreed": ""}, {"means": ""}, {"shown": ""}, {"value": "460199196103089020"}, {"scheme": "x"}):
        answer = receive(demo, window, **missing)
        assert answer.status_code == 422, missing
        assert answer.context["summary"]
    whole = receive(demo, window, agreed="", means="", shown="", value="")
    assert len(whole.context["summary"]) == 4
    assert reads_of(RESIDENT) == []
    from yiwang.identity.models import Account

    subject = Account.objects.get(login=RESIDENT).subject_id
    answer = call(window, "GET", f"/api/v1/items/{ITEM}/form?subject_id={subject}")
    assert answer.status_code == 403
    form = demo.open_form(demo.client(RESIDENT))
    body = {
        "values": {
            "residence.address": {"place": demo.village("海秀街道"), "detail": "1"},
            "residence.since": "2026-03-01",
            "residence.phone": "13800000001",
        },
        "form_digest": form["form_digest"],
    }
    for whom in (str(subject), None):
        answer = call(
            window,
            "POST",
            f"/api/v1/items/{ITEM}/cases",
            {**body, "subject_id": whom},
            **{"Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == 403, whom
    assert reads_of(RESIDENT) == []


def test_what_the_window_reads_stands_in_the_citizens_log_with_the_item_and_the_purpose(demo: Demo) -> None:
    window = demo.client(WINDOW, post=True)
    answer = window.post("/desk/hall/food-permit/", {**AGREED, "value": NUMBERS[NEIGHBOUR]})
    page = window.get(answer["Location"]).content.decode()
    assert "陈大文" in page
    assert "海口大文餐饮有限公司" in page
    assert "/my/facts/doubt/" not in page
    reads = reads_of(NEIGHBOUR)
    assert {(one.purpose, one.ground, one.ground_id) for one in reads} == {("case-handling", "item", "food-permit")}
    assert all(one.unit_id is not None for one in reads)
    seen = demo.client(NEIGHBOUR).get("/my/reads/").content.decode()
    assert "政务服务中心" in seen
    assert "食品经营许可" in seen
    assert "办理申请" in seen


def test_who_is_there_is_called_by_his_name_and_the_citizen_sees_that_it_was_read(demo: Demo) -> None:
    window = demo.client(WINDOW, post=True)
    page = receive(demo, window)["Location"]
    assert "林秀英" in window.get(page).content.decode()
    [read] = [one for one in reads_of(RESIDENT) if one.elements == ["person.name"]]
    assert (read.resource, read.ground, read.ground_id) == ("population.persons", "item", ITEM)
    answer = enter(demo, window, page)
    officer = demo.client(OFFICER, post=True)
    case = answer["Location"].split("/")[4]
    task, _version = demo.task_of(officer, UUID(case))
    for shown in ("/desk/tasks/", f"/desk/tasks/{task}/", "/desk/cases/", f"/desk/cases/{case}/"):
        assert "林秀英" in officer.get(shown).content.decode(), shown


def test_what_somebody_was_called_when_he_applied_stays_when_the_register_changes(demo: Demo) -> None:
    from yiwang.acts.values import system
    from yiwang.identity.models import Account
    from yiwang.kernel.time import today
    from yiwang.records.services import write_record

    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    case = demo.send(resident)
    person = Account.objects.get(login=RESIDENT).subject_id
    unit = system_keeper_of(person)
    new_name = {"person.name": "林秀瑛", "person.sex": "2", "person.birth-date": "1961-03-08"}
    write_record(system("tests"), "population.persons", person, new_name, valid_from=today(), door="feed", unit_id=unit)
    assert "林秀英" in officer.get(f"/desk/cases/{case}/").content.decode()
    assert "林秀瑛" in officer.get(f"/desk/cases/{demo.send(resident)}/").content.decode()


def system_keeper_of(person: UUID) -> UUID:
    """The unit whose record of a person stands in the population register."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT unit_id FROM records.population_persons WHERE subject_id = %s LIMIT 1", [person])
        return UUID(str(cursor.fetchone()[0]))


def test_a_reception_is_good_for_one_case_one_item_one_post_and_one_day(demo: Demo) -> None:
    window, community = demo.client(WINDOW, post=True), demo.client(COMMUNITY, post=True)
    page = receive(demo, window)["Location"]
    assert community.get(page).status_code == 404
    assert enter(demo, window, page).status_code == 303
    again = window.get(page)
    assert again.status_code == 302
    assert "/desk/hall/receipts/" in again["Location"]
    from yiwang.cases.models import Reception

    page = receive(demo, window)["Location"]
    Reception.objects.filter(case=None).update(until="2026-01-01")
    assert window.get(page).status_code == 403


def test_a_community_desk_enters_what_lies_in_its_own_area_alone(demo: Demo) -> None:
    desk = demo.client(COMMUNITY, post=True)
    page = receive(demo, desk, NEIGHBOUR)["Location"]
    own, other = "460105002004", demo.village("海秀街道")
    assert own != other
    answer = enter(demo, desk, page)
    assert answer.status_code == 403
    assert "不在本单位的责任区" in answer.content.decode()
    assert "金盘路30号5栋1202室" in answer.content.decode()
    answer = enter(demo, desk, page, **{"residence.address.village": own})
    assert answer.status_code == 303, answer.content.decode()[-1500:]
    from yiwang.cases.models import Case

    assert Case.objects.get(channel="community").account.login == COMMUNITY


def test_who_entered_a_case_does_not_decide_on_it(demo: Demo) -> None:
    from yiwang.cases.models import Case, Task
    from yiwang.identity.models import Account, Post, PostDuty

    PostDuty.objects.create(post=Post.objects.get(code="hk-460105002-address"), duty="apply-at-window")
    officer = demo.client(OFFICER, post=True)
    page = receive(demo, officer)["Location"]
    assert enter(demo, officer, page).status_code == 303
    [task] = Task.objects.filter(case__channel="hall")
    shown = officer.get(f"/desk/tasks/{task.id}/")
    assert "须由其他人员决定" in shown.content.decode()
    answer = officer.post(f"/desk/tasks/{task.id}/", {"act": "accept", "version": "1"})
    assert answer.status_code == 403
    assert Case.objects.get(channel="hall").account == Account.objects.get(login=OFFICER)
    assert "data-pick" not in officer.get("/desk/tasks/").content.decode()


def test_nobody_serves_himself_and_who_has_no_window_serves_nobody(demo: Demo) -> None:
    window = demo.client(WINDOW, post=True)
    assert receive(demo, window, value="460199199404169245").status_code == 403
    for stranger in (OFFICER, "sys.admin", "lu.jing"):
        client = demo.client(stranger, post=True)
        assert receive(demo, client).status_code == 403
        assert client.get("/desk/hall/").status_code == 403
        assert client.get(f"/desk/hall/{ITEM}/").status_code == 403
    assert demo.client(RESIDENT).post(f"/desk/hall/{ITEM}/", AGREED).status_code == 403


@pytest.mark.parametrize("search", ["", "搬家", "护照"])
def test_a_window_finds_the_items_of_every_unit_in_everyday_words(demo: Demo, search: str) -> None:
    page = demo.client(WINDOW, post=True).get(f"/desk/hall/?search={search}").content.decode()
    assert ("居住地址声明" in page) == (search != "护照")


# ── A bundle ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MOTHER = "460199199508129061"
NAMED = {"newborn.name": "吴一诺", "newborn.phone": "13800000007"}


def serve_mother(demo: Demo, login: str = WINDOW) -> tuple[Any, str]:
    """The post at whose window the mother of a newborn is, and the address of her one form."""
    client = demo.client(login, post=True)
    answer = client.post("/desk/hall/newborn/", {**AGREED, "value": MOTHER})
    assert answer.status_code == 303, answer.content.decode()[-1500:]
    return client, answer["Location"]


def fill_bundle(client: Any, page: str, **typed: str) -> Any:
    shown = client.get(page)
    form = shown.context["form"]
    known = {f"fact.{name}": record for name, record in shown.context["facts_seen"].items()}
    hidden = {
        "form_digest": form.digest,
        "subject_id": str(form.subject_id),
        "idempotency_key": shown.context["idempotency_key"],
    }
    return client.post(page, {**hidden, **known, **typed})


def test_a_window_enters_a_bundle_and_every_part_of_it_says_so(demo: Demo) -> None:
    from yiwang.cases.models import Application, Case, Reception

    window, page = serve_mother(demo)
    refused = fill_bundle(window, page)
    assert refused.status_code == 422
    assert len(refused.context["summary"]) == 2
    answer = fill_bundle(window, page, **NAMED)
    assert answer.status_code == 303, answer.content.decode()[-1500:]
    application = Application.objects.get()
    assert answer["Location"] == f"/desk/hall/applications/{application.pk}/"
    receipt = window.get(answer["Location"]).content.decode()
    for said in (application.number, "政务服务中心 综合窗口岗", "出生医学证明办好以后，这一项自动开始", "吴一诺"):
        assert said in receipt
    assert (application.channel, application.account.login) == ("hall", WINDOW)
    case = Case.objects.get(pk=application.parts.get(position=1).case_id)
    assert (case.channel, case.entered_in_id) == ("hall", application.entered_in_id)
    assert case.course.first().code == "submitted-for"
    assert Reception.objects.get(application=application).case is None
    assert window.get(page)["Location"] == answer["Location"]
    assert "新生儿出生" in demo.client("li.xiaowen").get("/my/cases/").content.decode()
    assert demo.client(OFFICER, post=True).get(answer["Location"]).status_code == 404


def test_a_bundle_is_sent_on_its_own_reception_and_by_the_post_that_opened_it_alone(demo: Demo) -> None:
    from yiwang.cases.models import Application

    window, page = serve_mother(demo)
    shown = window.get(page)
    body = {
        "values": NAMED,
        "form_digest": shown.context["form"].digest,
        "subject_id": str(shown.context["form"].subject_id),
        "facts": shown.context["facts_seen"],
    }

    def send(client: Any) -> int:
        answer = call(client, "POST", "/api/v1/bundles/newborn/applications", body, **{"Idempotency-Key": uuid4().hex})
        return int(answer.status_code)

    community = demo.client(COMMUNITY, post=True)
    community.post(f"/desk/hall/{ITEM}/", {**AGREED, "value": MOTHER})  # for one item, not for this
    assert [send(client) for client in (community, demo.client(OFFICER, post=True))] == [403, 403]
    assert not Application.objects.exists()
    assert send(window) == 201
    assert send(window) == 403  # the reception was for one form
    assert Application.objects.count() == 1


def test_a_community_desk_enters_a_bundle_whose_first_part_lies_in_its_own_area_alone(demo: Demo) -> None:
    from yiwang.cases.models import Application

    desk, page = serve_mother(demo, COMMUNITY)
    answer = fill_bundle(desk, page, **NAMED)
    assert answer.status_code == 403
    assert "不在本单位的责任区" in answer.content.decode()
    assert not Application.objects.exists()


def test_the_audit_log_says_whether_it_was_for_a_bundle(demo: Demo) -> None:
    from yiwang.audit.models import Entry

    serve_mother(demo)
    entry = Entry.objects.get(action="reception.open")
    assert (entry.object_kind, entry.object_id) == ("bundle", "newborn")
