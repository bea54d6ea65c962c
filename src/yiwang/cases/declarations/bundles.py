"""Bundles 一件事: several items that one application begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from yiwang.cases import registry
from yiwang.cases.declarations.parts import BasicCode, ItemClockBody, LawBody, Text, check_promises_of, topics_named
from yiwang.cases.rules.bpmn import read_diagram
from yiwang.cases.rules.bundles import ancestors, circle
from yiwang.cases.values import Consequence, Outcome
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference, did_you_mean

__all__ = ["BundleKind"]


class AfterBody(Part):
    """That an item of a bundle waits for the end of another.

    item: the other.  outcomes: how that must have ended.  otherwise: what becomes of this one when it ended in another way, or never
    began: `stop` it does not begin; `continue` it begins all the same; `ask` the applicant says which.
    """

    item: str
    outcomes: tuple[Outcome, ...] = Field(default=(Outcome.ACCEPTED,), min_length=1)
    otherwise: Consequence


class BundleItemBody(Part):
    """An item of a bundle.  after: what it waits for, all of it; left out, it begins when the application is sent."""

    item: str
    after: tuple[AfterBody, ...] = ()


class BundleGuideBody(Part):
    """What the bundle's page says beside what its items say: one sentence each, as a good clerk speaks."""

    conditions: tuple[Text, ...] = Field(min_length=1)
    fee: Text
    result: Text


class BundleBody(Body):
    """Several items that one application starts 一件事: one form, one receipt, one progress.

    items: in the order in which the form asks for them.  form_title: of the one form; left out, the bundle's own.  Its questions and
    materials are those of the items, each once, without what an earlier item brings forth.
    clocks: limits of the whole, from sending to the end of the last item; the earliest counts, and the first promise is the one that the
    bundle's tile names. The cases keep the limits of their own items.
    basic_code, level: as of an item; they make the number of an application.  life_events, themes: under which of them people find it.
    """

    kind: Literal["bundle"]
    summary: Text
    form_title: Text = ""
    items: tuple[BundleItemBody, ...] = Field(min_length=2)
    clocks: tuple[ItemClockBody, ...] = ()
    guide: BundleGuideBody
    law: tuple[LawBody, ...] = ()
    keywords: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    basic_code: BasicCode
    level: int = Field(ge=1, le=7)


class BundleKind(Kind):
    """`bundles/*.yaml`."""

    name = "bundle"
    folder = "bundles"
    schema = BundleBody
    order = 75

    def references(self, body: BundleBody) -> Iterable[Reference]:
        """Its items and the limits of the whole."""
        for n, one in enumerate(body.items):
            yield Reference(f"items/{n}/item", "item", one.item)
        for n, clock in enumerate(body.clocks):
            yield Reference(f"clocks/{n}/limit", "limit", clock.limit)
        yield from topics_named(body)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """The items can be applied for together, wait for each other without a circle, and never for what nobody can say."""
        body: BundleBody = one.body
        yield from check_promises_of(one, city)
        yield from self._check_graph(one)
        items = {part.item: found for part in body.items if (found := city.find("item", part.item)) is not None}
        yield from self._check_applicants(one, items)
        if (same := city.find("item", one.id)) is not None:
            yield one.fault("id", f"An item has this id, in {same.path}.", "Items and bundles have ids of their own.")
        for other in [*city.of_kind("item").values(), *city.of_kind(self.name).values()]:
            same_kind_later = other.kind == self.name and other.id >= one.id
            if not same_kind_later and other.body.basic_code == body.basic_code:
                yield one.fault("basic_code", f"The basic code is also that of {other.path}.", "Each has its own.")
        if len(items) == len({part.item for part in body.items}):
            yield from self._check_what_is_missing(one, items, city)

    def _check_graph(self, one: Declaration) -> Iterable[DeclarationFault]:
        body: BundleBody = one.body
        named = [part.item for part in body.items]
        graph = {part.item: [edge.item for edge in part.after] for part in body.items}
        for n, part in enumerate(body.items):
            if part.item in named[:n]:
                yield one.fault(f"items/{n}/item", f"`{part.item}` stands here twice.", "Keep it once.")
            for m, edge in enumerate(part.after):
                if edge.item not in named:
                    yield one.fault(
                        f"items/{n}/after/{m}/item",
                        f"`{edge.item}` is no item of this bundle.",
                        did_you_mean(edge.item, named),
                    )
                if edge.item in {other.item for other in part.after[:m]}:
                    yield one.fault(f"items/{n}/after/{m}", f"It waits for `{edge.item}` twice.", "Keep it once.")
        if waits := circle(graph):
            yield one.fault("items", f"`{waits}` waits for itself.", "Take one `after` out of the circle.")

    def _check_applicants(self, one: Declaration, items: Mapping[str, Declaration]) -> Iterable[DeclarationFault]:
        """Whoever applies for one of them applies for all, for the same subject."""
        first = next(iter(items.values()), None)
        for n, part in enumerate(one.body.items):
            found = items.get(part.item)
            if first is None or found is None:
                continue
            if found.body.starts_on is not None:
                yield one.fault(
                    f"items/{n}/item", f"Nobody applies for `{part.item}`: an event begins it.", "Take it out."
                )
            if found.body.about != first.body.about or _who_applies(found) != _who_applies(first):
                yield one.fault(
                    f"items/{n}/item",
                    f"`{part.item}` is not for the same subject and by the same applicant as `{first.id}`.",
                    "Give both the same `about:` and the same `applicant:`.",
                )

    def _check_what_is_missing(
        self, one: Declaration, items: Mapping[str, Declaration], city: City
    ) -> Iterable[DeclarationFault]:
        """What goes on without an earlier item needs nothing that only that one brings forth."""
        body: BundleBody = one.body
        graph = {part.item: [edge.item for edge in part.after] for part in body.items}
        for n, part in enumerate(body.items):
            for m, edge in enumerate(part.after):
                if edge.otherwise is Consequence.STOP or edge.item not in items:
                    continue
                earlier = {edge.item, *ancestors(graph, edge.item)}
                asked = {name for item in earlier for name in _asked_by(items[item], city)}
                brought = {name for item in earlier for name in _brought_by(items[item], city)} - asked
                for name in sorted(_needed_by(items[part.item], city) & brought):
                    yield one.fault(
                        f"items/{n}/after/{m}/otherwise",
                        f"`{part.item}` needs `{name}`, which only `{edge.item}` brings forth.",
                        "Write `otherwise: stop`, or let the item do without it.",
                    )


def _who_applies(item: Declaration) -> tuple[str, str] | None:
    applicant = item.body.applicant
    return (applicant.kind, applicant.called) if applicant is not None else None


def _asked_by(item: Declaration, city: City) -> set[str]:
    form = city.find("form", item.body.form)
    return set(form.body.elements()) if form is not None else set()


def _needed_by(item: Declaration, city: City) -> set[str]:
    """Elements without which the item cannot be applied for: required answers, and facts that nothing may stand for."""
    form = city.find("form", item.body.form)
    fields = [field for section in form.body.sections for field in section.fields] if form is not None else []
    needed = {field.element for field in fields if field.required}
    for material in item.body.materials:
        if material.kind == "fact" and not material.element and not material.may_follow:
            needed |= set(material.elements)
    return needed


def _brought_by(item: Declaration, city: City) -> set[str]:
    """Elements that the item's acceptance writes."""
    process = city.find("process", item.body.process)
    if process is None:
        return set()
    diagram = read_diagram(process.body.bpmn.encode(), registry.signatures())
    found: set[str] = set()
    for name, type in diagram.needs(registry.signatures()).items():
        written = item.body.parameters.get(name)
        for write in written if type == "writes" and isinstance(written, list) else ():
            resource = city.find("resource", str(write.get("resource", ""))) if isinstance(write, dict) else None
            if resource is not None:
                sources = {field.element for field in resource.body.fields if str(field.role) == "source"}
                found |= set(write.get("fields") or sources) & sources
    return found
