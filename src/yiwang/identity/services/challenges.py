"""Asking a browser for a passkey, and using its answer. Who comes in by it is said in `sign_in`, `second_factor` and `passkeys`.

A challenge is answered once, within five minutes, by the session that was asked and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from yiwang.identity.models import Passkey, PasskeyChallenge
from yiwang.identity.queries.passkeys import keys_of, relying_party
from yiwang.identity.rules.passkeys import (
    Answer,
    NotThisPasskey,
    StoredKey,
    check_answer,
    count_went_back,
    decoy,
    new_challenge,
    read_answer,
    request_options,
)
from yiwang.identity.values import PasskeyAnswer, RelyingParty
from yiwang.kernel.errors import Conflict, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "Answered",
    "PasskeysOff",
    "Verdict",
    "ask_for_passkey",
    "make_challenge",
    "give_up_passkey",
    "site",
    "system_forget_challenges",
    "take_challenge",
]

CHALLENGE_LASTS = timedelta(minutes=5)


class PasskeysOff(Conflict):
    """Browsers allow no passkeys at the address of this site."""

    code = "passkeys-off"
    title = msgid("This site cannot take passkeys yet")
    next_step = msgid(
        "Use your password, and a code of your authenticator app. Whoever runs the site gives it an address with HTTPS and a name."
    )


class Verdict(StrEnum):
    """What came of an answer. `COPIED`: it is right, but its count did not grow; two devices seem to hold one key."""

    RIGHT = "right"
    WRONG = "wrong"
    COPIED = "copied"


@dataclass(slots=True)
class Answered:
    """An answer as it came in.  passkey: the one that it names, None where there is none."""

    read: Answer | None
    passkey: Passkey | None
    session_id: UUID | None

    @classmethod
    def find(cls, given: PasskeyAnswer) -> Answered:
        """Read it and look for its passkey. One query, whether there is one or not."""
        try:
            read = read_answer(given.response)
        except NotThisPasskey:
            read = None
        named = Passkey.objects.select_related("account").filter(credential_id=read.credential_id if read else b"")
        return cls(read, named.first(), given.session_id)

    def use(self, account_id: UUID | None, *, alone: bool) -> Verdict:
        """Use the challenge up and say what came of the answer; a right one is remembered with its count.

        account_id: whose passkey it has to be, None for anybody's.  alone: no password stands beside it: the person is to be verified, and
        the passkey itself says whose it is. One that nobody has is checked against a key that nobody holds. Must not be called within a
        transaction: the challenge stays used, whatever comes of it.
        """
        party = relying_party()
        if self.read is None or party is None:
            return Verdict.WRONG
        asked = take_challenge(self.session_id, self.read.challenge, adds=False)
        passkey, handle = self.passkey, self.read.user_handle
        key = StoredKey(bytes(passkey.credential_id), bytes(passkey.public_key)) if passkey else None
        if key is None:
            key = StoredKey(self.read.credential_id, decoy().public_key)
        try:
            seen = check_answer(party, self.read, key, self.read.challenge if asked else new_challenge(), alone=alone)
        except NotThisPasskey:
            return Verdict.WRONG
        if passkey is None or account_id not in {None, passkey.account_id}:
            return Verdict.WRONG
        if (alone or handle) and handle != passkey.account_id.bytes:
            return Verdict.WRONG
        # Of two who come with one count at once, one is let in.
        grows = Q(sign_count__lt=seen.sign_count) | Q(sign_count=0) & Q(sign_count=seen.sign_count)
        now = machine_now()
        used = Passkey.objects.filter(grows, id=passkey.id)
        if count_went_back(passkey.sign_count, seen.sign_count) or not used.update(
            sign_count=seen.sign_count, backed_up=seen.backed_up, used_at=now
        ):
            return Verdict.COPIED
        return Verdict.RIGHT


def ask_for_passkey(session_id: UUID, account_id: UUID | None = None) -> dict[str, Any]:
    """A challenge for this session, and what its browser is to be asked for, as JSON (`navigator.credentials.get`).

    account_id: whose passkeys may answer: of who gave the right password, or is signed in. None: whichever the person has, alone.
    Raises PasskeysOff (409).
    """
    party = site()
    allowed = keys_of(account_id) if account_id else []
    return request_options(party, challenge=make_challenge(session_id), allowed=allowed, alone=account_id is None)


def make_challenge(session_id: UUID, *, adds: bool = False) -> bytes:
    """A challenge that this session may answer once, in place of the one before.  adds: with a new passkey.

    One session asks one thing at a time, as browsers do; so nobody fills the table by asking.
    """
    PasskeyChallenge.objects.filter(session_id=session_id, adds=adds).delete()
    made = new_challenge()
    until = machine_now() + CHALLENGE_LASTS
    PasskeyChallenge.objects.create(session_id=session_id, challenge=made, adds=adds, lasts_until=until)
    return made


def take_challenge(session_id: UUID | None, challenge: bytes, *, adds: bool) -> bool:
    """Whether this session was asked so, not long ago, and has not answered yet. From now on it has.

    Must not be called within a transaction.
    """
    if session_id is None:
        return False
    with transaction.atomic(durable=True):
        asked = PasskeyChallenge.objects.filter(session_id=session_id, challenge=challenge, adds=adds)
        return bool(asked.filter(lasts_until__gt=machine_now()).delete()[0])


def give_up_passkey(session_id: UUID) -> None:
    """The browser of this session is not to be asked for a new passkey any more (`begin_passkey`): its person goes another way."""
    PasskeyChallenge.objects.filter(session_id=session_id, adds=True).delete()


def site() -> RelyingParty:
    """The site as passkeys know it. Raises PasskeysOff (409)."""
    party = relying_party()
    if party is None:
        raise PasskeysOff(msgid("Browsers allow passkeys only at an address with HTTPS and a name."))
    return party


def system_forget_challenges() -> int:
    """Drop what nobody answered in time; return how many. For the hourly job."""
    return PasskeyChallenge.objects.filter(lasts_until__lte=machine_now()).delete()[0]
