"""The action `records.write`: what was decided becomes a record of its resource, in the step's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yiwang.cases.values import ActionCall
from yiwang.catalog.queries import resource
from yiwang.kernel.time import civil_date
from yiwang.records.services import write_record

__all__ = ["write_records"]


def write_records(call: ActionCall) -> None:
    """Write one record for each entry of the parameter `writes` (see `declarations.WriteBody`), about the applicant.

    The record names the case, the post that decided and the release; the frozen answers stay in the case as evidence.
    """
    for write in call.parameters["writes"]:
        values = _values(call, write)
        named = write.get("valid_from")
        write_record(
            call.actor,
            write["resource"],
            call.subject_id,
            values,
            valid_from=call.values[named] if named else civil_date(call.now),
            door="case",
            case_id=call.case_id,
            unit_id=call.unit_id,
            evidence={"case_number": call.case_number},
        )


def _values(call: ActionCall, write: Mapping[str, Any]) -> dict[str, Any]:
    chosen: Mapping[str, str] = write.get("fields") or {
        field.element: field.element for field in resource(write["resource"], call.release).fields
    }
    return {target: call.values[source] for target, source in chosen.items() if source in call.values}
