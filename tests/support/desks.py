"""What must hold on every desk, whatever a test did."""

from __future__ import annotations


def check_desks() -> None:
    """On the desks of units lies exactly what is neither done nor closed."""
    from django.db.models import Q

    from yiwang.cases.models import TaskUnit

    ended = Q(task__state__in=["done", "closed"])
    assert not TaskUnit.objects.filter((Q(waits=True) & ended) | (Q(waits=False) & ~ended)).exists()
