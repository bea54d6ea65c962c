"""Who sees which alerts: one SQL predicate, from which every query starts.

A supervisor sees those of the units that his grant of `alert.read` reaches; a unit those that it may explain, and those on cases that a
post of it sees. Applicants and administrators see none: an alert is said to the government, not about the applicant.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.queries.visibility import visible_cases
from yiwang.identity.queries import in_scope
from yiwang.supervision.models import Alert
from yiwang.supervision.values import EXPLAIN, READ

__all__ = ["supervised", "visible_alerts"]


def visible_alerts(actor: Actor) -> QuerySet[Alert]:
    """The alerts that exist for this actor. Two queries for the seat; the rest is part of the caller's query."""
    if actor.capacity is CapacityKind.SYSTEM:
        return Alert.objects.all()
    if actor.capacity is not CapacityKind.POST:
        return Alert.objects.none()
    own = Q(case__in=visible_cases(actor).values("pk"))
    return Alert.objects.filter(in_scope(actor, READ) | in_scope(actor, EXPLAIN) | own)


def supervised(actor: Actor) -> QuerySet[Alert]:
    """The alerts of the units that this actor supervises."""
    return Alert.objects.filter(in_scope(actor, READ))
