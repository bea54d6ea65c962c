"""Jobs of identity. Their payloads carry ids; their bodies may be run again."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.identity.services import system_supply, system_tell_client
from yiwang.identity.services.receivers import marking
from yiwang.identity.services.sign_on.ending import JOB, QUEUE

__all__ = ["supply_account", "tell_client"]


@app.task(name=JOB, queue=QUEUE)
def tell_client(sign_on_id: str) -> None:
    """Make one attempt to tell a client that somebody is signed in there no more."""
    system_tell_client(UUID(sign_on_id))


@app.task(name=marking.JOB, queue=marking.QUEUE)
def supply_account(supply_id: str) -> None:
    """Make one attempt to tell a receiver of an officer's account."""
    system_supply(UUID(supply_id))
