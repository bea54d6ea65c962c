"""What the audit keeps of an act, and what checking it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from yiwang.kernel.canonical import digest

__all__ = ["Backlog", "EntryView", "HeadView", "NewEntry", "Outcome", "Problem", "Proof", "VerifyReport"]


class Outcome(StrEnum):
    """How an act ended.

    refused: the actor may not.  failed: something unexpected went wrong; nothing was changed in either case.
    """

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One act: who, in which capacity, did what to what, when, and how it ended.

    time: business time; machine_time: the machine's clock; both UTC.  capacity_id: the post or subject acted for.
    details: ids, digests, codes and numbers; never personal values.  release: the declarations in force, 0 before the
    first.
    """

    time: datetime
    machine_time: datetime
    account_id: UUID | None
    capacity: str
    capacity_id: UUID | None
    action: str
    outcome: Outcome
    object_kind: str = ""
    object_id: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    release: int = 0
    correlation_id: str = ""
    origin: str = "live"

    def digest(self) -> bytes:
        """SHA-256 over the canonical JSON of all the above; the tree seals it with the entry's number."""
        return digest(
            {
                "time": self.time,
                "machine_time": self.machine_time,
                "account_id": self.account_id,
                "capacity": self.capacity,
                "capacity_id": self.capacity_id,
                "action": self.action,
                "outcome": str(self.outcome),
                "object_kind": self.object_kind,
                "object_id": self.object_id,
                "details": self.details,
                "release": self.release,
                "correlation_id": self.correlation_id,
                "origin": self.origin,
            }
        )


@dataclass(frozen=True, slots=True)
class EntryView:
    """A stored entry.  sealed: its leaf stands in the signed tree."""

    id: int
    entry: NewEntry
    sealed: bool


@dataclass(frozen=True, slots=True)
class HeadView:
    """A signed head: the root over the first `size` leaves."""

    size: int
    root: bytes
    last_entry_id: int
    signed_at: datetime
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands in the tree under a signed head:

    `kernel.merkle.verify_inclusion(leaf, index, head.size, path, head.root)`.
    """

    entry_id: int
    entry_digest: bytes
    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    head: HeadView


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not agree.

    code: entry-changed, entry-deleted, entry-added, leaf-changed, leaf-missing, leaf-unsigned, node-changed,
    root-wrong, signature-wrong, key-unknown, not-sealed.  number: of the entry, or of the leaf or head (tree size).
    """

    code: str
    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Entries that stand in no signed tree yet.  oldest_at: machine time of the oldest, None without any."""

    entries: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What checking everything found.

    problems: the first twenty of each sort; problem_count: all.
    backlog: entries not yet sealed; oldest_unsealed_at: machine time of the oldest of them.
    """

    entries: int
    leaves: int
    heads: int
    backlog: int
    oldest_unsealed_at: datetime | None
    problems: tuple[Problem, ...]
    problem_count: int

    @property
    def is_sound(self) -> bool:
        """Whether everything agrees."""
        return self.problem_count == 0
