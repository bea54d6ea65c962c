"""What is otherwise about a relation, as the pages of both faces ask for it: since when, until when, who stands where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from yiwang.forms import answers
from yiwang.kernel.errors import FieldFault
from yiwang.records.values import RelatedView

__all__ = ["change_asked", "change_faults", "change_given", "doubt_given"]

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


def doubt_given(typed: QueryDict) -> object:
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
