"""Asking another administrator for consent 双人复核, from the page of the act itself: what was typed there is what he consents to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.registry import action_words
from yiwang.identity.values import ConsentDue
from yiwang.kernel.errors import Invalid

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from yiwang.acts.values import Actor

__all__ = ["ASK", "OF_THE_ASKING", "ask_as_sent", "asking_context"]

ASK, REASON = "ask-consent", "consent-reason"
OF_THE_ASKING = {ASK, REASON}
"""Fields with which consent is asked for; every other field belongs to the act."""


def ask_as_sent(request: HttpRequest, actor: Actor, due: ConsentDue) -> UUID:
    """Ask for the consent that an act is waiting for; the request. Raises what `identity.services.ask_consent` raises."""
    return services.ask_consent(actor, due.action, due.arguments, request.POST.get(REASON, ""))


def asking_context(
    request: HttpRequest, due: ConsentDue, refused: Invalid | services.ConsentAsked | None
) -> dict[str, Any]:
    """What the page that asks for consent has to know.  refused: why asking did not succeed."""
    told = [sentence(one) for one in refused.faults] or [_(refused.title), _(refused.next_step)] if refused else []
    return {
        "words": _(action_words.get(due.action, due.action)),
        "lines": [(_(label), value) for label, value in queries.describe_arguments(due.action, due.arguments)],
        "of": due.of,
        "reason": request.POST.get(REASON, ""),
        "summary": [{"text": one, "target": f"{REASON}" if refused and refused.faults else ""} for one in told],
        "summary_title": _("Consent has not been asked for"),
    }
