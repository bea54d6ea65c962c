"""Who somebody is, as registers say."""

from __future__ import annotations

from uuid import UUID

from yiwang.identity.registry import principals
from yiwang.identity.rules.mandates import same_name
from yiwang.identity.services.sign_in import subject_of_citizen

__all__ = ["is_called", "person_named"]


def person_named(number: str, name: str) -> UUID | None:
    """The person to whom this citizen ID number and this name belong; None when they are not one person's, whichever is wrong."""
    found = subject_of_citizen(number)
    return found if is_called(found, name) else None


def is_called(subject_id: UUID | None, name: str) -> bool:
    """Whether this is what the register calls a person."""
    return subject_id is not None and same_name(name, principals().called([subject_id]).get(subject_id, ""))
