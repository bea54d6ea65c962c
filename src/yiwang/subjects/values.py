"""Checked values of the subjects engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

__all__ = ["IdentifierView", "NewSubject", "Scheme", "SubjectKindView", "SubjectView"]


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A subject to be registered: its declared kind and the identifiers by which it is known today.

    identifiers: scheme → value; at least one, or nobody could find it again.  origin: live | rehearsal | invented; empty
    takes the actor's.
    """

    kind: str
    identifiers: Mapping[str, str]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One identifier scheme of a kind. checker: a name of `subjects.registry.checkers`, empty for free values."""

    scheme: str
    title: str | Mapping[str, str]
    checker: str = ""


@dataclass(frozen=True, slots=True)
class SubjectKindView:
    """A declared kind of subject. called: the element that holds what one of them is called; empty when there is none."""

    id: str
    title: str | Mapping[str, str]
    natural_person: bool
    schemes: tuple[Scheme, ...]
    called: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierView:
    """One identifier and the civil dates between which it was this subject's (half-open)."""

    scheme: str
    value: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject with its live identifiers."""

    id: UUID
    kind: str
    created_at: datetime
    origin: str
    identifiers: tuple[IdentifierView, ...] = field(default=())
