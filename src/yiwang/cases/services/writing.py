"""The actions `records.write` and `relate`: what was decided becomes a record or a relation, in the step's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from yiwang.acts.values import system
from yiwang.cases.values import ActionCall
from yiwang.catalog.queries import resource
from yiwang.kernel.time import civil_date
from yiwang.records.queries import relation
from yiwang.records.services import write_record, write_relation
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = ["relate", "write_records"]


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


def relate(call: ActionCall) -> None:
    """Relate the subject of the case as each entry of the parameter `relates` says (see `declarations.RelateBody`).

    The other end is whoever bears the identifier that stands in the entry's element; without a value nobody is related. An identifier that
    nobody bears makes a subject. Raises RelationTaken (409) when another relation stands.
    """
    for one in call.parameters["relates"]:
        view = relation(one["relation"], call.release)
        is_to = bool(one.get("to"))
        found_by = one["to"] if is_to else one["from"]
        value = call.values.get(found_by["element"])
        if value is None:
            continue
        other = _system_bearer(call, (view.end if is_to else view.start).kind, found_by["scheme"], str(value))
        named = one.get("since")
        write_relation(
            call.actor,
            view.id,
            call.subject_id if is_to else other,
            other if is_to else call.subject_id,
            valid_from=call.values[named] if named else civil_date(call.now),
            door="case",
            case_id=call.case_id,
            unit_id=call.unit_id,
            evidence={"case_number": call.case_number},
        )


def _system_bearer(call: ActionCall, kind: str, scheme: str, value: str) -> UUID:
    actor = system("cases.relations", origin=call.origin)
    [id] = system_register_subjects(actor, [NewSubject(kind, {scheme: value})])
    return id
