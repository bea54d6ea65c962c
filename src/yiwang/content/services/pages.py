"""Pages of the portal that an editorial system keeps: each of its changes passes here, in its transaction.

The system stores the page and its revisions. What makes a change lawful stands here, and what remains of it: the permission of the post
that acts, four eyes before the public reads anything, the audit entry, the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.management import call_command
from django.db import transaction

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.content.events import PAGE_PUBLISHED, PAGE_WITHDRAWN
from yiwang.content.rules.moderation import may_moderate
from yiwang.content.values import PageChange, Shown
from yiwang.identity.queries import persons_behind
from yiwang.kernel.errors import msgid

__all__ = ["changing_pages", "note_page_change", "publish_page", "system_keep_timetable", "write_page"]

EVENTS = {Shown.PUBLISHED: PAGE_PUBLISHED, Shown.WITHDRAWN: PAGE_WITHDRAWN}


_by_itself: ContextVar[Actor | None] = ContextVar("yiwang_pages_by_themselves", default=None)


@contextmanager
def changing_pages(actor: Actor) -> Iterator[None]:
    """Let changes of pages that nobody signed in for be the actor's, in the block: what a timetable or a sample does."""
    token = _by_itself.set(actor)
    try:
        yield
    finally:
        _by_itself.reset(token)


def note_page_change(actor: Actor | None, change: PageChange) -> None:
    """Note a change in the transaction that makes it.  actor: None within `changing_pages`. Raises NotAllowed."""
    acting = actor or _by_itself.get()
    if acting is None:
        raise RuntimeError("A page is changed, and nobody is said to do it.")
    (publish_page if change.moderates else write_page)(acting, change)


def system_keep_timetable() -> None:
    """Publish and withdraw the pages whose hour has come, by machine time. The scheduler calls it."""
    with changing_pages(system("content.timetable")), transaction.atomic():
        call_command("publish_scheduled", verbosity=0)


@service("page.write")
def write_page(actor: Actor, change: PageChange) -> None:
    """Note that a page or a picture was begun, changed, moved, handed to a second officer or deleted.

    Raises NotAllowed, also for a picture that pages show: with it, what the public sees would change by one officer alone.
    """
    current_act().require(
        not change.stands, msgid("Pages show this picture. Add another picture, and choose it on those pages instead.")
    )
    _note(change)


@service("page.publish")
def publish_page(actor: Actor, change: PageChange) -> None:
    """Note that a page was published, taken off the public pages, or given back.

    Raises NotAllowed, also for who wrote what is published.
    """
    if change.shown in (Shown.PUBLISHED, Shown.LATER) and actor.capacity is not CapacityKind.SYSTEM:
        current_act().require(
            may_moderate(persons_behind(actor), change.writers),
            msgid("You wrote on this page. Another officer publishes it."),
        )
    _note(change)


def _note(change: PageChange) -> None:
    act = current_act()
    act.about(change.kind, change.number)
    act.note(done=change.act, revision=change.revision)
    if change.shown in EVENTS:
        act.emit(EVENTS[change.shown], subject=f"{change.kind}-{change.number}", data={"page": change.number})
