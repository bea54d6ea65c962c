"""What acts tell. CloudEvents types are for ever; fields are only added."""

from __future__ import annotations

from typing import Final

__all__ = ["RELEASE_PUBLISHED"]

RELEASE_PUBLISHED: Final = "release.published.v1"
"""Packs were applied.  `subject`: the number of the release.  data: `number`, `digest`."""
