"""What a change of a page leaves behind: Wagtail writes its own log entry, and with it passes the door of `content`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wagtail.models import ReferenceIndex

from yiwang.content.services import note_page_change
from yiwang.content.values import PageChange, Shown

__all__ = ["note_page", "note_picture"]

SHOWN = {
    "wagtail.publish": Shown.PUBLISHED,
    "wagtail.publish.schedule": Shown.LATER,
    "wagtail.publish.scheduled": Shown.PUBLISHED,
    "wagtail.unpublish": Shown.WITHDRAWN,
    "wagtail.unpublish.scheduled": Shown.WITHDRAWN,
}
"""What Wagtail calls a change → what the public sees of it."""
OF_PUBLISHERS = {*SHOWN, "wagtail.schedule.cancel", "wagtail.workflow.approve", "wagtail.workflow.reject"}


def note_page(page: Any, done: str, user: Any, revision: Any, writers: frozenset[UUID]) -> None:
    """Note a change of a page, in the transaction that makes it. Raises NotAllowed, and so undoes it.

    done: what Wagtail calls it.  user: None when nobody signed in does it (`changing_pages`).  writers: since the page was last published.
    """
    number = str(revision.pk) if revision is not None else ""
    _note(
        user,
        PageChange("page", str(page.pk), done, done in OF_PUBLISHERS, SHOWN.get(done, Shown.NOTHING), number, writers),
    )


def note_picture(picture: Any, done: str, user: Any) -> None:
    """Note a change of a picture. Raises NotAllowed, also when pages show it."""
    stands = ReferenceIndex.get_references_to(picture).exists()
    _note(user, PageChange("picture", str(picture.pk), done, stands=stands))


def _note(user: Any, change: PageChange) -> None:
    note_page_change(user and user.acting, change)
