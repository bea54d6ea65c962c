"""Forms: elements in an order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from yiwang.cases.declarations.parts import Text
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference

__all__ = ["FormBody", "FormKind"]


class FormFieldBody(Part):
    """One question: an element.  help: what helps here beyond the element's own help."""

    element: str
    required: bool = True
    help: Text = ""


class SectionBody(Part):
    """Questions that stand together."""

    title: Text
    fields: tuple[FormFieldBody, ...] = Field(min_length=1)


class FormBody(Body):
    """An ordered list of elements 表单. Type, check and code list come from the element."""

    kind: Literal["form"]
    sections: tuple[SectionBody, ...] = Field(min_length=1)

    def elements(self) -> list[str]:
        """Every element it asks, in order."""
        return [field.element for section in self.sections for field in section.fields]


class FormKind(Kind):
    """`forms/*.yaml`."""

    name = "form"
    folder = "forms"
    schema = FormBody
    order = 60

    def references(self, body: FormBody) -> Iterable[Reference]:
        """Its elements."""
        for n, section in enumerate(body.sections):
            for m, field in enumerate(section.fields):
                yield Reference(f"sections/{n}/fields/{m}/element", "element", field.element)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A question is asked once."""
        seen: set[str] = set()
        for reference in self.references(one.body):
            if reference.id in seen:
                yield one.fault(reference.pointer, f"The form asks `{reference.id}` twice.", "Ask it once.")
            seen.add(reference.id)
