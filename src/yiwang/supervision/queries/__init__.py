"""Every read of supervision. Each takes the actor first; `system_…` is for jobs, subscribers and doctor."""

from yiwang.supervision.queries.alerts import alert, alerts_on_cases, list_alerts
from yiwang.supervision.queries.board import board, board_list
from yiwang.supervision.queries.due import system_list_stuck_watchings, system_next_alarm

__all__ = [
    "alert",
    "alerts_on_cases",
    "board",
    "board_list",
    "list_alerts",
    "system_list_stuck_watchings",
    "system_next_alarm",
]
