"""What every driver of a rehearsal can do: the same verbs, whether by plain HTTP, by a browser or by the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from yiwang.packs.rehearsals.pages import NotSeen

__all__ = ["SIGN_IN", "Driver", "NotForThisDriver"]

SIGN_IN = {"portal": "/sign-in/", "desk": "/desk/sign-in/"}


class NotForThisDriver(NotSeen):
    """A step that the present face cannot do, such as pressing a button through the API."""


class Driver(Protocol):
    """One person at one face. Each act waits for its answer. Raises NotSeen when a name is not on the page."""

    @property
    def address(self) -> str:
        """Path and query of where he is."""

    @property
    def status(self) -> int:
        """Status of the last answer."""

    @property
    def text(self) -> str:
        """Everything that is shown."""

    @property
    def problem(self) -> str:
        """Code of the problem that is told, or empty."""

    def sign_in(self, login: str, password: str, post: str) -> None:
        """Sign in, and choose the post of this title unless it is empty."""

    def begin(self) -> None:
        """Go to the first page of the face."""

    def go(self, address: str) -> None:
        """Go to an address of this city."""

    def find(self, text: str) -> None:
        """Stay on, or come to, a page that has a link with this text."""

    def follow(self, link: str, beside: str) -> None:
        """Follow a link."""

    def fill(self, label: str, value: object) -> None:
        """Fill in a field; a file that is handed in is an `attachments.Attachment`."""

    def press(self, button: str, beside: str, twice: bool) -> None:
        """Press a button."""

    def call(self, operation: str, arguments: dict[str, Any]) -> None:
        """Call an operation of the API."""

    def beside(self, label: str) -> str:
        """The value beside a label."""

    def content(self, label: str) -> str:
        """What a field holds."""

    def fault_at(self, label: str) -> str:
        """What is said to be wrong at a field."""

    def look(self) -> list[str]:
        """Everything that is wrong with the page for people who see, hear or type it: nothing when it is clean."""

    def picture(self, file: Path) -> Path | None:
        """Save what is shown under `file` (its suffix is the driver's choice) and return the path."""

    def close(self) -> None:
        """Leave."""
