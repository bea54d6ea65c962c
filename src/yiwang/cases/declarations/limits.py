"""Limits 时限, what pauses them and by how much they may be extended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from yiwang.cases.declarations.parts import Text
from yiwang.cases.values import ClockUnit
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference

__all__ = ["LimitKind", "PauseKind"]


Verified = Literal["text", "practice", "unknown"]


class PauseBody(Body):
    """A lawful reason for which a clock stands still 不计入时限的情形: a hearing, an examination, an expert's review.

    law, article: what allows it.  text: the words cited.  verified: whether that was read in the law's text, is practice, or is
    set by the city itself.
    """

    kind: Literal["pause"]
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
    """The one extension that a limit allows.

    length: at most so much more, in the limit's unit.  approved_by: who approves it, for people. The applicant
    reads the reason in the course of his case, and a message that is sent on `case.clock-changed.v1` tells him of it.
    """

    length: int = Field(ge=1, le=365)
    approved_by: Text


class DeemedBody(Part):
    """What counts as done when the limit is missed.

    result: in one sentence.  counted_from: limits that the result starts count from the `start` of this one, or from its `end`.
    """

    result: Text
    counted_from: Literal["start", "end"]


class LimitBody(Body):
    """A limit that a law sets 法定时限, or the city where no law does.

    length: in `unit`; 0 is “at once”, on the day of the trigger.  counts: `before` counts backwards from an event.  rolls: a last
    day that is a day off moves on to the next working day; not for a bar, which protects nobody by lasting longer.
    extension: at most one.  pauses: ids of the reasons for which it may stand still.  deemed: what counts as done when it is missed.
    law, article, text: what sets it.  verified: `text` read in the law, `practice`, or `unknown`: set by the city itself.
    """

    kind: Literal["limit"]
    length: int = Field(ge=0, le=3650)
    unit: ClockUnit
    counts: Literal["after", "before"] = "after"
    rolls: bool = True
    extension: ExtensionBody | None = None
    pauses: tuple[str, ...] = ()
    deemed: DeemedBody | None = None
    law: str = ""
    article: str = ""
    text: str = ""
    verified: Verified


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
        for key in ("unit", "counts", "rolls", "deemed"):
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


def _check_law(one: Declaration) -> Iterable[DeclarationFault]:
    if one.body.verified != "unknown" and not (one.body.law and one.body.article):
        yield one.fault(
            "law" if not one.body.law else "article",
            "It says that a law was read, and names no law with its article.",
            "Add `law:` and `article:`, or say `verified: unknown`: the city sets it itself.",
        )
