"""A request that is sent again gives the answer that it gave: the same for one item and for a bundle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from yiwang.acts.values import Actor
from yiwang.cases.values import KeyReused
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, msgid
from yiwang.outbox import queries as outbox_queries
from yiwang.outbox import services as outbox
from yiwang.outbox.values import KeyReused as KeyTaken

__all__ = ["Key", "once", "remember"]

LONGEST_KEY = 200
Key = tuple[str, str, bytes]
"""Scope, idempotency key and digest of what was sent."""
Answer = TypeVar("Answer")


class _SentMeanwhile(Conflict):
    """Another request with the same key was faster; its answer is ours too."""


def once(
    actor: Actor,
    what: str,
    sent: object,
    idempotency_key: str,
    *,
    send: Callable[[Key], Answer],
    again: Callable[[Mapping[str, Any]], Answer],
) -> Answer:
    """Send, or give the answer again that was given under this key: however often and however simultaneously it is sent.

    what: the service, the scope of the key with who asks.  sent: the whole content.  send: does it, and calls `remember` in its
    transaction.  again: the answer from what was remembered.
    Raises Invalid for a key of another length than 1 to 200, KeyReused (409) when it was used for other content, and what `send` raises.
    """
    if not 0 < len(idempotency_key) <= LONGEST_KEY:
        fault = FieldFault(
            "idempotency_key", "length", msgid("The key has 1 to {longest} characters."), {"longest": LONGEST_KEY}
        )
        raise Invalid(faults=[fault])
    scope = f"{what}:{actor.account_id}:{actor.capacity_id}"
    body = hashlib.sha256(json.dumps(sent, sort_keys=True, default=str).encode()).digest()
    key = (scope, idempotency_key, body)
    if (kept := _recall(key)) is not None:
        return again(kept)
    try:
        return send(key)
    except _SentMeanwhile:
        faster = _recall(key)
        return (
            send(key) if faster is None else again(faster)
        )  # None: it was undone after all; nothing stands in the way now


def remember(key: Key, answer: Mapping[str, object]) -> None:
    """Keep the answer under its key, in the running transaction, which is undone when another was faster."""
    try:
        outbox.remember(*key, answer)
    except KeyTaken as taken:
        raise _SentMeanwhile() from taken


def _recall(key: Key) -> Mapping[str, Any] | None:
    scope, name, body = key
    remembered = outbox_queries.recall(scope, name)
    if remembered is None:
        return None
    if bytes(remembered.body_digest) != body:
        raise KeyReused()
    result: Mapping[str, Any] = remembered.result
    return result
