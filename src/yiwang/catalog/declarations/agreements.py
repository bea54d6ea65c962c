"""Agreements: `agreements/*.yaml`. Who may read what of another's resource."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from yiwang.catalog.declarations.parts import KebabId
from yiwang.catalog.values import FieldRole, Sensitivity
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference

__all__ = ["AgreementBody", "AgreementKind"]


class ReaderBody(Part):
    """Who reads. units: codes of units, each with all below it.  duties: of the post that reads.  items: for whose cases.

    Whoever reads must be named in every list that is given.
    """

    units: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


class AgreementBody(Body):
    """An agreement 共享协议: which fields of which resource, or which relation, a reader may read, for which purposes, until when.

    until: the last day (a civil date); left out, it holds as long as a release declares it.  in_full: those sensitive fields
    that are shown uncovered; the others are masked unless the reader's own grant uncovers them.  relation: instead of `resource` and
    `fields`.
    """

    kind: Literal["agreement"]
    id: KebabId
    reader: ReaderBody
    resource: str = ""
    fields: tuple[str, ...] = Field(default=(), max_length=200)
    relation: str = ""
    in_full: tuple[str, ...] = ()
    purposes: tuple[str, ...] = Field(min_length=1)
    until: date | None = Field(default=None, description="a date like 2027-12-31")
    law: str = ""


class AgreementKind(Kind):
    """`agreements/*.yaml`."""

    name: ClassVar[str] = "agreement"
    folder: ClassVar[str] = "agreements"
    schema: ClassVar[type[Body]] = AgreementBody
    order: ClassVar[int] = 61

    def references(self, body: AgreementBody) -> Iterator[Reference]:
        if body.resource:
            yield Reference("resource", "resource", body.resource)
        if body.relation:
            yield Reference("relation", "relation", body.relation)
        for index, purpose in enumerate(body.purposes):
            yield Reference(f"purposes/{index}", "purpose", purpose)
        for index, duty in enumerate(body.reader.duties):
            yield Reference(f"reader/duties/{index}", "duty", duty)
        for index, item in enumerate(body.reader.items):
            yield Reference(f"reader/items/{index}", "item", item)

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        """Whoever agrees can only give what the resource has and its terms of sharing allow."""
        body: AgreementBody = one.body
        if not (body.reader.units or body.reader.duties or body.reader.items):
            yield one.fault("reader", "Nobody is named as the reader.", "Name `units`, `duties` or `items`.")
        if bool(body.resource) == bool(body.relation) or bool(body.resource) != bool(body.fields):
            message = "An agreement is on fields of one resource, or on one relation."
            yield one.fault("resource", message, "Write `resource` and `fields`, or `relation` alone.")
            return
        for index, element in enumerate(body.in_full):
            declared = city.find("element", element)
            if element not in body.fields:
                message = f"`{element}` is not among the `fields` of this agreement."
                yield one.fault(f"in_full/{index}", message, "Add it there, or delete it here.")
            elif declared is not None and declared.body.sensitivity is not Sensitivity.SENSITIVE:
                message = f"`{element}` is `{declared.body.sensitivity}`, and only sensitive values are ever covered."
                yield one.fault(f"in_full/{index}", message, "Delete it here.")
        if resource := city.find("resource", body.resource):
            yield from _beyond(one, resource)
        if relation := city.find("relation", body.relation):
            yield from _unshared(one, relation, "relation")


def _beyond(one: Declaration, resource: Declaration) -> Iterator[DeclarationFault]:
    """What the agreement gives and its resource does not have or not share."""
    body: AgreementBody = one.body
    kept = {field.element for field in resource.body.fields if field.role is FieldRole.SOURCE}
    for index, element in enumerate(body.fields):
        if element not in kept:
            yield one.fault(
                f"fields/{index}",
                f"`{resource.id}` ({resource.path}) is not the source of `{element}`.",
                "An agreement gives what its resource is the source of: name that resource, or delete the field.",
            )
    yield from _unshared(one, resource, "resource")


def _unshared(one: Declaration, kept: Declaration, pointer: str) -> Iterator[DeclarationFault]:
    """What the terms of sharing of a resource or a relation do not allow."""
    sharing = kept.body.sharing
    if sharing.terms == "none":
        yield one.fault(
            pointer,
            f"`{kept.id}` ({kept.path}) is not shared.",
            "Ask its keeper to change `sharing`, or delete this agreement.",
        )
    for index, purpose in enumerate(one.body.purposes):
        if sharing.purposes and purpose not in sharing.purposes:
            yield one.fault(
                f"purposes/{index}",
                f"`{kept.id}` ({kept.path}) is not shared for `{purpose}`.",
                f"Shared for: {', '.join(f'`{name}`' for name in sharing.purposes)}.",
            )
