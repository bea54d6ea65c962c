"""Who a session belongs to, asked in every request: the two look-ups of Django's session and authentication, made once and bound."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from yiwang.acts.queries import Prepared
from yiwang.identity.models import Account
from yiwang.kernel.time import machine_now

__all__ = ["AccountBackend", "SessionStore"]

_SESSION = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), str, datetime)
_ACCOUNT = Prepared(lambda id: Account.objects.filter(pk=id), UUID)


class SessionStore(db.SessionStore):
    """Django's sessions in the database. Named by SESSION_ENGINE."""

    def _get_session_from_db(self) -> Session | None:
        found = _SESSION.first(self.session_key, machine_now())
        if found is None:
            self._session_key = None
        return found


class AccountBackend(BaseBackend):
    """Whose account a session names; a closed one is nobody's. Signing in is `sign_in`, which no backend offers."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account, or None when it is closed or gone."""
        found = _ACCOUNT.first(user_id)
        return found if found is not None and found.is_active else None
