"""Cases and tasks."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yiwang.acts.values import CapacityKind
from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.cases import queries, services
from yiwang.cases.values import CasePage, CaseView, Claimed, ClockExplained, TaskPage, TaskView
from yiwang.forms.downloads import as_file

router = Router(tags=["cases"], auth=SignedIn())


class Reason(Schema):
    """Why; the other side reads it."""

    reason: str


class Asked(Schema):
    """A line of a notice.  kind: material | element.  words: what is wrong or lacking; the applicant reads them."""

    kind: Literal["material", "element"]
    id: str
    words: str = ""


class Act(Schema):
    """What to do with a task.  version: of the case as it was read; the loser of a race gets 409.

    asks: for an act that asks the applicant, beyond the missing materials, which are always in the notice.
    """

    act: str
    version: int
    reason: str = ""
    asks: list[Asked] = []


class Answer(Schema):
    """What a notice asked for, by element.  version: of the case as it was read."""

    values: dict[str, Any]
    version: int


class Transfer(Schema):
    """To whom a task is handed.  post_id: one of the task's `deputies`.  version: of the case as it was read."""

    post_id: UUID
    reason: str
    version: int


class Longer(Schema):
    """Why a limit is extended; the applicant reads it.  length: in the limit's unit; left out, as much as its law allows."""

    reason: str
    length: int | None = None


@router.get("/cases", response=CasePage, operation_id="list_cases")
def list_cases(
    request: HttpRequest, cursor: str = "", state: Literal["", "open", "ended"] = "", number: str = "", limit: int = 50
) -> CasePage:
    """One's own cases as a person; in a post those that it may see. `state` and `number` are for posts."""
    actor = actor_of(request)
    if actor.capacity is CapacityKind.SELF:
        return queries.my_cases(actor, cursor, limit, language_of(request))
    return queries.unit_cases(actor, cursor, limit, state, language_of(request), number)


@router.get("/cases/{case_id}", response=CaseView, operation_id="get_case")
def get_case(request: HttpRequest, case_id: UUID) -> CaseView:
    """One case."""
    return queries.case(actor_of(request), case_id, language_of(request))


@router.post("/cases/{case_id}/withdrawal", response=CaseView, operation_id="withdraw_case")
def withdraw_case(request: HttpRequest, case_id: UUID, given: Reason) -> CaseView:
    """End one's own open case."""
    return services.withdraw(actor_of(request), case_id, reason=given.reason, language=language_of(request))


@router.post("/cases/{case_id}/cancellation", response=CaseView, operation_id="cancel_case")
def cancel_case(request: HttpRequest, case_id: UUID, given: Reason) -> CaseView:
    """End a case that cannot go on."""
    return services.cancel(actor_of(request), case_id, reason=given.reason, language=language_of(request))


@router.get("/cases/{case_id}/clocks/{limit}", response=ClockExplained, operation_id="explain_clock")
def explain_clock(request: HttpRequest, case_id: UUID, limit: str) -> ClockExplained:
    """Why a limit of a case ends on its day: every civil date with the reason, in the language asked for."""
    return queries.explain_clock(actor_of(request), case_id, limit, language_of(request))


@router.get("/cases/{case_id}/clocks/{limit}/sheet", operation_id="print_clock")
def print_clock(request: HttpRequest, case_id: UUID, limit: str) -> HttpResponse:
    """The same as a PDF with the city's signature, which carries these data: for an objection."""
    return as_file(services.print_clock(actor_of(request), case_id, limit, language_of(request)))


@router.post("/cases/{case_id}/clocks/{limit}/extension", response=CaseView, operation_id="extend_clock")
def extend_clock(request: HttpRequest, case_id: UUID, limit: str, given: Longer) -> CaseView:
    """Approve the one extension that the limit's law allows; the applicant is told."""
    return services.extend_clock(
        actor_of(request), case_id, limit, given.reason, length=given.length, language=language_of(request)
    )


@router.get("/tasks", response=TaskPage, operation_id="list_tasks")
def list_tasks(request: HttpRequest, cursor: str = "", state: str = "open", limit: int = 50) -> TaskPage:
    """What waits for this post, the most urgent first; as a person, what is asked of oneself."""
    return queries.my_tasks(actor_of(request), cursor, limit, state, language_of(request))


@router.get("/tasks/{task_id}", response=TaskView, operation_id="get_task")
def get_task(request: HttpRequest, task_id: UUID) -> TaskView:
    """One task with its case and what may be done."""
    return queries.task(actor_of(request), task_id, language_of(request))


@router.post("/tasks/{task_id}", response=CaseView, operation_id="advance_case")
def advance_case(request: HttpRequest, task_id: UUID, given: Act) -> CaseView:
    """Do a task."""
    return services.advance(
        actor_of(request),
        task_id,
        version=given.version,
        act=given.act,
        reason=given.reason,
        asks=[Claimed(one.kind, one.id, one.words) for one in given.asks],
        language=language_of(request),
    )


@router.post("/tasks/{task_id}/answer", response=CaseView, operation_id="answer_task")
def answer_task(request: HttpRequest, task_id: UUID, given: Answer) -> CaseView:
    """Give what one is asked for, whole."""
    return services.answer_task(
        actor_of(request), task_id, given.values, version=given.version, language=language_of(request)
    )


@router.post("/tasks/{task_id}/transfer", response=CaseView, operation_id="transfer_task")
def transfer_task(request: HttpRequest, task_id: UUID, given: Transfer) -> CaseView:
    """Hand a task over to a deputy."""
    return services.transfer_task(
        actor_of(request),
        task_id,
        version=given.version,
        post_id=given.post_id,
        reason=given.reason,
        language=language_of(request),
    )
