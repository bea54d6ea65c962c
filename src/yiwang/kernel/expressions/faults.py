"""What is wrong with an expression, when it is declared and when it is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from yiwang.kernel.errors import format_message

__all__ = ["ExpressionFault", "ExpressionRefused"]


class ExpressionRefused(ValueError):
    """The text is no expression of the subset, or its types do not fit.

    code: stable.  message: msgid with `{named}` placeholders filled from `params`.  line, column: from 1.
    """

    def __init__(self, code: str, message: str, /, *, line: int = 1, column: int = 1, **params: object) -> None:
        super().__init__(f"{line}:{column}: {format_message(message, params)}")
        self.code = code
        self.message = message
        self.params: Mapping[str, object] = params
        self.line = line
        self.column = column

    def told(self, advice: str) -> tuple[str, str]:
        """What is wrong, with its place in the expression; and what to write: the refusal's own word for that, or else `advice`."""
        where = f"line {self.line}, column {self.column}" if self.line > 1 else f"column {self.column}"
        sentences = re.match(r"(.+?[.?])(?: (.+))?$", self.message.format_map(self.params), re.DOTALL)
        message, own = sentences.groups() if sentences else (str(self), None)
        return f"{where}: {message}", own or advice


class ExpressionFault(ValueError):
    """The expression cannot be computed over these values: division by zero, a value of another type, too much work.

    Not an answer: who catches it must not go on as if the condition were false.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
