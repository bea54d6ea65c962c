"""What the wiring and other engines tell this one: the mail server, where the public finds the pages, what messages may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["mail_server", "placeholders", "public_address", "register_placeholders", "send_mail_by"]

_mail: Callable[[], str | None] | None = None
_public: Callable[[], str] | None = None

_placeholders: set[str] = {"case.number", "case.reason", "case.due_on", "case.wanted", "item.title"}


def register_placeholders(names: Iterable[str]) -> None:
    """Add placeholders that some sender fills, such as `thing.title`. A message that is sent by another leaves them empty."""
    _placeholders.update(names)


def placeholders() -> frozenset[str]:
    """Everything that a message may name."""
    return frozenset(_placeholders)


def send_mail_by(server: Callable[[], str | None], public: Callable[[], str]) -> None:
    """Hand letters to the mail server at the address that `server` names (none: no mail); lead readers to the pages at `public`."""
    global _mail, _public
    _mail, _public = server, public


def mail_server() -> str | None:
    """The address of the mail server, None when the city sends no mail. Raises RuntimeError before it is told."""
    if _mail is None:
        raise RuntimeError("Nobody has said how mail is sent.")
    return _mail()


def public_address() -> str:
    """Where the public finds the pages, without a slash at the end. Raises RuntimeError before it is told."""
    if _public is None:
        raise RuntimeError("Nobody has said where the public finds the pages.")
    return _public()
