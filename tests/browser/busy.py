"""What people of the demonstration city have been busy with before anybody looks at its pages."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from support import contents
from support.clock import own_time
from support.demo import NEIGHBOUR, OFFICER, RESIDENT, Demo, call
from support.kin import CHILD, relate
from support.permit import run_outside

PERMIT = "food-permit"
AGENT = "wu.jian"
"""Acts for the restaurant under a mandate."""
ACCEPTING, REVIEWING, DECIDING = "hk-460105-approval-accept", "hk-460105-approval-review", "hk-460105-approval-decide"
ANSWERS: dict[str, Any] = {
    "food-business.form": "restaurant",
    "food-business.items": "hot-cold",
    "food-business.phone": "13800000002",
    "food-business.rules-promised": True,
}


def be_busy(demo: Demo, folder: Path) -> dict[str, UUID]:
    """Cases in every state, one over its limit, one on its way there, messages, facts, readings. Returns cases by how they went."""
    from yiwang.audit.queries import city_key_path
    from yiwang.kernel.crypto import ensure_key_file
    from yiwang.kernel.time import machine_now, now
    from yiwang.outbox.services import deliver_due
    from yiwang.supervision.services import system_tick

    ensure_key_file(city_key_path(), now=machine_now())  # a granted permit ends with a signed certificate
    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    cases = {}
    for ending, act, reason in (
        ("accepted", "accept", ""),
        ("refused", "refuse", "门牌写的是旧楼号，请核对后重新申请。"),
    ):
        cases[ending] = demo.send(resident)
        task, version = demo.task_of(officer, cases[ending])
        call(officer, "POST", f"/api/v1/tasks/{task}", {"act": act, "version": version, "reason": reason})
        demo.settle()
    cases["withdrawn"] = demo.send(resident)
    call(resident, "POST", f"/api/v1/cases/{cases['withdrawn']}/withdrawal", {"reason": "填错了"})
    cases["open"] = demo.send(resident)
    for number in range(12):
        demo.send(demo.client(NEIGHBOUR), **{"residence.address.detail": f"金盘路{number + 1}号"})
    with own_time(folder) as clock:
        for name, days in (("late", 20), ("soon", 6)):
            clock.set(now() - timedelta(days=days))
            cases[name] = demo.send(demo.client(NEIGHBOUR), **{"residence.address.detail": f"海港路{days}号"})
            clock.set(now() + timedelta(days=days))
    cases |= food_permits()
    let_somebody_act()
    doubt_a_fact()
    doubt_a_relation()
    publish_an_article()
    deliver_due()
    system_tick()
    officer.get(f"/desk/cases/{cases['open']}/")
    return cases


def let_somebody_act() -> None:
    """The keeper of the restaurant lets somebody act for it, who has accepted; and is asked himself to act for that one."""
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_self, possible_principals
    from yiwang.identity.services import NewMandate, accept_mandate, give_mandate
    from yiwang.kernel.time import today

    keeper, agent = (actor_for_self(Account.objects.get(login=one)) for one in (NEIGHBOUR, AGENT))
    [business] = [one for one in possible_principals(keeper) if not one.is_oneself]
    until = today() + timedelta(days=180)
    mandate = give_mandate(keeper, agent.account_id, NewMandate(business.subject_id, None, today(), until, "2026-07"))
    accept_mandate(agent, mandate)
    give_mandate(agent, keeper.account_id, NewMandate(agent.subject_id, ["address-statement"], today(), until))


def food_permits() -> dict[str, UUID]:
    """One restaurant's applications: granted with a certificate, asked for what is missing, and waiting for the one who reviews."""
    found = {"granted": apply_for_permit(), "asked": apply_for_permit(), "reviewed": apply_for_permit()}
    step(found["granted"], ACCEPTING, "accept")
    step(found["granted"], REVIEWING, "agree")
    step(found["granted"], DECIDING, "grant")
    step(found["asked"], ACCEPTING, "supplement")
    step(found["reviewed"], ACCEPTING, "accept")
    return found


def apply_for_permit() -> UUID:
    """The form as the keeper of the restaurant sends it, with the plan of his rooms."""
    from yiwang.cases import queries, services
    from yiwang.documents.services import receive
    from yiwang.identity.queries import actor_for_self

    keeper = actor_for_self(account_of(NEIGHBOUR))
    plan = receive(keeper, BytesIO(contents.pdf()), name="平面布局图.pdf", allowed=("pdf",), largest_bytes=1 << 20)
    form = queries.form_for(keeper, PERMIT)
    sent = services.submit(
        keeper,
        PERMIT,
        {**ANSWERS, "food-business.floor-plan": {"id": str(plan.id)}},
        idempotency_key=uuid4().hex,
        form_digest=form.digest,
        facts={one.name: str(one.source.record_id) for one in form.fields if one.source},
    )
    return sent.case_id


def step(case_id: UUID, post: str, act: str) -> None:
    """Do the one task of a case that waits for a post, and what follows outside."""
    from yiwang.cases import queries, services
    from yiwang.cases.values import Claimed

    officer = in_post(post)
    [waiting] = queries.case(officer, case_id).tasks
    asks = [Claimed("element", "food-business.phone", "电话打不通")] if act == "supplement" else None
    services.advance(officer, waiting.id, version=queries.task(officer, waiting.id).version, act=act, asks=asks)
    run_outside()


def doubt_a_fact() -> None:
    """The resident says that he has lived where he lives for longer."""
    from yiwang.identity.queries import actor_for_self
    from yiwang.records.services import report_discrepancy
    from yiwang.records.values import Evidence

    himself = actor_for_self(account_of(RESIDENT))
    assert himself.subject_id is not None
    report_discrepancy(
        himself,
        "residence.addresses",
        himself.subject_id,
        "residence.since",
        "2025-11-01",
        Evidence(text="租赁合同上写的是这一天。"),
        purpose="own-data",
    )


def doubt_a_relation() -> None:
    """The neighbour says that since another day the resident is his mother."""
    from yiwang.identity.queries import actor_for_self
    from yiwang.records.services import report_discrepancy
    from yiwang.records.values import Evidence

    word, himself = relate(), actor_for_self(account_of(CHILD))
    assert himself.subject_id is not None
    report_discrepancy(
        himself,
        "mother",
        himself.subject_id,
        "mother",
        {"valid_from": "1988-11-11", "valid_to": None},
        Evidence(text="出生证明上写的是这一天。"),
        purpose="own-data",
        record_id=word,
    )


def publish_an_article() -> None:
    """One unit writes three notices: another officer has published one, a second waits for that, the third is a draft."""
    from yiwang.content import services
    from yiwang.content.values import NewArticle

    for title, goes in (("春节期间办事安排", 2), ("国庆节期间办事安排", 1), ("中秋节期间办事安排", 0)):
        given = NewArticle("notice", title, "窗口休息，网上照常。", "窗口休息。\n\n网上照常办理。", "海府办〔2026〕1号")
        writer = in_post("hk-health-certificates")
        found = services.write(writer, given)
        if goes > 0:
            found = services.submit(writer, found.id, version=found.version)
        if goes > 1:
            services.publish(in_post("hk-gov-supervision"), found.id, version=found.version)


def account_of(login: str) -> Any:
    from yiwang.identity.models import Account

    return Account.objects.get(login=login)


def in_post(code: str) -> Any:
    """Who holds a post, in it."""
    from yiwang.identity.models import Assignment
    from yiwang.identity.queries import actor_for_post

    held = Assignment.objects.select_related("account", "post").get(post__code=code)
    return actor_for_post(held.account, held.post_id)
