"""Faults: what can be wrong with what somebody asked for, and how the asker is told.

A `Fault` is raised by rules, services and queries and shown by the faces. On the API it becomes an RFC 9457 problem
(`application/problem+json`), on a page a box that says what happened, what is safe and what to do next. Texts are
gettext msgids: the kernel knows no gettext, a face translates `title`, `detail` and `next_step` and fills in `params`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

__all__ = [
    "Conflict",
    "Fault",
    "FieldFault",
    "Invalid",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "format_message",
    "msgid",
    "problem",
]

PROBLEM_TYPES = "/docs/problems/"

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def msgid(text: str) -> str:
    """Mark `text` for translation and return it as it is: the kernel has no language, a face translates."""
    return text


def format_message(text: str, params: Mapping[str, object]) -> str:
    """Fill the `{named}` placeholders of a translated text. One without a value stays: an error page must not fail.

    Not `str.format`: a value, or a text that came from outside, must not be able to reach into objects.
    """
    return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], match[0])), text)


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing that is wrong with one place of the input.

    pointer: where, as the path of keys into the input joined by "/", for example `dwelling.colour/code`; empty for
    the whole.
    code: stable, kebab-case.  message: gettext msgid, a full sentence with `{named}` placeholders filled from `params`.
    """

    pointer: str
    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)


class Fault(Exception):
    """Something the asker can understand and act on. Subclasses name the fault and fix `code` and `status`.

    The problem's `type` ends in `code`; each code has a page under docs/problems/.
    """

    code: ClassVar[str] = "fault"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    next_step: ClassVar[str] = "Try again later."

    def __init__(self, detail: str = "", /, *, faults: Sequence[FieldFault] = (), **params: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.faults = tuple(faults)
        self.params = params

    def at(self, pointer: str) -> tuple[FieldFault, ...]:
        """The same as faults of one place of a larger input, so that they can be told together with others."""
        listed = self.faults or (FieldFault("", self.code, self.detail or self.title, self.params),)
        return tuple(
            FieldFault(f"{pointer}/{one.pointer}".rstrip("/"), one.code, one.message, one.params) for one in listed
        )


class Invalid(Fault):
    """The input breaks rules; `faults` lists every broken one at once (一次性告知). Nothing was written."""

    code = "invalid"
    status = 422
    title = "What you entered needs correcting"
    next_step = "Correct the listed fields and send again. Nothing that you entered is lost."


class NotSignedIn(Fault):
    """Nobody is signed in, or the session has ended."""

    code = "not-signed-in"
    status = 401
    title = "Please sign in"
    next_step = "Sign in and continue where you were."


class NotAllowed(Fault):
    """The thing may be seen but not acted on by this actor; the detail says why."""

    code = "not-allowed"
    status = 403
    title = "You may not do this"
    next_step = "Ask the responsible unit, or switch to the post that may."


class NotFound(Fault):
    """There is no such thing, or this actor may not know that it exists. Both look the same on purpose."""

    code = "not-found"
    status = 404
    title = "Not found"
    next_step = "Check the address or number, or go back to the list."


class Conflict(Fault):
    """Somebody else was first, or the thing has changed since it was read. The detail says who did what."""

    code = "conflict"
    status = 409
    title = "This has changed in the meantime"
    next_step = "Look at the present state and decide again."


def problem(fault: Fault, translate: Callable[[str], str] | None = None, *, instance: str = "") -> dict[str, object]:
    """Shape a fault as an RFC 9457 problem document.

    `translate` turns a msgid into a sentence; the default keeps it. Every listed fault is in `errors`.
    """

    def sentence(text: str, params: Mapping[str, object]) -> str:
        return format_message(str(translate(text)) if translate and text else text, params)

    document: dict[str, object] = {
        "type": PROBLEM_TYPES + fault.code,
        "title": sentence(fault.title, {}),
        "status": fault.status,
        "detail": sentence(fault.detail, fault.params),
        "next_step": sentence(fault.next_step, {}),
    }
    if instance:
        document["instance"] = instance
    if fault.faults:
        document["errors"] = [
            {"pointer": one.pointer, "code": one.code, "detail": sentence(one.message, one.params)}
            for one in fault.faults
        ]
    return document
