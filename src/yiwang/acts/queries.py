"""What is declared (releases and definitions, cached in each process), and the audit for those who may read it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from yiwang.acts.models import Definition, Release, Source
from yiwang.acts.prepared import Prepared, fetch
from yiwang.acts.registry import permissions
from yiwang.acts.values import Actor, DefinitionChange
from yiwang.audit import queries as audit
from yiwang.audit.values import EntryView, Outcome
from yiwang.kernel.errors import NotAllowed, NotFound
from yiwang.kernel.remembering import forget, remembered

__all__ = [
    "RELEASE",
    "Prepared",
    "current_release",
    "definition",
    "definition_digests",
    "definition_files",
    "definition_source",
    "fetch",
    "find_definition",
    "forget_releases",
    "list_audit_entries",
    "list_changes",
    "list_definitions",
    "release_at",
    "release_id",
    "remember_release",
]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Shelf(Generic[Key, Value]):
    """The `most` values used last. Safe for threads; a value may be made twice when two threads ask at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def keys(self) -> set[Key]:
        with self._lock:
            return set(self._values)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()


@dataclass(frozen=True, slots=True)
class _Stored:
    body: Mapping[str, Any]
    sources: Mapping[str, str]


# What is cached never changes: the id of a release is of one publishing only, a digest of one content.
_ids: _Shelf[tuple[str, str, int], UUID] = _Shelf(1_000)
_names: _Shelf[tuple[UUID, str], Mapping[str, bytes]] = _Shelf(2_000)
_kinds: _Shelf[tuple[UUID, str], Mapping[str, Mapping[str, Any]]] = _Shelf(500)
_stored: _Shelf[tuple[str, str, bytes], _Stored] = _Shelf(5_000)
_contents: _Shelf[str, bytes] = _Shelf(200)


def forget_releases() -> None:
    """Forget which number is which release.

    Called when this process publishes: what it saw meanwhile may be rolled back.
    """
    _ids.clear()
    forget()


def current_release() -> int:
    """Number of the release in force; 0 before the first. Cost: one statement in an act, in a request."""
    return remembered("current release", _current_release)


def remember_release(number: int | None) -> None:
    """Who reads the session has read the release in force with it (RELEASE): it is not asked for again in the same look."""
    remembered("current release", lambda: number or 0)


RELEASE = "(SELECT max(number) FROM acts_release)"


def _current_release() -> int:
    [[number]] = fetch(f"SELECT {RELEASE}", {})  # by hand: every change asks for it
    return number or 0


def release_at(moment: datetime) -> int:
    """Number of the release that was in force at a business instant; 0 before the first. One statement."""
    found = Release.objects.filter(applied_at__lte=moment).order_by("-number").values_list("number", flat=True).first()
    return found or 0


def definition(kind: str, name: str, release: int | None = None) -> Mapping[str, Any]:
    """The body of a definition in `release`, by default the one in force. Shared: do not change it. Raises NotFound."""
    return _get(kind, name, release).body


def find_definition(kind: str, name: str, release: int | None = None) -> Mapping[str, Any] | None:
    """The body of a definition in `release`, or None."""
    try:
        return _get(kind, name, release).body
    except NotFound:
        return None


def list_definitions(kind: str, release: int | None = None) -> dict[str, Mapping[str, Any]]:
    """Every definition of a kind in `release`, by name, in order of name. Cost: at most three statements."""
    number = current_release() if release is None else release
    if number == 0:
        return {}
    return dict(_kinds.get((release_id(number), kind), lambda: _load_kind(kind, number)))


def _load_kind(kind: str, release: int) -> Mapping[str, Mapping[str, Any]]:
    digests = _digests(kind, release)
    missing = {(kind, name, digest) for name, digest in digests.items()} - _stored.keys()
    if missing:
        rows = Definition.objects.filter(kind=kind, digest__in=[digest for _, _, digest in missing])
        loaded = {bytes(row.digest): _Stored(MappingProxyType(row.body), row.sources) for row in rows}
        for key in missing:
            _stored.put(key, loaded[key[2]])
    return {name: _load(kind, name, digest).body for name, digest in digests.items()}


def definition_source(kind: str, name: str, file: str, release: int | None = None) -> bytes:
    """The content of a file that belongs to a definition (rows, a diagram). Raises NotFound."""
    digest = _get(kind, name, release).sources.get(file)
    if digest is None:
        raise NotFound("There is no file “{file}” with {kind} “{name}”.", kind=kind, name=name, file=file)
    return _contents.get(
        digest, lambda: bytes(Source.objects.values_list("content", flat=True).get(digest=bytes.fromhex(digest)))
    )


def definition_digests(release: int | None = None) -> dict[tuple[str, str], bytes]:
    """Digest of every definition in `release`, by (kind, name). `packs.plan` compares with it."""
    number = current_release() if release is None else release
    rows = _standing(number).order_by("kind", "name").values_list("kind", "name", "digest")
    return {(kind, name): bytes(digest) for kind, name, digest in rows}


def definition_files(release: int | None = None) -> list[tuple[str, str, str, str]]:
    """Every file that a release keeps: (kind, name, pack, file name), in that order. `packs.export` gives them back."""
    number = current_release() if release is None else release
    rows = _standing(number).order_by("kind", "name").values_list("kind", "name", "pack", "sources")
    return [(kind, name, pack, file) for kind, name, pack, sources in rows for file in sorted(sources)]


def _get(kind: str, name: str, release: int | None) -> _Stored:
    digest = _digests(kind, release).get(name)
    if digest is None:
        raise NotFound("There is no {kind} “{name}”.", kind=kind, name=name)
    return _load(kind, name, digest)


def _load(kind: str, name: str, digest: bytes) -> _Stored:
    def load() -> _Stored:
        row = Definition.objects.filter(kind=kind, name=name, digest=digest).order_by("from_release")[:1].get()
        return _Stored(MappingProxyType(row.body), row.sources)

    return _stored.get((kind, name, digest), load)


def _digests(kind: str, release: int | None) -> Mapping[str, bytes]:
    number = current_release() if release is None else release
    if number == 0:
        return {}

    def load() -> Mapping[str, bytes]:
        rows = _standing(number).filter(kind=kind).order_by("name").values_list("name", "digest")
        return {name: bytes(digest) for name, digest in rows}

    return _names.get((release_id(number), kind), load)


def _standing(number: int) -> QuerySet[Definition]:
    return Definition.objects.filter(Q(to_release__isnull=True) | Q(to_release__gt=number), from_release__lte=number)


def release_id(number: int) -> UUID:
    """The id of a release: of one publishing only, so what is shaped from it may be kept under it. Raises NotFound."""

    def load() -> UUID:
        found = Release.objects.filter(number=number).values_list("id", flat=True).first()
        if found is None:
            raise NotFound("There is no release {number}.", number=number)
        return found

    where = connection.settings_dict
    return _ids.get((where["HOST"], where["NAME"], number), load)


def list_changes(kind: str, limit: int = 5) -> list[DefinitionChange]:
    """The standing definitions of a kind that came or changed last, the latest first. Three statements."""
    rows = list(Definition.objects.filter(kind=kind, to_release__isnull=True).order_by("-from_release", "name")[:limit])
    names = [row.name for row in rows]
    older = set(
        Definition.objects.filter(kind=kind, name__in=names, to_release__isnull=False).values_list("name", flat=True)
    )
    at = dict(Release.objects.filter(number__in={row.from_release for row in rows}).values_list("number", "applied_at"))
    return [DefinitionChange(row.name, row.from_release, at[row.from_release], row.name not in older) for row in rows]


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_audit_entries(
    actor: Actor,
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
    """Audit entries that match all that is given, newest first. Raises NotAllowed unless the actor may `audit.read`.

    since, until: business time, half-open.  before: only entries with a lower number, for the next page.
    """
    decision = permissions.allows(actor, "audit.read")
    if not decision.allowed:
        raise NotAllowed(decision.reason, **decision.params)
    return audit.system_list_entries(
        object_kind=object_kind,
        object_id=object_id,
        account_id=account_id,
        action=action,
        outcome=outcome,
        since=since,
        until=until,
        before=before,
        limit=limit,
    )
