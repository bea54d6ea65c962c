"""What items and bundles share: texts, laws, limits and promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from yiwang.cases.values import ClockUnit
from yiwang.kernel.kinds import City, Declaration, DeclarationFault, Part, Reference

__all__ = ["BasicCode", "ItemClockBody", "LawBody", "Text", "check_promises_of", "says_again", "topics_named"]


Text = str | dict[str, str]
BasicCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Z]{12}$",
        description="the twelve characters 0–9 and A–Z of the 基本编码 in the catalogue of items",
    ),
]
HOURS, SERVICE_HOURS = ClockUnit.HOURS, ClockUnit.SERVICE_HOURS


class ItemClockBody(Part):
    """A limit under which the item's cases stand.

    promise: the promised limit 承诺时限, in the limit's unit: no longer than the limit itself. A clock that the process does not
    start runs from sending to the end.  calendar: `local` counts the promise without the local days off of the unit that answers; the
    limit itself counts as it is declared.
    """

    limit: str
    promise: int | None = Field(default=None, ge=0)
    calendar: Literal["national", "local"] = "national"


class LawBody(Part):
    """A law that the item rests on."""

    law: str
    article: str
    text: str = ""


def check_promises_of(one: Declaration, city: City) -> Iterable[DeclarationFault]:
    """The limits of an item or a bundle stand once, and a promise is within its limit."""
    for n, clock in enumerate(one.body.clocks):
        if clock.limit in {other.limit for other in one.body.clocks[:n]}:
            yield one.fault(f"clocks/{n}/limit", f"`{clock.limit}` stands here twice.", "Keep it once.")
        if clock.calendar == "local" and one.kind == "bundle":
            yield one.fault(
                f"clocks/{n}/calendar",
                "Several units answer for the items of a bundle: no one place counts for the whole.",
                "Delete it; say it in the items.",
            )
            continue
        limit = city.find("limit", clock.limit)
        if limit is None:
            continue
        if clock.calendar == "local" and (
            clock.promise is None or limit.body.calendar == "local" or limit.body.unit in (HOURS, SERVICE_HOURS)
        ):
            yield one.fault(
                f"clocks/{n}/calendar",
                f"Nothing of `{clock.limit}` is counted otherwise by `calendar: local` here.",
                "It is for a promise in days within a limit that the nation's calendar counts. Delete it.",
            )
        if clock.promise is None:
            continue
        if clock.promise > limit.body.length or limit.body.counts == "before":
            yield one.fault(
                f"clocks/{n}/promise",
                f"{clock.promise} are promised; the limit `{clock.limit}` is {limit.body.length} {limit.body.unit}"
                f" {limit.body.counts} its trigger.",
                "A promise only shortens a limit that is counted forwards.",
            )


def says_again(own: Declaration, moved: Declaration, limits: Mapping[str, Declaration]) -> str:
    """Why a limit of the whole case says again what a limit of a part of it says, as the middle of a sentence; empty when it does not.

    A limit of the whole that is no longer than that of a part leaves the part's nothing to say; one that narrows it, or rests on the same
    article, is the same limit.
    """
    above, seen = own.body.extends, {own.id}
    while above and above not in seen:
        if above == moved.id:
            return "narrows"
        seen.add(above)
        above = limits[above].body.extends if above in limits else ""
    if own.body.law and (own.body.law, own.body.article) == (moved.body.law, moved.body.article):
        return "rests on the same article as"
    alike = own.body.unit == moved.body.unit and own.body.counts == moved.body.counts == "after"
    return "is no longer than" if alike and own.body.length <= moved.body.length else ""


def topics_named(body: Any) -> Iterable[Reference]:
    """The life events and themes under which people find an item or a bundle."""
    for part, kind in (("life_events", "life-event"), ("themes", "theme")):
        for n, named in enumerate(getattr(body, part)):
            yield Reference(f"{part}/{n}", kind, named)
