"""What messaging tells."""

from __future__ import annotations

from typing import Final

__all__ = ["MESSAGE_SENT"]

MESSAGE_SENT: Final = "message.sent.v1"
"""A message lies in somebody's inbox.  `subject`: its id.  data: `case_id` or null."""
