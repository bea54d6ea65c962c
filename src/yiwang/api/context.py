"""What every template may ask for without its view having thought of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from yiwang.acts import queries as acts
from yiwang.acts.values import VISITOR, CapacityKind
from yiwang.api.pages import correlation_id
from yiwang.identity import queries as identity
from yiwang.kernel import time
from yiwang.messaging import queries as messaging
from yiwang.places import queries as places
from yiwang.records import queries as records
from yiwang.settings import configuration

__all__ = ["frame"]

SIGNATURE_FORMS = ("PKCS#7", "CMS")
"""What key programs call a signed message that holds the certificate, too."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor of all faces. Nothing is asked of the database before a template prints it."""
    actor = getattr(request, "actor", VISITOR)
    user = getattr(request, "user", None)

    def lazily(ask: Callable[[], Any]) -> Any:
        return SimpleLazyObject(ask)

    return {
        "actor": actor,
        "is_person": actor.capacity is CapacityKind.SELF,
        "is_agent": actor.capacity is CapacityKind.AGENT,
        "is_officer": actor.capacity is CapacityKind.POST,
        "principal": lazily(lambda: identity.principal_of(actor)),
        "account": user if user is not None and user.is_authenticated else None,
        "own_name": lazily(lambda: records.own_name(actor)),
        "language": getattr(request, "language", "zh-Hans"),
        "elder": getattr(request, "elder", False),
        "demo": configuration().demo,
        "site": _site(),
        "passkeys_at": lazily(_passkeys_at),
        "certificates_of_residents": lazily(lambda: identity.may_come_by_certificate("residents")),
        "certificates_of_officers": lazily(lambda: identity.may_come_by_certificate("officers")),
        "certificates_of_anybody": lazily(identity.may_come_by_certificate),
        "checks_sm2": identity.checks_sm2(),
        "key_kinds": identity.key_kinds(),
        "signature_forms": SIGNATURE_FORMS,
        "providers_of_residents": lazily(lambda: identity.providers_for("residents")),
        "providers_of_officers": lazily(lambda: identity.providers_for("officers")),
        "ahead": time.offset(),
        "today": time.today(),
        "correlation_id": correlation_id(request),
        "city_title": lazily(_city_title),
        "unread": lazily(lambda: _unread(actor)),
        "posts": lazily(lambda: identity.posts_of(actor.account_id) if actor.account_id else []),
        "post": lazily(lambda: _post(actor)),
    }


def _site() -> dict[str, str]:
    """What the footer says about the site itself; everything but the operator has to be entered by the city."""
    given = configuration()
    names = ("sponsor", "operator", "contact", "code", "icp", "police")
    return {name: str(getattr(given, f"site_{name}")) for name in names}


def _passkeys_at() -> str:
    """The one address at which browsers know this site's passkeys; empty where they allow none."""
    party = identity.relying_party()
    return party.origin if party else ""


def _city_title() -> str:
    return _city_title_in(acts.current_release(), time.today())


@lru_cache(maxsize=4)
def _city_title_in(release: int, on: date) -> str:
    found = places.city(on)
    return found.title if found else ""


def _unread(actor: Any) -> int:
    return 0 if actor.capacity is CapacityKind.VISITOR else messaging.count_unread(actor)


def _post(actor: Any) -> Any:
    if actor.capacity is not CapacityKind.POST:
        return None
    return next((one for one in identity.posts_of(actor.account_id) if one.id == actor.capacity_id), None)
