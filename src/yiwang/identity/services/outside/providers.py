"""Which providers people may sign in through: declared by the system administrator, opened with the security administrator's consent.

To declare one changes nothing yet: nobody comes in through it. To open it does, and for as many people as it knows; so that is the act
which another consents to, and it names a fingerprint of all that was declared. What is open is not changed: it is shut first, which
ends what began there.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, refusal
from yiwang.identity.events import PROVIDER_CHANGED, PROVIDER_CONNECTED, PROVIDER_OPENED, PROVIDER_SHUT
from yiwang.identity.models import Session
from yiwang.identity.models.outside import OutsideLink, OutsideRequest, Provider
from yiwang.identity.queries import decide, require
from yiwang.identity.queries.outside import declared_digest, return_address, seal
from yiwang.identity.rules import outside_saml
from yiwang.identity.rules.outside import missing_faults, provider_faults
from yiwang.identity.rules.outside_oidc import described, document
from yiwang.identity.services.consents import require_consent
from yiwang.identity.services.outside.arriving import authenticated, fetch_keys
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import Administrator
from yiwang.identity.values.outside import Described, Finding, NewProvider, NotBelieved
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.kernel.outgoing import NotReached, fetch
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = ["ProviderChanged", "change_provider", "connect_provider", "open_provider", "shut_provider", "try_provider"]

OK = 200
INVALID_CLIENT = {400, 401, 403}


class ProviderChanged(Conflict):
    """A provider is not declared any more as whoever acts has seen it, or it is open and is not changed while it is."""

    code = "provider-changed"
    title = msgid("The provider is not as you have seen it")
    next_step = msgid("Open its page anew and look at how it is connected now.")


def connect_provider(actor: Actor, given: NewProvider) -> UUID:
    """Declare a provider; nobody comes in through it before it is opened. Its description is fetched from it and kept.

    Must not be called within a transaction: it asks the provider. Raises NotAllowed, Invalid (422) with everything that is wrong.
    """
    _may(actor, "provider.connect")
    given = _trimmed(given)
    return _connect(actor, given, _look_up(given))


def change_provider(actor: Actor, provider_id: UUID, given: NewProvider, *, digest: str) -> None:
    """Declare it in another way, while nobody comes in through it. An empty secret keeps the one before.

    digest: of how it was declared when whoever changes it looked.  Must not be called within a transaction. Raises NotAllowed, NotFound,
    ProviderChanged (409), Invalid (422) with everything that is wrong.
    """
    _may(actor, "provider.change")
    row = _found(Provider.objects.all(), provider_id)
    given = _trimmed(replace(given, kind="oidc" if row.kind == "oidc" else "saml"))
    _change(actor, provider_id, given, _look_up(given), digest)


@service("provider.connect")
def _connect(actor: Actor, given: NewProvider, known: Described) -> UUID:
    row = Provider(id=uuid7(), kind=given.kind)
    _fill(row, given, known)
    row.save(force_insert=True)
    act = current_act()
    act.about("provider", row.id)
    act.note(kind=row.kind, people=row.people, vouches=row.vouches)
    act.emit(PROVIDER_CONNECTED, subject=row.id, data={"kind": row.kind, "people": row.people})
    return row.id


@service("provider.change")
def _change(actor: Actor, provider_id: UUID, given: NewProvider, known: Described, digest: str) -> None:
    row = _found(Provider.objects.select_for_update(), provider_id)
    act = current_act()
    act.about("provider", row.id)
    if row.is_open:
        raise ProviderChanged(msgid("People sign in through it now: shut it first."))
    if declared_digest(row) != digest:
        raise ProviderChanged()
    if (row.issuer, row.vouches) != (known.issuer, given.vouches):
        OutsideLink.objects.filter(provider=row).delete()  # another provider's names are other people's
    _fill(row, given, known)
    row.keys, row.keys_at = [], None
    row.save()
    act.note(people=row.people, vouches=row.vouches)
    act.emit(PROVIDER_CHANGED, subject=row.id)


@service("provider.open")
def open_provider(actor: Actor, provider_id: UUID, digest: str) -> None:
    """Let people sign in through it, with the consent of the security administrator to what is declared now.

    digest: as `provider_page` shows it. Raises NotFound, ProviderChanged (409), Invalid (422), ConsentDue (403).
    """
    row = _found(Provider.objects.select_for_update(), provider_id)
    act = current_act()
    act.about("provider", row.id)
    if row.is_open or declared_digest(row) != digest:
        raise ProviderChanged()
    if faults := missing_faults(row.kind, row.client_id, has_secret=row.secret is not None):
        raise Invalid(faults=faults)
    require_consent(actor, Administrator.SECURITY, provider_id=provider_id, digest=digest)
    row.is_open = True
    row.save(update_fields=["is_open"])
    act.note(digest=digest)
    act.emit(PROVIDER_OPENED, subject=row.id, data={"people": row.people})


@service("provider.shut")
def shut_provider(actor: Actor, provider_id: UUID) -> None:
    """Let nobody come in through it any more, and end the sessions that began there. Done at once, by either administrator alone.

    Raises NotFound, ProviderChanged (409): it is shut already.
    """
    row = _found(Provider.objects.select_for_update(), provider_id)
    act = current_act()
    act.about("provider", row.id)
    if not row.is_open:
        raise ProviderChanged(msgid("Nobody comes in through it as it is."))
    row.is_open = False
    row.save(update_fields=["is_open"])
    OutsideRequest.objects.filter(provider=row).delete()
    act.note(ended=end_sessions(Session.objects.filter(provider=row)))
    act.emit(PROVIDER_SHUT, subject=row.id)


def _fill(row: Provider, given: NewProvider, known: Described) -> None:
    """Raises Invalid (422): another provider has the name."""
    if Provider.objects.filter(title=given.title).exclude(id=row.id).exists():
        raise Invalid(faults=[FieldFault("title", "taken", msgid("Another provider has this name."))])
    row.title, row.people, row.vouches, row.claim = given.title, given.people, given.vouches, given.claim
    row.issuer, row.described = known.issuer, dict(known.says)
    row.client_id, row.scopes = given.client_id, list(given.scopes)
    row.levels, row.two_factors = dict(given.levels), given.two_factors
    if given.secret:
        row.secret = seal(row.id, given.secret)


def _trimmed(given: NewProvider) -> NewProvider:
    words = {
        name: getattr(given, name).strip() for name in ("title", "issuer", "claim", "client_id", "secret", "metadata")
    }
    return replace(given, **words)


def _found(rows: QuerySet[Provider], provider_id: UUID) -> Provider:
    found = rows.filter(id=provider_id).first()
    if found is None:
        raise NotFound(msgid("There is no such provider."))
    return found


def _may(actor: Actor, action: str) -> None:
    """Nobody makes the city call an address who may not do what it is called for. Raises NotSignedIn, NotAllowed, ProofDue."""
    require(actor, action)
    decision = decide(actor, action)
    if not decision.allowed:
        raise refusal(decision)


# ── The provider's own description ────────────────────────────────────────────────────────────────────────────────────────


def _look_up(given: NewProvider) -> Described:
    """Raises Invalid (422) with everything that is wrong, what the provider describes of itself included."""
    https = configuration().https
    faults = provider_faults(given, https=https)
    pointer = "issuer" if given.kind == "oidc" else "metadata"
    if any(one.pointer == pointer for one in faults):
        raise Invalid(faults=faults)
    try:
        found = (
            _of_issuer(given.issuer, https=https)
            if given.kind == "oidc"
            else outside_saml.described(given.metadata, https=https)
        )
    except NotReached as fault:
        message = msgid("Its description cannot be fetched ({how}). Is the address right, and reached from here?")
        faults.append(FieldFault(pointer, "not-reached", message, {"how": str(fault)}))
    except NotBelieved as fault:
        message = msgid("Its description does not fit: {what}.")
        faults.append(FieldFault(pointer, "does-not-fit", message, {"what": str(fault)}))
    if faults:
        raise Invalid(faults=faults)
    return found


def _of_issuer(issuer: str, *, https: bool) -> Described:
    reply = fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if reply.status != OK:
        raise NotReached(str(reply.status))
    return described(issuer, document(reply.body), https=https)


# ── Trying it ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def try_provider(actor: Actor, provider_id: UUID) -> list[Finding]:
    """Try the connection as far as that goes without a person, and say of each thing whether it is well.

    Must not be called within a transaction: it asks the provider. Raises NotAllowed, NotFound.
    """
    _may(actor, "provider.connect")
    row = _found(Provider.objects.all(), provider_id)
    return _try_saml(row) if row.kind == "saml" else _try_oidc(row)


def _try_oidc(row: Provider) -> list[Finding]:
    found = []
    try:
        same = _of_issuer(row.issuer, https=configuration().https).says == row.described
        changed = msgid(
            "Its description says other addresses now than when it was connected. Save it anew to take them over."
        )
        found.append(
            Finding(same, msgid("Its description is reached, and says what is kept here.") if same else changed)
        )
    except NotReached as fault:
        message = msgid("Its description cannot be fetched ({how}). Is the address right, and reached from here?")
        found.append(Finding(False, message, {"how": str(fault)}))
    except NotBelieved as fault:
        found.append(Finding(False, msgid("Its description does not fit: {what}."), {"what": str(fault)}))
    try:
        fetch_keys(row)
        found.append(
            Finding(True, msgid("It publishes {count} keys with which it can sign."), {"count": len(row.keys)})
        )
    except (NotReached, NotBelieved) as fault:
        found.append(Finding(False, msgid("Its keys cannot be fetched ({how})."), {"how": str(fault)}))
    found.append(_try_secret(row))
    return found


def _try_secret(row: Provider) -> Finding:
    """A code that nobody has is refused in one way by who knows us, and in another by who does not (RFC 6749, 5.2)."""
    fields = {
        "grant_type": "authorization_code",
        "code": "a-trial-of-the-connection",
        "redirect_uri": return_address(row.id, row.kind),
        "code_verifier": "a-trial-of-the-connection-that-is-refused-as-it-should",
    }
    if missing_faults(row.kind, row.client_id, has_secret=row.secret is not None):
        return Finding(False, msgid("Enter by which id and secret it knows us."))
    try:
        reply = fetch(row.described["token_endpoint"], *authenticated(row, fields))
        error = str(document(reply.body).get("error", ""))
    except (NotReached, NotBelieved) as fault:
        return Finding(False, msgid("It cannot be asked for tokens ({how})."), {"how": str(fault)})
    if error == "invalid_client" or (reply.status in INVALID_CLIENT and not error):
        return Finding(False, msgid("It does not know us by this id and secret."))
    return Finding(True, msgid("It knows us by id and secret."))


def _try_saml(row: Provider) -> list[Finding]:
    now, found = machine_now(), []
    for one in outside_saml.certificates_of(row.described["certificates"]):
        well = one.not_valid_before_utc <= now < one.not_valid_after_utc
        until = one.not_valid_after_utc.date().isoformat()
        words = (
            msgid("Its certificate serves until {until}.")
            if well
            else msgid("Its certificate served until {until} only.")
        )
        found.append(Finding(well, words, {"until": until}))
    try:
        fetch(row.described["sign_in_address"])
        found.append(Finding(True, msgid("The address to which people are sent is reached.")))
    except NotReached as fault:
        message = msgid(
            "The address to which people are sent is not reached from here ({how}). People's browsers may still reach it."
        )
        found.append(Finding(False, message, {"how": str(fault)}))
    return found
