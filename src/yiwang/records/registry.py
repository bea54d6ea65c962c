"""What other engines tell the records: which elements a published item names, as its standing agreement, and what it is called; who
keeps the files that show something; and what they publish of their own state as resources that nobody else writes into.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.values.published import PublishedRow

__all__ = [
    "Publication",
    "item_title",
    "keep_evidence",
    "keep_evidence_by",
    "publications",
    "register_publication",
    "set_standing_agreements",
    "standing_agreement",
]

Keeper = Callable[[Actor, Iterable[UUID], UUID], None]
Elements = Callable[[str, int], frozenset[str]]
Title = Callable[[str, str], str]

_elements_of: list[Elements] = []
_title_of: list[Title] = []
_keepers: list[Keeper] = []


def set_standing_agreements(elements_of: Elements, title_of: Title) -> None:
    """Let `elements_of(item, release)` say which elements an item names, none for an unknown one, and `title_of(item, language)`
    what people call it. Called in `AppConfig.ready` of one engine.
    """
    _elements_of[:] = [elements_of]
    _title_of[:] = [title_of]


def standing_agreement(item: str, release: int) -> frozenset[str]:
    """The elements that a published item names in a release; none before anybody can say."""
    return _elements_of[0](item, release) if _elements_of else frozenset()


def item_title(item: str, language: str) -> str:
    """What people call an item; its id before anybody can say."""
    return _title_of[0](item, language) if _title_of else item


def keep_evidence_by(keeper: Keeper) -> None:
    """Let `keeper(actor, files, discrepancy)` keep the files that a reporter shows, within his act. Called in `AppConfig.ready`."""
    _keepers[:] = [keeper]


def keep_evidence(actor: Actor, files: Iterable[UUID], discrepancy_id: UUID) -> None:
    """Have the files kept with the discrepancy. Raises NotFound for one that the actor did not hand in; LookupError without a keeper."""
    if not _keepers:
        raise LookupError("No engine keeps files.")
    _keepers[0](actor, files, discrepancy_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """What an engine publishes of its own state, one state for each subject.

    columns: name → type of the element that can show it.  rows: what is so today, of all subjects or of these; a row whose content did
    not change costs nothing. What is so no more is a row without values.
    """

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Collection[UUID] | None], Iterable[PublishedRow]]


_publications: dict[str, Publication] = {}


def register_publication(one: Publication) -> None:
    """Let packs declare resources that are `published_by` this. Called in `AppConfig.ready` of the engine, or of records for one below."""
    if _publications.setdefault(one.name, one) is not one:
        raise ValueError(f"{one.name} is published already.")


def publications() -> Mapping[str, Publication]:
    """Everything that is published, by name."""
    return _publications
