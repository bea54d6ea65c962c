"""The pack kind that messaging owns: `message` in the folder `messages`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind
from yiwang.messaging.rules.filling import PLACEHOLDERS, unknown_placeholders

__all__ = ["MessageKind"]


class MessageBody(Body):
    """A text that is sent. `title` is its subject line.

    Both may hold `{case.number}`, `{case.reason}`, `{case.due_on}`, `{item.title}`, and `{case.wanted}`: what the notice asks of the
    applicant, line by line. A line whose placeholders are all empty is left out.
    """

    kind: Literal["message"]
    body: str | dict[str, str]


class MessageKind(Kind):
    """`messages/*.yaml`."""

    name = "message"
    folder = "messages"
    schema = MessageBody
    order = 40

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Every placeholder is filled by something, and both texts come in the same languages."""
        texts = {"title": one.body.title, "body": one.body.body}
        for pointer, given in texts.items():
            for language, text in ({"": given} if isinstance(given, str) else given).items():
                for name in unknown_placeholders(text):
                    yield DeclarationFault(
                        one.path,
                        one.line(f"{pointer}/{language}".rstrip("/")),
                        f"Nothing fills the placeholder {{{name}}}.",
                        "There are: " + ", ".join(f"{{{known}}}" for known in sorted(PLACEHOLDERS)) + ".",
                    )
        languages = [{"zh-Hans"} if isinstance(given, str) else set(given) for given in texts.values()]
        if languages[0] != languages[1]:
            yield DeclarationFault(
                one.path, one.line("body"), "Title and body come in different languages.", "Give both in each language."
            )
