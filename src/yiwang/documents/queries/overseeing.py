"""Certificates of units as those count them who oversee the units."""

from __future__ import annotations

from django.db.models import QuerySet

from yiwang.acts.values import Actor
from yiwang.documents.models import Certificate
from yiwang.identity.queries import in_scope

__all__ = ["overseen_certificates"]


def overseen_certificates(actor: Actor) -> QuerySet[Certificate]:
    """Certificates that the units issued which the actor oversees, for counting. Two queries for the seat."""
    return Certificate.objects.filter(in_scope(actor, "board.read"))
