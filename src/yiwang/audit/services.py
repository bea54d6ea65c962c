"""Every change of the audit: an entry in the transaction of the act, and the seal over committed entries."""

from __future__ import annotations

import threading
from dataclasses import fields

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from yiwang.audit.models import Entry, Head, Leaf, Node
from yiwang.audit.queries import city_key_path, load_runs, signed_bytes
from yiwang.audit.rules.blocks import Blocks, entry_leaf, frontier_of
from yiwang.audit.values import NewEntry
from yiwang.kernel import failpoints
from yiwang.kernel.crypto import SigningKey, ensure_key_file, load_key_file
from yiwang.kernel.time import machine_now
from yiwang.outbox.queries import Horizon

__all__ = ["record", "seal"]

MOST_ENTRIES = 10_000  # under one head: bounds memory and the length of the transaction


# By hand, because every change of the city passes here: the ORM takes five times as long to say it.
_COLUMNS = [field.name for field in fields(NewEntry)]
_INSERT = (
    f"INSERT INTO audit_entry ({', '.join(_COLUMNS)}, digest) "  # noqa: S608 — names of our own fields
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))}, %s) RETURNING id"
)


def record(entry: NewEntry) -> int:
    """Write the entry in the caller's transaction; return its number."""
    values = [getattr(entry, name) for name in _COLUMNS]
    values[_COLUMNS.index("details")] = Jsonb(entry.details)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*values, entry.digest()])
        number: int = cursor.fetchone()[0]
    return number


# ── The seal ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_horizons = threading.local()


def _horizon() -> Horizon:
    key = (connection.settings_dict["HOST"], connection.settings_dict["NAME"])
    if getattr(_horizons, "key", None) != key:
        _horizons.key, _horizons.horizon = key, Horizon(Entry._meta.db_table)
    found: Horizon = _horizons.horizon
    return found


def seal(key: SigningKey | None = None) -> int:
    """Add committed entries to the Merkle log and sign its new head; return how many entries were sealed.

    Leaves, nodes and head are one transaction: a sealer may die at any moment, or two may run; writers never wait for
    it. At most 10,000 entries at once. Call it outside a transaction.
    key: default, the city's key in the data folder.
    """
    horizon = _horizon().look()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit.seal'))")
            if not cursor.fetchone()[0]:
                return 0
        head = Head.objects.order_by("-size").first()
        size, last = (head.size, head.last_entry_id) if head else (0, 0)
        entries = list(
            Entry.objects.filter(id__gt=last, id__lte=horizon).order_by("id").values_list("id", "digest")[:MOST_ENTRIES]
        )
        if not entries:
            return 0
        failpoints.reach("audit.between-read-and-leaf")
        _append(size, [(id, entry_leaf(id, bytes(digest))) for id, digest in entries], key or _city_key())
        failpoints.reach("audit.before-commit")
    failpoints.reach("audit.after-commit")
    return len(entries)


def _append(size: int, leaves: list[tuple[int, bytes]], key: SigningKey) -> None:
    edge = load_runs(0, size)
    blocks = Blocks(size, edge)
    full = [node for _, hash in leaves for node in blocks.add(hash)]
    Leaf.objects.bulk_create(
        [Leaf(index=size + offset, entry_id=id, hash=hash) for offset, (id, hash) in enumerate(leaves)],
        batch_size=2_000,
    )
    Node.objects.bulk_create([Node(level=node.level, index=node.index, hash=node.hash) for node in full])
    failpoints.reach("audit.before-head")
    root = frontier_of(edge).append(hash for _, hash in leaves).root()
    size, last, signed_at = size + len(leaves), leaves[-1][0], machine_now()
    Head.objects.create(
        size=size,
        root=root,
        last_entry_id=last,
        signed_at=signed_at,
        key_id=key.public.key_id,
        signature=key.sign(signed_bytes(size, root, last, signed_at)),
    )


def _city_key() -> SigningKey:
    """The city's signing key. Made when nothing was signed yet; one that was lost later is not replaced in silence."""
    path = city_key_path()
    return load_key_file(path) if Head.objects.exists() else ensure_key_file(path, now=machine_now())
