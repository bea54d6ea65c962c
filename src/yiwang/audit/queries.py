"""What may be read from the audit: entries, proofs, and whether everything still agrees.

Nothing here asks who is asking: `acts.queries.list_audit_entries` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Subquery
from django.db.models.functions import Coalesce

from yiwang.audit.models import Entry, Head, Leaf, Node
from yiwang.audit.rules.blocks import BITS, frontier_of, runs
from yiwang.audit.rules.verification import SealedHead, SealedLeaf, StoredEntry, Verification
from yiwang.audit.values import Backlog, EntryView, HeadView, NewEntry, Outcome, Proof, VerifyReport
from yiwang.kernel import canonical, merkle
from yiwang.kernel.crypto import INTL, PublicKey, load_key_file
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import machine_now
from yiwang.launch import keys
from yiwang.settings import configuration

__all__ = [
    "backlog",
    "city_key_path",
    "latest_head",
    "load_runs",
    "proof",
    "signed_bytes",
    "system_list_entries",
    "trusted_keys",
    "verify",
]

CHUNK = 5_000
PATIENCE = timedelta(minutes=1)  # an entry that waits longer for its seal is a problem


def signed_bytes(size: int, root: bytes, last_entry_id: int, signed_at: datetime) -> bytes:
    """What the signature of a head covers."""
    return canonical.canonical_json(
        {
            "log": "yiwang audit",
            "size": size,
            "root": root.hex(),
            "last_entry_id": last_entry_id,
            "signed_at": signed_at,
        }
    )


def load_runs(start: int, end: int) -> list[tuple[int, list[bytes]]]:
    """The stored hashes that cover the leaves start ≤ i < end, as (level, hashes). Cost: one statement a level."""
    found = []
    for level, first, after in runs(start, end):
        if level:
            rows = Node.objects.filter(level=level, index__gte=first, index__lt=after).order_by("index")
            hashes = [bytes(hash) for hash in rows.values_list("hash", flat=True)]
        else:
            leaves = Leaf.objects.filter(index__gte=first, index__lt=after).order_by("index")
            hashes = [bytes(hash) for hash in leaves.values_list("hash", flat=True)]
        if len(hashes) != after - first:
            raise LookupError(
                f"Hashes of level {level} are missing between {first} and {after}. Run: yiwang audit verify"
            )
        found.append((level, hashes))
    return found


# ── Entries and proofs ────────────────────────────────────────────────────────────────────────────────────────────────


def system_list_entries(
    *,
    object_kind: str | None = None,
    object_id: str | None = None,
    account_id: UUID | None = None,
    action: str | None = None,
    outcome: Outcome | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[EntryView]:
    """Entries that match all that is given, newest first.  since, until: business time, half-open.

    before: only entries with a lower number, for the next page.
    """
    given: dict[str, Any] = {
        "object_kind": object_kind,
        "object_id": object_id,
        "account_id": account_id,
        "action": action,
        "outcome": outcome,
        "time__gte": since,
        "time__lt": until,
        "id__lt": before,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    rows = list(Entry.objects.filter(**chosen).order_by("-id")[:limit])
    sealed = set(Leaf.objects.filter(entry_id__in=[row.id for row in rows]).values_list("entry_id", flat=True))
    return [EntryView(row.id, _entry(row), row.id in sealed) for row in rows]


def latest_head() -> HeadView | None:
    """The signed head over everything sealed so far; None before the first."""
    row = Head.objects.order_by("-size").first()
    return None if row is None else _head(row)


def backlog() -> Backlog:
    """What waits to be sealed. Two statements."""
    sealed_up_to = Head.objects.order_by("-size").values_list("last_entry_id", flat=True).first() or 0
    waiting = Entry.objects.filter(id__gt=sealed_up_to).aggregate(count=Count("id"), oldest=Min("machine_time"))
    return Backlog(waiting["count"], waiting["oldest"])


def proof(entry_id: int) -> Proof:
    """Show that an entry stands in the log under the latest head. Raises NotFound when there is none, or not sealed
    yet.

    Cost: a few statements for every doubling of the log.
    """
    entry = Entry.objects.filter(id=entry_id).first()
    leaf = Leaf.objects.filter(entry_id=entry_id).first()
    head = latest_head()
    if entry is None or leaf is None or head is None:
        raise NotFound("There is no sealed entry {number}.", number=entry_id)
    path = merkle.inclusion_proof(leaf.index, head.size, lambda start, end: frontier_of(load_runs(start, end)).root())
    return Proof(entry_id, _entry(entry).digest(), bytes(leaf.hash), leaf.index, tuple(path), head)


def _entry(row: Entry) -> NewEntry:
    return NewEntry(
        time=row.time,
        machine_time=row.machine_time,
        account_id=row.account_id,
        capacity=row.capacity,
        capacity_id=row.capacity_id,
        action=row.action,
        outcome=Outcome(row.outcome),
        object_kind=row.object_kind,
        object_id=row.object_id,
        details=row.details,
        release=row.release,
        correlation_id=row.correlation_id,
        origin=row.origin,
    )


def _head(row: Head) -> HeadView:
    return HeadView(row.size, bytes(row.root), row.last_entry_id, row.signed_at, row.key_id, bytes(row.signature))


# ── Checking everything ───────────────────────────────────────────────────────────────────────────────────────────────


def verify(
    *, trusted: Iterable[PublicKey] | None = None, progress: Callable[[int, int], None] | None = None
) -> VerifyReport:
    """Recompute everything: each entry's digest, each leaf, node and root, each signature; say what does not agree.

    Reads in pieces of 5,000 rows: memory does not grow with the log. About 20,000 entries a second.
    trusted: keys that may have signed; default, the city's and former ones in the folder of keys.
    progress: called with (leaves checked, leaves in all).
    """
    head = Head.objects.order_by("-size").first()
    sealed_up_to = head.last_entry_id if head else 0
    leaves = head.size if head else 0
    verification = Verification({key.key_id: key for key in (trusted_keys() if trusted is None else trusted)})
    for count in verification.run(leaves, _entries(sealed_up_to), _leaves(leaves), _heads(leaves), _nodes(leaves)):
        if progress is not None:
            progress(count, leaves)
    unsigned = Leaf.objects.filter(index__gte=Coalesce(Subquery(Head.objects.order_by("-size").values("size")[:1]), 0))
    for index in unsigned.order_by("index").values_list("index", flat=True)[:CHUNK]:
        verification.find("leaf-unsigned", index, f"Leaf {index} stands under no signed head.")
    unsealed = Entry.objects.filter(id__gt=sealed_up_to).aggregate(count=Count("id"), oldest=Min("machine_time"))
    if unsealed["oldest"] is not None and machine_now() - unsealed["oldest"] > PATIENCE:
        verification.find("not-sealed", sealed_up_to + 1, f"{unsealed['count']} entries wait for their seal.")
    return VerifyReport(
        entries=verification.entries,
        leaves=verification.leaves,
        heads=verification.heads,
        backlog=unsealed["count"],
        oldest_unsealed_at=unsealed["oldest"],
        problems=tuple(verification.problems),
        problem_count=verification.problem_count,
    )


def _entries(up_to: int) -> Iterator[StoredEntry]:
    last = 0
    while rows := list(Entry.objects.filter(id__gt=last, id__lte=up_to).order_by("id")[:CHUNK]):
        for row in rows:
            yield StoredEntry(row.id, bytes(row.digest), _entry(row).digest())
        last = rows[-1].id


def _leaves(size: int) -> Iterator[SealedLeaf]:
    last = -1
    while rows := list(Leaf.objects.filter(index__gt=last, index__lt=size).order_by("index")[:CHUNK]):
        for row in rows:
            yield SealedLeaf(row.index, row.entry_id, bytes(row.hash))
        last = rows[-1].index


def _heads(size: int) -> Iterator[SealedHead]:
    last = 0
    while rows := list(Head.objects.filter(size__gt=last, size__lte=size).order_by("size")[:CHUNK]):
        for row in rows:
            covered = signed_bytes(row.size, bytes(row.root), row.last_entry_id, row.signed_at)
            yield SealedHead(row.size, bytes(row.root), row.last_entry_id, row.key_id, bytes(row.signature), covered)
        last = rows[-1].size


def _nodes(size: int) -> dict[int, Iterator[tuple[int, bytes]]]:
    def of_level(level: int) -> Iterator[tuple[int, bytes]]:
        last, full = -1, size >> BITS * level
        while rows := list(Node.objects.filter(level=level, index__gt=last, index__lt=full).order_by("index")[:CHUNK]):
            for row in rows:
                yield row.index, bytes(row.hash)
            last = rows[-1].index

    levels = Node.objects.order_by("level").values_list("level", flat=True).distinct()
    return {level: of_level(level) for level in levels}


def city_key_path() -> Path:
    """Where the city's signing key stands."""
    return keys.folder(configuration().data_dir) / keys.CITY_KEY


def trusted_keys() -> list[PublicKey]:
    """The city's key and those it had before, whose public halves stay in the folder of keys."""
    path = city_key_path()
    former = [INTL.load_public(one.read_bytes()) for one in sorted(path.parent.glob("*.pub"))]
    return [*former, load_key_file(path).public] if path.exists() else former
