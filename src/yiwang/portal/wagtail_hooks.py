"""What Wagtail looks for by the name of this file: our rights, our log, and what its workbench leaves out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
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


def back_to_the_desk() -> MenuItem:
    """The way out stands in the menu, first."""
    return MenuItem(_("Back to the desk"), "/desk/", icon_name="home", order=1)


def without_theirs(_request: object, items: list[Any]) -> None:
    """Leave out help that is written for another site, and a count in another language."""
    items.clear()


LEFT_IN_ENGLISH = (_("Search all pages…"),)
"""What Wagtail 8 says in English in a Chinese workbench; said here so that our catalogue has it."""

hooks.register("register_admin_menu_item", back_to_the_desk)
hooks.register("construct_help_menu", without_theirs)
hooks.register("construct_homepage_summary_items", without_theirs)
hooks.register("register_log_actions", write_down_with_ours, order=100)
hooks.register("construct_page_action_menu", publish_by_a_second_officer)
