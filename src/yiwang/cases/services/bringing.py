"""Actions by which a case brings something forth: a number, and with it an identifier of its subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from yiwang.acts.queries import definition
from yiwang.acts.values import system
from yiwang.cases.models import NumberCounter
from yiwang.cases.values import ActionCall
from yiwang.kernel.identifiers import citizen_id_check
from yiwang.kernel.time import civil_date
from yiwang.subjects.services import system_give_identifier

__all__ = ["NumbersUsedUp", "give_identifiers", "make_numbers"]


class NumbersUsedUp(RuntimeError):
    """A counter has no number left of its length: its numbering has to be declared longer."""


def make_numbers(call: ActionCall) -> Mapping[str, Any]:
    """The action `number`: each element of the parameter `numbers` takes the next number of its numbering. Gaps are allowed."""
    return {
        one["element"]: _next(definition("numbering", one["numbering"], call.release), call)
        for one in call.parameters["numbers"]
    }


def _next(numbering: Mapping[str, Any], call: ActionCall) -> str:
    *before, last = numbering["parts"]
    prefix = "".join(part["text"] or _plain(call.values[part["element"]]) for part in before)
    counter = last["counter"]
    step, first = 1, int(counter["first"])
    if parity := counter["parity"]:
        odd = _plain(call.values[parity["element"]]) in parity["odd"]
        step, first = 2, first if first % 2 == odd else first + 1
    scope = f"{prefix}/{first % step}" if step > 1 else prefix
    row, made = NumberCounter.objects.select_for_update().get_or_create(
        numbering=numbering["id"], scope=scope, defaults={"last": first}
    )
    if not made:
        row.last += step
        row.save(update_fields=["last"])
    if len(str(row.last)) > counter["digits"]:
        raise NumbersUsedUp(numbering["id"])
    number = f"{prefix}{row.last:0{counter['digits']}d}"
    return number + citizen_id_check(number) if numbering["check"] else number


def _plain(value: Any) -> str:
    return f"{value:%Y%m%d}" if isinstance(value, date) else str(value)


def give_identifiers(call: ActionCall) -> None:
    """The action `identifier.give`: the subject of the case bears each identifier of the parameter `identifiers` from today on.

    It stays the same subject: whoever knew it by an earlier identifier finds it by both. Raises IdentifierTaken (409).
    """
    _system_give(call)


def _system_give(call: ActionCall) -> None:
    actor = system("cases.identifiers", origin=call.origin)
    for one in call.parameters["identifiers"]:
        value = str(call.values[one["element"]])
        system_give_identifier(actor, call.subject_id, one["scheme"], value, valid_from=civil_date(call.now))
