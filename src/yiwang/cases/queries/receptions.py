"""Whom a post serves at its window, and the words to which he agrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.acts.values import Actor
from yiwang.cases.models import Reception
from yiwang.cases.queries.bundles import form_of, is_bundle, title_of
from yiwang.cases.queries.visibility import ENTER
from yiwang.cases.values import Channel, ConsentMeans, IdentityShown, ReceptionView
from yiwang.identity.queries import require
from yiwang.kernel import masking
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.subjects.queries import subject_kinds, system_subject

__all__ = ["consent_text", "consent_texts", "reception", "reception_schemes", "shape_reception"]


def consent_texts(item: Mapping[str, Any]) -> dict[str, str]:
    """The words to which somebody agrees, language → text."""
    texts = {}
    for language in ("zh-Hans", "en"):
        with override(language.lower()):
            texts[language] = _(
                "I agree that this window applies for “{item}” for me, reads for this what the city knows of me and the form names, and "
                "sends it to the competent unit. I can see in my space who read what, and withdraw while nothing is decided."
            ).format(item=text(item["title"], language))
    return texts


def consent_text(item_id: str, language: str = "zh-Hans") -> str:
    """The words to which somebody agrees who has this item or bundle applied for at a window. Raises NotFound."""
    return text(consent_texts(form_of(item_id).item), language)


def reception_schemes(actor: Actor, language: str = "zh-Hans") -> list[tuple[str, str]]:
    """Identifiers by which a person at the window is found: scheme and title. Raises NotAllowed without the grant `case.submit`."""
    require(actor, ENTER)
    return [
        (one.scheme, text(one.title, language))
        for kind in subject_kinds().values()
        if kind.natural_person
        for one in kind.schemes
    ]


def reception(actor: Actor, reception_id: UUID, language: str = "zh-Hans") -> ReceptionView:
    """One reception of the actor's own in this post. Raises NotFound. Four queries."""
    row = Reception.objects.filter(pk=reception_id, account=actor.account_id, post=actor.capacity_id).first()
    if row is None:
        raise NotFound(msgid("There is no such reception."))
    return shape_reception(row, language)


def shape_reception(row: Reception, language: str) -> ReceptionView:
    """The view of a reception that the reader wrote."""
    subject = system_subject(row.subject_id)
    schemes = {one.scheme: one for one in subject_kinds()[subject.kind].schemes}
    return ReceptionView(
        id=row.id,
        item_id=row.item,
        item_title=title_of(row.item, language),
        is_bundle=is_bundle(row.item),
        subject_id=row.subject_id,
        name=row.name,
        identifiers=tuple(
            (text(schemes[one.scheme].title, language), masking.mask(schemes[one.scheme].checker, one.value))
            for one in subject.identifiers
            if one.scheme in schemes
        ),
        shown=IdentityShown(row.shown),
        means=ConsentMeans(row.means),
        consent=text(row.consent, language),
        received_at=row.received_at,
        until=row.until,
        channel=Channel(row.channel),
        case_id=row.case_id,
        application_id=row.application_id,
    )
