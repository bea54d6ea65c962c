"""What other engines offer to cases: actions that service tasks call, and types of parameters that items bind.

Filled in `AppConfig.ready` of the engine that offers; packs can only name what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from yiwang.cases.values import ActionCall
from yiwang.kernel.kinds import City, Declaration

__all__ = [
    "Action",
    "ParameterFault",
    "action",
    "parameter_check",
    "register_action",
    "register_parameter_type",
    "signatures",
]

Place = Literal["inside", "outside"]
Function = Callable[[ActionCall], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a service task may have done.

    place: `inside` touches only the database and runs in the step's transaction; `outside` runs as a job after it, may run more than
    once, and must have its effect once for each `ActionCall.key`.  parameters: name → type; a type is a registered one
    (`register_parameter_type`), the name of a kind of declaration (the value is then an id of that kind), or `text`.
    What an inside action gives back, element → value, the case has brought forth: later actions find it among their values.
    """

    name: str
    function: Function
    place: Place
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParameterFault:
    """What is wrong with a parameter's value.  pointer: below the parameter, may be empty."""

    pointer: str
    message: str
    advice: str


ParameterCheck = Callable[[Any, Declaration, City], Iterable[ParameterFault]]

_actions: dict[str, Action] = {}
_parameter_types: dict[str, ParameterCheck] = {}


def register_action(name: str, function: Function, place: Place, parameters: Mapping[str, str] | None = None) -> None:
    """Offer an action to processes. Two engines cannot offer one name."""
    known = _actions.get(name)
    if known is not None and known.function is not function:
        raise ValueError(f"The action {name} is already offered by {known.function.__module__}.")
    _actions[name] = Action(name, function, place, dict(parameters or {}))


def register_parameter_type(name: str, check: ParameterCheck) -> None:
    """Add a type of parameter: `check(value, item, city)` yields what is wrong with a value that an item binds."""
    _parameter_types[name] = check


def action(name: str) -> Action:
    """The action of that name. Raises LookupError: an installation lacks an engine that its packs were checked with."""
    try:
        return _actions[name]
    except KeyError:
        raise LookupError(f"No engine of this installation offers the action {name}.") from None


def signatures() -> dict[str, Mapping[str, str]]:
    """Every action's parameters (name → type) by name: what the linter of diagrams asks."""
    return {name: one.parameters for name, one in _actions.items()}


def parameter_check(type: str) -> ParameterCheck | None:
    """The check of a registered type, or None when `type` is the name of a kind or `text`."""
    return _parameter_types.get(type)
