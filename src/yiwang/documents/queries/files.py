"""What is kept, where, whether it is still there, and who may open what people handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db.models import BigIntegerField, F, QuerySet, Sum, Value
from django.db.models.functions import Greatest

from yiwang.acts.values import Actor, CapacityKind
from yiwang.catalog.queries import is_absent
from yiwang.catalog.values import ElementView
from yiwang.documents.models import File, Upload
from yiwang.documents.registry import file_owners, folder, limits
from yiwang.documents.values import FileHandedIn, FileRef, Limits
from yiwang.kernel.errors import FieldFault, NotFound, msgid
from yiwang.kernel.time import today

__all__ = [
    "file",
    "files_folder",
    "given_files",
    "open_content",
    "open_file",
    "path_of",
    "stored",
    "system_list_damaged",
    "system_list_lost",
    "upload_limits",
]

CHUNK = 1 << 20
LEAST_COUNTED = 100 << 10  # a file counts at least as this much, so that many small ones are limited too


# ── what people handed in ───────────────────────────────────────────────────────────────────────────────────────────────


def file(actor: Actor, file_id: UUID) -> FileHandedIn:
    """A file that somebody handed in, for who may open it. Raises NotFound for everybody else."""
    return handed_in(_may_open(actor, file_id))


def open_file(actor: Actor, file_id: UUID) -> tuple[FileHandedIn, BinaryIO]:
    """The file and its content, to be read and closed by the caller. Raises NotFound, also for who may not open it.

    Who handed it in may, in the capacity in which he did, and whoever may see a thing that has it. At most two queries before the
    owners' own.
    """
    found = handed_in(_may_open(actor, file_id))
    return found, open_content(found.digest)


def _may_open(actor: Actor, file_id: UUID) -> Upload:
    upload = Upload.objects.select_related("file").filter(pk=file_id).first()
    if upload is None:
        raise NotFound("There is no such file.")
    if actor.capacity is CapacityKind.SYSTEM or is_own(actor, upload):
        return upload
    owners = file_owners()
    for use in upload.uses.order_by("id"):
        if use.owner in owners and owners[use.owner](actor, use.owner_id):
            return upload
    raise NotFound("There is no such file.")


def own_uploads(actor: Actor) -> QuerySet[Upload]:
    """What the actor handed in, in this capacity."""
    if actor.account_id is None or actor.capacity_id is None:
        return Upload.objects.none()
    return Upload.objects.filter(
        account_id=actor.account_id, capacity=str(actor.capacity), capacity_id=actor.capacity_id
    )


def is_own(actor: Actor, upload: Upload) -> bool:
    """Whether the actor handed it in, in this capacity."""
    mine = (actor.account_id, str(actor.capacity), actor.capacity_id)
    return actor.account_id is not None and mine == (upload.account_id, upload.capacity, upload.capacity_id)


def handed_in(upload: Upload) -> FileHandedIn:
    """The row as others name it."""
    one = upload.file
    return FileHandedIn(bytes(one.digest).hex(), one.size, one.media_type, upload.id, upload.name)


def given_files(
    actor: Actor, values: Mapping[str, object], elements: Iterable[ElementView]
) -> tuple[dict[str, object], list[FieldFault]]:
    """Answers in which each file is what was handed in, whatever the sender says about it; and a fault for each that was not.

    values: element id → answer; that of an element of the type `file` names one of the actor's own files, as `{"id": "…"}` and
    anything beside it. One query.
    """
    wanted = [one for one in elements if one.type == "file" and not is_absent(values.get(one.id))]
    if not wanted:
        return dict(values), []
    named = {one.id: _file_id(values[one.id]) for one in wanted}
    rows = own_uploads(actor).filter(pk__in=[id for id in named.values() if id]).select_related("file")
    found = {row.id: handed_in(row) for row in rows}
    taken, faults = dict(values), []
    for one in wanted:
        ref = found.get(named[one.id] or UUID(int=0))
        if ref is None:
            del taken[one.id]
            faults.append(
                FieldFault(one.id, "not-a-file", msgid("Add {title} as a file."), {"title": one.title_in("")})
            )
        else:
            taken[one.id] = {
                "id": str(ref.id),
                "digest": ref.digest,
                "name": ref.name,
                "media_type": ref.media_type,
                "size": ref.size,
            }
    return taken, faults


def _file_id(given: object) -> UUID | None:
    named: Any = given.get("id") if isinstance(given, Mapping) else None
    try:
        return UUID(named) if isinstance(named, str) else None
    except ValueError:
        return None


def upload_limits() -> Limits:
    """How much this installation takes."""
    return limits()


def used_today(actor: Actor) -> int:
    """Bytes that the account has handed in today, in every capacity; a small file counts as 100 KiB. One query."""
    counted = Greatest(F("file__size"), Value(LEAST_COUNTED), output_field=BigIntegerField())
    if actor.account_id is None:
        return 0
    day = Upload.objects.filter(account_id=actor.account_id, received_on=today())
    return day.aggregate(sum=Sum(counted))["sum"] or 0


# ── contents ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def files_folder() -> Path:
    """The folder that holds all files."""
    return folder()


def path_of(digest: str) -> Path:
    """Where the content with this digest (64 hexadecimal digits) lies; two digits make a folder."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("A digest is 64 hexadecimal digits.")
    return files_folder() / digest[:2] / digest[2:]


def stored(digest: str) -> FileRef:
    """What is known of a content by its digest, for an engine that has a row of its own about it. Raises NotFound. One query."""
    found = File.objects.filter(digest=bytes.fromhex(digest)).first()
    if found is None:
        raise NotFound("There is no such file.")
    return FileRef(digest, found.size, found.media_type)


def open_content(digest: str) -> BinaryIO:
    """The content, to be read and closed by the caller, who has asked whether the reader may. Raises NotFound."""
    try:
        return path_of(digest).open("rb")
    except FileNotFoundError:
        raise NotFound("There is no such file.") from None


def system_list_lost() -> Iterator[str]:
    """Digests of files that a row names and the folder does not have, or has in another size. One query, one stat for each file."""
    for digest, size in File.objects.values_list("digest", "size").iterator(chunk_size=2_000):
        place = path_of(bytes(digest).hex())
        if not place.is_file() or place.stat().st_size != size:
            yield bytes(digest).hex()


def system_list_damaged() -> Iterator[str]:
    """Digests of files whose content is not what it was. Reads every file."""
    for digest in File.objects.values_list("digest", flat=True).iterator(chunk_size=2_000):
        place = path_of(bytes(digest).hex())
        if place.is_file():
            with place.open("rb") as stream:
                summer = hashlib.sha256()
                while piece := stream.read(CHUNK):
                    summer.update(piece)
            if summer.digest() != bytes(digest):
                yield bytes(digest).hex()
