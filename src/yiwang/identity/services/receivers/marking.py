"""What receivers have to be told: found from how things stand today, so that nothing is lost with an event, and days that begin count.

A receiver is told of an account when what it was told last differs from what holds. News of seats sets this off at once
(`subscribers`); a look each hour finds the rest: seats that begin or end by their dates, names, units that moved.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.acts.services import defer
from yiwang.identity.models.receivers import Receiver, Supply
from yiwang.identity.queries.receivers import digest_of_told, seats_at, what_is_told
from yiwang.kernel.time import machine_now

__all__ = ["JOB", "QUEUE", "mark_supplies", "system_mark_account", "system_mark_all"]

JOB = "identity.supply-account"
QUEUE = "supply"


def system_mark_account(account_id: UUID) -> None:
    """Have every receiver told of an account, where there is news for it. In the running transaction."""
    for receiver in Receiver.objects.filter(closed_at=None).order_by("id"):
        mark_supplies(receiver, [account_id])


def system_mark_all() -> int:
    """Have every receiver told what it does not know; return how many accounts. For the job of each hour."""
    return sum(mark_supplies(receiver) for receiver in Receiver.objects.filter(closed_at=None).order_by("id"))


def mark_supplies(
    receiver: Receiver, accounts: Collection[UUID] | None = None, *, failed: bool = False, all_again: bool = False
) -> int:
    """Mark what a receiver has to be told, and defer a job for each; return how many.

    accounts: None for all that it has or should have.  failed: those that failed are tried again, too.  all_again: whatever it was told.
    """
    known = Supply.objects.filter(receiver=receiver)
    if accounts is not None:
        known = known.filter(account__in=accounts)
    rows = {one.account_id: one for one in known.select_for_update()}
    concerned = set(rows) | set(seats_at(receiver, accounts).values_list("account_id", flat=True))
    marked = 0
    for account_id, told in what_is_told(receiver, concerned).items():
        wanted = digest_of_told(told)
        row = rows.get(account_id) or Supply(receiver=receiver, account_id=account_id, wanted=b"")
        again = all_again or (failed and row.state == "failed")
        if bytes(row.wanted) == wanted and not again:
            continue  # it is known there, on its way, or was tried often enough
        row.wanted, row.state, row.attempts, row.due_at = wanted, "due", 0, machine_now()
        row.save()
        defer(app.configure_task(JOB, queue=QUEUE), supply_id=row.id)
        marked += 1
    return marked
