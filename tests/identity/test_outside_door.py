"""The door for who comes from outside, where two come at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from yiwang.identity.models import Account
from yiwang.identity.models.outside import OutsideLink, Provider
from yiwang.identity.services.outside.door import let_in
from yiwang.identity.services.outside.going import Waiting
from yiwang.identity.values.outside import Arrived, Purpose, Told
from yiwang.kernel.time import machine_now

from .test_reorganisation import at_once


def test_who_comes_through_two_providers_at_once_has_one_account(own_town: Any) -> None:
    providers = [
        Provider.objects.create(
            title=f"平台{name}",
            kind="oidc",
            people="residents",
            issuer=f"https://{name}.example",
            vouches="citizen-id",
            claim="id_number",
            described={},
            is_open=True,
        )
        for name in ("one", "two")
    ]

    def come(provider: Provider, number: str) -> Arrived:
        waiting = Waiting(uuid4(), Purpose.SIGN_IN, None, "", "", machine_now(), None)
        return let_in(provider.id, Told(uuid4().hex, number), waiting, correlation_id=uuid4().hex)

    first, second = providers
    for _ in range(5):
        number = own_town.citizen_ids[own_town.person()]
        at_once(lambda number=number: come(first, number), lambda number=number: come(second, number))
    assert Account.objects.count() == 5
    assert OutsideLink.objects.count() == 10
