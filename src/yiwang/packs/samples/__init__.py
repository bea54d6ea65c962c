"""Sample files that reach through several engines: the past cases of an invented city."""

from __future__ import annotations

from functools import lru_cache

from yiwang.cases.queries import system_calendar
from yiwang.kernel.samples import Portion, SampleFile, drawn, nothing_at_once, register_sample
from yiwang.packs.samples.lives import CaseRules, IsWorking, Life, draw_lives, read_cases
from yiwang.packs.samples.living import live

__all__ = ["CaseRules", "IsWorking", "Life", "draw_lives", "live", "load_cases", "read_cases", "register"]

PORTION = 5
"""Lives in one transaction: readers of events wait for it."""


def register() -> None:
    """Offer the loader, after everybody who may act in a case."""
    register_sample("cases", nothing_at_once, order=90, more=load_cases, once=True)


def load_cases(file: SampleFile, at: int) -> Portion:
    """Tell the next lives, the latest first."""
    rules, lives = read_cases(file.content), _lives(_Key(file))
    end = min(at + PORTION, len(lives))
    for life in lives[at:end]:
        live(life, rules, system_calendar().is_working)
    return Portion(end, len(lives), end - at)


class _Key:
    """A file by what is drawn from it."""

    def __init__(self, file: SampleFile) -> None:
        self.file = file
        self._key = (file.content, file.residents, file.begun_at)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._key == other._key


@lru_cache(maxsize=1)
def _lives(key: _Key) -> list[Life]:
    file = key.file
    rules = read_cases(file.content)
    is_working = system_calendar().is_working
    return draw_lives(rules, lambda name: drawn(name, file), file.residents, file.begins, file.begun_at, is_working)
