"""The pack kinds that documents own: `certificate` in the folder `certificates`, `template` in the folder `templates`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from yiwang.documents.registry import fonts
from yiwang.documents.rules.layout import layout_data, qr_code, sample_content
from yiwang.documents.rules.templates import template_faults, title_of
from yiwang.documents.rules.typesetting import FontsMissing, TypesettingFault, typeset
from yiwang.kernel.identifiers import LONGEST_SERIAL, CertificateType
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference, did_you_mean

__all__ = ["CertificateKind", "TemplateKind"]

Text = str | dict[str, str]
READ = "certificate.read"
SAMPLE_TIME = datetime(2026, 1, 1, tzinfo=UTC)


# ── Template ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class TemplateBody(Body):
    """How a certificate looks 版式, in Typst.  typst: the file's text; its first line is a comment with the titles."""

    kind: Literal["template"]
    typst: str


class TemplateKind(Kind):
    """`templates/*.typ`."""

    name = "template"
    folder = "templates"
    schema = TemplateBody
    suffixes = (".typ",)
    order = 55

    def read(self, path: Path, text: bytes) -> Mapping[str, Any]:
        """The file as a declaration. Raises ValueError for one that is not UTF-8."""
        try:
            typst = text.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("The template is not UTF-8. → Save the file as UTF-8.") from None
        return {"kind": "template", "id": path.stem, "title": title_of(typst) or path.stem, "typst": typst}

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It lays out and does nothing else. Whether it fits the data is seen with each certificate that uses it."""
        for fault in template_faults(one.body.typst):
            yield DeclarationFault(one.path, fault.line, fault.message, fault.advice)


# ── Certificate ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class HolderBody(Part):
    """Who holds it 持证主体.

    kind: of subject.  name: element that says the holder's name.  found_by: element whose value is the holder's identifier, when the
    holder is not the applicant (the enterprise for which a person applies).
    """

    kind: str
    name: str
    found_by: str = ""


class CertificateFieldBody(Part):
    """One thing that the certificate says.  title: when it is called otherwise there than its element is."""

    element: str
    title: Text = ""
    required: bool = True


class ValidityBody(Part):
    """How long it holds, from the day of issue: so many years, months or days, or until the date that an element gives."""

    years: int | None = Field(default=None, ge=1, le=100)
    months: int | None = Field(default=None, ge=1, le=1200)
    days: int | None = Field(default=None, ge=1, le=36_500)
    until: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> ValidityBody:
        if sum(bool(one) for one in (self.years, self.months, self.days, self.until)) != 1:
            raise ValueError("say one of `years`, `months`, `days` or `until`")
        return self


class NumberBody(Part):
    """How numbers are made: prefix, year if `yearly`, counter of so many digits.

    gapless: no number is ever left out. It costs a lock that certificates of this kind wait for one after the other; without it a
    number whose case was given up stays unused.
    """

    prefix: str = Field(default="", pattern=r"^[0-9A-Z]*$", max_length=20)
    yearly: bool = True
    digits: int = Field(default=6, ge=3, le=10)
    gapless: bool = False

    @model_validator(mode="after")
    def _short_enough(self) -> NumberBody:
        if len(self.prefix) + 4 * self.yearly + self.digits > LONGEST_SERIAL:
            raise ValueError(f"a number has at most {LONGEST_SERIAL} characters")
        return self


class LawBody(Part):
    """A law that the certificate rests on."""

    law: str
    article: str
    text: str = ""


class CertificateBody(Body):
    """A signed result that anybody can verify 证照.

    type_code: 证照类型代码, 21 characters (GB/T 36904-2018).  validity: left out, it holds without an end.  several: whether one holder
    may have more than one that stands; else the next one takes the place of the former, with the same number and the next version.
    issued_by: the duty whose posts keep it: they may do with it what the duty's grants say.  template: how it looks.
    """

    kind: Literal["certificate"]
    type_code: str
    holder: HolderBody
    fields: tuple[CertificateFieldBody, ...] = Field(min_length=1)
    validity: ValidityBody | None = None
    number: NumberBody = NumberBody()
    several: bool = False
    issued_by: str
    template: str
    law: tuple[LawBody, ...] = ()

    @field_validator("type_code")
    @classmethod
    def _type_code(cls, value: str) -> str:
        return CertificateType.parse(value)


class CertificateKind(Kind):
    """`certificates/*.yaml`."""

    name = "certificate"
    folder = "certificates"
    schema = CertificateBody
    order = 60

    def references(self, body: CertificateBody) -> Iterable[Reference]:
        """Everything that it names."""
        yield Reference("holder/kind", "subject-kind", body.holder.kind)
        yield Reference("holder/name", "element", body.holder.name)
        if body.holder.found_by:
            yield Reference("holder/found_by", "element", body.holder.found_by)
        for n, field in enumerate(body.fields):
            yield Reference(f"fields/{n}/element", "element", field.element)
        if body.validity and body.validity.until:
            yield Reference("validity/until", "element", body.validity.until)
        yield Reference("issued_by", "duty", body.issued_by)
        yield Reference("template", "template", body.template)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The holder can be found, the duty may see it, its code is its own, and the template fits its data."""
        body: CertificateBody = one.body
        yield from self._check_fields(one, body, city)
        yield from self._check_holder(one, body, city)
        duty = city.find("duty", body.issued_by)
        if duty is not None and READ not in {grant.action for grant in duty.body.may}:
            yield one.fault(
                "issued_by",
                f"The duty `{duty.id}` may not see certificates.",
                f"Grant it `{READ}` in {duty.path}, and what else it may do with them: `certificate.suspend`,"
                " `certificate.resume`, `certificate.revoke`, `certificate.replace`.",
            )
        for other in city.of_kind(self.name).values():
            if other.id < one.id and other.body.type_code == body.type_code:
                yield one.fault("type_code", f"The type code is also that of {other.path}.", "Each kind has its own.")
        template = city.find("template", body.template)
        if template is not None and not list(template_faults(template.body.typst)):
            yield from self._check_layout(one, body, template, city)

    def _check_fields(self, one: Declaration, body: CertificateBody, city: City) -> Iterable[DeclarationFault]:
        seen: set[str] = set()
        for n, field in enumerate(body.fields):
            if field.element in seen:
                yield one.fault(f"fields/{n}/element", f"`{field.element}` stands there twice.", "Keep it once.")
            seen.add(field.element)
            element = city.find("element", field.element)
            if element is not None and element.body.type == "file":
                yield one.fault(
                    f"fields/{n}/element", f"`{field.element}` is a file.", "A certificate says texts and numbers."
                )
        required = {field.element for field in body.fields if field.required}
        named = {"holder/name": body.holder.name, "validity/until": body.validity.until if body.validity else ""}
        for pointer, id in named.items():
            if id and id not in required:
                yield one.fault(
                    pointer, f"The certificate need not say `{id}`.", f"Add `- {{element: {id}}}` to its fields."
                )
        until = city.find("element", body.validity.until) if body.validity and body.validity.until else None
        if until is not None and until.body.type != "date":
            yield one.fault(
                "validity/until", f"`{until.id}` is no date.", "Name an element of the type `date`, or a term."
            )

    def _check_holder(self, one: Declaration, body: CertificateBody, city: City) -> Iterable[DeclarationFault]:
        kind = city.find("subject-kind", body.holder.kind)
        element = city.find("element", body.holder.found_by) if body.holder.found_by else None
        if kind is None or element is None:
            return
        checkers = [scheme.checker for scheme in kind.body.identifiers]
        if element.body.type not in checkers:
            yield one.fault(
                "holder/found_by",
                f"No subject of the kind `{kind.id}` is known by a {element.body.type}.",
                did_you_mean(element.body.type, [name for name in checkers if name]),
            )

    def _check_layout(
        self, one: Declaration, body: CertificateBody, template: Declaration, city: City
    ) -> Iterable[DeclarationFault]:
        """Lay it out as a sample: with everything, and with what is required alone."""
        titles = {
            field.element: field.title or element.body.title
            for field in body.fields
            if (element := city.find("element", field.element)) is not None
        }
        if len(titles) < len(body.fields):
            return
        told: set[tuple[int, str]] = set()
        required = [field.element for field in body.fields if field.required]
        for present in dict.fromkeys((tuple(titles), tuple(required))):
            sample = sample_content(body.model_dump(mode="json"), titles, present)
            qr = qr_code(sample.verify)
            try:
                typeset(template.body.typst, layout_data(sample), qr=qr, fonts=fonts(), at=SAMPLE_TIME)
            except FontsMissing as fault:
                yield one.fault("template", "The fonts of certificates are not built.", str(fault))
                return
            except TypesettingFault as fault:
                if (fault.line, fault.message) not in told:
                    told.add((fault.line, fault.message))
                    yield one.fault(
                        "template",
                        f"Laid out with {template.path}, line {fault.line}: {fault.message}.",
                        "; ".join(fault.hints) or "Correct the template, or name the fields that it lays out.",
                    )
