"""Between SCIM's resources and the engine: what scim2-server reads and writes goes through identity's queries and services.

Each request is one transaction. What the engine refuses is told in SCIM's own words of error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    Meta,
    NotFoundException,
    NotImplementedException,
    PreconditionFailedException,
    Reference,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UnauthorizedException,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage

from yiwang.acts.services import together
from yiwang.acts.values import Actor
from yiwang.api.scim.filters import condition_of
from yiwang.api.scim.schemas import Group, GroupMember, Officer, OrganisationUser, Post, User, UserGroup
from yiwang.identity import queries, services
from yiwang.identity.values.keepers import Condition, Holders, KeptOfficer, NewKeptOfficer
from yiwang.kernel.errors import Fault, NotFound, format_message, problem

__all__ = ["Officers", "as_scim"]

OfficerUser = User[OrganisationUser | Officer]
PostGroup = Group[Post]
TAKEN = {"login-taken", "person-has-account", "person-kept", "external-id-taken"}
CHANGED = "organisation-changed"


class Conflicting(SCIMException):
    """What was asked for stands against something else here."""

    status = 409
    _default_detail = "This stands against something else."


class Officers(ScimStorage):
    """The accounts and posts that one keeper sees, for one request."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One transaction, and the engine's refusals in SCIM's words."""
        try:
            with together(self.actor):
                yield
        except Fault as fault:
            raise as_scim(fault) from fault

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One of them."""
        id = _id(resource_id)
        if resource_type.name == "User":
            return _user(queries.kept_officer(self.actor, id))
        return _group(queries.holders(self.actor, id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """A page of one kind."""
        if len(resource_types) != 1:
            raise NotImplementedException(detail="Search among users or among groups.")
        name = str(resource_types[0].name)
        given = search_request.filter
        condition: Condition | None = condition_of(given, name) if given is not None else None
        start, count = search_request.start_index_0 or 0, search_request.count or 0
        if name == "User":
            officers = queries.list_kept_officers(self.actor, condition, start, count)
            return SearchPage(officers.total, [_user(one) for one in officers.rows])
        posts = queries.list_holders(self.actor, condition, start, count)
        return SearchPage(posts.total, [_group(one) for one in posts.rows])

    def create(self, resource_type: ResourceType, resource: Any) -> Resource[Any]:
        """Open the account of an officer. Posts are opened in the city."""
        if resource_type.name != "User":
            raise ForbiddenException(detail=_("Posts are opened and closed in the city; a system says who holds them."))
        organisation, officer = _parts(resource)
        made = services.open_kept_officer(
            self.actor,
            NewKeptOfficer(
                login=resource.user_name or "",
                number=officer.identity_number or "",
                name=officer.registered_name or "",
                unit=organisation.department or "",
                external_id=resource.external_id or "",
                employee_number=organisation.employee_number or "",
                active=resource.active is not False,
            ),
        )
        return _user(queries.kept_officer(self.actor, made))

    def update(
        self, resource_type: ResourceType, resource: Any, *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Bring it in line with what was sent."""
        id, version = _id(str(resource.id)), _version(expected_version)
        if resource_type.name == "User":
            organisation, officer = _parts(resource)
            services.change_kept_officer(
                self.actor,
                id,
                unit=organisation.department or "",
                external_id=resource.external_id or "",
                employee_number=organisation.employee_number or "",
                active=resource.active,
                number=officer.identity_number or "",
                name=officer.registered_name or "",
                version=version,
            )
            return _user(queries.kept_officer(self.actor, id))
        members = frozenset(_id(str(one.value), InvalidValueException) for one in resource.members or ())
        services.say_holders(self.actor, id, members, external_id=resource.external_id or "", version=version)
        return _group(queries.holders(self.actor, id))

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Let an officer be none. Nothing is deleted; the system just does not see it any more."""
        if resource_type.name != "User":
            raise ForbiddenException(detail=_("Posts are opened and closed in the city; a system says who holds them."))
        services.let_officer_go(self.actor, _id(resource_id), _version(expected_version))


def _user(one: KeptOfficer) -> Resource[Any]:
    organisation = OrganisationUser(employee_number=one.employee_number or None, department=one.unit or None)
    made = OfficerUser(
        id=str(one.id),
        external_id=one.external_id or None,
        user_name=one.login,
        active=one.active,
        groups=[UserGroup(value=str(id), ref=Reference[Any](f"Groups/{id}"), display=title) for id, title in one.posts]
        or None,
        meta=Meta(
            resource_type="User", created=one.opened_at, last_modified=one.changed_at, version=f'W/"{one.version}"'
        ),
    )
    made[OrganisationUser] = organisation
    return made


def _group(one: Holders) -> Resource[Any]:
    made = PostGroup(
        id=str(one.id),
        external_id=one.external_id or None,
        display_name=one.title,
        members=[
            GroupMember(
                value=str(member.account_id), ref=Reference[Any](f"Users/{member.account_id}"), display=member.login
            )
            for member in one.members
        ]
        or None,
        meta=Meta(resource_type="Group", version=f'W/"{one.version}"'),
    )
    made[Post] = Post(code=one.code, unit=one.unit, unit_title=one.unit_title, leading=one.leading)
    return made


def _parts(resource: Resource[Any]) -> tuple[OrganisationUser, Officer]:
    return resource[OrganisationUser] or OrganisationUser(), resource[Officer] or Officer()


def _id(text: str, fault: type[SCIMException] = NotFoundException) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise fault from None


def _version(tag: str | None) -> str | None:
    return tag.removeprefix('W/"').removesuffix('"') if tag else None


def as_scim(fault: Fault) -> SCIMException:
    """What the engine refuses, as RFC 7644, 3.12 has it: every reason, in the language of who asks."""
    words = _words(fault)
    if fault.code == CHANGED:
        return PreconditionFailedException(detail=words)
    if fault.code in TAKEN:
        return UniquenessException(detail=words)
    if fault.status == 401:
        return UnauthorizedException(detail=words)
    if isinstance(fault, NotFound):
        return NotFoundException(detail=words)
    if fault.status == 403:
        return ForbiddenException(detail=words)
    return Conflicting(detail=words) if fault.status == 409 else InvalidValueException(detail=words)


def _words(fault: Fault) -> str:
    listed = [format_message(_(one.message), one.params) for one in fault.faults if one.message]
    told = problem(fault, _)
    first = str(told["detail"] or told["title"])
    return " ".join(dict.fromkeys([*([first] if first not in listed else []), *listed]))
