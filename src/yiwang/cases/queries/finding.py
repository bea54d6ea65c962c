"""One search over all that people can do here: bundles, items, life events and themes. Public: nobody's data are in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from yiwang.acts.queries import current_release, list_definitions
from yiwang.cases.queries.bundles import list_bundles
from yiwang.cases.queries.guides import (
    every_text,
    life_events,
    list_items,
    meanings_of,
    search_fields,
    search_topics,
    themes,
    topic_fields,
)
from yiwang.cases.rules.search import cut, score, shared_pairs, words_of
from yiwang.cases.values import Found, ItemSummary, Topic

__all__ = ["find"]

MOST_NEAR = 8
"""So many of each are shown when nothing answers the whole of what was asked."""


def find(search: str, language: str = "zh-Hans") -> Found:
    """What answers what somebody typed, the best first; everything when he typed nothing.

    Either every word of it is answered; else some of the words that a phrase holds; else what shares parts with it is near.

    The words that a phrase is cut into are those of titles, keywords and `synonyms`. Costs what reading the declarations costs.
    """
    bundles, items, topics = (
        list_bundles(language, search),
        list_items(language, search),
        search_topics(search, language),
    )
    if bundles or items or topics or not words_of(search):
        return Found(tuple(bundles), tuple(items), tuple(topics))
    release = current_release()
    if words := cut(search, _known_words(release)):
        meant = [meanings_of(one, release) for one in words]
        found = _ranked(release, language, lambda fields: sum(score(one, fields) for one in meant))
        if found.count:
            return Found(found.bundles, found.items, found.topics, words=tuple(words), near=True)
    found = _ranked(release, language, lambda fields: shared_pairs(search, fields))
    return Found(found.bundles, found.items, found.topics, near=bool(found.count))


def _known_words(release: int) -> set[str]:
    """Titles, keywords and synonyms, in every language."""
    words: set[str] = set()
    for kind in ("item", "bundle", "life-event", "theme"):
        for body in list_definitions(kind, release).values():
            words |= {*every_text(body["title"]), *body.get("keywords", ())}
    for body in list_definitions("synonyms", release).values():
        words |= {word for group in body["groups"] for word in group}
    return words


def _ranked(release: int, language: str, points: Callable[[Sequence[tuple[str, float]]], float]) -> Found:
    """The best of each by the points of their fields, those without points left out."""

    def declared(kind: str, fields: Callable[[Mapping[str, Any]], Sequence[tuple[str, float]]]) -> dict[str, float]:
        return {id: points(fields(body)) for id, body in list_definitions(kind, release).items()}

    def best_items(rows: Iterable[ItemSummary], of: Mapping[str, float]) -> tuple[ItemSummary, ...]:
        return tuple(sorted((one for one in rows if of[one.id]), key=lambda one: (-of[one.id], one.title))[:MOST_NEAR])

    def best_topics(rows: Iterable[Topic], of: Mapping[str, float]) -> tuple[Topic, ...]:
        return tuple(sorted((one for one in rows if of[one.id]), key=lambda one: (-of[one.id], one.title)))

    events = best_topics(life_events(language), declared("life-event", topic_fields))
    return Found(
        best_items(list_bundles(language), declared("bundle", search_fields)),
        best_items(list_items(language), declared("item", search_fields)),
        (*events, *best_topics(themes(language), declared("theme", topic_fields)))[:MOST_NEAR],
    )
