"""Who may edit pages and pictures: the post that acts, by its duties. Wagtail's groups are empty and stay so.

Wagtail asks a policy for each kind of thing. Ours answer with rows that are made up for the question and never stored, so that all that
Wagtail builds on such rows (who sees which part of the tree, who may move what) holds here too.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import AbstractPage, Collection, GroupCollectionPermission, GroupPagePermission, Page
from wagtail.permission_policies.collections import (
    CollectionManagementPermissionPolicy,
    CollectionOwnershipPermissionPolicy,
)
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import register_permission_policy

from yiwang.identity.queries import why

__all__ = ["PUBLISH", "READ", "WRITE", "may", "register_policies"]

READ, WRITE, PUBLISH = "page.read", "page.write", "page.publish"
OF_WRITERS = ("add", "change", "lock", "unlock")
OF_PUBLISHERS = ("publish", "unlock")
ON_PICTURES = ("add", "change", "choose")


def may(user: Any, action: str) -> bool:
    """Whether the post in which this request acts may do the action. user: the account of a request, or Django's anonymous one."""
    actor = getattr(user, "acting", None)
    return actor is not None and why(actor, action).allowed


def register_policies() -> None:
    """Put our answers in the place of Wagtail's."""
    register_permission_policy(AbstractPage, PagesByPost(Page))
    register_permission_policy(Image, PicturesByPost(Image, owner_field_name="uploaded_by_user"))
    register_permission_policy(Document, Nothing(Document, owner_field_name="uploaded_by_user"))
    register_permission_policy(Collection, NoFolders(Collection))


class PagesByPost(PagePermissionPolicy):  # type: ignore[misc]  # Wagtail has no types
    """Rights on pages: over the whole tree, since a city has one portal."""

    def get_all_permissions_for_user(self, user: Any) -> list[GroupPagePermission]:
        names = {*(OF_WRITERS if may(user, WRITE) else ()), *(OF_PUBLISHERS if may(user, PUBLISH) else ())}
        root = Page.get_first_root_node() if names else None
        return [
            GroupPagePermission(pk=number, page=root, permission=Permission(codename=f"{one}_page"))
            for number, one in enumerate(sorted(names))
        ]

    def users_with_any_permission(self, actions: Any, include_superusers: bool = True) -> QuerySet[Any]:
        return _nobody_in_particular()

    def users_with_any_permission_for_instance(
        self, actions: Any, instance: Any, include_superusers: bool = True
    ) -> QuerySet[Any]:
        return _nobody_in_particular()


class PicturesByPost(CollectionOwnershipPermissionPolicy):  # type: ignore[misc]  # Wagtail has no types
    """Rights on pictures: who writes pages adds, changes and chooses them; who publishes may look."""

    def get_all_permissions_for_user(self, user: Any) -> list[GroupCollectionPermission]:
        names = ON_PICTURES if may(user, WRITE) else ("choose",) if may(user, PUBLISH) else ()
        root = Collection.get_first_root_node() if names else None
        return [
            GroupCollectionPermission(pk=number, collection=root, permission=Permission(codename=f"{one}_image"))
            for number, one in enumerate(names)
        ]

    def users_with_any_permission(self, actions: Any) -> QuerySet[Any]:
        return _nobody_in_particular()

    def users_with_any_permission_for_instance(self, actions: Any, instance: Any) -> QuerySet[Any]:
        return _nobody_in_particular()


class Nothing(PicturesByPost):
    """Rights on what the portal does not have: papers of the city lie in `documents`."""

    def get_all_permissions_for_user(self, user: Any) -> list[GroupCollectionPermission]:
        return []


class NoFolders(CollectionManagementPermissionPolicy):  # type: ignore[misc]  # Wagtail has no types
    """Rights on folders of pictures: there is one, and nobody makes others."""

    def get_all_permissions_for_user(self, user: Any) -> list[GroupCollectionPermission]:
        return []


def _nobody_in_particular() -> QuerySet[Any]:
    """Wagtail asks whom to mail and whose name to offer as a filter. A post's holders change; nobody is mailed by Wagtail."""
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.none()
