"""What higher floors register here: which actions are administration and whose, what each is in words, what needs a unit or a post.

The three administrators may do administration and nothing else; nobody but them may do it. So an action is either in this
table, and can be granted to the administrators that it names alone, or it is the city's business, and then no administrator
can be granted it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal
from uuid import UUID

from yiwang.identity.values import Administrator
from yiwang.kernel.errors import FieldFault, msgid

__all__ = [
    "action_words",
    "administrative_actions",
    "describe_actions",
    "name_for_library",
    "names_of_libraries",
    "needs_of",
    "register_administrative_action",
    "register_need",
]

Needed = Literal["unit", "post"]
Need = Callable[[UUID], Iterable[FieldFault]]

administrative_actions: dict[str, frozenset[Administrator]] = {}
"""Action → the administrators to whom alone it may be granted."""


def register_administrative_action(action: str, *administrators: Administrator) -> None:
    """Reserve an action to these administrators. Called in `AppConfig.ready`, for one action never with two answers."""
    answer = frozenset(administrators)
    if administrative_actions.setdefault(action, answer) != answer:
        raise ValueError(f"The action {action} is already reserved to {sorted(administrative_actions[action])}.")


action_words: dict[str, str] = {}
"""Action → what it is in words for people, a gettext msgid."""

names_of_libraries: dict[str, str] = {}
"""What a library calls a right → our action."""


def name_for_library(name: str, action: str) -> None:
    """Let a library that asks an account for the right `name` be answered for `action`. Called in `AppConfig.ready`."""
    if names_of_libraries.setdefault(name, action) != action:
        raise ValueError(f"The right {name} already stands for {names_of_libraries[name]}.")


_needs: dict[Needed, list[Need]] = {"unit": [], "post": []}


def describe_actions(words: Mapping[str, str]) -> None:
    """Say what actions are in words (msgids). Called in `AppConfig.ready` of the engine whose actions they are."""
    for action, said in words.items():
        if action_words.setdefault(action, said) != said:
            raise ValueError(f"The action {action} is described already.")


def register_need(of: Needed, ask: Need) -> None:
    """Let an engine say why a unit or a post cannot be closed: `ask(id)` gives every reason, none when nothing there needs it.

    Called in `AppConfig.ready`; asked within the transaction that closes, after its row was locked.
    """
    if ask not in _needs[of]:
        _needs[of].append(ask)


def needs_of(of: Needed, id: UUID) -> list[FieldFault]:
    """Every reason of every engine."""
    return [fault for ask in _needs[of] for fault in ask(id)]


register_administrative_action("account.open", Administrator.SYSTEM)
register_administrative_action("account.close", Administrator.SYSTEM)
register_administrative_action("account.give-start-password", Administrator.SYSTEM)
register_administrative_action("unit.open", Administrator.SYSTEM)
register_administrative_action("unit.move", Administrator.SYSTEM)
register_administrative_action("unit.rename", Administrator.SYSTEM)
register_administrative_action("unit.close", Administrator.SYSTEM)
register_administrative_action("post.open", Administrator.SYSTEM)
register_administrative_action("post.close", Administrator.SYSTEM)
register_administrative_action("post.change-duties", Administrator.SECURITY)
register_administrative_action("assignment.assign", Administrator.SECURITY)
register_administrative_action("assignment.end", Administrator.SECURITY)
register_administrative_action("account.reset-second-factor", Administrator.SECURITY)
register_administrative_action("officer.list", Administrator.SYSTEM, Administrator.SECURITY)
register_administrative_action("audit.read", Administrator.AUDIT)

describe_actions(
    {
        "account.open": msgid("Open accounts"),
        "account.close": msgid("Close accounts"),
        "account.give-start-password": msgid("Give officers a start password"),
        "account.reset-second-factor": msgid("Take a lost second factor away"),
        "unit.open": msgid("Open units"),
        "unit.rename": msgid("Rename units"),
        "unit.move": msgid("Move units below others"),
        "unit.close": msgid("Close units"),
        "post.open": msgid("Open posts"),
        "post.close": msgid("Close posts"),
        "post.change-duties": msgid("Change what posts are there to do"),
        "assignment.assign": msgid("Assign posts to officers"),
        "assignment.end": msgid("End assignments"),
        "officer.list": msgid("See officers and their posts"),
        "audit.read": msgid("Read and verify the audit log"),
    }
)
