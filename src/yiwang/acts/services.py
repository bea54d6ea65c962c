"""`@service`, the one door of change: one transaction, permission, audit entry, events.

Also releases, and deferring jobs.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager

from yiwang.acts import queries
from yiwang.acts.events import RELEASE_PUBLISHED
from yiwang.acts.models import Definition, Release, Source
from yiwang.acts.prepared import insert, update
from yiwang.acts.registry import permissions, register_service
from yiwang.acts.values import Actor, CapacityKind, NewDefinition, ServiceInfo, refusal
from yiwang.audit import services as audit
from yiwang.audit.values import NewEntry, Outcome
from yiwang.kernel import canonical, failpoints
from yiwang.kernel.errors import Conflict, Fault, NotAllowed, NotFound
from yiwang.kernel.masking import IDENTITY_NUMBER
from yiwang.kernel.remembering import forget, remembering
from yiwang.kernel.time import machine_now, now
from yiwang.outbox import services as outbox
from yiwang.outbox.values import NewEvent

__all__ = [
    "Act",
    "ReleaseMoved",
    "current_act",
    "defer",
    "definition_digest",
    "insert",
    "service",
    "system_publish_release",
    "together",
    "update",
]

log = logging.getLogger("yiwang.acts")

P = ParamSpec("P")
R = TypeVar("R")

_current: ContextVar[Act | None] = ContextVar("yiwang_act", default=None)


@dataclass(slots=True)
class Act:
    """One run of one service: what it is about, what is worth keeping, what is to be told. See `current_act`."""

    action: str
    actor: Actor
    time: datetime
    outer: Act | None = None
    _objects: list[tuple[str, str]] = field(default_factory=list)
    _details: dict[str, object] = field(default_factory=dict)
    _events: list[NewEvent] = field(default_factory=list)
    _undone: list[NewEntry] = field(
        default_factory=list
    )  # of the outermost act: inner ones that were refused or failed

    def about(self, kind: str, id: UUID | str | int) -> None:
        """Say what this act is about.

        At least once; the first is the object of the audit entry, the others are kept as details.
        """
        self._objects.append((kind, str(id)))

    def note(self, **details: object) -> None:
        """Keep details in the audit entry: ids, digests, codes, numbers; never names or texts that people typed."""
        _refuse_personal(details)
        self._details.update(details)

    def emit(self, type: str, *, subject: UUID | str, data: Mapping[str, object] | None = None) -> None:
        """Tell an event with the change.

        type: `case.submitted.v1`.  data: ids, codes and numbers, never personal values.
        """
        _refuse_personal(data or {})
        self._events.append(
            NewEvent(
                type,
                str(subject),
                _plain(data or {}),
                time=self.time,
                correlation_id=self.actor.correlation_id,
                origin=self.actor.origin,
            )
        )

    def require(self, allowed: bool, reason_msgid: str, /, **params: Any) -> None:
        """Refuse the act unless `allowed`: raise NotAllowed with a sentence for the actor; the audit keeps it."""
        if not allowed:
            raise NotAllowed(reason_msgid, **params)

    def _entry(self, outcome: Outcome, **more: object) -> NewEntry:
        kind, id = self._objects[0] if self._objects else ("", "")
        details = self._details | more
        if len(self._objects) > 1:
            details["also"] = [f"{kind} {id}" for kind, id in self._objects[1:]]
        if self.actor.name:
            details["system"] = self.actor.name
        if self.actor.instead_of is not None:
            details["instead_of"] = str(self.actor.instead_of)
        if self.actor.mandate_id is not None:
            details["mandate"] = str(self.actor.mandate_id)
        return NewEntry(
            time=self.time,
            machine_time=machine_now(),
            account_id=self.actor.account_id,
            capacity=str(self.actor.capacity),
            capacity_id=self.actor.capacity_id,
            action=self.action,
            outcome=outcome,
            object_kind=kind,
            object_id=id,
            details=_plain(details),
            correlation_id=self.actor.correlation_id,
            origin=self.actor.origin,
        )


def current_act() -> Act:
    """The act whose service is running. Raises RuntimeError outside a service."""
    act = _current.get()
    if act is None:
        raise RuntimeError("No service is running; changes are made by functions decorated with @service.")
    return act


def service(
    action: str, *, open_to: Collection[CapacityKind] = ()
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Make a function the door of one change.

    action: stable, `thing.verb`.  open_to: capacities that need no grant; which rows they reach is for queries to
    limit.

    The function's first parameter is the actor. Around it: one transaction (a service called inside another joins it,
    with an entry of its own), the question whether the actor may, the audit entry, the events. It must say
    `current_act().about(…)`. If the actor may not (NotAllowed), or there is nothing he may see (NotFound), everything
    is undone and the refusal audited; any other Fault undoes everything and leaves no trace; any other exception
    undoes everything and is audited as failed, by its type alone. A parameter `now` (aware, UTC), when given, is the
    act's business time.
    """

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        @functools.wraps(function)
        def act(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            given = kwargs.get("now")
            running = Act(action, actor, given if isinstance(given, datetime) else now(), _current.get())
            return _run(running, lambda: function(actor, *args, **kwargs))

        register_service(ServiceInfo(action, frozenset(open_to), act))
        return act

    return decorate


@contextmanager
def together(actor: Actor) -> Iterator[None]:
    """One transaction for acts that a library does one by one in the block: all of them hold, or none.

    What was refused or failed stays written down, although the block is undone. actor: who asks.
    """
    frame = Act("", actor, now(), _current.get())
    token = _current.set(frame)
    try:
        with remembering() if frame.outer is None else nullcontext(), transaction.atomic():
            yield
            for entry in frame._undone:
                audit.record(replace(entry, release=queries.current_release()))
    except Exception:
        _undo(frame, None)
        raise
    finally:
        _current.reset(token)
        if frame.outer is None:
            forget()


def _run(act: Act, body: Callable[[], R]) -> R:
    token = _current.set(act)
    try:
        with remembering() if act.outer is None else nullcontext(), transaction.atomic():
            decision = permissions.allows(act.actor, act.action)
            if not decision.allowed:
                raise refusal(decision)
            result = body()
            if not act._objects:
                raise AssertionError(f"{act.action} did not say what it is about: call current_act().about(kind, id).")
            _write_down(act)
            if act.outer is None:
                failpoints.reach("acts.before-commit")
    except (NotAllowed, NotFound) as fault:
        _undo(act, Outcome.REFUSED, code=fault.code)
        raise
    except Fault:
        _undo(act, None)
        raise
    except Exception as fault:
        _undo(act, Outcome.FAILED, fault=type(fault).__qualname__)
        raise
    finally:
        _current.reset(token)
        if act.outer is None:
            forget()  # what the request around it had read may have changed
    if act.outer is None:
        failpoints.reach("acts.after-commit")
    return result


def _write_down(act: Act) -> None:
    """Write entry and events of an act that succeeded, and the entries of inner acts whose failure it got over."""
    release = queries.current_release()
    for entry in [*act._undone, act._entry(Outcome.DONE)]:
        audit.record(replace(entry, release=release))
    outbox.append(act._events)


def _undo(act: Act, outcome: Outcome | None, **details: object) -> None:
    """Keep that an act was refused or failed. The outermost act writes the inner ones' entries, however it ends.

    Inside a transaction that somebody else opened (a subscriber's, a job's) the entry lives and dies with it.
    """
    forget()  # what was read meanwhile may just have been undone
    if outcome is not None:
        act._undone.append(act._entry(outcome, **details))
    if not act._undone:
        return
    if act.outer is not None:
        act.outer._undone.extend(act._undone)
        return
    try:
        with transaction.atomic():
            release = queries.current_release()
            for entry in act._undone:
                audit.record(replace(entry, release=release))
    except DatabaseError as fault:  # the fault that undid the act is on its way up and says more
        log.error("acts.undone-act-not-audited", extra={"action": act.action, "reason": type(fault).__name__})  # noqa: TRY400


def _plain(details: Mapping[str, object]) -> dict[str, Any]:
    """Details as JSON has them, so that what is stored has the digest that was taken."""
    plain: dict[str, Any] = json.loads(canonical.canonical_json(details))
    return plain


def _refuse_personal(details: Mapping[str, object]) -> None:
    if IDENTITY_NUMBER.search(
        canonical.canonical_json(details).decode("utf-8")
    ):  # catches the careless, not the cunning
        raise AssertionError("Audit entries and events carry ids, not identity numbers.")


def defer(task: Any, **ids: object) -> None:
    """Have a job run after this transaction commits, and not at all if it does not.

    task: a procrastinate task.  ids: its arguments; payloads carry ids, never personal data. The body must be
    idempotent: a job whose worker died is run again.

    In a worker, too: there procrastinate itself would defer over the connection by which it fetches jobs, and a job that is begun by a
    job could be fetched before its transaction commits, find nothing to do and be gone.
    """
    _refuse_personal(ids)
    begun = task if isinstance(task, JobDeferrer) else task.configure()
    begun.job_manager = _jobs_of_this_transaction()
    begun.defer(**json.loads(canonical.canonical_json(ids)))


@functools.cache
def _jobs_of_this_transaction() -> JobManager:
    return JobManager(DjangoConnector(alias="default"))


# ── Releases ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ReleaseMoved(Conflict):
    """Another apply is running, or has published since this one was planned."""

    code = "release-moved"
    title = "Another release was published in the meantime"
    next_step = "Plan again and look at what would change now."


@service("release.publish")
def system_publish_release(
    actor: Actor,
    changed: Iterable[NewDefinition],
    retired: Iterable[tuple[str, str]] = (),
    *,
    summary: Mapping[str, Any] | None = None,
    planned_on: int | None = None,
) -> int:
    """Publish the next release: the one in force with `changed` definitions and without `retired` (kind, name).

    Returns its number. Definitions equal to those in force are left alone; when nothing is left to change, no release
    is made and the number in force is returned. One apply at a time, until the end of the outermost transaction.
    planned_on: number that was in force when the change was planned.
    Raises ReleaseMoved (409) when another apply is running or a release was published since `planned_on`; NotFound
    when something retired does not stand.
    """
    act = current_act()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('acts.release'))")
        if not cursor.fetchone()[0]:
            raise ReleaseMoved("Another apply is running.")
    queries.forget_releases()
    transaction.on_commit(queries.forget_releases)
    before = queries.current_release()
    act.about("release", before)
    if planned_on is not None and planned_on != before:
        raise ReleaseMoved("Release {number} is in force now.", number=before)
    standing = queries.definition_digests()
    number = before + 1
    new = [(one, digest) for one in changed if standing.get((one.kind, one.name)) != (digest := definition_digest(one))]
    gone = list(retired)
    for kind, name in gone:
        if (kind, name) not in standing:
            raise NotFound("There is no {kind} “{name}”.", kind=kind, name=name)
    if not new and not gone:
        return before
    _store_sources(new)
    for kind, name in [*gone, *((one.kind, one.name) for one, _ in new if (one.kind, one.name) in standing)]:
        Definition.objects.filter(kind=kind, name=name, to_release__isnull=True).update(to_release=number)
        standing.pop((kind, name))
    Definition.objects.bulk_create(
        [
            Definition(
                kind=one.kind,
                name=one.name,
                pack=one.pack,
                body=_plain(one.body),
                sources={file: _hash(content).hex() for file, content in one.sources.items()},
                digest=digest,
                from_release=number,
            )
            for one, digest in new
        ],
        batch_size=500,
    )
    standing |= {(one.kind, one.name): digest for one, digest in new}
    whole = canonical.digest([[kind, name, digest.hex()] for (kind, name), digest in sorted(standing.items())])
    Release.objects.create(number=number, applied_at=act.time, digest=whole, summary=_plain(summary or {}))
    queries.forget_releases()  # from here on, this act reads the new release
    act._objects[:] = [("release", str(number))]
    act.note(digest=whole.hex(), changed=len(new), retired=len(gone))
    act.emit(RELEASE_PUBLISHED, subject=str(number), data={"number": number, "digest": whole.hex()})
    return number


def _store_sources(new: Iterable[tuple[NewDefinition, bytes]]) -> None:
    contents = {_hash(content): content for one, _ in new for content in one.sources.values()}
    known = {
        bytes(digest) for digest in Source.objects.filter(digest__in=list(contents)).values_list("digest", flat=True)
    }
    Source.objects.bulk_create(
        [Source(digest=digest, content=content) for digest, content in contents.items() if digest not in known]
    )


def definition_digest(one: NewDefinition) -> bytes:
    """SHA-256 over everything declared: kind, name, pack, body, and the content of its files."""
    sources = {file: _hash(content).hex() for file, content in one.sources.items()}
    return canonical.digest(
        {"kind": one.kind, "name": one.name, "pack": one.pack, "body": one.body, "sources": sources}
    )


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
