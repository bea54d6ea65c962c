"""What higher floors fill in: who decides about permission; and the list of every service there is."""

from __future__ import annotations

from collections.abc import Callable

from yiwang.acts.values import Actor, CapacityKind, Decision, ServiceInfo

__all__ = ["all_services", "permissions", "register_service", "set_permission_checker"]

Checker = Callable[[Actor, str], Decision]


class Permissions:
    """Answers whether an actor may do an action.

    SYSTEM may; a capacity to which the service is open may; for everybody else the checker decides.

    The checker is identity's. Until it is set, everybody else may nothing.
    """

    def __init__(self) -> None:
        self.checker: Checker | None = None

    def allows(self, actor: Actor, action: str) -> Decision:
        """Whether `actor` may do `action`, and if not, why. The rows it may touch are limited by queries, not here."""
        if actor.capacity is CapacityKind.SYSTEM:
            return Decision(True)
        service = _services.get(action)
        if service is not None and actor.capacity in service.open_to:
            return Decision(True)
        if self.checker is None:
            return Decision(False, "Nothing allows you to do this in your present capacity.")
        return self.checker(actor, action)


permissions = Permissions()
_services: dict[str, ServiceInfo] = {}


def set_permission_checker(checker: Checker) -> None:
    """Let `checker(actor, action) -> Decision` decide for capacities to which a service is not open."""
    permissions.checker = checker


def register_service(info: ServiceInfo) -> None:
    """Add a service. Two functions cannot do one action."""
    known = _services.get(info.action)
    if known is not None and (known.function.__module__, known.function.__qualname__) != (
        info.function.__module__,
        info.function.__qualname__,
    ):
        raise ValueError(f"{info.action} is already done by {known.function.__module__}.{known.function.__qualname__}.")
    _services[info.action] = info


def all_services() -> dict[str, ServiceInfo]:
    """Every service by action name. The permission matrix reads it."""
    return dict(sorted(_services.items()))
