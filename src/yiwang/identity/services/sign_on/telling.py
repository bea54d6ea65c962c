"""Clients hear that somebody is signed in no more (OpenID Connect Back-Channel Logout 1.0): signed, at least once, with patience.

A notice is claimed, sent and marked, each in a transaction of its own; one whose worker died is claimed again. To hear the same twice
does no harm: whose session is over already has none to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from joserfc import jwt
from procrastinate.contrib.django import app

from yiwang.acts.services import current_act, defer, service
from yiwang.acts.values import Actor, system
from yiwang.identity.models.single_sign_on import SignOn
from yiwang.identity.queries.single_sign_on import ALGORITHM, issuer
from yiwang.identity.rules.single_sign_on import subject_of
from yiwang.identity.services.sign_on.ending import JOB, QUEUE
from yiwang.identity.services.sign_on.keys import signing_key
from yiwang.kernel.outgoing import NotReached, post_form
from yiwang.kernel.time import machine_now

__all__ = ["system_begin_notice", "system_end_notice", "system_rescue_notices", "system_tell_client"]

ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=15)
"""Pauses grow fourfold: the last of eight attempts is made about a day after the first."""
LONGEST_ATTEMPT = timedelta(minutes=2)
COUNTS = timedelta(minutes=2)
HEARD = range(200, 300)
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent where. attempt: which one this is."""

    address: str
    token: str
    attempt: int


def system_tell_client(sign_on_id: UUID) -> None:
    """One attempt. Does nothing for a notice that is claimed, heard, given up, or not due yet."""
    actor = system("identity.tell-client")
    notice = system_begin_notice(actor, sign_on_id)
    if notice is None:
        return
    try:
        heard = post_form(notice.address, {"logout_token": notice.token}) in HEARD
    except NotReached:
        heard = False
    system_end_notice(actor, sign_on_id, attempt=notice.attempt, heard=heard)


@service("sign-on.claim-notice")
def system_begin_notice(actor: Actor, sign_on_id: UUID) -> Notice | None:
    """Claim a notice that is due; None when it is not to be sent now."""
    act = current_act()
    act.about("sign-on", sign_on_id)
    rows = SignOn.objects.select_for_update(of=("self",)).select_related("client")
    one = rows.filter(id=sign_on_id, notice__in=["waiting", "sending"]).first()
    if one is None or one.notice_due_at is None or one.notice_due_at > machine_now():
        return None
    if one.notice_attempts >= ATTEMPTS:  # each worker died of it
        one.notice, one.notice_due_at = "failed", None
        one.save(update_fields=["notice", "notice_due_at"])
        return None
    one.notice, one.notice_attempts = "sending", one.notice_attempts + 1
    one.notice_due_at = machine_now() + LONGEST_ATTEMPT
    one.save(update_fields=["notice", "notice_attempts", "notice_due_at"])
    act.note(attempt=one.notice_attempts)
    return Notice(one.client.notice_address, _token(one), one.notice_attempts)


@service("sign-on.mark-notice")
def system_end_notice(actor: Actor, sign_on_id: UUID, *, attempt: int, heard: bool) -> None:
    """Mark what came of an attempt. A client that did not hear is told again later, until it has been tried often enough."""
    act = current_act()
    act.about("sign-on", sign_on_id)
    one = SignOn.objects.select_for_update().filter(id=sign_on_id, notice="sending", notice_attempts=attempt).first()
    if one is None:
        return
    act.note(attempt=attempt, heard=heard)
    one.notice_due_at = None
    if heard:
        one.notice = "heard"
    elif attempt >= ATTEMPTS:
        one.notice = "failed"
    else:
        one.notice, one.notice_due_at = "waiting", machine_now() + FIRST_PAUSE * 4 ** (attempt - 1)
        defer(app.configure_task(JOB, queue=QUEUE, schedule_at=one.notice_due_at), sign_on_id=one.id)
    one.save(update_fields=["notice", "notice_due_at"])


def system_rescue_notices() -> int:
    """Send on what is due and whose job is lost; return how many. For the job of each minute."""
    lost = SignOn.objects.filter(
        notice__in=["waiting", "sending"], notice_due_at__lte=machine_now() - timedelta(minutes=1)
    )
    found = list(lost.values_list("id", flat=True)[:100])
    for id in found:
        defer(app.configure_task(JOB, queue=QUEUE), sign_on_id=id)
    return len(found)


def _token(one: SignOn) -> str:
    at = machine_now()
    claims = {
        "iss": issuer(),
        "aud": str(one.client_id),
        "iat": int(at.timestamp()),
        "exp": int((at + COUNTS).timestamp()),
        "jti": f"{one.id}.{one.notice_attempts}",
        "sub": subject_of(bytes(one.client.salt), one.account_id),
        "sid": str(one.id),
        "events": {EVENT: {}},
    }
    key = signing_key()
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "logout+jwt"}, claims, key, [ALGORITHM])
