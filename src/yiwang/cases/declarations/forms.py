"""Forms: elements in an order, and conditions between their answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from yiwang.cases.declarations.parts import Text
from yiwang.catalog.queries import expression_type
from yiwang.kernel.expressions import ExpressionRefused, compile_expression, variable
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference, did_you_mean

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


class FormCheckBody(Part):
    """A condition between answers of the form, such as a last day that is not before the first.

    check: CEL over the form's elements, written with `_` for `-`, and `today`. While an answer that it needs is absent it refuses nothing.
    message: what is told who breaks it.  at: the element, one of those that it names, at which that stands.
    law, article: what sets it, if a law does.
    """

    check: str
    message: Text
    at: str
    law: str = ""
    article: str = ""


class FormBody(Body):
    """An ordered list of elements 表单. Type, check and code list come from the element.

    checks: conditions between answers. They are told with all other faults when the form is sent, on its own or in a bundle.
    """

    kind: Literal["form"]
    sections: tuple[SectionBody, ...] = Field(min_length=1)
    checks: tuple[FormCheckBody, ...] = ()

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
        """A question is asked once; conditions compute with what is asked."""
        seen: set[str] = set()
        for reference in self.references(one.body):
            if reference.id in seen:
                yield one.fault(reference.pointer, f"The form asks `{reference.id}` twice.", "Ask it once.")
            seen.add(reference.id)
        for n, check in enumerate(one.body.checks):
            if bool(check.law) != bool(check.article):
                yield one.fault(f"checks/{n}", "A law is named with its article.", "Write both `law:` and `article:`.")
            yield from self._check_condition(one, n, city)

    def _check_condition(self, one: Declaration, n: int, city: City) -> Iterable[DeclarationFault]:
        asked = {name: city.find("element", name) for name in one.body.elements()}
        types = {name: element.body.type for name, element in asked.items() if element is not None}
        if len(types) < len(asked):
            return  # what the others are is not known; that they are missing is said where they are named
        variables = {variable(name): known for name, type in types.items() if (known := expression_type(type))}
        at = f"checks/{n}/check"
        try:
            compiled = compile_expression(one.body.checks[n].check, variables | {"today": "date"}, result="boolean")
        except ExpressionRefused as refused:
            message, advice = refused.told(
                f"Write a condition over what the form asks for: {', '.join(f'`{name}`' for name in sorted(variables))}."
            )
            unusable = {variable(name): type for name, type in types.items() if not expression_type(type)}
            wrong = str(refused.params.get("name", ""))
            if refused.code == "unknown-fact" and wrong in unusable:
                advice = f"No condition can compute with a value of the type `{unusable[wrong]}`."
            elif refused.code == "unknown-fact" and any(name.startswith(f"{wrong}-") for name in types):
                advice = "A hyphen is minus here: write `_` for each `-` of an element's name."
            yield one.fault(at, f"`check`, {message}", advice)
            return
        named = [name for name in asked if variable(name) in compiled.mentions]
        if not named:
            yield one.fault(at, "The condition names nothing that the form asks for.", "Name two of its elements.")
        elif (stands := one.body.checks[n].at) not in named:
            yield one.fault(
                f"checks/{n}/at",
                f"The condition does not name `{stands}`, so nothing that is written there could mend it.",
                did_you_mean(stands, named),
            )
