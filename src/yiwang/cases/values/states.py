"""The closed sets of words of cases and applications."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

__all__ = [
    "NUMBER_TAIL",
    "CaseState",
    "Channel",
    "ClockState",
    "ClockUnit",
    "ConsentMeans",
    "Consequence",
    "FILE_OWNER",
    "IdentityShown",
    "Mark",
    "Outcome",
    "PartState",
    "REASON_LENGTH",
    "TaskState",
]


REASON_LENGTH = 200


FILE_OWNER = "case"
"""The name under which cases have files (`documents.registry.register_file_owner`)."""


Mark = Literal[
    "baby",
    "book",
    "building",
    "card",
    "file",
    "heart",
    "home",
    "luggage",
    "people",
    "pin",
    "rings",
    "shop",
    "stick",
    "work",
]
"""The drawings that declarations may name for a tile; faces draw them."""


class CaseState(StrEnum):
    """Whether a case still runs."""

    OPEN = "open"
    ENDED = "ended"


class Channel(StrEnum):
    """By which way an application came.

    online: the applicant sent it himself.  hall: an officer at a window entered it for him.  community: an officer of his community did.
    """

    ONLINE = "online"
    HALL = "hall"
    COMMUNITY = "community"


class IdentityShown(StrEnum):
    """By which document somebody at a window showed who he is."""

    CARD = "card"  # the original identity card, compared with the face
    ELECTRONIC = "electronic"  # the electronic identity card on his phone
    OTHER = "other"  # another original with number and photograph, such as a temporary identity card or a passport


class ConsentMeans(StrEnum):
    """How somebody at a window agreed. Source: 个人信息保护法 art. 14: voluntarily, explicitly and fully informed."""

    SIGNED = "signed"  # he signed the sheet with the text of the consent
    SPOKEN = "spoken"  # it was read to him and he said yes, at a window that records picture and sound
    ELECTRONIC = "electronic"  # he confirmed it on a device at the window


class Outcome(StrEnum):
    """How a case ended. All but `withdrawn` and `cancelled` are said by its process.

    not-accepted: it was not taken up at all 不予受理.  revoked: what was granted was taken back later 撤销.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ACCEPTED = "not-accepted"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class PartState(StrEnum):
    """Where one item of an application stands.

    waiting: for the end of others.  asking: another ended otherwise than hoped, and the applicant is asked whether it goes on.
    begun: its case runs.  ended: its case has ended, with an outcome.  stopped: it never began, because another ended otherwise.
    withdrawn: the applicant took it back before it began.
    """

    WAITING = "waiting"
    ASKING = "asking"
    BEGUN = "begun"
    ENDED = "ended"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self in (PartState.ENDED, PartState.STOPPED, PartState.WITHDRAWN)


class Consequence(StrEnum):
    """What becomes of a part when one that it waits for ends otherwise than it needs."""

    STOP = "stop"
    CONTINUE = "continue"
    ASK = "ask"


class TaskState(StrEnum):
    """Where a step stands.

    open: a post may do it.  unassigned: nobody answers for the place yet; an alarm, and never lost.  running: an outside action
    is under way.  failed: an outside action gave up after its last attempt; an alarm.  done, closed: over (closed: by a
    withdrawal or cancellation).
    """

    OPEN = "open"
    UNASSIGNED = "unassigned"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    CLOSED = "closed"


NUMBER_TAIL = 14
"""Digits at the end of a case number by which people tell cases apart: the day, eight, and the counter, six."""


class ClockUnit(StrEnum):
    """What a limit is counted in. “日” means different things in different laws, so each limit says which.

    Hours run day and night; service hours only while the window of the unit that answers is open.
    """

    WORKING_DAYS = "working_days"
    DAYS = "days"
    HOURS = "hours"
    SERVICE_HOURS = "service_hours"
    MONTHS = "months"


class ClockState(StrEnum):
    """Where a clock stands.

    running, paused: it is open.  met, missed: what it waited for was done in time, or late (measured by the earlier of the
    legal and the promised limit).  stopped: it ended in time without it, for example by a withdrawal.
    """

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    MET = "met"
    MISSED = "missed"
