"""What documents tell. CloudEvents types are for ever; fields are only added.

Every event has `subject` = the certificate's id and these data: `type`, `version`, `unit_id`, `case_id` (null without a case), `origin`.
No number and nothing that it says: who may read that asks `queries`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CERTIFICATE_ISSUED", "CERTIFICATE_STATUS_CHANGED"]

CERTIFICATE_ISSUED: Final = "certificate.issued.v1"
"""A certificate was issued.  + `replaces` (id of the version before it, or null)."""

CERTIFICATE_STATUS_CHANGED: Final = "certificate.status-changed.v1"
"""It was suspended, resumed, revoked or replaced.  + `was`, `status`."""
