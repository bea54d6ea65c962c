"""What supervision tells.

Every event has `subject` = the alert's id and these data: `case_id`, `number` (of the case), `item`, `unit_id`, `limit`, `watch`,
`level`, `moment`. No words that people wrote: who may read them asks `queries.alert`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ALERT_CLOSED", "ALERT_EXPLAINED", "ALERT_FIRED", "ALERT_WITHDRAWN"]

ALERT_FIRED: Final = "alert.fired.v1"
"""A watch has fired."""

ALERT_EXPLAINED: Final = "alert.explained.v1"
"""The unit has said why."""

ALERT_CLOSED: Final = "alert.closed.v1"
"""An alert was dealt with, or its step was done in time after all."""

ALERT_WITHDRAWN: Final = "alert.withdrawn.v1"
"""An alert was wrong."""
