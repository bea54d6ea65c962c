"""What pages of the portal are put together from: sections that the city fills by itself, and words and pictures that editors give."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

__all__ = ["home_blocks", "page_blocks"]

RICH = ["h3", "bold", "italic", "ol", "ul", "link", "hr"]


def _section(title: Any, says: Any, template: str, icon: str) -> blocks.StaticBlock:
    """A section whose content is the city's own; editors choose its place, or leave it out."""
    return blocks.StaticBlock(label=title, admin_text=says, template=f"portal/sections/{template}.html", icon=icon)


class Text(blocks.StructBlock):  # type: ignore[misc]  # Wagtail has no types
    """A heading and some paragraphs."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=60)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        template = "portal/sections/text.html"


class Notice(blocks.StructBlock):  # type: ignore[misc]
    """What everybody should see first: a window that is closed, a typhoon."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=60)
    text = blocks.TextBlock(label=_("Text"), max_length=300, rows=3)

    class Meta:
        label = _("Important notice")
        icon = "warning"
        template = "portal/sections/notice.html"


class Picture(blocks.StructBlock):  # type: ignore[misc]
    """A picture with what it shows, for those who do not see it."""

    picture = ImageChooserBlock(label=_("Picture"))
    shows = blocks.CharBlock(
        label=_("What it shows"), max_length=120, help_text=_("Read out to those who do not see the picture.")
    )
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=120)

    class Meta:
        label = _("Picture")
        icon = "image"
        template = "portal/sections/picture.html"


class Link(blocks.StructBlock):  # type: ignore[misc]
    """A way to a page of the portal or to another site."""

    title = blocks.CharBlock(label=_("Title"), max_length=40)
    text = blocks.CharBlock(label=_("In one sentence"), required=False, max_length=80)
    page = blocks.PageChooserBlock(label=_("Page of this portal"), required=False)
    address = blocks.RegexBlock(
        label=_("Or an address"),
        required=False,
        regex=r"^(/[^/\\].*|https?://.+)$",
        error_messages={
            "invalid": _(
                "Write an address of this portal that begins with a slash, or the whole address of another site."
            )
        },
        help_text=_("An address of this portal begins with a slash; of another site, paste the whole address."),
    )

    class Meta:
        label = _("Link")
        icon = "link"

    def clean(self, value: Any) -> Any:
        """Refuse a link that leads nowhere, or to two places."""
        found = super().clean(value)
        if bool(found["page"]) == bool(found["address"]):
            fault = ValidationError(_("Choose a page or write an address: one of the two."))
            raise blocks.StructBlockValidationError(block_errors={"page": fault})
        return found


class Links(blocks.StructBlock):  # type: ignore[misc]
    """Some ways further, side by side."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=60)
    links = blocks.ListBlock(Link(), label=_("Links"), min_num=1, max_num=12)

    class Meta:
        label = _("Links")
        icon = "list-ul"
        template = "portal/sections/links.html"


def page_blocks() -> list[tuple[str, blocks.Block]]:
    """What a page of words consists of."""
    return [("text", Text()), ("picture", Picture()), ("links", Links())]


def home_blocks() -> list[tuple[str, blocks.Block]]:
    """What the first page consists of."""
    return [
        (
            "bundles",
            _section(_("Several matters in one"), _("What one application starts together."), "bundles", "tasks"),
        ),
        ("life", _section(_("Life events"), _("What can be done when something happens in life."), "life", "user")),
        (
            "themes",
            _section(_("By theme"), _("All items, for people and for organisations."), "themes", "folder-open-1"),
        ),
        ("today", _section(_("Today in the city"), _("Figures of the day, news, what changed."), "today", "calendar")),
        ("verify", _section(_("Verify a certificate"), _("The way to the check."), "verify", "check")),
        ("notice", Notice()),
        *page_blocks(),
    ]
