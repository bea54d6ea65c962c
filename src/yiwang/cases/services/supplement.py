"""The applicant answers the notice of what is missing 补正."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from yiwang.acts.queries import definition
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.events import CASE_ADVANCED
from yiwang.cases.models import Case, EngineState, Task
from yiwang.cases.queries.cases import find_case, shape_case
from yiwang.cases.queries.forms import Asking, asking, process_of
from yiwang.cases.queries.known import Known, frozen_certificates, frozen_facts, known_for
from yiwang.cases.queries.tasks import case_of_task, node_of, reason_against
from yiwang.cases.queries.visibility import TASK
from yiwang.cases.rules import materials
from yiwang.cases.rules.checks import broken
from yiwang.cases.services.answers import attach_files, lack_of, understood
from yiwang.cases.services.course import add_line, save_case
from yiwang.cases.services.decision import CHANGED, already_decided, lock_case
from yiwang.cases.services.movement import carry_on, close_task, event_data
from yiwang.cases.values import CaseView, MaterialState, TaskState
from yiwang.catalog.queries import freeze, thaw
from yiwang.identity.queries import unit_scope
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, msgid
from yiwang.kernel.time import civil_date

__all__ = ["answer_task"]


@service("task.answer", open_to={CapacityKind.SELF})
def answer_task(
    actor: Actor,
    task_id: UUID,
    values: Mapping[str, object],
    *,
    version: int,
    language: str = "zh-Hans",
    found: Sequence[FieldFault] = (),
) -> CaseView:
    """Give everything that a notice asks for, whole, and let the case go on. What stood before is kept with the answer.

    values: element → value, one for each line of the notice (`TaskView.wanted`). A missing fact that its register has by now needs none.
    version: of the case as it was read.  found: faults of answers that could not even be read, such as a file that was not taken.

    Raises NotFound (no such task of one's own), NotAllowed (403), AlreadyDecided (409: it was answered, or the case was ended), Conflict
    (409: the case has moved since), Invalid (422, every fault at once).
    """
    act = current_act()
    act.about("task", task_id)
    case = lock_case(actor, case_of_task(task_id))
    act.about("case", case.pk)
    task = next(one for one in case.tasks.all() if one.pk == task_id)
    if task.state in (TaskState.DONE, TaskState.CLOSED):
        raise already_decided(case, task)
    against, params = reason_against(actor, unit_scope(actor, TASK), case, task)
    act.require(not against, against, **params)
    act.require(bool(task.party), msgid("This is not asked of you."))
    if case.version != version:
        raise Conflict(CHANGED)
    asked = asking(case.item, case.release)
    known = known_for(actor, asked, case.subject_id)
    clean = _checked(actor, asked, known, _answered(case, asked), task.asks, values, found)
    attach_files(actor, case.pk, clean)
    _take(case, task, asked, known, clean)
    done = node_of(case, task).acts[0]
    task.state, task.act, task.done_at, task.done_by_id = TaskState.DONE, done.name, act.time, actor.account_id
    close_task(task, "act", "done_by", "answered")
    case.version += 1
    add_line(case, actor, "answered", at=act.time, node=task.node, act=done.name)
    run = process_of(definition("item", case.item, case.release), case.release).restore(
        EngineState.objects.get(case=case).state
    )
    run.decide(task.step, done.name, promised=materials.is_promised(case.materials))
    carry_on(
        case,
        run,
        actor,
        at=act.time,
        known={one.step for one in case.tasks.all()},
        left=node_of(case, task),
        by=done.name,
    )
    case.save(update_fields=["values", "facts", "certificates"])
    save_case(case)
    digest = hashlib.sha256(json.dumps(task.answered, sort_keys=True).encode()).hexdigest()
    act.note(item=case.item, node=task.node, version=case.version, answered=digest)
    act.emit(
        CASE_ADVANCED,
        subject=case.pk,
        data={**event_data(case), "version": case.version, "node": task.node, "act": done.name},
    )
    return shape_case(actor, find_case(case.pk), language)


def _checked(
    actor: Actor,
    asked: Asking,
    known: Known,
    before: Mapping[str, Any],
    asks: Sequence[Mapping[str, str]],
    values: Mapping[str, object],
    found: Sequence[FieldFault],
) -> dict[str, Any]:
    """The typed answers to a notice.  before: those that the case has. Raises Invalid with every fault at once."""
    declared = {one["id"]: one for one in asked.materials}
    names: list[str] = []
    faults: list[FieldFault] = []
    for one in asks:
        material = declared[one["id"]] if one["kind"] == "material" else None
        name = material["element"] if material is not None else one["id"]
        if material is not None and material["kind"] in materials.LOOKED_UP:
            if materials.standing_of(material, known.facts, known.held, {}) is MaterialState.KNOWN:
                continue
            if not name:
                faults.append(lack_of(material, known))
                continue
        names.append(name)
    clean, wrong = understood(
        actor,
        values,
        [asked.questions[name].element for name in names],
        required=names,
        on=civil_date(current_act().time),
        release=asked.release,
        found=found,
    )
    whole = {name: value for name, value in before.items() if name not in names} | clean
    faults += broken(asked.checks, whole, asked=names, on=civil_date(current_act().time), language=get_language() or "")
    if faults or wrong:
        raise Invalid(faults=[*wrong, *faults])
    return clean


def _answered(case: Case, asked: Asking) -> dict[str, Any]:
    """The typed answers that the case has."""
    values = {one["name"]: one["value"] for one in case.values}
    return thaw(values, [asked.questions[name].element for name in values])


def _take(case: Case, task: Task, asked: Asking, known: Known, clean: Mapping[str, Any]) -> None:
    """Put the answers into the case, and facts and certificates that the city has by now; keep what stood before with the task."""
    frozen = freeze(clean, [asked.questions[name].element for name in clean])
    fresh = [{"name": name, "value": value, "digest": asked.questions[name].digest} for name, value in frozen.items()]
    task.answered = {"values": fresh, "before": [one for one in case.values if one["name"] in frozen]}
    order = {name: n for n, name in enumerate(asked.questions)}
    case.values = sorted(
        [*(one for one in case.values if one["name"] not in frozen), *fresh], key=lambda one: order[one["name"]]
    )
    declared = {one["id"]: one for one in asked.materials}
    wanted = {name for one in task.asks if one["kind"] == "material" for name in declared[one["id"]]["elements"]}
    kept = {one["element"] for one in case.facts}
    case.facts += [
        one for one in frozen_facts(known, case.release) if one["element"] in wanted and one["element"] not in kept
    ]
    answers = _answered(case, asked)
    claimed = {one["id"] for one in task.asks if one["kind"] == "material"}
    claimed -= {one["material"] for one in case.certificates}
    fresh_ones = frozen_certificates(known.certificates, asked, current_act().time)
    case.certificates += [one for one in fresh_ones if one["material"] in claimed]
    held = {one["type"] for one in case.certificates}
    case.materials = materials.states(asked.materials, {one["element"] for one in case.facts}, held, answers)
