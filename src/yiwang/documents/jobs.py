"""Jobs of documents."""

from __future__ import annotations

from procrastinate.contrib.django import app

from yiwang.documents.services import system_tidy_files

__all__ = ["tidy"]


@app.periodic(cron="17 */4 * * *")
@app.task(name="documents.tidy", queueing_lock="documents.tidy")
def tidy(timestamp: int) -> None:
    """Discard what nothing came to use."""
    system_tidy_files()
