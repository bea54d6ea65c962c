"""Jobs of cases. Their payloads carry ids; their bodies may be run again."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.cases.services import system_run_action
from yiwang.cases.services.movement import JOB, QUEUE

__all__ = ["run_action"]


@app.task(name=JOB, queue=QUEUE)
def run_action(run_id: str) -> None:
    """Make one attempt of an outside action."""
    system_run_action(UUID(run_id))
