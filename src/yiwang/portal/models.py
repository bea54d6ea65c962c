"""Pages of the portal that editors write: the first page, what stands above a theme, and pages of words.

Wagtail keeps them, with their drafts and revisions; everything that an office computes or decides stays in the engines. These are the only
models of a face (docs/explanation/floors.md). They ask engines within their methods: models are loaded before queries and services can be.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Site, Task, TaskState
from wagtail.models.audit_log import ModelLogEntryManager
from wagtail.models.pages import PageLogEntryManager

from yiwang.portal.blocks import home_blocks, page_blocks

__all__ = ["ContentPage", "HomePage", "PageEntry", "PictureEntry", "SecondOfficer", "ThemePage"]

SECTIONS_AT_FIRST = [("bundles", None), ("life", None), ("themes", None), ("today", None), ("verify", None)]
"""What the first page shows until an editor arranges it."""
PUBLICATIONS = ("wagtail.publish", "wagtail.publish.scheduled")


class _PublicPage(Page):  # type: ignore[misc]  # Wagtail has no types
    """What all pages of the portal share: a simple form, no passwords, no e-mail to anybody."""

    promote_panels: ClassVar[list[Any]] = [FieldPanel("slug"), FieldPanel("search_description")]
    settings_panels: ClassVar[list[Any]] = [FieldPanel("go_live_at"), FieldPanel("expire_at")]
    private_page_options: ClassVar[list[str]] = []

    class Meta:
        abstract = True


class HomePage(_PublicPage):
    """The first page of the portal: a greeting, the search, and sections in the order that editors choose.

    Personal data: none; pages are for everybody.
    """

    greeting = models.CharField(
        _("Greeting"),
        max_length=40,
        blank=True,
        help_text=_("Above the search. Empty: a question what one would like to do."),
    )
    lead = models.CharField(_("Below the greeting"), max_length=80, blank=True)
    body = StreamField(home_blocks(), default=SECTIONS_AT_FIRST, verbose_name=_("Sections"))

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("greeting"),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]
    template = "portal/home.html"
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["portal.ThemePage", "portal.ContentPage"]

    class Meta:
        verbose_name = _("first page")
        verbose_name_plural = _("first pages")

    @classmethod
    def of_site(cls, request: HttpRequest) -> HomePage:
        """The first page of the site that the request names; of several, each host has its own. One that is missing is as at first."""
        site = Site.find_for_request(request)
        found = cls.objects.live().filter(pk=site.root_page_id).first() if site is not None else None
        return found or cls(title=gettext("Home"))

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What the sections show, for whoever asks."""
        from yiwang.portal.showing import home_context

        return {**super().get_context(request, *args, **kwargs), **home_context(request)}


class ContentPage(_PublicPage):
    """A page of words and pictures: what the city wants to explain.

    Personal data: none; pages are for everybody.
    """

    introduction = models.CharField(_("Introduction"), max_length=200, blank=True)
    body = StreamField(page_blocks(), blank=True, verbose_name=_("Content"))

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("body")]
    template = "portal/content_page.html"
    parent_page_types: ClassVar[list[str]] = ["portal.HomePage", "portal.ContentPage"]
    subpage_types: ClassVar[list[str]] = ["portal.ContentPage"]

    class Meta:
        verbose_name = _("page of words")
        verbose_name_plural = _("pages of words")


class _ThemeForm(WagtailAdminPageForm):  # type: ignore[misc]
    """Offers the themes that packs declare."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from yiwang.portal.showing import theme_titles

        self._themes = theme_titles()
        self.fields["theme"].widget.choices = [("", "—"), *self._themes]

    def clean(self) -> Any:
        found = super().clean()
        chosen = found.get("theme")
        if chosen and chosen not in dict(self._themes):
            self.add_error("theme", ValidationError(gettext("There is no such theme.")))
        if chosen and ThemePage.objects.filter(theme=chosen).exclude(pk=self.instance.pk).exists():
            self.add_error("theme", ValidationError(gettext("This theme has a page already. Change that one.")))
        return found


class ThemePage(_PublicPage):
    """What editors say about a theme: it stands above the items of the theme, at the theme's own address.

    Personal data: none; pages are for everybody.
    """

    theme = models.CharField(_("Theme"), max_length=60)
    introduction = models.CharField(_("Introduction"), max_length=200, blank=True)
    body = StreamField(page_blocks(), blank=True, verbose_name=_("Content"))

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("theme", widget=forms.Select),
        FieldPanel("introduction"),
        FieldPanel("body"),
    ]
    base_form_class = _ThemeForm
    template = "portal/topic.html"
    parent_page_types: ClassVar[list[str]] = ["portal.HomePage"]
    subpage_types: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("page of a theme")
        verbose_name_plural = _("pages of themes")

    def get_url_parts(self, request: Any = None) -> Any:
        """It has no address of its own."""
        parts = super().get_url_parts(request)
        return parts and (parts[0], parts[1], f"/themes/{self.theme}/")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The theme as visitors see it, with this text."""
        from yiwang.portal.showing import topic_context

        return {**super().get_context(request, *args, **kwargs), **topic_context(request, self.theme), "words": self}


class SecondOfficer(Task):  # type: ignore[misc]
    """The step of Wagtail's workflow in which an officer who did not write the page publishes it or gives it back.

    Personal data: none.
    """

    class Meta:
        verbose_name = _("Publication by a second officer")
        verbose_name_plural = _("Publications by a second officer")

    @classmethod
    def get_description(cls) -> str:
        """What it is, for who puts a workflow together."""
        return gettext("An officer whose post publishes pages, and who did not write on this one.")

    def user_can_access_editor(self, obj: Any, user: Any) -> bool:
        return self._is_for(user)

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        return not self._is_for(user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        if not self._is_for(user):
            return []
        return [("reject", _("Give back with a reason"), True), ("approve", _("Publish"), False)]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> QuerySet[Any]:
        waiting: QuerySet[Any] = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        return waiting if self._is_for(user) else waiting.none()

    @staticmethod
    def _is_for(user: Any) -> bool:
        from yiwang.portal.editing.rights import PUBLISH, may

        return may(user, PUBLISH)


# ── Log ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _PageEntries(PageLogEntryManager):  # type: ignore[misc]
    def log_action(self, instance: Any, action: str, **kwargs: Any) -> Any:
        """Write Wagtail's entry and pass our door. Raises NotAllowed."""
        from yiwang.portal.editing.notes import note_page

        texts = instance.revisions.exclude(user=None)
        last = PageLogEntry.objects.filter(page=instance.pk, action__in=PUBLICATIONS).order_by("-timestamp").first()
        if last is not None:
            texts = texts.filter(created_at__gt=last.timestamp)
        writers = frozenset(texts.values_list("user_id", flat=True))
        note_page(instance, action, kwargs.get("user"), kwargs.get("revision"), writers)
        return super().log_action(instance, action, **kwargs)


class PageEntry(PageLogEntry):  # type: ignore[misc]
    """Wagtail's entry about a page, written with ours.

    Personal data: none of its own.
    """

    objects = _PageEntries()

    class Meta:
        proxy = True


class _PictureEntries(ModelLogEntryManager):  # type: ignore[misc]
    def log_action(self, instance: Any, action: str, **kwargs: Any) -> Any:
        """Write Wagtail's entry and pass our door. Raises NotAllowed."""
        from yiwang.portal.editing.notes import note_picture

        note_picture(instance, action, kwargs.get("user"))
        return super().log_action(instance, action, **kwargs)


class PictureEntry(ModelLogEntry):  # type: ignore[misc]
    """Wagtail's entry about a picture, written with ours.

    Personal data: none of its own.
    """

    objects = _PictureEntries()

    class Meta:
        proxy = True
