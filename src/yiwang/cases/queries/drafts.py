"""Forms that somebody has begun. Only he reads them; no post, and no operator of the database, can."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Draft
from yiwang.cases.queries.bundles import is_bundle, is_offered, title_of
from yiwang.cases.values import DraftView
from yiwang.kernel.crypto import INTL, NotSealed
from yiwang.kernel.time import civil_date, now

__all__ = ["KEPT", "about_draft", "draft", "draft_secret", "my_drafts", "under", "view_of"]

KEPT = timedelta(days=30)
"""How long a draft stays after it was last saved; business time. Personal data are kept no longer than what they are for needs.

Source: 个人信息保护法 art. 19 (the shortest time that the purpose needs); the days are the city's own choice.
"""


def draft(actor: Actor, item_id: str, language: str = "zh-Hans") -> DraftView | None:
    """What the actor has kept of the form of an item or a bundle; None without any, or when it was kept by a key that is gone."""
    return next(iter(_shown(_mine(actor, item=item_id), language)), None)


def my_drafts(actor: Actor, language: str = "zh-Hans") -> list[DraftView]:
    """Every form that the actor has begun and not sent, the last one first; what is no longer offered is left out."""
    return _shown([one for one in _mine(actor) if is_offered(one.item)], language)


def _mine(actor: Actor, **more: str) -> list[Draft]:
    if actor.capacity not in (CapacityKind.SELF, CapacityKind.AGENT) or actor.account_id is None:
        return []
    rows = Draft.objects.filter(under(actor), account_id=actor.account_id, expires_at__gt=now(), **more)
    return list(rows.order_by("-saved_at"))


def under(actor: Actor) -> Q:
    """What somebody began under the mandate under which he acts; for himself, what he began under none."""
    return Q(mandate__isnull=True) if actor.mandate_id is None else Q(mandate_id=actor.mandate_id)


def _shown(rows: list[Draft], language: str) -> list[DraftView]:
    found = []
    for one in rows:
        try:
            plain = INTL.open(draft_secret(), bytes(one.values), about=about_draft(one.account_id, one.item))
        except NotSealed:  # another installation's secret: nobody can read it, and it goes when its time is over
            continue
        kept = {name: tuple(values) for name, values in json.loads(plain).items()}
        found.append(view_of(one, kept, language))
    return found


def view_of(row: Draft, values: Mapping[str, tuple[str, ...]], language: str) -> DraftView:
    """A draft as its owner sees it."""
    return DraftView(
        item_id=row.item,
        item_title=title_of(row.item, language),
        is_bundle=is_bundle(row.item),
        subject_id=row.subject_id,
        values=values,
        saved_at=row.saved_at,
        expires_on=civil_date(row.expires_at),
    )


def draft_secret() -> bytes:
    """The key of all drafts of this installation, made of its secret."""
    return hashlib.sha256(b"yiwang drafts\0" + force_bytes(settings.SECRET_KEY)).digest()


def about_draft(account_id: UUID, item_id: str) -> bytes:
    """What a sealed draft belongs to: moved to another account or item it opens no more."""
    return f"draft {account_id} {item_id}".encode()
