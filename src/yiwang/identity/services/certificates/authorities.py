"""Which authorities' certificates count: declared by the system administrator, opened with the security administrator's consent.

To declare one lets nobody in, and neither does opening it: people register their own certificates. But from then on its word decides whose
key it is, so to open it waits for the consent of another to a fingerprint of all that was declared. What is open is not changed; it is shut
first, which ends what began by its certificates. Lists of revoked certificates are brought in at any time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn
from uuid import UUID

from django.db.models import QuerySet

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import (
    ACCOUNT_CERTIFICATE_REVOKED,
    AUTHORITY_ADDED,
    AUTHORITY_CHANGED,
    AUTHORITY_LIST_BROUGHT,
    AUTHORITY_OPENED,
    AUTHORITY_SHUT,
)
from yiwang.identity.models import Session
from yiwang.identity.models.login_certificates import Authority, LoginCertificate, RevokedCertificate
from yiwang.identity.queries.authorities import authority_digest
from yiwang.identity.rules.authorities import (
    CHAIN_WORDS,
    LIST_WORDS,
    RevocationList,
    authority_faults,
    chain_in,
    chain_of,
    kept_chain,
    read_list,
)
from yiwang.identity.rules.login_certificates import fingerprint_of
from yiwang.identity.services.certificates.answers import news_of
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import Administrator
from yiwang.identity.values.login_certificates import NewAuthority, NotBelieved
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now

__all__ = ["AuthorityChanged", "add_authority", "bring_list", "change_authority", "open_authority", "shut_authority"]

AT_ONCE = 5000


class AuthorityChanged(Conflict):
    """An authority is not declared any more as whoever acts has seen it, or it is open and is not changed while it is."""

    code = "authority-changed"
    title = msgid("The authority is not as you have seen it")
    next_step = msgid("Open its page anew and look at how it is declared now.")


class _ListRefused(NotAllowed):
    """What was brought is no list of this authority: the audit entry says why in a word."""


@service("authority.add")
def add_authority(actor: Actor, given: NewAuthority) -> UUID:
    """Declare an authority with its chain; nobody signs in by its certificates before it is opened.

    Raises Invalid (422) with everything that is wrong.
    """
    given = _trimmed(given)
    faults = authority_faults(given)
    chain = []
    if not given.chain:
        faults.append(FieldFault("chain", "required", msgid("Paste the certificates of the authority.")))
    else:
        try:
            chain = chain_in(given.chain, has_list=given.has_list, now=machine_now())
        except NotBelieved as why:
            faults.append(FieldFault("chain", str(why), CHAIN_WORDS[str(why)]))
    if chain and Authority.objects.filter(fingerprint=fingerprint_of(chain[0])).exists():
        faults.append(FieldFault("chain", "known", msgid("This authority is declared already.")))
    faults += _taken(given.title, None)
    if faults:
        raise Invalid(faults=faults)
    row = Authority.objects.create(
        id=uuid7(),
        title=given.title,
        people=given.people,
        chain=kept_chain(chain),
        issuer=chain[0].subject.public_bytes(),
        fingerprint=fingerprint_of(chain[0]),
        number_attribute=given.number_attribute,
        has_list=given.has_list,
    )
    act = current_act()
    act.about("authority", row.id)
    act.note(people=row.people, has_list=row.has_list)
    act.emit(AUTHORITY_ADDED, subject=row.id, data={"people": row.people})
    return row.id


@service("authority.change")
def change_authority(actor: Actor, authority_id: UUID, given: NewAuthority, *, digest: str) -> None:
    """Declare it in another way, while it is shut. Its chain stays: another chain is another authority.

    digest: of how it was declared when whoever changes it looked.  Raises NotFound, AuthorityChanged (409), Invalid (422).
    """
    row = _found(Authority.objects.select_for_update(), authority_id)
    given = _trimmed(given)
    act = current_act()
    act.about("authority", row.id)
    if row.is_open:
        raise AuthorityChanged(msgid("People sign in by its certificates now: shut it first."))
    if authority_digest(row) != digest:
        raise AuthorityChanged()
    if faults := [*authority_faults(given), *_taken(given.title, row.id)]:
        raise Invalid(faults=faults)
    row.title, row.people = given.title, given.people
    row.has_list, row.number_attribute = given.has_list, given.number_attribute
    row.save(update_fields=["title", "people", "has_list", "number_attribute"])
    act.note(people=row.people, has_list=row.has_list)
    act.emit(AUTHORITY_CHANGED, subject=row.id)


@service("authority.open")
def open_authority(actor: Actor, authority_id: UUID, digest: str) -> None:
    """Let people register its certificates and sign in by them, with the consent of the security administrator to what is declared now.

    digest: as `authority_page` shows it.  Raises NotFound, AuthorityChanged (409), ConsentDue (403).
    """
    row = _found(Authority.objects.select_for_update(), authority_id)
    act = current_act()
    act.about("authority", row.id)
    if row.is_open or authority_digest(row) != digest:
        raise AuthorityChanged()
    require_consent(actor, Administrator.SECURITY, authority_id=authority_id, digest=digest)
    row.is_open = True
    row.save(update_fields=["is_open"])
    act.note(digest=digest)
    act.emit(AUTHORITY_OPENED, subject=row.id, data={"people": row.people})


@service("authority.shut")
def shut_authority(actor: Actor, authority_id: UUID) -> None:
    """Let nobody sign in by its certificates any more, and end the sessions that began by them. At once, by either administrator alone.

    What people registered stays, and opens nothing meanwhile. Raises NotFound, AuthorityChanged (409): it is shut already.
    """
    row = _found(Authority.objects.select_for_update(), authority_id)
    act = current_act()
    act.about("authority", row.id)
    if not row.is_open:
        raise AuthorityChanged(msgid("Nobody signs in by its certificates as it is."))
    row.is_open = False
    row.save(update_fields=["is_open"])
    act.note(ended=end_sessions(Session.objects.filter(certificate__authority=row)))
    act.emit(AUTHORITY_SHUT, subject=row.id)


def bring_list(actor: Actor, authority_id: UUID, given: bytes) -> int:
    """Take the authority's present list of revoked certificates in place of the one before; return how many it names.

    given: DER, PEM or Base64.  Whose registered certificate it names is told, and his sessions that began by it end. What is refused stays
    written down. Raises NotFound, Invalid (422).
    """
    try:
        return _bring(actor, authority_id, given)
    except _ListRefused as refused:
        reason = str(refused.params["reason"])
        raise Invalid(faults=[FieldFault("list", reason, LIST_WORDS[reason])]) from None


@service("authority.bring-list")
def _bring(actor: Actor, authority_id: UUID, given: bytes) -> int:
    row = _found(Authority.objects.select_for_update(), authority_id)
    act = current_act()
    act.about("authority", row.id)
    try:
        brought = read_list(given, chain_of(row.chain)[0], now=machine_now())
    except NotBelieved as why:
        _no(str(why))
    if row.list_from is not None and brought.valid_from < row.list_from:
        _no("older")
    held = LoginCertificate.objects.filter(authority=row).select_related("account")
    before = set(RevokedCertificate.objects.filter(authority=row).values_list("serial", flat=True))
    _replace(row, brought)
    row.list_from, row.list_until, row.list_number = brought.valid_from, brought.until, brought.number
    row.save(update_fields=["list_from", "list_until", "list_number"])
    named = [one for one in held if one.serial in brought.serials]
    act.note(revoked=len(brought.serials), ended=end_sessions(Session.objects.filter(certificate__in=named)))
    for one in named:
        if one.serial not in before:
            act.emit(ACCOUNT_CERTIFICATE_REVOKED, subject=one.account_id, data=news_of(one))
    act.emit(AUTHORITY_LIST_BROUGHT, subject=row.id, data={"until": brought.until.isoformat()})
    return len(brought.serials)


def _replace(row: Authority, brought: RevocationList) -> None:
    RevokedCertificate.objects.filter(authority=row).delete()
    RevokedCertificate.objects.bulk_create(
        [RevokedCertificate(authority=row, serial=serial, since=since) for serial, since in brought.serials.items()],
        batch_size=AT_ONCE,
    )


def _no(reason: str) -> NoReturn:
    current_act().note(reason=reason)
    raise _ListRefused(LIST_WORDS[reason], reason=reason)


def _taken(title: str, own: UUID | None) -> list[FieldFault]:
    named = Authority.objects.filter(title=title)
    if (named if own is None else named.exclude(id=own)).exists():
        return [FieldFault("title", "taken", msgid("Another authority has this name."))]
    return []


def _trimmed(given: NewAuthority) -> NewAuthority:
    words = {name: getattr(given, name).strip() for name in ("title", "chain", "number_attribute")}
    return replace(given, **words)


def _found(rows: QuerySet[Authority], authority_id: UUID) -> Authority:
    found = rows.filter(id=authority_id).first()
    if found is None:
        raise NotFound(msgid("There is no such authority."))
    return found
