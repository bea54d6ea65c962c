"""What officers and posts look like in SCIM: those attributes of its schemas that the city knows, and two extensions of our own.

An attribute that is not here is refused, not ignored: what was sent and not kept would look as if it had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    EnterpriseUser,
    ETag,
    Extension,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

__all__ = ["MOST_RESULTS", "Group", "Officer", "OrganisationUser", "Post", "User", "provider"]

MOST_RESULTS = 200
if TYPE_CHECKING:
    ToUser = str
    ToGroup = str
else:  # by name, for users and groups refer to each other
    ToUser, ToGroup = Reference["User"], Reference["Group"]
OURS = "urn:yiwang:params:scim:schemas:extension:2.0"


class UserGroup(ComplexAttribute):
    """A post that an officer holds regularly today."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    ref: Annotated[ToGroup | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[AnyExtension]):
    """The account of an officer."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Mutability.immutable, Uniqueness.server] = None
    """The log-in. Of a person who has an account already it stays as it is."""

    active: bool | None = None
    """Whether he is an officer. Who is so no more loses his posts at once."""

    groups: Annotated[list[UserGroup] | None, Mutability.read_only] = None
    """The posts that he holds regularly today, in the units of the system that asks."""


class OrganisationUser(Extension):
    """What the enterprise extension knows and the city keeps."""

    __schema__ = EnterpriseUser.__schema__

    employee_number: str | None = None
    """The officer's number in his agency."""

    department: Annotated[str | None, Required.true] = None
    """Code of the unit under which he is kept."""


class Officer(Extension):
    """Who the officer is. Needed when his account is opened, compared when it is said again, and never told."""

    __schema__ = URN(f"{OURS}:Officer")

    identity_number: Annotated[str | None, Required.true, Mutability.write_only, Returned.never, CaseExact.true] = None
    """Citizen ID number."""

    registered_name: Annotated[str | None, Required.true, Mutability.write_only, Returned.never] = None
    """The name under which the person is registered: number and name must belong together."""


class GroupMember(ComplexAttribute):
    """An officer who holds the post regularly today."""

    value: Annotated[str | None, Required.true, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[ToUser | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only, Returned.request] = None


class Group(Resource[AnyExtension]):
    """A post, and who holds it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Mutability.read_only] = None
    """What the post is called."""

    members: list[GroupMember] | None = None
    """Who holds it regularly today. Deputies and who is seconded there are not told and not touched."""

    Members: ClassVar[type[ComplexAttribute]] = GroupMember


class Post(Extension):
    """Where the post stands."""

    __schema__ = URN(f"{OURS}:Post")

    code: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """Code of the post."""

    unit: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """Code of its unit."""

    unit_title: Annotated[str | None, Mutability.read_only] = None
    """Its unit, in words."""

    leading: Annotated[bool | None, Mutability.read_only] = None
    """Whether it is a leading post."""


def provider() -> ScimProvider:
    """What this service can do, as it describes itself."""
    return ScimProvider(
        models=[User, OrganisationUser, Officer, Group, Post],
        resource_types=[
            ResourceType.from_resource(
                User[Annotated[OrganisationUser, Required.true] | Annotated[Officer, Required.true]]
            ),
            ResourceType.from_resource(Group[Post]),
        ],
        config=ServiceProviderConfig(
            patch=Patch(supported=True),
            bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
            filter=Filter(supported=True, max_results=MOST_RESULTS),
            change_password=ChangePassword(supported=False),
            sort=Sort(supported=False),
            etag=ETag(supported=True),
            authentication_schemes=[
                AuthenticationScheme(
                    type=AuthenticationScheme.Type.oauthbearertoken,
                    name="Bearer token",
                    description="A token that an administrator of the city gives to the system, once and for a time (RFC 6750).",
                    primary=True,
                )
            ],
        ),
    )
