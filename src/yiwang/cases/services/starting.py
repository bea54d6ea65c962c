"""Cases that nobody sends: an event begins them, and another may make them idle. What an item's `starts_on` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from yiwang.acts.queries import current_release, list_definitions, release_at
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.cases.events import CASE_SUBMITTED
from yiwang.cases.models import Case
from yiwang.cases.queries.clocks import due_of
from yiwang.cases.queries.forms import Asking, asking, process_of
from yiwang.cases.services.course import add_line, save_case, submitted_data
from yiwang.cases.services.movement import carry_on
from yiwang.cases.services.numbering import new_number
from yiwang.cases.services.stopping import system_settle_elsewhere
from yiwang.cases.values import CaseState
from yiwang.catalog.queries import freeze, validate
from yiwang.identity.queries import system_heir, system_unit
from yiwang.kernel import failpoints
from yiwang.kernel.errors import Invalid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import civil_date
from yiwang.outbox.values import DeliveredEvent
from yiwang.records.queries import called

__all__ = ["system_begin_case", "system_take_event", "types_that_matter"]


def types_that_matter() -> set[str]:
    """Types of events that begin a case of some item of the release in force, or end one."""
    return {type for _item, start in _starts(None) for type in (start["event"], start["ends_on"]) if type}


def system_take_event(event: DeliveredEvent) -> None:
    """Begin a case of each item that starts on the event; settle those that wait and that it makes idle.

    What counts is the release that was in force when the event happened. Runs in the transaction that marks the event as delivered.
    """
    actor = system("cases.events", correlation_id=event.correlation_id, origin=event.origin)
    release = release_at(event.time) or current_release()  # what an invented city tells of may be older than its first
    for item, start in _starts(release):
        if start["event"] == event.type:
            system_begin_case(actor, item, release, event)
            failpoints.reach("cases.after-beginning")
        if start["ends_on"] == event.type:
            waiting = Case.objects.filter(
                item=item, event_subject=event.subject, event_id__isnull=False, state=CaseState.OPEN
            )
            for case_id in list(waiting.order_by("id").values_list("pk", flat=True)):
                system_settle_elsewhere(actor, case_id)


def _starts(release: int | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for id, item in list_definitions("item", release).items():
        if item["starts_on"] is not None:
            yield id, item["starts_on"]


@service("case.begin")
def system_begin_case(actor: Actor, item_id: str, release: int, event: DeliveredEvent) -> UUID:
    """Make the case that an event begins, with its first task, its event and its audit entry; return it.

    The answers of the form, the subject and the unit that has the case are data of the event, as the item's `starts_on` maps them.
    One item begins one case for one event. Raises Invalid with every fault when the event does not fit the form.
    """
    act = current_act()
    asked = asking(item_id, release)
    start = asked.item["starts_on"]
    clean = _answers(asked, {name: event.data.get(field) for name, field in start["values"].items()})
    place = asked.answers_place(clean)
    unit_id = event.data.get(start["unit"]) if start["unit"] else None
    unit = system_unit(system_heir(UUID(str(unit_id))) or UUID(str(unit_id))) if unit_id else None
    day = civil_date(act.time)
    frozen = freeze(clean, asked.elements)
    case = Case.objects.create(
        id=uuid7(),
        number=new_number(asked.item, unit, day),
        item=item_id,
        release=release,
        subject_id=(subject_id := UUID(str(event.data[start["subject"]]))),
        applicant_name=called([subject_id]).get(subject_id, ""),
        account_id=None,
        event_id=event.event_id,
        event_subject=event.subject,
        unit_id=unit.id if unit else None,
        place=place,
        values=[
            {"name": name, "value": frozen[name], "digest": question.digest}
            for name, question in asked.questions.items()
            if name in frozen
        ],
        form_digest=asked.digest,
        submitted_at=act.time,
        origin=event.origin,
    )
    act.about("case", case.id)
    add_line(case, actor, "begun", at=act.time)
    carry_on(case, process_of(asked.item, release).begin(), actor, at=act.time, known=(), left=None)
    save_case(case)
    act.note(item=item_id, number=case.number, release=release, event=str(event.event_id))
    told = {"begun_by": "event", "applicant_id": None, "has_it": unit.title if unit else ""}
    act.emit(CASE_SUBMITTED, subject=case.id, data={**submitted_data(case, due_of(case)), **told})
    return case.id


def _answers(asked: Asking, given: Mapping[str, object]) -> dict[str, Any]:
    required = [name for name, question in asked.questions.items() if question.required]
    clean, faults = validate(
        given, asked.elements, required=required, today=civil_date(current_act().time), release=asked.release
    )
    if faults:
        raise Invalid(faults=faults)
    return clean
