"""Bundles as they are declared in one release: their items, how these wait for each other, and the one form that asks for all of them.

The form is an `Asking` like that of an item, so everything that fills, shows and checks forms takes it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import current_release, definition, find_definition, list_definitions
from yiwang.cases.queries.forms import NOBODY_APPLIES, Asking, Question, asking, issued_by, material_line, produced_by
from yiwang.cases.queries.guides import answering_duty, bundle_summary, deciding_duty, meanings_of, points_of, texts
from yiwang.cases.queries.limits import limits_of_item, promise_of
from yiwang.cases.rules.bundles import Edge, ancestors
from yiwang.cases.rules.checks import FormCheck
from yiwang.cases.values import BundleGuide, BundleStep, Consequence, ItemSummary, LawCited
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.places.queries import units_with_duty

__all__ = [
    "Bundle",
    "Part",
    "bundle",
    "bundle_guide",
    "consequence_sentence",
    "form_of",
    "is_bundle",
    "is_offered",
    "item_titles",
    "kind_of",
    "list_bundles",
    "may_begin",
    "named_by",
    "title_of",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a bundle.  after: what it waits for.

    awaits: elements that earlier items bring forth; certificates: those that they issue. Both are read when it begins.
    """

    asked: Asking
    after: tuple[Edge, ...]
    awaits: frozenset[str]
    certificates: frozenset[str]

    @property
    def item_id(self) -> str:
        """The item."""
        found: str = self.asked.item["id"]
        return found


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in one release.  asked: the one form.  asked_apart: how many questions the items would ask one by one."""

    body: Mapping[str, Any]
    parts: tuple[Part, ...]
    asked: Asking
    asked_apart: int

    def first_places(self, values: Mapping[str, Any]) -> list[str]:
        """Codes of the places, in checked answers, that decide who answers for the cases that begin at once."""
        return [one.asked.answers_place(values) for one in self.parts if not one.after]

    def part(self, item_id: str) -> Part:
        """One of its parts. Raises NotFound."""
        for one in self.parts:
            if one.item_id == item_id:
                return one
        raise NotFound(msgid("This is no part of the bundle."))


def bundle(bundle_id: str, release: int | None = None) -> Bundle:
    """A bundle with the one form of its items, by default of the release in force. Raises NotFound. No query once it is cached."""
    number = current_release() if release is None else release
    body = definition("bundle", bundle_id, number)
    after = {one["item"]: [edge["item"] for edge in one["after"]] for one in body["items"]}
    produced = {item: produced_by(definition("item", item, number), number) for item in after}
    issued = {item: issued_by(definition("item", item, number), number) for item in after}
    parts: list[Part] = []
    for one in body["items"]:
        asked = asking(one["item"], number)
        earlier = ancestors(after, one["item"])
        brought = set[str]().union(*(produced[item] for item in earlier))
        certificates = frozenset[str]().union(*(issued[item] for item in earlier))
        named = {*asked.questions, *asked.fact_elements}
        edges = tuple(
            Edge(edge["item"], frozenset(edge["outcomes"]), Consequence(edge["otherwise"])) for edge in one["after"]
        )
        parts.append(Part(asked, edges, frozenset(named & brought), certificates))
    return Bundle(body, tuple(parts), _union(body, parts, number), sum(len(one.asked.questions) for one in parts))


def form_of(id: str) -> Asking:
    """The form of an item or of a bundle, of the release in force: no two of them share an id.

    Raises NotFound, also for an item that events begin.
    """
    if find_definition("item", id) is None:
        return bundle(id).asked
    asked = asking(id)
    if asked.begun_by_event:
        raise NotFound(NOBODY_APPLIES)
    return asked


def named_by(id: str, release: int) -> frozenset[str]:
    """The elements that a published item or bundle names: those it asks for and those it reads from registers; none for an unknown one."""
    if find_definition("item", id, release) is not None:
        asked = asking(id, release)
    elif find_definition("bundle", id, release) is not None:
        asked = bundle(id, release).asked
    else:
        return frozenset()
    return asked.fact_elements | asked.questions.keys()


def is_bundle(id: str) -> bool:
    """Whether the release in force declares a bundle of this id."""
    return find_definition("bundle", id) is not None


def kind_of(id: str) -> str:
    """What it is that a form is for: `bundle`, or `item` for everything else."""
    return "bundle" if is_bundle(id) else "item"


def is_offered(id: str) -> bool:
    """Whether the release in force declares an item or a bundle of this id."""
    return find_definition("item", id) is not None or is_bundle(id)


def may_begin(id: str) -> bool:
    """Whether people may apply for an item or a bundle of this id now: it is declared, and no event begins it."""
    found = find_definition("item", id)
    return found["starts_on"] is None if found is not None else is_bundle(id)


def title_of(id: str, language: str) -> str:
    """What people call an item or a bundle; its id when no release in force declares it."""
    found = find_definition("item", id) or find_definition("bundle", id)
    return text(found["title"], language) if found else id


def _union(body: Mapping[str, Any], parts: Iterable[Part], release: int) -> Asking:
    """The questions of all items, each once and in the order of the items, without what earlier items bring forth.

    With the conditions of all forms: one that needs what an earlier item brings forth refuses nothing, for nobody answers that.
    """
    questions: dict[str, Question] = {}
    sections: dict[str, dict[str, Any]] = {}
    materials: list[Mapping[str, Any]] = []
    facts: set[str] = set()
    own: dict[str, None] = {}
    checks: dict[tuple[str, str, str], FormCheck] = {}
    for part in parts:
        asked = part.asked
        for check in asked.checks:
            checks.setdefault((check.check, str(check.message), check.at), check)
        facts |= asked.fact_elements - part.awaits
        if applicant := asked.item["applicant"]:
            own |= dict.fromkeys(applicant["own"])
        kept = [one for one in asked.materials if not _comes_later(one, part)]
        materials += [one for one in kept if not any(_is_same(one, other) for other in materials)]
        shown_by = {one["element"] for one in kept}
        for section in asked.form["sections"]:
            title = str(section["title"])
            names = [
                field for field in section["fields"] if field["element"] not in {*part.awaits, *_in_sections(sections)}
            ]
            if names:
                sections.setdefault(title, {"title": section["title"], "fields": []})["fields"] += names
        for name, question in asked.questions.items():
            if name in part.awaits or (question.material and name not in shown_by):
                continue
            before = questions.get(name)
            questions[name] = (
                question if before is None else replace(before, required=before.required or question.required)
            )
    ordered = sorted(questions.items(), key=lambda one: bool(one[1].material))  # what is to be shown comes last
    first = next(iter(parts)).asked.item
    whole = {
        "id": body["id"],
        "title": body["title"],
        "about": first["about"],
        "applicant": first["applicant"] and {**first["applicant"], "own": list(own)},
        "materials": _named_apart(materials),
        "place": "",
        "starts_on": None,
    }
    form = {"id": body["id"], "title": body["form_title"] or body["title"], "sections": list(sections.values())}
    return Asking(whole, form, dict(ordered), release, frozenset(facts), tuple(checks.values()))


def _in_sections(sections: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {field["element"] for section in sections.values() for field in section["fields"]}


def _comes_later(material: Mapping[str, Any], part: Part) -> bool:
    """Whether an earlier item brings forth what shows it."""
    return bool(part.awaits & set(material["elements"])) or material["certificate"] in part.certificates


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two items ask for the same paper: the same facts, the same file, the same promise."""
    return all(one[key] == other[key] for key in ("kind", "elements", "certificate", "element", "promise"))


def _named_apart(materials: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Different papers of different items under one id get ids of their own."""
    seen: set[str] = set()
    found: list[Mapping[str, Any]] = []
    for one in materials:
        id = one["id"] if one["id"] not in seen else f"{one['id']}-{len(seen)}"
        seen.add(id)
        found.append({**one, "id": id})
    return found


# ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_bundles(language: str = "zh-Hans", search: str = "") -> list[ItemSummary]:
    """Bundles of the release in force: by title, or those that answer `search` as `list_items` does, the best first."""
    number = current_release()
    meant = meanings_of(search, number)
    found: list[tuple[float, ItemSummary]] = []
    for id, body in list_definitions("bundle", number).items():
        points = points_of(body, meant)
        if points or not meant:
            found.append((points, bundle_summary(id, body, number, language)))
    return [one for _points, one in sorted(found, key=lambda pair: (-pair[0], pair[1].title, pair[1].id))]


def bundle_guide(bundle_id: str, language: str = "zh-Hans") -> BundleGuide:
    """What the page of a bundle says. Raises NotFound."""
    whole = bundle(bundle_id)
    body, release = whole.body, whole.asked.release
    titles = item_titles(whole, language)
    with override(language.lower()):
        steps = tuple(
            BundleStep(
                item_id=one.item_id,
                title=titles[one.item_id],
                summary=text(one.asked.item["summary"], language),
                promise=promise_of(one.asked.item, release, language),
                duty=answering_duty(one.asked.item, release, language),
                units=units_with_duty(deciding_duty(one.asked.item, release)),
                after=tuple(titles[edge.item] for edge in one.after),
                consequences=tuple(consequence_sentence(edge, titles, one.item_id) for edge in one.after),
            )
            for one in whole.parts
        )
    return BundleGuide(
        id=bundle_id,
        title=text(body["title"], language),
        summary=text(body["summary"], language),
        conditions=texts(body["guide"]["conditions"], language),
        steps=steps,
        asked=tuple(text(one.element.title, language) for one in whole.asked.questions.values()),
        asked_apart=whole.asked_apart,
        to_show=tuple(material_line(one, language) for one in whole.asked.materials),
        promise=promise_of(body, release, language),
        limits=limits_of_item(body, release, language),
        fee=text(body["guide"]["fee"], language),
        result=text(body["guide"]["result"], language),
        law=tuple(LawCited(one["law"], one["article"], one["text"]) for one in body["law"]),
        codes={"basic_code": body["basic_code"], "level": str(body["level"])},
        release=release,
    )


def item_titles(whole: Bundle, language: str) -> dict[str, str]:
    """The title of each item of a bundle."""
    return {one.item_id: text(one.asked.item["title"], language) for one in whole.parts}


def consequence_sentence(edge: Edge, titles: Mapping[str, str], item_id: str) -> str:
    """What becomes of an item when the one that it waits for ends otherwise. Said in the language that is active."""
    sentences = {
        Consequence.STOP: _("If “{first}” is not granted or is withdrawn, “{then}” does not begin."),
        Consequence.CONTINUE: _("Even if “{first}” is not granted or is withdrawn, “{then}” goes on."),
        Consequence.ASK: _("If “{first}” is not granted or is withdrawn, you are asked whether “{then}” goes on."),
    }
    return sentences[edge.otherwise].format(first=titles[edge.item], then=titles[item_id])
