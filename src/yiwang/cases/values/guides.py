"""What people read of an item before they apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from yiwang.cases.values.clocks import LimitShown
from yiwang.cases.values.forms import MaterialLine

__all__ = [
    "DayFigures",
    "FaqShown",
    "FeeShown",
    "FlowStep",
    "FlowWay",
    "Found",
    "ItemGuide",
    "ItemSummary",
    "LawCited",
    "ServiceShown",
    "Topic",
]


@dataclass(frozen=True, slots=True)
class LawCited:
    """A law that an item rests on.  text: the words cited, or empty."""

    law: str
    article: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """An item in a list.  promise: how long it takes, in words (“5 working days”); empty when nothing is promised.

    themes, life_events: ids.  serves: kinds of applicant as the item publishes them, empty when it does not.
    """

    id: str
    title: str
    summary: str
    promise: str
    themes: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A life event or a theme (`kind`), with the bundles and items that stand under it."""

    kind: str
    id: str
    title: str
    summary: str
    mark: str
    items: tuple[ItemSummary, ...] = ()
    bundles: tuple[ItemSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowWay:
    """What follows a step of a flow.  when: acts that lead here, as buttons say it; empty: in any case.  does: what happens by itself.

    then: title of the next step, or empty.  outcome: how the case ends, or empty.
    """

    when: str
    does: tuple[str, ...]
    then: str
    outcome: str


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step of an item's process for people.  who: title of the duty, empty for the applicant himself."""

    title: str
    who: str
    ways: tuple[FlowWay, ...]


@dataclass(frozen=True, slots=True)
class FaqShown:
    """A question that people ask again and again, with its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class FeeShown:
    """A fee as an item publishes it.  reduced: when it is reduced, or empty."""

    title: str
    standard: str
    law: str
    article: str
    reduced: str


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """What an item publishes beside its guide 实施清单, in words.

    codes: the words as GB/T 39046 codes, by field.  visits: how often one has to come; visits_for: what for.  Empty texts: not said.
    """

    serves: str
    handling: str
    ways: str
    visits: int
    visits_for: str
    online: bool
    reach: str
    body: str
    power: str
    result_type: str
    fees: tuple[FeeShown, ...]
    quantity: str
    extras: tuple[str, ...]
    consult: str
    complain: str
    reconsider: str
    sue: str
    effective_from: date | None
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What happened in the city's cases on one civil date, and how long what ended took.

    sent: how many.  ended: how many with a result; what was withdrawn or ended without a decision has none.  in_time: of those that ended,
    how many missed no limit.
    """

    on: date
    sent: int
    ended: int
    in_time: int


@dataclass(frozen=True, slots=True)
class ItemGuide:
    """What an item's page says, in its order: can I, what do I need, how long and how much, what happens.

    conditions, materials, steps: one sentence each.  to_show: the declared materials.  asked: titles of what the form asks.
    codes: national code fields (`basic_code` 基本编码, `level` 行使层级).  answering_duty: title of the duty that decides.
    promise: how long it takes, in words, or empty; limits: every limit under which its cases stand.
    flow: its process as a list.  published: None when the item publishes nothing more.  duty: id of the duty that decides, or empty.
    """

    id: str
    title: str
    summary: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    asked: tuple[str, ...]
    steps: tuple[str, ...]
    promise: str
    limits: tuple[LimitShown, ...]
    fee: str
    result: str
    answering_duty: str
    law: tuple[LawCited, ...]
    codes: Mapping[str, str]
    release: int
    to_show: tuple[MaterialLine, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    faq: tuple[FaqShown, ...] = ()
    published: ServiceShown | None = None
    life_events: tuple[Topic, ...] = ()
    themes: tuple[Topic, ...] = ()
    duty: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found.  near: nothing answers the whole of it, these come near.  words: those that it was cut into, if any."""

    bundles: tuple[ItemSummary, ...]
    items: tuple[ItemSummary, ...]
    topics: tuple[Topic, ...]
    words: tuple[str, ...] = ()
    near: bool = False

    @property
    def count(self) -> int:
        """How much there is."""
        return len(self.bundles) + len(self.items) + len(self.topics)
