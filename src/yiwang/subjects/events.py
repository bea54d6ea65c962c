"""What subjects tell. CloudEvents types are for ever; fields are only added."""

from __future__ import annotations

from typing import Final

__all__ = ["SUBJECT_IDENTIFIER_ENDED", "SUBJECT_IDENTIFIER_GIVEN", "SUBJECT_REGISTERED"]

SUBJECT_REGISTERED: Final = "subject.registered.v1"
"""Subjects are known from now on.  `subject`: the first of them.  data: `ids`."""

SUBJECT_IDENTIFIER_GIVEN: Final = "subject.identifier-given.v1"
"""A subject has a further identifier.  data: `scheme`; never the identifier."""

SUBJECT_IDENTIFIER_ENDED: Final = "subject.identifier-ended.v1"
"""An identifier no longer holds.  data: `scheme`."""
