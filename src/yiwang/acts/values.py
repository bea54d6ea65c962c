"""Who acts, and in which capacity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from yiwang.kernel.errors import NotAllowed
from yiwang.kernel.origin import origin_here

__all__ = ["VISITOR", "Actor", "CapacityKind", "Decision", "DefinitionChange", "NewDefinition", "ServiceInfo", "system"]


class CapacityKind(StrEnum):
    """In what capacity somebody acts. One at a time."""

    VISITOR = "visitor"
    SELF = "self"
    AGENT = "agent"
    POST = "post"
    APPLICATION = "application"
    DEVICE = "device"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts (行为主体), in one capacity.

    capacity_id: the subject for SELF and AGENT, the post for POST.  subject_id: the natural person behind the account.
    origin: `live`, `rehearsal` or `invented`; copied to every row that this actor makes. In a city that rehearses,
    every actor's is `rehearsal`.  name: of a SYSTEM actor, what runs.
    proved_at: machine time at which whoever sits there last proved who he is; None where no session stands behind it.
    instead_of: the account for which a deputy acts in its post, and mandate_id: of an AGENT, under which mandate 委托; every audit entry
    says so.
    """

    account_id: UUID | None
    capacity: CapacityKind
    capacity_id: UUID | None
    subject_id: UUID | None = None
    correlation_id: str = ""
    origin: str = "live"
    name: str = ""
    proved_at: datetime | None = None
    instead_of: UUID | None = None
    mandate_id: UUID | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", origin_here(self.origin))


VISITOR = Actor(None, CapacityKind.VISITOR, None)


def system(name: str, *, correlation_id: str = "", origin: str = "live") -> Actor:
    """The platform itself, which may do everything.

    Only for jobs, subscribers, commands and functions named `system_…`; a test sees to that.

    name: of the job, subscriber or command; kept in the audit entry.
    """
    return Actor(None, CapacityKind.SYSTEM, None, correlation_id=correlation_id, origin=origin, name=name)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an actor may do an action.

    reason: msgid of a sentence for the actor when not, `{named}` places filled from `params`.  fault: which kind of no it is.
    """

    allowed: bool
    reason: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    fault: type[NotAllowed] = NotAllowed


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """One change that the platform offers.  open_to: capacities that need no grant for it."""

    action: str
    open_to: frozenset[CapacityKind]
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A definition that came, or became another, with a release.  applied_at: business time of the release."""

    name: str
    release: int
    applied_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class NewDefinition:
    """A declaration as it goes into a release.  sources: the files that belong to it, name → content."""

    kind: str
    name: str
    pack: str
    body: Mapping[str, Any]
    sources: Mapping[str, bytes] = field(default_factory=dict)


def refusal(decision: Decision) -> NotAllowed:
    """The fault that tells an actor why not."""
    return decision.fault(
        decision.reason or "Nothing allows you to do this in your present capacity.", **decision.params
    )
