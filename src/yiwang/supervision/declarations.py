"""The pack kind that supervision owns: `watch` in the folder `watches`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field, model_validator

from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference
from yiwang.supervision.rules.levels import levels_of
from yiwang.supervision.rules.moments import falls
from yiwang.supervision.values import ANY, EXPLAIN, READ, Level

__all__ = ["WatchBody", "WatchKind"]

Text = str | dict[str, str]
DAYS_OF_A_MONTH = 30


class WatchedBody(Part):
    """What is watched, exactly one: the clocks of one `limit`, or how long they stand still for one `pause`; `any` is each of them."""

    limit: str = ""
    pause: str = ""

    @model_validator(mode="after")
    def _one(self) -> WatchedBody:
        if bool(self.limit) == bool(self.pause):
            raise ValueError("what is watched is exactly one of `limit`, `pause`")
        return self


class WhenBody(Part):
    """The moment of a level, in the unit of the clock (working days, days, hours), counted by the clock's own calendar. Exactly one.

    Of a pause: in civil days, of the longest that it is declared to last.

    used: per cent of the limit; the moment is the beginning of the unit in which the share is reached.  before_due: units before the
    last one; 0 is the last one itself.  overdue: units after the last one.
    """

    used: int | None = Field(default=None, ge=1, le=100)
    before_due: int | None = Field(default=None, ge=0, le=365)
    overdue: int | None = Field(default=None, ge=1, le=365)

    @model_validator(mode="after")
    def _one(self) -> WhenBody:
        if len(self.model_fields_set) != 1:
            raise ValueError("a moment is exactly one of `used`, `before_due`, `overdue`")
        return self


class LevelBody(Part):
    """One level: from when, the rule in a sentence, and who is told: the responsible unit, the supervisor."""

    level: Level
    when: WhenBody
    rule: Text
    tell: tuple[Literal["responsible", "supervisor"], ...] = ("responsible", "supervisor")


class TellBody(Part):
    """Who hears of it, and in which words.

    supervisor: the duty that supervises; its posts are told whose grant of `alert.read` reaches the unit.  responsible: a duty of the
    responsible unit that is told besides those whose task waits; may be left out.  message: id of the declared message.
    """

    supervisor: str
    message: str
    responsible: str = ""


class LawBody(Part):
    """A law that the rule rests on."""

    law: str
    article: str
    text: str = ""


class WatchBody(Body):
    """A rule of supervision 监察规则: what it watches, from when each level fires, who is told, and by which law.

    verified: how sure the thresholds are: `text` of the law cited, `practice` of cities, or `unknown`: set by the city itself.
    """

    kind: Literal["watch"]
    watches: WatchedBody
    levels: tuple[LevelBody, ...] = Field(min_length=1)
    tell: TellBody
    law: tuple[LawBody, ...] = Field(min_length=1)
    verified: Literal["text", "practice", "unknown"]


class WatchKind(Kind):
    """`watches/*.yaml`."""

    name = "watch"
    folder = "watches"
    schema = WatchBody
    order = 75

    def references(self, body: WatchBody) -> Iterable[Reference]:
        """The limit or the pause, the duties and the message."""
        for kind in ("limit", "pause"):
            if (watched := getattr(body.watches, kind)) not in ("", ANY):
                yield Reference(f"watches/{kind}", kind, watched)
        yield Reference("tell/supervisor", "duty", body.tell.supervisor)
        yield Reference("tell/message", "message", body.tell.message)
        if body.tell.responsible:
            yield Reference("tell/responsible", "duty", body.tell.responsible)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """A level stands once, moments rise in every limit and pause that is watched, and those who are told may look and answer."""
        body: WatchBody = one.body
        limit = city.find("limit", body.watches.limit)
        if limit is not None and limit.body.counts == "before":
            yield one.fault(
                "watches/limit",
                f"`{limit.id}` is counted backwards from an event: no unit is late by it.",
                "Watch a limit that is counted forwards.",
            )
        seen: set[Level] = set()
        for n, level in enumerate(body.levels):
            if level.level in seen:
                yield one.fault(f"levels/{n}/level", f"The level `{level.level}` stands here twice.", "Keep it once.")
            seen.add(level.level)
        if len(seen) == len(body.levels):
            yield from self._check_moments(one, city)
        for name, id, action in (
            ("supervisor", body.tell.supervisor, READ),
            ("responsible", body.tell.responsible, EXPLAIN),
        ):
            duty = city.find("duty", id) if id else None
            if duty is not None and action not in {grant.action for grant in duty.body.may}:
                yield one.fault(
                    f"tell/{name}",
                    f"The duty `{id}` may not `{action}`, so it could do nothing with what it is told.",
                    f"Grant it `{action}` in {duty.path}.",
                )

    def _check_moments(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        levels = levels_of(one.body.model_dump(mode="json"))
        watches = one.body.watches
        for watched, title, length in (*_lengths(watches.limit, city), *_pauses(watches.pause, city)):
            if wrong := falls(levels, length):
                milder, harder = wrong
                position = [level.level for level in one.body.levels].index(harder)
                yield one.fault(
                    f"levels/{position}/when",
                    f"In `{watched}` ({title}) the level `{harder}` comes before `{milder}`.",
                    "A more serious level comes later: choose moments that rise.",
                )
                return


def _pauses(watched: str, city: City) -> Iterator[tuple[str, str, int]]:
    """Every length that a watched pause can have."""
    for id, pause in city.of_kind("pause").items():
        if watched in (id, ANY):
            yield id, f"{pause.body.longest} days", pause.body.longest


def _lengths(watched: str, city: City) -> Iterator[tuple[str, str, int]]:
    """Every length, in the units that are counted, that a watched clock can have: what the law gives, and what items promise."""
    for id, limit in city.of_kind("limit").items():
        if watched not in (id, ANY) or limit.body.counts == "before":
            continue
        days = DAYS_OF_A_MONTH if limit.body.unit == "months" else 1  # a limit in months is watched by its days
        yield id, f"{limit.body.length} {limit.body.unit}", limit.body.length * days
        for item in city.of_kind("item").values():
            for clock in item.body.clocks:
                if clock.limit == id and clock.promise is not None:
                    yield id, f"{clock.promise} {limit.body.unit}, promised by `{item.id}`", clock.promise * days
