"""Relations: `relations/*.yaml`, links that subjects of two kinds may have, and how many of them at one time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from yiwang.catalog.values import Sensitivity, SharingBody
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Reference
from yiwang.records.queries.relations import count_circles, count_words
from yiwang.records.services.relations import Limits, keep_limits

__all__ = ["RelationBody", "RelationKind"]

KebabId = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60, description="small letters, digits and hyphens")
]


class RoleBody(BaseModel):
    """One end of a relation. kind: of subject.  title: what whoever stands here is to the other end (mother, household).

    at_most: how many the other end has at one time; left out, any number. Whoever may read the relation reads with it what the subject's
    kind says that it is `called`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    title: str | dict[str, str]
    at_most: Literal[1] | None = None


class RelationBody(Body):
    """A relation 关系 between two subjects. from, to: its ends; without `to` both ends have one role, as spouses do.

    kept_by: the duty that is its one source.  sensitivity: a `sensitive` one is shown without who the other is, unless a grant says
    otherwise.  hierarchy: name of the hierarchy in which `from` stands below `to` (child and parent, part and whole); relations of one
    name make one hierarchy, as mothers and fathers do, and on no day does anybody stand above himself in it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["relation"]
    id: KebabId
    start: RoleBody = Field(alias="from")
    end: RoleBody | None = Field(default=None, alias="to")
    kept_by: str
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    sharing: SharingBody
    hierarchy: KebabId | None = None
    law: str = ""

    @property
    def roles(self) -> dict[str, RoleBody]:
        """The ends as they are written."""
        return {"from": self.start} | ({"to": self.end} if self.end else {})

    @property
    def shape(self) -> tuple[object, ...]:
        """What stored links mean: the kinds of both ends, how many each may have, and whether both are one role."""
        end = self.end or self.start
        return self.start.kind, end.kind, self.start.at_most, end.at_most, self.end is None


class RelationKind(Kind):
    """`relations/*.yaml`."""

    name: ClassVar[str] = "relation"
    folder: ClassVar[str] = "relations"
    schema: ClassVar[type[Body]] = RelationBody
    order: ClassVar[int] = 60

    def references(self, body: RelationBody) -> Iterator[Reference]:
        yield Reference("kept_by", "duty", body.kept_by)
        for name, role in body.roles.items():
            yield Reference(f"{name}/kind", "subject-kind", role.kind)
        for index, purpose in enumerate(body.sharing.purposes):
            yield Reference(f"sharing/purposes/{index}", "purpose", purpose)

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        """Terms of sharing must say something, and a hierarchy needs a lower and an upper end."""
        if one.body.sharing.lacks_conditions:
            yield one.fault("sharing", "Sharing on conditions names no condition.", "Add `conditions` or `purposes`.")
        if one.body.hierarchy and one.body.end is None:
            yield one.fault(
                "hierarchy",
                "Both ends have one role, so that neither stands above the other.",
                "Write `to` as the upper end, or leave `hierarchy` out.",
            )

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[DeclarationFault]:
        """What stands keeps its meaning: kinds, numbers and symmetry change only while nothing is recorded.

        A hierarchy may come later, if what is recorded is one.
        """
        yield from self._circles(city, stored)
        for id, one in city.of_kind(self.name).items():
            if id not in stored or RelationBody.model_validate(stored[id]).shape == one.body.shape:
                continue
            if words := count_words(id):
                yield one.fault(
                    "from",
                    f"{words:,} records of `{id}` would mean something else: its ends or how many there may be are changed.",
                    "Leave them, or declare a new relation.",
                )

    def _circles(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterator[DeclarationFault]:
        """Of every hierarchy that would have other relations than before: whether what is recorded goes round in it."""
        before = {id: body.get("hierarchy") for id, body in stored.items()}
        members: dict[str, dict[str, Declaration]] = {}
        for id, one in city.of_kind(self.name).items():
            if one.body.hierarchy:
                members.setdefault(one.body.hierarchy, {})[id] = one
        for name, some in members.items():
            new = [one for id, one in some.items() if id in stored and before[id] != name]
            if new and (links := count_circles(list(some))):
                yield new[0].fault(
                    "hierarchy",
                    f"{links:,} links that are recorded go round in a circle in the hierarchy `{name}`.",
                    "Have them corrected first, or leave `hierarchy` out.",
                )

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """A relation that goes keeps its records, and says how many."""
        if old is not None and new is None:
            yield Change(self.name, old["id"], "retire", f"takes no more records; its {count_words(old['id']):,} stay")

    def apply_city(self, release: int, city: City) -> None:
        bodies = {id: one.body for id, one in city.of_kind(self.name).items()}
        keep_limits(
            {
                id: Limits(
                    body.start.at_most == 1,
                    (body.end or body.start).at_most == 1,
                    body.end is None,
                    body.hierarchy or "",
                )
                for id, body in bodies.items()
            }
        )
