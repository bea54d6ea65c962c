"""What may become of a discrepancy, in plain Python: six states, who still doubts, and nothing after the end.

Source of the states: 政务数据共享条例 (国务院令第 809 号) on checking and correcting (校核纠错); the shape is that of a report with a
doubted and a proposed value that the keeper must answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yiwang.records.values import DiscrepancyState as State

__all__ = ["FOLLOWS", "OPEN", "Doubt", "WrongMove"]

OPEN: frozenset[State] = frozenset({State.REPORTED, State.ACCEPTED})
"""States in which the fact is disputed."""

FOLLOWS: Mapping[State, frozenset[State]] = {
    State.REPORTED: frozenset({State.ACCEPTED, State.CORRECTED, State.REJECTED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.CONFIRMED, State.CORRECTED, State.REJECTED, State.WITHDRAWN}),
    State.CONFIRMED: frozenset(),
    State.CORRECTED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""What may follow each state. Nobody confirms what nobody has looked into; nothing follows an end."""


class WrongMove(ValueError):
    """The state does not allow it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A discrepancy as the rules see it.  reporters: keys of those whose report stands; an open one has at least one."""

    state: State
    reporters: frozenset[str]

    @classmethod
    def opened(cls, reporter: str) -> Doubt:
        """One that has just been reported."""
        return cls(State.REPORTED, frozenset({reporter}))

    @property
    def is_open(self) -> bool:
        """Whether the fact is disputed."""
        return self.state in OPEN

    def joined(self, reporter: str) -> Doubt:
        """Another reporter says the same. The same one again changes nothing. Raises WrongMove after the end."""
        if not self.is_open:
            raise WrongMove(self.state)
        return replace(self, reporters=self.reporters | {reporter})

    def left(self, reporter: str) -> Doubt:
        """A reporter takes back what he said; with the last one the doubt is gone. Raises WrongMove for who does not doubt it."""
        if not self.is_open or reporter not in self.reporters:
            raise WrongMove(self.state)
        still = self.reporters - {reporter}
        return Doubt(self.state if still else State.WITHDRAWN, still)

    def moved(self, to: State) -> Doubt:
        """The source's answer. Raises WrongMove where `FOLLOWS` does not allow it; `withdrawn` comes from `left` alone."""
        if to not in FOLLOWS[self.state] or to is State.WITHDRAWN:
            raise WrongMove(self.state)
        return replace(self, state=to)
