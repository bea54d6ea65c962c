"""What is otherwise about a relation, as the pages of both faces ask for it: since when, until when, who stands where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict

from yiwang.forms import answers
from yiwang.forms.doubts import evidence_asked, evidence_given, take_paper
from yiwang.forms.files import REMOVE
from yiwang.kernel.errors import FieldFault, Invalid
from yiwang.records import services
from yiwang.records.values import RelatedView

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["change_asked", "change_faults", "change_given", "report_doubt"]

NEVER = "never"
FIELDS = {"valid_from": "valid-from", "valid_to": "valid-to", "proposed": "what"}
"""Pointer of a fault → id of what to correct."""


def change_asked(typed: QueryDict | None, link: RelatedView) -> dict[str, Any]:
    """What `components/relation_change.html` shows: what was typed, at first what the record says."""
    if typed is None:
        until = link.valid_to.isoformat() if link.valid_to else ""
        return {"valid_from": link.valid_from.isoformat(), "valid_to": until}
    names = ("valid_from", "valid_to", "swapped", "what", "reason", "case_number")
    return {**{name: typed.get(name, "") for name in names}, "never": typed.get("why-never", "")}


def change_given(typed: QueryDict) -> dict[str, Any]:
    """The days and the order of the ends, as they were typed."""
    given = {name: typed.get(name, "").strip() for name in ("valid_from", "valid_to")}
    return {**given, "swapped": bool(typed.get("swapped"))}


def _doubt_given(typed: QueryDict) -> object:
    """What somebody proposes who doubts a relation; None where he has not said what is wrong."""
    what = typed.get("what", "")
    return {"never_so": True} if what == NEVER else change_given(typed) if what else None


def change_faults(faults: Iterable[FieldFault]) -> tuple[Mapping[str, str], list[answers.FaultLine]]:
    """Faults by field for `components/relation_change.html`, and as lines for the top."""
    at: dict[str, str] = {}
    lines = []
    for one in faults:
        name = one.pointer.removeprefix("proposed/")
        field = FIELDS.get(name, name.replace("_", "-"))
        at.setdefault("what" if name == "proposed" else name, answers.sentence(one))
        lines.append(answers.FaultLine(answers.sentence(one), field))
    return at, lines


def report_doubt(
    request: FaceRequest, link: RelatedView, subject_id: UUID, *, purpose: str
) -> tuple[UUID | None, dict[str, Any], int]:
    """Report what somebody typed of a relation of the subject: the discrepancy's id, or None with the form and its status.

    Raises what `records.services.report_discrepancy` raises but for Invalid, whose faults stand in the form.
    """
    taken = take_paper(request.actor, request.POST, request.FILES)
    typed = request.POST if request.method == "POST" else None
    faults, status = tuple(taken.faults), 200
    if typed is not None and REMOVE not in typed:
        status = Invalid.status
        if not faults:
            try:
                id = services.report_discrepancy(
                    request.actor,
                    link.relation,
                    subject_id,
                    link.relation,
                    _doubt_given(typed),
                    evidence_given(typed, taken),
                    purpose=purpose,
                    record_id=link.record_id,
                )
            except Invalid as invalid:
                faults = invalid.faults
            else:
                return id, {}, 303
    of_change = [one for one in faults if one.pointer.startswith("proposed")]
    at, lines = change_faults(of_change)
    asked = evidence_asked(typed, taken, [one for one in faults if one not in of_change])
    form = {
        **asked,
        "link": link,
        "given": change_asked(typed, link),
        "may_swap": False,
        "fault_at": at,
        "summary": lines + asked["evidence_summary"],
    }
    return None, form, status
