"""Cases and tasks."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.acts.values import CapacityKind
from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.cases import queries, services
from yiwang.cases.values import CasePage, CaseView, TaskPage, TaskView

router = Router(tags=["cases"], auth=SignedIn())


class Reason(Schema):
    """Why; the other side reads it."""

    reason: str


class Act(Schema):
    """What to do with a task.  version: of the case as it was read; the loser of a race gets 409."""

    act: str
    version: int
    reason: str = ""


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


@router.get("/tasks", response=TaskPage, operation_id="list_tasks")
def list_tasks(request: HttpRequest, cursor: str = "", state: str = "open", limit: int = 50) -> TaskPage:
    """What waits for this post, the most urgent first."""
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
        language=language_of(request),
    )
