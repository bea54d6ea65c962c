"""Pages of the portal that an editorial system keeps: each of its changes passes here, in its transaction.

The system stores the page and its revisions. What makes a change lawful stands here, and what remains of it: the permission of the post
that acts, four eyes before the public reads anything, the audit entry, the event.
"""

from __future__ import annotations

from django.core.management import call_command
from django.db import transaction

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.content.events import PAGE_PUBLISHED, PAGE_WITHDRAWN
from yiwang.content.rules.moderation import may_moderate
from yiwang.content.values import PageChange, Shown
from yiwang.kernel.errors import msgid

__all__ = ["note_page_change", "publish_page", "system_keep_timetable", "write_page"]

EVENTS = {Shown.PUBLISHED: PAGE_PUBLISHED, Shown.WITHDRAWN: PAGE_WITHDRAWN}


def note_page_change(actor: Actor | None, change: PageChange) -> None:
    """Note a change in the transaction that makes it.  actor: None when nobody acts, as at an hour that was set. Raises NotAllowed."""
    (publish_page if change.moderates else write_page)(actor or system("content.pages"), change)


def system_keep_timetable() -> None:
    """Publish and withdraw the pages whose hour has come, by machine time. The scheduler calls it."""
    with transaction.atomic():
        call_command("publish_scheduled", verbosity=0)


@service("page.write")
def write_page(actor: Actor, change: PageChange) -> None:
    """Note that a page or a picture was begun, changed, moved, handed to a second officer or deleted. Raises NotAllowed."""
    _note(change)


@service("page.publish")
def publish_page(actor: Actor, change: PageChange) -> None:
    """Note that a page was published, taken off the public pages, or given back.

    Raises NotAllowed, also for who wrote what is published.
    """
    if change.shown in (Shown.PUBLISHED, Shown.LATER) and actor.capacity is not CapacityKind.SYSTEM:
        current_act().require(
            may_moderate(actor.account_id, change.writers),
            msgid("You wrote on this page. Another officer publishes it."),
        )
    _note(change)


def _note(change: PageChange) -> None:
    act = current_act()
    act.about(change.kind, change.number)
    act.note(done=change.act, revision=change.revision)
    if change.shown in EVENTS:
        act.emit(EVENTS[change.shown], subject=f"{change.kind}-{change.number}", data={"page": change.number})
