"""What documents tell. CloudEvents types are for ever; fields are only added.

Every event of a certificate has `subject` = the certificate's id and these data: `type`, `version`, `unit_id`, `case_id` (null without a
case), `origin`. No number and nothing that it says: who may read that asks `queries`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CERTIFICATE_ISSUED", "CERTIFICATE_STATUS_CHANGED", "FILE_DISCARDED", "FILE_RECEIVED"]

CERTIFICATE_ISSUED: Final = "certificate.issued.v1"
"""A certificate was issued.  + `replaces` (id of the version before it, or null)."""

CERTIFICATE_STATUS_CHANGED: Final = "certificate.status-changed.v1"
"""It was suspended, resumed, revoked or replaced.  + `was`, `status`."""

FILE_RECEIVED: Final = "file.received.v1"
"""Somebody handed in a file.  `subject`: its id.  data: `size` (bytes), `media_type`."""

FILE_DISCARDED: Final = "file.discarded.v1"
"""A file that nothing came to use is gone.  `subject`: its id."""
