"""What higher floors register here: which actions are administration, and whose.

The three administrators may do administration and nothing else; nobody but them may do it. So an action is either in this
table, and can be granted to the administrators that it names alone, or it is the city's business, and then no administrator
can be granted it.
"""

from __future__ import annotations

from yiwang.identity.values import Administrator

__all__ = ["administrative_actions", "register_administrative_action"]

administrative_actions: dict[str, frozenset[Administrator]] = {}
"""Action → the administrators to whom alone it may be granted."""


def register_administrative_action(action: str, *administrators: Administrator) -> None:
    """Reserve an action to these administrators. Called in `AppConfig.ready`, for one action never with two answers."""
    answer = frozenset(administrators)
    if administrative_actions.setdefault(action, answer) != answer:
        raise ValueError(f"The action {action} is already reserved to {sorted(administrative_actions[action])}.")


register_administrative_action("account.open", Administrator.SYSTEM)
register_administrative_action("unit.open", Administrator.SYSTEM)
register_administrative_action("unit.move", Administrator.SYSTEM)
register_administrative_action("post.open", Administrator.SYSTEM)
register_administrative_action("assignment.assign", Administrator.SECURITY)
register_administrative_action("assignment.end", Administrator.SECURITY)
register_administrative_action("officer.list", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("audit.read", Administrator.AUDIT)
