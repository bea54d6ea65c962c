"""Sessions: where somebody is signed in, until when, and how he ends them elsewhere.

Source: GB/T 22239-2019 8.1.4.1 b): a session ends when nobody uses it, and how many there are at once is limited.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yiwang.acts.queries import RELEASE, Prepared, current_release, fetch, remember_release
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.audit.services import record
from yiwang.audit.values import NewEntry, Outcome
from yiwang.identity.models import Account, Session
from yiwang.identity.queries import administers
from yiwang.identity.queries.permission import SEAT_COLUMNS, SEAT_GIVES_RIGHTS, SEAT_ROWS, remember_seat, why
from yiwang.identity.registry import names_of_libraries
from yiwang.identity.services.sign_on.ending import carry_over, end_sessions
from yiwang.identity.values import CAPACITY, PROVED_AGAIN, SELF, UNDER
from yiwang.identity.values.login_certificates import CERTIFICATE
from yiwang.identity.values.outside import PROVED_THERE, PROVIDER
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.remembering import remembered
from yiwang.kernel.time import machine_now, now, today
from yiwang.settings import configuration

__all__ = ["AccountBackend", "SessionStore", "end_other_sessions", "end_session", "system_end_old_sessions"]

SEEN_EVERY = timedelta(minutes=1)
"""A session in use is written so often, and not with each request."""
LONGEST_AGENT = 300
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
OWN = frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM}

_ACCOUNT = Prepared(lambda id: Account.objects.filter(pk=id), UUID)
_SELDOM = {"last_login", "opened_at", "closed_on", "password_changed_at"}
_FIELDS = [field for field in Account._meta.concrete_fields if field.attname not in _SELDOM]
_ACCOUNT_FIELDS = [field.attname for field in _FIELDS]
_ACCOUNT_COLUMNS = ", ".join(f'a."{field.column}"' for field in _FIELDS)

# Asked before every request: the session, whose it is, the post in which he acts as it stands today, and the release, in one statement.
OPEN = f"""
    SELECT {RELEASE}, s.id, s.data, s.began_at, s.seen_at <= %(stale)s::timestamptz, s.account_id, s.post_id, s.mandate_id,
           s.provider_id, s.certificate_id, seat.post_id IS NOT NULL, seat.title, seat.unit_id, seat.duties, seat.took_over,
           seat.for_account, seat.for_subject, {_ACCOUNT_COLUMNS}
      FROM identity_session s
      LEFT JOIN identity_account a ON a.id = s.account_id
      LEFT JOIN identity_provider through ON through.id = s.provider_id
      LEFT JOIN LATERAL (
          SELECT {SEAT_COLUMNS} FROM {SEAT_ROWS}
           WHERE g.account_id = s.account_id AND g.post_id = s.post_id
             AND {SEAT_GIVES_RIGHTS} AND through.people IS DISTINCT FROM 'residents'
           LIMIT 1) seat ON TRUE
     WHERE s.key_digest = %(key)s::bytea AND s.lasts_until > %(now)s::timestamptz
"""  # noqa: S608 - names of columns, nothing that anybody sent


class SessionStore(SessionBase):
    """Django's session over our table. Named by SESSION_ENGINE.

    It ends after `session_idle_minutes` without a request and `session_hours` after signing in, whatever is done meanwhile. Account and
    capacity stand in columns, so that a person can be shown where he is signed in, and one statement finds who asks.
    address, agent: of the client; the middleware says them before anything is read.
    """

    address = ""
    agent = ""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.id: UUID | None = None
        """The id of the row, once it is read or written: what a person sees, never what signs in."""
        self._began_at: datetime | None = None
        self._whose: UUID | None = None

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key any more, when there is none or it is over."""
        now, day = machine_now(), today()
        given = {"key": _digest(self.session_key), "now": now, "stale": now - SEEN_EVERY, "on": day}
        found = fetch(OPEN, given)
        if not found:
            self._session_key = None
            return {}
        (release, self.id, data, self._began_at, stale, *rest) = found[0]
        (
            account_id,
            post_id,
            mandate_id,
            provider_id,
            certificate_id,
            seated,
            title,
            unit_id,
            duties,
            took_over,
            for_account,
            for_subject,
            *account,
        ) = rest
        self._whose = account_id
        remember_release(release)
        if stale:
            Session.objects.filter(id=self.id).update(seen_at=now, lasts_until=self._until(now), address=self.address)
        held: dict[str, Any] = json.loads(data)
        if account_id is not None:
            held[SESSION_KEY] = str(account_id)
            remembered(("account", account_id), lambda: Account.from_db("default", _ACCOUNT_FIELDS, account))
            held[CAPACITY] = f"{UNDER}{mandate_id}" if mandate_id else SELF if post_id is None else str(post_id)
        if provider_id is not None:
            held[PROVIDER] = str(provider_id)
        if certificate_id is not None:
            held[CERTIFICATE] = str(certificate_id)
        if post_id is not None:
            row = (post_id, title, unit_id, duties, took_over, for_account, for_subject)
            remember_seat(account_id, post_id, day, row if seated else None)
        return held

    @property
    def proved_at(self) -> datetime | None:
        """When whoever signed in here last proved who he is, machine time: when he signed in, or once more since.

        Who came through a provider proved it there, and when that was the provider has to have said; else it was never.
        """
        first = self._began_at
        if self.get(PROVIDER):
            there = self.get(PROVED_THERE)
            first = datetime.fromisoformat(there) if there else NEVER
        again = self.get(PROVED_AGAIN)
        times = [first, datetime.fromisoformat(again) if again else None]
        return max((one for one in times if one is not None), default=None)

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of this key, over or not. One query."""
        return Session.objects.filter(key_digest=_digest(session_key)).exists()

    def create(self) -> None:
        """A new row under a new key."""
        while True:
            self._session_key = secrets.token_urlsafe(24)
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write what the session holds. Raises CreateError when the key is taken, UpdateError when somebody has ended it meanwhile.

        When it becomes an account's, those used longest ago make room: an account has `sessions_at_once`, an administrator's one. That
        they ended stands in the audit log.
        """
        if self.session_key is None:
            self.create()
            return
        held = dict(vars(self).setdefault("_session_cache", {}) if must_create else self.items())
        named, capacity = held.pop(SESSION_KEY, None), held.pop(CAPACITY, SELF)
        provider, certificate = held.pop(PROVIDER, None), held.pop(CERTIFICATE, None)
        account_id = UUID(named) if named else None
        now = machine_now()
        if must_create:
            self.id, self._began_at, self._whose = uuid7(), now, None
        row: dict[str, Any] = {
            "account_id": account_id,
            "post_id": UUID(capacity) if capacity != SELF and not capacity.startswith(UNDER) else None,
            "mandate_id": UUID(capacity.removeprefix(UNDER)) if capacity.startswith(UNDER) else None,
            "provider_id": UUID(provider) if provider else None,
            "certificate_id": UUID(certificate) if certificate else None,
            "data": held,
            "seen_at": now,
            "lasts_until": self._until(now),
            "address": self.address,
        }
        key = _digest(self.session_key)
        try:
            with transaction.atomic():
                if must_create:
                    agent = self.agent[:LONGEST_AGENT]
                    Session.objects.create(id=self.id, key_digest=key, began_at=now, agent=agent, **row)
                elif not Session.objects.filter(key_digest=key).update(**row):
                    raise UpdateError
                if account_id is not None and account_id != self._whose:
                    self._make_room(account_id)
        except IntegrityError:
            if must_create:
                raise CreateError from None
            raise
        self._whose = account_id

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, or this one."""
        key = self.session_key if session_key is None else session_key
        if key is not None:
            end_sessions(Session.objects.filter(key_digest=_digest(key)))

    def cycle_key(self) -> None:
        """Go on under a new key, with everything that hangs on the session."""
        held, old, was = dict(self.items()), self.session_key, self.id
        self.create()
        self._session_cache = held
        carry_over(was, self.id)
        if old:
            self.delete(old)

    @classmethod
    def clear_expired(cls) -> None:
        """Drop what is over."""
        system_end_old_sessions()

    def _until(self, now: datetime) -> datetime:
        given = configuration()
        absolute = (self._began_at or now) + timedelta(hours=given.session_hours)
        return min(absolute, now + timedelta(minutes=given.session_idle_minutes))

    def _make_room(self, account_id: UUID) -> None:
        # Two who sign in at once count one after the other. The rows just written refer to the account: a lock of its key would deadlock.
        account = Account.objects.select_for_update(no_key=True).get(id=account_id)
        most = 1 if administers(account_id) else configuration().sessions_at_once
        others = Session.objects.filter(account_id=account_id).exclude(key_digest=_digest(self.session_key))
        kept = others.order_by("-seen_at", "-id").values_list("id", flat=True)[: most - 1]
        ended = end_sessions(others.exclude(id__in=list(kept)))
        if ended:
            record(_room_made(account, ended))


class AccountBackend(BaseBackend):
    """Whose account a session names; a closed one is nobody's. Signing in is `sign_in`, which no backend offers."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account, or None when it is closed or gone."""
        found = remembered(("account", user_id), lambda: _ACCOUNT.first(user_id))
        return found if found is not None and found.is_active else None

    def has_perm(self, user: Any, permission: str, subject: object = None) -> bool:
        """Whether the post that acts in this request has a grant for what a library calls `permission`."""
        action = names_of_libraries.get(permission)
        return action is not None and user.acting is not None and why(user.acting, action).allowed


@service("session.end", open_to=OWN)
def end_session(actor: Actor, session_id: UUID) -> None:
    """Sign out elsewhere: who sits there is asked to sign in with his next request. Raises NotFound: not a session of one's own."""
    act = current_act()
    act.about("session", session_id)
    if not end_sessions(_own(actor).filter(id=session_id)):
        raise NotFound(msgid("You are not signed in there any more."))


@service("session.end-others", open_to=OWN)
def end_other_sessions(actor: Actor, keep: UUID | None) -> int:
    """Sign out everywhere but here; return how many sessions ended. keep: the id of the session that asks."""
    act = current_act()
    act.about("account", actor.account_id or "")
    others = _own(actor) if keep is None else _own(actor).exclude(id=keep)
    ended = end_sessions(others)
    act.note(ended=ended)
    return ended


def system_end_old_sessions() -> int:
    """Drop the sessions that are over; return how many. For the hourly job."""
    return end_sessions(Session.objects.filter(lasts_until__lte=machine_now()))


def _own(actor: Actor) -> QuerySet[Session]:
    return Session.objects.none() if actor.account_id is None else Session.objects.filter(account_id=actor.account_id)


def _room_made(account: Account, ended: int) -> NewEntry:
    return NewEntry(
        time=now(),
        machine_time=machine_now(),
        account_id=account.id,
        capacity=CapacityKind.SELF,
        capacity_id=None,
        action="session.make-room",
        outcome=Outcome.DONE,
        object_kind="account",
        object_id=str(account.id),
        details={"ended": ended},
        release=current_release(),
        origin=account.origin,
    )


def _digest(key: str | None) -> bytes:
    return hashlib.sha256((key or "").encode()).digest()
