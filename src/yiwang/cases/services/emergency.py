"""A case that two administrators opened in an emergency 应急查阅 is read: the only way in which an administrator sees one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yiwang.acts.queries import current_release
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.cases.models import Case
from yiwang.cases.queries.cases import find_case, shape_case
from yiwang.cases.queries.tasks import stands_near
from yiwang.cases.values import CaseView
from yiwang.identity.queries import subjects_behind
from yiwang.identity.registry import Opened
from yiwang.identity.services import look_in_emergency
from yiwang.kernel.errors import NotAllowed, msgid
from yiwang.kernel.time import now
from yiwang.records.queries import log_reading
from yiwang.records.values import Ground

__all__ = ["KIND", "OpenedCases", "read_in_emergency"]

KIND = "case"
PURPOSE = "emergency"


@service("emergency.read-case")
def read_in_emergency(actor: Actor, access_id: UUID, language: str = "zh-Hans") -> CaseView:
    """The case that an emergency access opened, as an officer without the grant for sensitive facts sees it.

    Each look stands in the audit log, at the access, and in the read log of whoever's facts the case keeps. Files are named and not
    opened. Raises NotFound, NotAllowed (somebody else's access), EmergencyOver (409).
    """
    case_id = look_in_emergency(actor, access_id, KIND)
    act = current_act()
    act.about("case", case_id)
    act.note(emergency=str(access_id))
    case = find_case(case_id)
    by_subject: dict[UUID, dict[str, list[str]]] = {}
    for kept in case.facts:
        by_subject.setdefault(UUID(kept["subject"]), {}).setdefault(kept["resource"], []).append(kept["element"])
    for subject_id, asked in by_subject.items():
        log_reading(actor, subject_id, PURPOSE, asked, current_release(), now(), Ground.EMERGENCY, str(access_id))
    return shape_case(actor, case, language)


class OpenedCases(Opened):
    """Cases, by the number on the receipt."""

    title = msgid("Case")

    def find(self, actor: Actor, reference: str) -> UUID | None:
        """The case with this number. Raises NotAllowed for who applied, entered it, or stands near to whom it is for."""
        case = Case.objects.filter(number=reference).first()
        if case is None:
            return None
        if {case.subject_id, case.agent_id} & subjects_behind(actor) or stands_near(actor, case):
            raise NotAllowed(msgid("Nobody opens what concerns himself. Another administrator has to."))
        return case.id

    def concerned(self, object_id: UUID) -> Sequence[UUID]:
        """Who applied."""
        case = Case.objects.get(pk=object_id)
        return [case.agent_id or case.subject_id]
