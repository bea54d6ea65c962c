"""Jobs of acts: jobs whose worker died are put back."""

from __future__ import annotations

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

__all__ = ["rescue_stalled"]

log = logging.getLogger("yiwang.acts")

SILENT_SECONDS = 30.0  # three heartbeats of a worker
MOST_ATTEMPTS = 10


@app.periodic(cron="* * * * *")
@app.task(name="acts.rescue-stalled", queueing_lock="acts.rescue-stalled", pass_context=True)
async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """Put jobs back whose worker has not been heard of; procrastinate marks them and does no more.

    Bodies are idempotent. A job that has outlived ten workers is more likely to be what kills them: it fails instead.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        rescued = job.attempts < MOST_ATTEMPTS
        log.warning(
            "acts.job-stalled",
            extra={"job": job.id, "task": job.task_name, "attempts": job.attempts, "rescued": rescued},
        )
        if rescued:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
