"""The pack kind that the subjects engine owns: `subject-kind` in the folder `kinds`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Reference, did_you_mean
from yiwang.subjects.models import Subject
from yiwang.subjects.registry import checkers


class SchemeBody(BaseModel):
    """One identifier scheme. scheme: kebab-case, one owner in the whole city.  checker: who checks values, empty for free ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str | dict[str, str]
    checker: str = ""


class SubjectKindBody(Body):
    """A kind of subject. natural_person: its subjects are human beings, who may have accounts; one kind of the city is.

    called: the element that holds what one of them is called, whoever shows it.
    """

    identifiers: tuple[SchemeBody, ...] = Field(min_length=1)
    natural_person: bool = False
    called: str = ""


class SubjectKind(Kind):
    """`kinds/*.yaml`: whom or what facts are about, and by which identifiers it is known."""

    name = "subject-kind"
    folder = "kinds"
    schema = SubjectKindBody
    order = 10

    def references(self, body: Any) -> Iterable[Reference]:
        """The element that names its subjects."""
        return [Reference("called", "element", body.called)] if body.called else []

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Checkers must exist, a scheme belongs to one kind, and one kind alone is of human beings."""
        for index, scheme in enumerate(one.body.identifiers):
            where = f"identifiers/{index}"
            if scheme.checker and scheme.checker not in checkers:
                yield DeclarationFault(
                    one.path,
                    one.line(f"{where}/checker"),
                    f"No checker is called `{scheme.checker}`.",
                    did_you_mean(scheme.checker, checkers) + " Without `checker` every value is taken.",
                )
            for other in self._others(one, city):
                if any(theirs.scheme == scheme.scheme for theirs in other.body.identifiers):
                    yield DeclarationFault(
                        one.path,
                        one.line(f"{where}/scheme"),
                        f"The scheme `{scheme.scheme}` also belongs to the kind `{other.id}` ({other.path}).",
                        "Keep it in one of the two and give the other a scheme of its own.",
                    )
        if one.body.natural_person:
            for other in self._others(one, city):
                if other.body.natural_person:
                    yield DeclarationFault(
                        one.path,
                        one.line("natural_person"),
                        f"The kind `{other.id}` ({other.path}) is already that of natural persons.",
                        "Leave `natural_person` out here: one person must not exist twice.",
                    )

    def _others(self, one: Declaration, city: City) -> Iterable[Declaration]:
        return (other for other in city.of_kind(self.name).values() if other.id != one.id)

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """Nothing to rewrite; a kind that goes keeps its subjects, and says how many."""
        if old is not None and new is None:
            left = Subject.objects.filter(kind=old["id"]).count()
            yield Change(
                self.name, old["id"], "retire", f"{left} subjects of this kind stay, and no more can be registered."
            )
