"""Items as the public finds and reads them: lists, life events, themes, search, the guide. Public: nobody's data are in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.queries import current_release, definition, find_definition, list_definitions
from yiwang.cases.queries.forms import asking, bound, material_line, process_of
from yiwang.cases.queries.limits import limits_of_item, promise_of
from yiwang.cases.queries.wording import outcome_sentence
from yiwang.cases.rules.flow import Step, steps_of
from yiwang.cases.rules.published import ALL_THE_WAY, CODES
from yiwang.cases.rules.search import expanded, normal, score, words_of
from yiwang.cases.values import (
    FaqShown,
    FeeShown,
    FlowStep,
    FlowWay,
    ItemGuide,
    ItemSummary,
    LawCited,
    ServiceShown,
    Topic,
)
from yiwang.kernel.texts import text

__all__ = [
    "answering_duty",
    "bundle_summary",
    "deciding_duty",
    "every_text",
    "item_guide",
    "life_events",
    "list_items",
    "meanings_of",
    "points_of",
    "search_fields",
    "search_topics",
    "texts",
    "themes",
    "topic_fields",
]

TITLE, KEYWORD, SUMMARY, REST = 10.0, 8.0, 4.0, 1.0
"""What a word counts by where it stands."""


# ── Lists and search ────────────────────────────────────────────────────────────────────────────────────────────────────


def list_items(language: str = "zh-Hans", search: str = "") -> list[ItemSummary]:
    """Items open to the public, without those that events begin: by title, or those that answer `search`, the best first.

    Every word of `search` must be answered, by title, keywords, summary or conditions in any language: as it stands, as a word of the
    same meaning (`synonyms`), or, from three characters on, by most of its parts.
    """
    number = current_release()
    meant = meanings_of(search, number)
    found: list[tuple[float, ItemSummary]] = []
    for id, item in list_definitions("item", number).items():
        if item["starts_on"] is not None:
            continue
        points = points_of(item, meant)
        if points or not meant:
            found.append((points, _summary(id, item, number, language)))
    return [one for _points, one in sorted(found, key=lambda pair: (-pair[0], pair[1].title, pair[1].id))]


def points_of(declared: Mapping[str, Any], meant: Sequence[Sequence[str]]) -> float:
    """How well an item or a bundle answers what was searched (`meanings_of`); 0 when it does not, or nothing was searched."""
    return score(meant, search_fields(declared)) if meant else 0.0


def meanings_of(search: str, release: int | None = None) -> list[list[str]]:
    """Each word that somebody typed, followed by those that mean the same; for whatever else is searched beside items."""
    groups = [tuple(group) for one in list_definitions("synonyms", release).values() for group in one["groups"]]
    return [expanded(word, groups) for word in words_of(search)]


def search_topics(search: str, language: str = "zh-Hans") -> list[Topic]:
    """Life events and themes that answer `search`, the best first, with their items."""
    meant = meanings_of(search)
    found = []
    for topic, body in [*_topics("life-event", "life_events", language), *_topics("theme", "themes", language)]:
        if meant and (points := score(meant, topic_fields(body))):
            found.append((points, topic))
    return [topic for _points, topic in sorted(found, key=lambda pair: (-pair[0], pair[1].title))]


def topic_fields(body: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The texts of a life event or a theme in which a search looks (normal text, weight)."""
    return [
        (normal(" ".join(every_text(body["title"]))), TITLE),
        (normal(" ".join(every_text(body["summary"]))), SUMMARY),
    ]


def life_events(language: str = "zh-Hans") -> list[Topic]:
    """The declared life events in their order, each with its items."""
    return [topic for topic, _body in _topics("life-event", "life_events", language)]


def themes(language: str = "zh-Hans") -> list[Topic]:
    """The declared themes in their order, each with its items."""
    return [topic for topic, _body in _topics("theme", "themes", language)]


def _topics(kind: str, named: str, language: str) -> list[tuple[Topic, Mapping[str, Any]]]:
    number = current_release()
    bodies = sorted(list_definitions(kind, number).items(), key=lambda pair: (pair[1]["order"], pair[0]))
    items = list_items(language)
    bundles = [
        bundle_summary(id, body, number, language) for id, body in sorted(list_definitions("bundle", number).items())
    ]

    def under(id: str, rows: Sequence[ItemSummary]) -> tuple[ItemSummary, ...]:
        return tuple(one for one in rows if id in getattr(one, named))

    return [
        (replace(_topic(kind, id, body, language), items=under(id, items), bundles=under(id, bundles)), body)
        for id, body in bodies
    ]


def _topic(kind: str, id: str, body: Mapping[str, Any], language: str) -> Topic:
    return Topic(kind, id, text(body["title"], language), text(body["summary"], language), body["mark"])


def _summary(id: str, item: Mapping[str, Any], release: int, language: str) -> ItemSummary:
    return ItemSummary(
        id=id,
        title=text(item["title"], language),
        summary=text(item["summary"], language),
        promise=promise_of(item, release, language),
        themes=tuple(item["themes"]),
        life_events=tuple(item["life_events"]),
        serves=tuple(item["published"]["serves"]) if item["published"] else (),
    )


def bundle_summary(id: str, body: Mapping[str, Any], release: int, language: str) -> ItemSummary:
    """A bundle in a list. serves: the kinds of who applies for its items."""
    parts = [definition("item", one["item"], release) for one in body["items"]]
    return ItemSummary(
        id=id,
        title=text(body["title"], language),
        summary=text(body["summary"], language),
        promise=promise_of(body, release, language),
        themes=tuple(body.get("themes", ())),
        life_events=tuple(body.get("life_events", ())),
        serves=tuple(dict.fromkeys(one["applicant"]["kind"] if one["applicant"] else one["about"] for one in parts)),
    )


def search_fields(item: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The texts of an item or a bundle in which a search looks (normal text, weight)."""
    guide = item["guide"]
    rest = [*guide["conditions"], guide["result"], *(one["title"] for one in item.get("materials", ()))]
    return [
        (normal(" ".join(every_text(item["title"]))), TITLE),
        *((normal(one), KEYWORD) for one in item["keywords"]),
        (normal(" ".join(every_text(item["summary"]))), SUMMARY),
        (normal(" ".join(word for one in rest for word in every_text(one))), REST),
    ]


# ── The guide ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def item_guide(item_id: str, language: str = "zh-Hans") -> ItemGuide:
    """What the item's page says. Raises NotFound."""
    asked = asking(item_id)
    item, guide, release = asked.item, asked.item["guide"], asked.release
    duty = deciding_duty(item, release)
    return ItemGuide(
        id=item_id,
        title=text(item["title"], language),
        summary=text(item["summary"], language),
        conditions=texts(guide["conditions"], language),
        materials=texts(guide["materials"], language),
        asked=tuple(text(one.element.title, language) for one in asked.questions.values()),
        steps=texts(guide["steps"], language),
        promise=promise_of(item, release, language),
        limits=limits_of_item(item, release, language),
        fee=text(guide["fee"], language),
        result=text(guide["result"], language),
        answering_duty=_duty_title(duty, release, language),
        law=tuple(LawCited(one["law"], one["article"], one["text"]) for one in item["law"]),
        codes={"basic_code": item["basic_code"], "level": str(item["level"])},
        release=release,
        to_show=tuple(material_line(one, language) for one in asked.materials),
        flow=_flow(item, release, language),
        faq=tuple(FaqShown(text(one["question"], language), text(one["answer"], language)) for one in guide["faq"]),
        published=_published(item["published"], language) if item["published"] else None,
        life_events=_named("life-event", item["life_events"], release, language),
        themes=_named("theme", item["themes"], release, language),
        duty=duty,
    )


def _named(kind: str, ids: Iterable[str], release: int, language: str) -> tuple[Topic, ...]:
    found = ((id, find_definition(kind, id, release)) for id in ids)
    return tuple(_topic(kind, id, body, language) for id, body in found if body is not None)


def answering_duty(item: Mapping[str, Any], release: int, language: str) -> str:
    """The title of the duty that decides cases of an item, or empty."""
    return _duty_title(deciding_duty(item, release), release, language)


def deciding_duty(item: Mapping[str, Any], release: int) -> str:
    """The id of the duty that decides cases of an item, or empty."""
    node = process_of(item, release).diagram.decides()
    return str(bound(node.duty, item)) if node is not None and node.duty is not None else ""


def _duty_title(duty: str, release: int, language: str) -> str:
    found = find_definition("duty", duty, release) if duty else None
    return text(found["title"], language) if found else ""


def _flow(item: Mapping[str, Any], release: int, language: str) -> tuple[FlowStep, ...]:
    """The process as a list: who does what, and what follows from each answer."""
    diagram = process_of(item, release).diagram
    titles = {node.id: text(node.titles, language) or node.id for node in diagram.nodes.values()}
    with override(language.lower()):
        return tuple(
            FlowStep(
                title=titles[step.node.id],
                who=_duty_title(str(bound(step.duty, item)), release, language) if step.duty is not None else "",
                ways=_ways(step, titles, language),
            )
            for step in steps_of(diagram)
        )


def _ways(step: Step, titles: Mapping[str, str], language: str) -> tuple[FlowWay, ...]:
    return tuple(
        FlowWay(
            when=_(", ").join(text(act, language) for act in way.acts),
            does=tuple(titles[node.id] for node in way.does),
            then=titles.get(way.then, ""),
            outcome=outcome_sentence(way.outcome) if way.outcome else "",
        )
        for way in step.ways
    )


def _published(one: Mapping[str, Any], language: str) -> ServiceShown:
    with override(language.lower()):
        words = _words()
        extras = [name for name in ("appointment", "express", "terminals") if one[name]]
        effective = one["effective_from"]
        return ServiceShown(
            serves=_(", ").join(words[name] for name in one["serves"]),
            handling=words[f"handling-{one['handling']}"],
            ways=_(", ").join(words[name] for name in one["ways"]),
            visits=one["visits"],
            visits_for=text(one["visits_for"], language),
            online=one["online_depth"] >= ALL_THE_WAY,
            reach=words[f"reach-{one['reach']}"],
            body=words[f"body-{one['body']}"],
            power=words[f"power-{one['power']}"],
            result_type=words[f"result-{one['result_type']}"],
            fees=tuple(
                FeeShown(
                    text(fee["title"], language),
                    text(fee["standard"], language),
                    fee["law"],
                    fee["article"],
                    text(fee["reduced"], language),
                )
                for fee in one["fees"]
            ),
            quantity=text(one["quantity"], language),
            extras=tuple(words[name] for name in extras),
            consult=text(one["consult"], language),
            complain=text(one["complain"], language),
            reconsider=text(one["reconsider"], language),
            sue=text(one["sue"], language),
            effective_from=date.fromisoformat(str(effective)) if effective else None,
            codes={
                "serves": " ".join(CODES["serves"][name] for name in one["serves"]),
                "ways": " ".join(CODES["ways"][name] for name in one["ways"]),
                "handling": CODES["handling"][one["handling"]],
                "body": CODES["body"][one["body"]],
                "online_depth": str(one["online_depth"]),
            },
        )


def _words() -> dict[str, str]:
    """The words of an implementing list in the language that is active."""
    return {
        "person": _("natural persons"),
        "enterprise": _("enterprises"),
        "institution": _("public institutions"),
        "social-organisation": _("social organisations"),
        "administrative-body": _("administrative bodies"),
        "other": _("other organisations"),
        "window": _("at a window"),
        "web": _("on the website"),
        "mobile": _("on the phone"),
        "post": _("by post"),
        "handling-at-once": _("done at once"),
        "handling-promised": _("done within a promised time"),
        "handling-other": _("otherwise"),
        "reach-": "",
        "reach-nation": _("anywhere in the country"),
        "reach-province": _("anywhere in the province"),
        "reach-city": _("at every window of the city"),
        "reach-county": _("at every window of the county"),
        "body-statutory": _("statutory authority"),
        "body-authorised": _("organisation authorised by law"),
        "body-entrusted": _("entrusted organisation"),
        "body-other": _("other body"),
        "power-own": _("own by law"),
        "power-delegated": _("handed down by a higher level"),
        "power-authorised": _("by authorisation"),
        "power-entrusted": _("by entrustment"),
        "result-certificate": _("a certificate"),
        "result-approval": _("a written approval"),
        "result-record": _("a record in a register"),
        "result-other": _("another result"),
        "appointment": _("by appointment"),
        "express": _("delivery by post"),
        "terminals": _("at self-service terminals"),
    }


def texts(titles: Sequence[Any], language: str) -> tuple[str, ...]:
    """Each declared text in one language."""
    return tuple(text(one, language) for one in titles)


def every_text(title: Any) -> list[str]:
    """A declared text in each of its languages."""
    return [title] if isinstance(title, str) else list(title.values())
