"""What a session leaves behind when it ends: people are signed in elsewhere no more, and those systems hear of it.

Every door by which a session ends goes through `end_sessions`. What ends by itself, or by a door that somebody forgot, is found each
minute: a sign-on whose session is gone or over (`system_end_left_behind`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from procrastinate.contrib.django import app

from yiwang.acts.queries import current_release
from yiwang.acts.services import defer
from yiwang.acts.values import CapacityKind
from yiwang.audit.services import record
from yiwang.audit.values import NewEntry, Outcome
from yiwang.identity.events import SIGN_ON_ENDED
from yiwang.identity.models import Session
from yiwang.identity.models.single_sign_on import SignOn, SignOnCode, SignOnToken
from yiwang.kernel.time import machine_now, now
from yiwang.outbox.services import append
from yiwang.outbox.values import NewEvent

__all__ = [
    "JOB",
    "QUEUE",
    "carry_over",
    "end_sessions",
    "end_sign_ons",
    "system_end_left_behind",
    "system_forget_sign_ons",
]

JOB = "identity.tell-client"
QUEUE = "sign-on"
KEPT = timedelta(days=7)
"""Sign-ons that have ended are kept so long, so that what came of their notices can be seen."""


def end_sessions(rows: QuerySet[Session]) -> int:
    """End these sessions, and what they signed people in to; return how many there were."""
    with transaction.atomic():
        ids = list(rows.values_list("id", flat=True))
        if not ids:
            return 0
        ended: int = Session.objects.filter(id__in=ids).delete()[0]
        end_sign_ons(SignOn.objects.filter(session_id__in=ids), "session")
        return ended


def carry_over(old: UUID | None, new: UUID | None) -> None:
    """A session goes on under another key: nobody is signed out elsewhere."""
    if old is not None and new is not None:
        SignOn.objects.filter(session_id=old, ended_at=None).update(session_id=new)


def end_sign_ons(rows: QuerySet[SignOn], by: str, *, tell: bool = True) -> int:
    """End those of these that still stand: their codes and tokens serve no more. Return how many did.

    by: for the audit entry.  tell: whether the clients are to hear of it; one that ended it itself knows. In the running transaction.
    """
    with transaction.atomic():
        standing = rows.filter(ended_at=None).order_by("id").select_for_update(of=("self",))
        found = list(standing.select_related("client", "account"))
        at = machine_now()
        for one in found:
            one.ended_at, one.ended_by = at, by
            if tell and one.client.notice_address:
                one.notice, one.notice_due_at = "waiting", at
            one.save(update_fields=["ended_at", "ended_by", "notice", "notice_due_at"])
            if one.notice == "waiting":
                defer(app.configure_task(JOB, queue=QUEUE), sign_on_id=one.id)
        if found:
            _write_down(found, by)
        return len(found)


def _write_down(found: Collection[SignOn], by: str) -> None:
    SignOnToken.objects.filter(sign_on__in=found).delete()
    release = current_release()
    events = []
    for one in found:
        said, whose = {"client_id": str(one.client_id), "by": by}, one.account.origin
        events.append(NewEvent(SIGN_ON_ENDED, str(one.id), said, time=now(), origin=whose))
        record(
            NewEntry(
                time=now(),
                machine_time=machine_now(),
                account_id=one.account_id,
                capacity=CapacityKind.SELF,
                capacity_id=None,
                action="sign-on.end",
                outcome=Outcome.DONE,
                object_kind="sign-on",
                object_id=str(one.id),
                details=said,
                release=release,
                origin=whose,
            )
        )
    append(events)


def system_end_left_behind() -> int:
    """End the sign-ons whose session is gone or over; return how many. For the job of each minute."""
    alive = Session.objects.filter(id=OuterRef("session_id"), lasts_until__gt=machine_now())
    return end_sign_ons(SignOn.objects.filter(~Exists(alive), ended_at=None), "session")


def system_forget_sign_ons() -> int:
    """Drop what ended a week ago, tokens that are over and codes that nobody can use; return how many rows. For the hourly job.

    Refresh tokens that were used stay as long as their sign-on: who brings one again has copied it.
    """
    at = machine_now()
    gone = SignOnToken.objects.filter(lasts_until__lte=at).delete()[0]
    gone += SignOnCode.objects.filter(lasts_until__lte=at - KEPT).delete()[0]
    return gone + SignOn.objects.filter(ended_at__lte=at - KEPT).exclude(notice__in=["waiting", "sending"]).delete()[0]
