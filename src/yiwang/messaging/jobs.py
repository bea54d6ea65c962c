"""Jobs of messaging. Their payloads carry ids; their bodies may be run again."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.messaging.services import system_deliver
from yiwang.messaging.services.delivering import JOB, QUEUE

__all__ = ["deliver"]


@app.task(name=JOB, queue=QUEUE)
def deliver(delivery_id: str) -> None:
    """Make one attempt to hand over a letter."""
    system_deliver(UUID(delivery_id))
