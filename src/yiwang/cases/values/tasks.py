"""Tasks as officers see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from yiwang.cases.values.cases import ActView, CaseView, Deputy, TaskLine
from yiwang.cases.values.forms import FormField
from yiwang.cases.values.states import TaskState
from yiwang.kernel.errors import Fault

__all__ = [
    "Claimed",
    "DoneTogether",
    "Due",
    "TaskCounts",
    "TaskFilter",
    "TaskPage",
    "TaskView",
    "TasksOfItem",
    "Wanted",
    "Whose",
]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an officer asks of the applicant in a notice.  kind: material | element.  words: what is wrong, at most 200 characters."""

    kind: str
    id: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a notice 一次性告知, as the applicant reads it.

    kind: material | element.  words: what the officer wrote.  field: the question to answer; None for a fact that only its register can
    supply, or a certificate that only its office can issue.  lack: why no certificate meets it, and what to do.
    """

    kind: str
    id: str
    title: str
    words: str
    field: FormField | None
    lack: str = ""


class Due(StrEnum):
    """Where a task stands to its last day.  over: past it.  soon: due within two working days.  calm: later, or without a limit."""

    OVER = "over"
    SOON = "soon"
    CALM = "calm"


class Whose(StrEnum):
    """For whom among colleagues a task waits.  mine: handed over to this post alone.  shared: any post of the duty may do it."""

    MINE = "mine"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list is to show; what is empty does not narrow.  item: id of an item."""

    item: str = ""
    due: Due | None = None
    whose: Whose | None = None


@dataclass(frozen=True, slots=True)
class DoneTogether:
    """What came of one task among several.  fault: why it was not done, a problem for people; None when it was."""

    task_id: UUID
    case_number: str
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks the actor sees: open ones, of these over the limit, due within two working days and later, and alarms.

    mine: open ones that were handed over to this post.
    """

    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    calm: int = 0
    mine: int = 0
    unassigned: int = 0
    running: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class TasksOfItem:
    """How many open tasks of one item there are."""

    item_id: str
    title: str
    open: int


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks, the most urgent first.  next: cursor of the next page, or None.  items: those with open tasks, by title."""

    rows: tuple[TaskLine, ...]
    counts: TaskCounts
    next: str | None
    items: tuple[TasksOfItem, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with its case.  acts: what this actor may do; empty when it may only look, and then `why_not` says why.

    version: of the case; send it back with the act.  wanted: what the applicant is asked for.  may_ask: what an officer may ask for in a
    notice (kind, id, title).  deputies: posts to which this actor may hand it over.
    """

    id: UUID
    title: str
    state: TaskState
    acts: tuple[ActView, ...]
    why_not: str
    version: int
    case: CaseView
    party: str = ""
    due_on: date | None = None
    days_left: int | None = None
    wanted: tuple[Wanted, ...] = ()
    may_ask: tuple[Wanted, ...] = ()
    deputies: tuple[Deputy, ...] = ()
