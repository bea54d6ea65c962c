"""Row ids: UUID version 7 (RFC 9562), made here because PostgreSQL before 18 cannot."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from uuid import UUID

from yiwang.kernel.time import behind

__all__ = ["uuid7"]


def uuid7() -> UUID:
    """Return a new UUIDv7: 48 bits of machine time in milliseconds, then 74 random bits. Sorts by time of making.

    What is made while a past is told sorts where it would stand had it been made then.
    """
    milliseconds = time.time_ns() // 1_000_000 - behind() // timedelta(milliseconds=1)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
