"""Everything that changes what supervision keeps: following clocks, firing, and what people say to an alert."""

from yiwang.supervision.services.answering import close, explain, withdraw
from yiwang.supervision.services.following import system_follow, system_tick

__all__ = ["close", "explain", "system_follow", "system_tick", "withdraw"]
