"""Where one is signed in."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.values import Actor
from yiwang.identity.models import Session
from yiwang.identity.rules.agents import browser_and_system
from yiwang.identity.values import SessionView
from yiwang.kernel.errors import NotSignedIn
from yiwang.kernel.time import machine_now

__all__ = ["sessions_of"]


def sessions_of(actor: Actor, here: UUID | None) -> list[SessionView]:
    """One's own sessions: first the one that asks, then by when they were used. here: its id. Raises NotSignedIn. One query."""
    if actor.account_id is None:
        raise NotSignedIn
    rows = Session.objects.filter(account_id=actor.account_id, lasts_until__gt=machine_now())
    lines = [
        SessionView(
            one.id,
            one.id == here,
            *browser_and_system(one.agent),
            one.address,
            "" if one.post is None else one.post.title,
            one.began_at,
            one.seen_at,
            one.lasts_until,
            "" if one.provider is None else one.provider.title,
        )
        for one in rows.select_related("post", "provider").order_by("-seen_at", "-id")
    ]
    return sorted(lines, key=lambda line: not line.here)
