"""Files of a browser's form: hand in what is new, find again what was handed in before, note what was not taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from yiwang.acts.values import Actor
from yiwang.cases.values import FormField
from yiwang.documents import queries, services
from yiwang.documents.values import FileHandedIn
from yiwang.kernel.errors import Fault, FieldFault, NotFound

__all__ = ["REMOVE", "TakenFiles", "known_files", "take_files"]

REMOVE = "remove_file"  # the button that takes a file out of the form again; its value is the field's name


@dataclass(frozen=True, slots=True)
class TakenFiles:
    """Files by the name of their field, and what was wrong with those that were not taken."""

    files: Mapping[str, FileHandedIn] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()


def take_files(
    actor: Actor, fields: Iterable[FormField], typed: QueryDict, sent: MultiValueDict[str, UploadedFile[bytes]]
) -> TakenFiles:
    """Hand in every file that came with the form; a file that came before stands in `<name>.id`. Nothing is raised: faults are listed."""
    files: dict[str, FileHandedIn] = {}
    faults: list[FieldFault] = []
    for one in fields:
        if one.type != "file":
            continue
        came = sent.get(one.name)
        try:
            found = _hand_in(actor, one, came) if came is not None else _before(actor, one.name, typed)
        except Fault as fault:
            faults += fault.at(one.name)
            found = _before(actor, one.name, typed)
        if found is not None:
            files[one.name] = found
    return TakenFiles(files, tuple(faults))


def known_files(actor: Actor, fields: Iterable[FormField], typed: QueryDict) -> TakenFiles:
    """The files that were handed in before and stand in the form."""
    return take_files(actor, fields, typed, MultiValueDict())


def _hand_in(actor: Actor, one: FormField, came: UploadedFile[bytes]) -> FileHandedIn:
    fault: Fault | None = getattr(came, "fault", None)  # found while it was read, before any view
    if fault is not None:
        raise fault
    if came.file is None:
        raise NotFound
    return services.receive(
        actor,
        came.file,
        name=came.name or "",
        allowed=one.types,
        largest_bytes=one.largest_bytes,
        declared=came.content_type or "",
    )


def _before(actor: Actor, name: str, typed: QueryDict) -> FileHandedIn | None:
    given = typed.get(f"{name}.id", "")
    if not given or typed.get(REMOVE) == name:
        return None
    try:
        return queries.file(actor, UUID(given))
    except (NotFound, ValueError):
        return None
