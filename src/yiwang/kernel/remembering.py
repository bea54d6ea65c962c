"""Not asking twice within one act or one request.

An act is one transaction and should see one release and one set of rights throughout; a page is one look. What is asked again and again
meanwhile (the release in force, the post of the actor) is remembered until the act or the look is over, and never longer. Outside of
both nothing is remembered. An act begun within a request asks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = ["forget", "remembered", "remembering"]

Value = TypeVar("Value")

_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember for the time of the block, beginning with nothing."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(key: Hashable, ask: Callable[[], Value]) -> Value:
    """The answer to `ask`, asked at most once for each `key` while remembering."""
    memory = _memory.get()
    if memory is None:
        return ask()
    if key not in memory:
        memory[key] = ask()
    found: Value = memory[key]
    return found


def forget() -> None:
    """Forget everything: something was changed that may have been asked before."""
    memory = _memory.get()
    if memory is not None:
        memory.clear()
