"""Who hears which events. Filled in `AppConfig.ready` of the subscriber's engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from yiwang.outbox.values import DeliveredEvent

__all__ = ["Subscriber", "find_subscriber", "subscribe", "subscribers"]

Handler = Callable[[DeliveredEvent], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One listener: what it hears and what it does."""

    name: str
    types: frozenset[str]
    handler: Handler


_subscribers: dict[str, Subscriber] = {}


def subscribe(name: str, types: Iterable[str], handler: Handler) -> None:
    """Have `handler` called once for each event of `types`, from the first event of this installation on.

    name: stable for ever; how far the subscriber has come is kept under it.  handler: runs in the transaction that
    also marks the event as delivered; whatever it writes is written exactly once. It must touch nothing but the
    database; what reaches outside is a job that it defers. It may raise: its writes are undone and the event is tried
    again later.
    """
    known = _subscribers.get(name)
    if known is not None and known.handler.__qualname__ != handler.__qualname__:
        raise ValueError(f"There is a subscriber {name} already.")
    _subscribers[name] = Subscriber(name, frozenset(types), handler)


def subscribers() -> list[Subscriber]:
    """All of them, by name."""
    return [_subscribers[name] for name in sorted(_subscribers)]


def find_subscriber(name: str) -> Subscriber | None:
    """The subscriber of that name, or None."""
    return _subscribers.get(name)
