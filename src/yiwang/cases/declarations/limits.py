"""Limits 时限, what pauses them and by how much they may be extended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from yiwang.cases.declarations.parts import Text
from yiwang.cases.rules.clocks import Measure
from yiwang.cases.rules.examples import Allowed, Example, Mistake, mistake_in
from yiwang.cases.values import LONGEST_PAUSE, ClockUnit
from yiwang.kernel.calendar import WorkingCalendar
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference

__all__ = ["LimitKind", "PauseKind"]


Verified = Literal["text", "practice", "unknown"]
TIME_OF_DAY = 'a time of day, such as "09:30"'
MOST_SERVICE_HOURS = 480
"""Some three months of whole working days: further, days say it better."""

CLOCK_TIME = r"^(|[01]\d:[0-5]\d|2[0-3]:[0-5]\d)$"


class PauseBody(Body):
    """A lawful reason for which a clock stands still 不计入时限的情形: a hearing, an examination, an expert's review.

    law, article: what allows it.  text: the words cited.  verified: whether that was read in the law's text, is practice, or is
    set by the city itself.
    longest: civil days, the day of the beginning not counted, after which somebody has to look: a watch on pauses tells of one that lasts
    longer. No right ends by it: where a law sets no longest, the city does.
    """

    kind: Literal["pause"]
    longest: int = Field(default=LONGEST_PAUSE, ge=1, le=3650)
    law: str = ""
    article: str = ""
    text: str = ""
    verified: Verified


class PauseKind(Kind):
    """`pauses/*.yaml`."""

    name = "pause"
    folder = "pauses"
    schema = PauseBody
    order = 30

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It names its law."""
        yield from _check_law(one)


class ExtensionBody(Part):
    """The extension that a limit allows.

    length: at most so much more each time, in the limit's unit.  times: how often.  approved_by: who approves it, for people. The applicant
    reads the reason in the course of his case, and a message that is sent on `case.clock-changed.v1` tells him of it.
    """

    length: int = Field(ge=1, le=365)
    times: int = Field(default=1, ge=1, le=10)
    approved_by: Text


class DeemedBody(Part):
    """What counts as done when the limit is missed.

    result: in one sentence.  counted_from: limits that the result starts count from the `start` of this one, or from its `end`.
    """

    result: Text
    counted_from: Literal["start", "end"]


class SpanBody(Part):
    """From the civil date on which a clock was made to stand still to the one on which it went on."""

    began: date
    ended: date


class VectorBody(Part):
    """An example that was reckoned by hand: `check` reckons it again with the national calendar.

    begins: the day of the trigger; at: its time, for a limit in hours.  paused: where it stood still.  extended: by how much in all.
    ends: the last day; ends_at: the instant at which it is over, for a limit in hours.  A limit that extends another one has its own.
    """

    begins: date
    at: str = Field(default="", pattern=CLOCK_TIME, description=TIME_OF_DAY)
    paused: tuple[SpanBody, ...] = ()
    extended: int = Field(default=0, ge=0)
    ends: date
    ends_at: str = Field(default="", pattern=CLOCK_TIME, description=TIME_OF_DAY)

    def example(self) -> Example:
        """The same for the rule that reckons it."""
        paused = tuple((span.began, span.ended) for span in self.paused)
        return Example(self.begins, self.ends, self.at, self.ends_at, paused, self.extended)


class LimitBody(Body):
    """A limit that a law sets 法定时限, or the city where no law does.

    length: in `unit`; 0 is “at once”, on the day of the trigger.  counts: `before` counts backwards from an event.  rolls: a last
    day that is a day off moves on to the next working day; not for a bar, which protects nobody by lasting longer.
    extension: whether and how often.  pauses: ids of the reasons for which it may stand still.  deemed: what counts as done when it is
    missed.  calendar: `local` leaves out the local days off of the unit that answers, too; a limit of law is counted by the nation's
    calendar, unless calendar_law and calendar_article cite what allows otherwise. Service hours always count as the unit is open.
    law, article, text: what sets it; version: of the law, as it names itself.  verified: `text` read in the law, `practice`, or
    `unknown`: set by the city itself.  vectors: examples that are reckoned anew by every check.
    """

    kind: Literal["limit"]
    length: int = Field(ge=0, le=3650)
    unit: ClockUnit
    counts: Literal["after", "before"] = "after"
    rolls: bool = True
    extension: ExtensionBody | None = None
    pauses: tuple[str, ...] = ()
    deemed: DeemedBody | None = None
    calendar: Literal["national", "local"] = "national"
    calendar_law: str = ""
    calendar_article: str = ""
    law: str = ""
    article: str = ""
    version: str = ""
    text: str = ""
    verified: Verified
    vectors: tuple[VectorBody, ...] = ()


class LimitKind(Kind):
    """`limits/*.yaml`."""

    name = "limit"
    folder = "limits"
    schema = LimitBody
    order = 45

    def references(self, body: LimitBody) -> Iterable[Reference]:
        """Its pauses."""
        for n, pause in enumerate(body.pauses):
            yield Reference(f"pauses/{n}", "pause", pause)

    def narrows(self, parent: LimitBody, child: LimitBody) -> Iterable[tuple[str, str, str]]:
        """A city may promise its people a shorter limit, a shorter extension and fewer pauses, counted as the law counts."""
        for key in ("unit", "counts", "rolls", "deemed", "calendar", "calendar_law", "calendar_article"):
            if getattr(parent, key) != getattr(child, key):
                yield key, f"`{key}` is not what the limit above says.", "Delete it here."
        if child.length > parent.length:
            yield "length", f"{child.length} is longer than {parent.length} above.", f"Write at most {parent.length}."
        allowed = parent.extension.length if parent.extension is not None else 0
        if child.extension is not None and child.extension.length > allowed:
            yield (
                "extension/length",
                f"Above, it may be extended by {allowed}.",
                "Write no more than that, or delete it.",
            )
        if (
            child.extension is not None
            and parent.extension is not None
            and child.extension.times > parent.extension.times
        ):
            yield (
                "extension/times",
                f"Above, it may be extended {parent.extension.times} times at most.",
                "Write no more than that.",
            )
        for n, pause in enumerate(child.pauses):
            if pause not in parent.pauses:
                yield f"pauses/{n}", f"Above, `{pause}` is no pause of it.", "Delete it here."

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It names its law; what is counted backwards has an end that nothing moves."""
        body: LimitBody = one.body
        yield from _check_law(one)
        for key in ("extension", "pauses", "deemed"):
            if body.counts == "before" and getattr(body, key):
                yield one.fault(key, f"A limit that is counted backwards has no `{key}`.", "Delete it.")
        for n, pause in enumerate(body.pauses):
            if pause in body.pauses[:n]:
                yield one.fault(f"pauses/{n}", f"`{pause}` stands here twice.", "Keep it once.")
        yield from _check_calendar(one)
        if body.unit is ClockUnit.SERVICE_HOURS:
            yield from _check_service_hours(one, city)
        else:
            yield from _check_vectors(one)


def _check_calendar(one: Declaration) -> Iterable[DeclarationFault]:
    """A day off that one place gives itself stretches no limit of law, unless a law says so."""
    body: LimitBody = one.body
    is_local = body.calendar == "local" or body.unit is ClockUnit.SERVICE_HOURS
    cites = bool(body.calendar_law and body.calendar_article)
    if body.calendar == "local" and body.unit in (ClockUnit.HOURS, ClockUnit.SERVICE_HOURS):
        yield one.fault(
            "calendar",
            "Hours run day and night, and service hours follow the calendar of their unit anyway.",
            "Delete `calendar:`.",
        )
    elif is_local and body.verified != "unknown" and not cites:
        yield one.fault(
            "calendar" if body.calendar == "local" else "unit",
            "A limit of law is counted by the calendar of the nation: no local day off and no closed window stretches it.",
            "Write `calendar: national` and promise locally in the item (`calendar: local` beside `promise:`),"
            " or cite `calendar_law:` and `calendar_article:` that allow it.",
        )
    if (body.calendar_law or body.calendar_article) and not (is_local and cites):
        yield one.fault(
            "calendar_law" if body.calendar_law else "calendar_article",
            "It cites half of what allows another calendar, or another calendar is not declared.",
            "Write `calendar: local` with `calendar_law:` and `calendar_article:`, or delete them.",
        )


def _check_service_hours(one: Declaration, city: City) -> Iterable[DeclarationFault]:
    body: LimitBody = one.body
    longest = body.length + (body.extension.length * body.extension.times if body.extension is not None else 0)
    if longest > MOST_SERVICE_HOURS:
        yield one.fault(
            "length",
            f"{longest} service hours are too many to follow.",
            f"Write at most {MOST_SERVICE_HOURS}, or count days.",
        )
    if body.counts == "before":
        yield one.fault("counts", "Service hours are not counted backwards.", "Count `after`, or in days.")
    if body.vectors:
        yield one.fault(
            "vectors", "Service hours are those of some unit, and an example belongs to none.", "Delete it."
        )
    if not any(not other.body.units and not other.body.divisions for other in city.of_kind("service-hours").values()):
        yield one.fault(
            "unit",
            "It counts service hours, and no pack declares those of the whole city.",
            "Add a declaration of the kind `service-hours` without `divisions:` and `units:`.",
        )


def _check_vectors(one: Declaration) -> Iterable[DeclarationFault]:
    body: LimitBody = one.body
    inherited = bool(body.extends) and "vectors" not in one.lines
    if inherited:  # a limit that narrows another one ends on other days than the examples above
        return
    calendar = WorkingCalendar()  # the national one: a local holiday changes no rule, and moves no example
    most = body.extension.length * body.extension.times if body.extension is not None else 0
    measure = Measure(body.length, body.unit, before=body.counts == "before", rolls=body.rolls)
    allowed = Allowed(measure, most, bool(body.pauses))
    for n, vector in enumerate(body.vectors):
        wrong = mistake_in(vector.example(), allowed, calendar)
        if wrong is None:
            continue
        mistake, found = wrong
        if mistake is Mistake.ANOTHER_END:
            yield one.fault(
                f"vectors/{n}/ends",
                f"From {vector.begins} the limit ends on {found}, not on {vector.ends} {vector.ends_at}".rstrip() + ".",
                "Reckon the example again by hand; if it is right, the limit is declared wrongly.",
            )
            continue
        message, advice = _MISTAKES[mistake]
        if mistake is Mistake.TIMES and body.unit is ClockUnit.HOURS:
            advice = 'Write `at:` and `ends_at:`, such as "09:30".'
        yield one.fault(f"vectors/{n}", message, advice)


_MISTAKES: Mapping[Mistake, tuple[str, str]] = {
    Mistake.TIMES: (
        "A limit in hours has examples with times, and no other limit has.",
        "Delete `at:` and `ends_at:`.",
    ),
    Mistake.PAUSES_IN_DISORDER: (
        "A pause begins before the trigger, or ends before it begins.",
        "Mend its days.",
    ),
    Mistake.NOT_ALLOWED: (
        "The example is extended further than the limit may be, or stands still where the limit does not.",
        "Reckon with what the limit allows.",
    ),
    Mistake.YEAR_NOT_KNOWN: (
        "The example reaches into a year whose official calendar is not known.",
        "Choose days of a year that is.",
    ),
}
"""What is said of a mistake, and what to write."""


def _check_law(one: Declaration) -> Iterable[DeclarationFault]:
    if one.body.verified != "unknown" and not (one.body.law and one.body.article):
        yield one.fault(
            "law" if not one.body.law else "article",
            "It says that a law was read, and names no law with its article.",
            "Add `law:` and `article:`, or say `verified: unknown`: the city sets it itself.",
        )
