"""Take a file that somebody hands in, and let a thing such as a case have it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import IO
from uuid import UUID

from django.db import connection

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, Decision, refusal
from yiwang.catalog.values import FILE_FORMATS
from yiwang.documents.events import FILE_RECEIVED
from yiwang.documents.models import FileUse, Upload
from yiwang.documents.queries.files import handed_in, own_uploads, used_today
from yiwang.documents.registry import file_owners, limits
from yiwang.documents.rules.sniffing import clean_name, faults_of, sniff
from yiwang.documents.services.scanning import scan
from yiwang.documents.services.storing import Incoming, incoming, name_content
from yiwang.documents.values import FileHandedIn, FileRefused, QuotaUsed
from yiwang.kernel.errors import NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import civil_date

__all__ = ["attach", "receive"]

HANDS_IN = {CapacityKind.SELF, CapacityKind.AGENT, CapacityKind.POST}


def receive(
    actor: Actor,
    stream: IO[bytes],
    *,
    name: str,
    allowed: Collection[str],
    largest_bytes: int,
    declared: str = "",
) -> FileHandedIn:
    """Keep a file that a person or an officer hands in. The same content under the same name is the same file again.

    name: as the browser says.  allowed: keys of `catalog.values.FILE_FORMATS`.  largest_bytes: of the element; the installation's
    limit holds as well.  declared: the media type that the browser says, empty when it says none.

    The content goes to the disk in pieces of 1 MiB while its digest is computed; then it is looked at (what it is, whether name and
    declared type agree, whether it would burst when opened) and scanned; only then does it get its name, and after that its row.
    No transaction is open meanwhile. Whatever is refused leaves nothing behind.

    Raises NotSignedIn, NotAllowed; FileTooLarge (413), FileRefused (422, every fault at once), FileInfected (422), ScannerAway (503),
    StorageFull (507), QuotaUsed (429).
    """
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    if actor.capacity not in HANDS_IN:
        raise refusal(Decision(False))
    _require_quota(actor, 0)
    with incoming(stream, min(largest_bytes, limits().largest_file)) as content:
        called = clean_name(name) or "—"
        with content.path.open("rb") as written:
            found = sniff(written, content.size)
            faults = faults_of(found, called, declared, allowed)
        if faults:
            raise FileRefused(faults=faults)
        scanned_by = scan(content.path)
        return _receive(actor, content, called, FILE_FORMATS[found.format].media_type, scanned_by)


@service("file.receive", open_to=HANDS_IN)
def _receive(actor: Actor, content: Incoming, name: str, media_type: str, scanned_by: list[str]) -> FileHandedIn:
    act = current_act()
    if actor.account_id is None or actor.capacity_id is None:
        raise NotAllowed(msgid("Files are handed in by somebody who is signed in."))
    with connection.cursor() as cursor:  # two files of one account at once must not both take the last of the quota
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('documents.quota'), hashtext(%s))", [str(actor.account_id)]
        )
    file = name_content(content, media_type)
    upload = own_uploads(actor).filter(file=file, name=name).select_for_update().first()
    repeated = upload is not None
    if upload is None:
        _require_quota(actor, content.size)
        upload = Upload(
            file=file,
            name=name,
            account_id=actor.account_id,
            capacity=str(actor.capacity),
            capacity_id=actor.capacity_id,
            received_on=civil_date(act.time),
            origin=actor.origin,
        )
    upload.received_at, upload.scanned_by = act.time, ", ".join(scanned_by)
    upload.save()
    act.about("file", upload.id)
    act.note(digest=content.digest, size=content.size, media_type=media_type, scanned_by=scanned_by, repeated=repeated)
    if not repeated:
        act.emit(FILE_RECEIVED, subject=upload.id, data={"size": content.size, "media_type": media_type})
    return handed_in(upload)


def _require_quota(actor: Actor, more: int) -> None:
    a_day = limits().a_day
    if used_today(actor) + more > a_day:
        message = msgid("In one day at most {a_day} MB are taken from one account.")
        raise QuotaUsed(message, a_day=a_day >> 20)


@service("file.attach", open_to=HANDS_IN)
def attach(actor: Actor, file_ids: Iterable[UUID], *, owner: str, owner_id: UUID) -> None:
    """Let a thing have files that the actor handed in; a second time changes nothing. Who may open them is the owner's to say.

    owner: a kind of thing that is registered (`registry.register_file_owner`).  Called within the change of the thing.
    Raises NotFound for a file that the actor has not handed in.
    """
    if owner not in file_owners():
        raise LookupError(f"No engine answers for the files of a {owner}.")
    act = current_act()
    act.about(owner, owner_id)
    wanted = set(file_ids)
    found = list(own_uploads(actor).filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk"))
    if len(found) != len(wanted):
        raise NotFound("There is no such file.")
    FileUse.objects.bulk_create(
        [FileUse(upload=one, owner=owner, owner_id=owner_id) for one in found], ignore_conflicts=True
    )
    for one in found:
        act.about("file", one.id)
