"""Jobs of records: the daily comparison, and what engines publish. Their bodies may be run again."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app

from yiwang.acts.services import defer
from yiwang.records.services import system_compare_all, system_publish

__all__ = ["compare_all", "defer_comparison", "defer_publishing", "publish"]


@app.task(name="records.compare_all", queue="records")
def compare_all() -> None:
    """Compare every verifying resource with its sources: what began today, and what was written before somebody verified it."""
    system_compare_all()


def defer_comparison() -> None:
    """Have everything compared once. For the scheduler."""
    with transaction.atomic():
        defer(compare_all)


@app.task(name="records.publish", queue="records")
def publish() -> None:
    """Publish what the platform says of itself: what came in bulk, what begins today, what a release declares for the first time."""
    system_publish()


def defer_publishing() -> None:
    """Have it published once. For the scheduler."""
    with transaction.atomic():
        defer(publish)
