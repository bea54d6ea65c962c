"""Which events there are, and who hears them. Filled in `AppConfig.ready` of the engine that tells or hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from yiwang.outbox.values import DeliveredEvent

__all__ = ["Subscriber", "declare_event", "declared_events", "find_subscriber", "subscribe", "subscribers"]

Handler = Callable[[DeliveredEvent], None]
Types = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One listener: what it hears and what it does.  heard: the types it hears now."""

    name: str
    heard: Types
    handler: Handler

    @property
    def types(self) -> frozenset[str]:
        """The types it hears now."""
        return frozenset(self.heard())


_subscribers: dict[str, Subscriber] = {}
_events: dict[str, frozenset[str]] = {}


def declare_event(type: str, fields: Iterable[str]) -> None:
    """Say that this installation tells events of `type`, whose data have these `fields`: what a declaration may name."""
    _events[type] = frozenset(fields)


def declared_events() -> Mapping[str, frozenset[str]]:
    """Every declared event: type → the fields of its data."""
    return _events


def subscribe(name: str, types: Iterable[str] | Types, handler: Handler) -> None:
    """Have `handler` called once for each event of `types`, from the first event of this installation on.

    name: stable for ever; how far the subscriber has come is kept under it.  types: or a function that says them at
    each look, for who hears what declarations name.  handler: runs in the transaction that
    also marks the event as delivered; whatever it writes is written exactly once. It must touch nothing but the
    database; what reaches outside is a job that it defers. It may raise: its writes are undone and the event is tried
    again later.
    """
    known = _subscribers.get(name)
    if known is not None and known.handler.__qualname__ != handler.__qualname__:
        raise ValueError(f"There is a subscriber {name} already.")
    if callable(types):
        heard = types
    else:
        fixed = frozenset(types)

        def heard() -> frozenset[str]:
            return fixed

    _subscribers[name] = Subscriber(name, heard, handler)


def subscribers() -> list[Subscriber]:
    """All of them, by name."""
    return [_subscribers[name] for name in sorted(_subscribers)]


def find_subscriber(name: str) -> Subscriber | None:
    """The subscriber of that name, or None."""
    return _subscribers.get(name)
