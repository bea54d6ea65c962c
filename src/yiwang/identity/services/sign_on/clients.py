"""Which systems sign people in here: the work of the system administrator."""

from __future__ import annotations

import secrets
from dataclasses import replace
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import CLIENT_CLOSED, CLIENT_CONNECTED, CLIENT_SECRET_RENEWED
from yiwang.identity.models import Unit
from yiwang.identity.models.single_sign_on import Client, SignOn
from yiwang.identity.rules.single_sign_on import client_faults, digest_of, new_secret
from yiwang.identity.services.sign_on.ending import end_sign_ons
from yiwang.identity.services.sign_on.keys import signing_key
from yiwang.identity.values.single_sign_on import NewClient, NewClientSecret
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.settings import configuration

__all__ = ["close_client", "connect_client", "renew_client_secret"]


@service("client.connect")
def connect_client(actor: Actor, given: NewClient) -> NewClientSecret:
    """Connect a system; its secret is in the answer and nowhere else. Raises Invalid (422) with everything that is wrong."""
    act = current_act()
    given = replace(given, title=given.title.strip(), notice_address=given.notice_address.strip())
    faults = client_faults(given, https=configuration().https)
    unit = Unit.objects.filter(code=given.unit, closed_on=None).first()
    if unit is None:
        faults.append(FieldFault("unit", "unknown-unit", msgid("There is no such unit.")))
    if Client.objects.filter(title=given.title).exists():
        faults.append(FieldFault("title", "taken", msgid("Another system has this name.")))
    if faults or unit is None:
        raise Invalid(faults=faults)
    signing_key()
    secret = "" if given.public else new_secret()
    made = Client.objects.create(
        title=given.title,
        unit=unit,
        people=given.people,
        asks_consent=given.asks_consent,
        secret_digest=digest_of(secret) if secret else None,
        salt=secrets.token_bytes(32),
        redirect_addresses=list(given.redirect_addresses),
        leaving_addresses=list(given.leaving_addresses),
        notice_address=given.notice_address,
        scopes=sorted(given.scopes),
    )
    act.about("client", made.id)
    act.note(people=given.people, scopes=sorted(given.scopes), asks_consent=given.asks_consent, public=given.public)
    act.emit(CLIENT_CONNECTED, subject=made.id, data={"unit_id": unit.id, "people": given.people})
    return NewClientSecret(made.id, secret)


@service("client.renew-secret")
def renew_client_secret(actor: Actor, client_id: UUID) -> NewClientSecret:
    """Give a system another secret; the old one serves no more from this moment. Raises NotFound, Invalid (422) for one that has none."""
    client = _open(client_id)
    act = current_act()
    act.about("client", client.id)
    if client.secret_digest is None:
        raise Invalid(faults=[FieldFault("", "public-client", msgid("This system can keep no secret and has none."))])
    secret = new_secret()
    client.secret_digest = digest_of(secret)
    client.save(update_fields=["secret_digest"])
    act.emit(CLIENT_SECRET_RENEWED, subject=client.id)
    return NewClientSecret(client.id, secret)


@service("client.close")
def close_client(actor: Actor, client_id: UUID) -> None:
    """Disconnect a system. Whoever is signed in there is so no more, as far as it asks here or hears of it. Raises NotFound."""
    client = _open(client_id)
    act = current_act()
    act.about("client", client.id)
    end_sign_ons(SignOn.objects.filter(client=client), "closed")
    client.closed_at = act.time
    client.save(update_fields=["closed_at"])
    act.emit(CLIENT_CLOSED, subject=client.id)


def _open(client_id: UUID) -> Client:
    found = Client.objects.select_for_update().filter(id=client_id, closed_at=None).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    return found
