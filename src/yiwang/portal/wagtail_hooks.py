"""What Wagtail looks for by the name of this file: our rights, our log, and what its workbench leaves out."""

from __future__ import annotations

from typing import Any

from wagtail import hooks
from wagtail.images.models import Image
from wagtail.models import Page, PageLogEntry

from yiwang.portal.editing.rights import register_policies
from yiwang.portal.models import PageEntry, PictureEntry

register_policies()  # here, because Wagtail's own applications register theirs as they are made ready, after ours


def write_down_with_ours(actions: Any) -> None:
    """Let every entry about a page or a picture pass our door; after Wagtail has named its own."""
    actions.register_model(Page, PageEntry)
    actions.register_model(Image, PictureEntry)
    actions.log_entry_models -= {PageLogEntry, PictureEntry}  # the same tables: reports would show each entry twice


def publish_by_a_second_officer(items: list[Any], _request: object, _context: object) -> None:
    """Nobody publishes from the editor what he has just written; a second officer does, in the workflow."""
    items[:] = [one for one in items if one.name != "action-publish"]


hooks.register("register_log_actions", write_down_with_ours, order=100)
hooks.register("construct_page_action_menu", publish_by_a_second_officer)
