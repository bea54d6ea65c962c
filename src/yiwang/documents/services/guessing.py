"""Answer who names an identifier, and slow down who guesses them.

A slip of the pen does not count: the check character sees it. Nor does asking for what exists, scanning a code or uploading a file; these
go on working when too much was guessed from the same place. Who signs in is counted by himself and not with his neighbours.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from yiwang.acts.values import Actor
from yiwang.documents.models import Guesses
from yiwang.documents.queries import verification
from yiwang.documents.values import Finding, TooManyGuesses, Verification
from yiwang.kernel.errors import Invalid, msgid
from yiwang.kernel.identifiers import CertificateIdentifier, IdentifierFault
from yiwang.kernel.time import machine_now

__all__ = ["system_forget_guesses", "verify_identifier"]

MOST_MISSES = 20
WITHIN = timedelta(minutes=10)
FORGET_AFTER = timedelta(days=1)


def verify_identifier(actor: Actor, typed: str, *, address: str, language: str = "zh-Hans") -> Verification:
    """Whether a certificate of this identifier exists, and where it stands; nothing that it says of a person.

    address: network address of who asks. Raises Invalid (422: what is wrong with what was typed), TooManyGuesses (429) after twenty
    well-formed identifiers within ten minutes that do not exist.
    """
    try:
        identifier = CertificateIdentifier.parse(typed)
    except IdentifierFault as fault:
        raise Invalid(faults=[fault.at("identifier")]) from None
    key = _key(actor, address)
    _refuse_guessers(key)
    found = verification.verify_identifier(identifier, language)
    if found.finding is Finding.UNKNOWN:
        _count_miss(key)
    return found


def system_forget_guesses() -> int:
    """Drop counts that are a day old; return how many."""
    return Guesses.objects.filter(since__lt=machine_now() - FORGET_AFTER).delete()[0]


def _key(actor: Actor, address: str) -> bytes:
    """Who asks, so that it cannot be read back: the account, or the address (of version 6 the network that one household has)."""
    who = f"account {actor.account_id}" if actor.account_id else f"address {_network(address)}"
    return salted_hmac("yiwang.documents.guesses", who, algorithm="sha256").digest()


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _refuse_guessers(key: bytes) -> None:
    since = machine_now() - WITHIN
    found = Guesses.objects.filter(key=key, since__gt=since, misses__gte=MOST_MISSES).first()
    if found is not None:
        seconds = (found.since + WITHIN - machine_now()).total_seconds()
        raise TooManyGuesses(
            msgid("Type it again in {minutes} minutes."), minutes=max(1, -int(-seconds // 60)), seconds=int(seconds) + 1
        )


def _count_miss(key: bytes) -> None:
    at = machine_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_guesses AS g (key, misses, since) VALUES (%(key)s, 1, %(at)s) ON CONFLICT (key) DO UPDATE SET"
            " misses = CASE WHEN g.since > %(start)s THEN g.misses + 1 ELSE 1 END,"
            " since = CASE WHEN g.since > %(start)s THEN g.since ELSE %(at)s END",
            {"key": key, "at": at, "start": at - WITHIN},
        )
