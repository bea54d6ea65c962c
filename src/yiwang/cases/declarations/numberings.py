"""Numberings: how numbers are made that cases give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part, Reference

__all__ = ["NumberingKind"]


class ParityBody(Part):
    """That a counter is odd where a coded element has one of these codes, and even elsewhere.

    Source: GB 11643-1999, 顺序码: odd for men, even for women.
    """

    element: str
    odd: tuple[str, ...] = Field(min_length=1)


class CounterBody(Part):
    """A number of so many digits that rises by one for what stands before it.  first: the lowest.  parity: of which numbers."""

    digits: int = Field(ge=1, le=12)
    first: int = Field(default=1, ge=0)
    parity: ParityBody | None = None


class NumberPartBody(Part):
    """A part of a number: a `text`, the value of an `element` (a date as 20260131), or the one `counter`."""

    text: str = ""
    element: str = ""
    counter: CounterBody | None = None

    @model_validator(mode="after")
    def _is_one(self) -> NumberPartBody:
        if sum([bool(self.text), bool(self.element), self.counter is not None]) != 1:
            raise ValueError("write one of `text`, `element` and `counter`")
        return self


class NumberingBody(Body):
    """How numbers are made that a case brings forth 编号规则.  check: what ends the number: a check character by GB 11643, or nothing."""

    kind: Literal["numbering"]
    parts: tuple[NumberPartBody, ...] = Field(min_length=1)
    check: Literal["", "citizen-id"] = ""


class NumberingKind(Kind):
    """`numbering/*.yaml`."""

    name = "numbering"
    folder = "numbering"
    schema = NumberingBody
    order = 50

    def references(self, body: NumberingBody) -> Iterable[Reference]:
        """The elements that it takes in."""
        for n, part in enumerate(body.parts):
            if part.element:
                yield Reference(f"parts/{n}/element", "element", part.element)
            if part.counter is not None and part.counter.parity is not None:
                yield Reference(f"parts/{n}/counter/parity/element", "element", part.counter.parity.element)

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """It counts once, and last."""
        counters = [n for n, part in enumerate(one.body.parts) if part.counter is not None]
        if counters != [len(one.body.parts) - 1]:
            yield one.fault(
                "parts", "A number has one counter, as its last part.", "Write `counter:` once, at the end."
            )
