"""The subset of CEL, read by our own parser before the engine sees the text.

Two reasons for a parser of ours: what the engines do differently must be refused when it is declared, with its place;
and the facts that an expression names must be known without evaluating it. It builds no tree; the engine has one.
Source: the CEL language definition (https://github.com/cel-expr/cel-spec, doc/langdef.md, "Syntax").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn

from yiwang.kernel.expressions.faults import ExpressionRefused

__all__ = ["LONGEST", "Reading", "read"]

LONGEST = 500
"""Characters that an expression may have (DESIGN §6)."""

DEEPEST = 12
"""Levels of brackets and the like. The engine's own parser stops at 32 of its levels."""

MOST_LOOPS = 8
"""`all` and `exists` in one expression, none inside another: over lists of 1,000 members below the engine's budget of
10,000 steps, so that both engines finish."""

LONGEST_NUMBER = 16  # digits; 2^53 - 1 has 16, and a browser counts no further without loss
LARGEST = 2**53 - 1
FIRST_YEAR = 1000

FUNCTIONS: Mapping[str, int] = {  # → number of arguments
    "date": 1,
    "year": 1,
    "month": 1,
    "day": 1,
    "days_between": 2,
    "years_between": 2,
    "add_days": 2,
    "add_months": 2,
}
METHODS: Mapping[str, int] = {"size": 0, "startsWith": 1, "endsWith": 1, "contains": 1, "matches": 1}
LOOPS = ("all", "exists")
# Words that CEL or one of the engines reserves; none can name a fact.
RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "package",
        "namespace",
        "null",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>[0-9]+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
      | (?P<sign>\|\||&&|==|!=|<=|>=|[?:<>+\-*/%!()\[\],.])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}
_RELATIONS = ("==", "!=", "<", "<=", ">", ">=", "in")


@dataclass(slots=True)
class Reading:
    """What the parser saw."""

    mentions: dict[str, int] = field(default_factory=dict)  # variable → offset of its first mention
    operators: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number | name | text | sign | end
    text: str
    at: int


def read(text: str, variables: Container[str] | Iterable[str]) -> Reading:
    """Check that `text` is of the subset and names only `variables`. Raises ExpressionRefused."""
    if len(text) > LONGEST:
        raise ExpressionRefused(
            "too-long",
            "The expression has {length} characters; at most {longest} are allowed. Write a decision table instead.",
            length=len(text),
            longest=LONGEST,
        )
    parser = _Parser(text, frozenset(variables) if isinstance(variables, Iterable) else frozenset())
    parser.expression(0)
    parser.expect_end()
    return parser.reading


class _Parser:
    """Recursive descent over the tokens; methods are named after the rules of the CEL grammar."""

    def __init__(self, text: str, variables: frozenset[str]) -> None:
        self._text = text
        self._variables = variables
        self._tokens = list(self._tokenise())
        self._next = 0
        self._bound: list[str] = []
        self._loops = 0
        self.reading = Reading()

    # ── tokens ──

    def _tokenise(self) -> Iterable[_Token]:
        at = 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                self._refuse(
                    "character",
                    "{character} cannot stand here. Texts stand between quotation marks; elsewhere only CEL's signs.",
                    at,
                    character=ascii(self._text[at]),
                )
            kind = str(match.lastgroup)
            if kind != "space":
                yield _Token(kind, match.group(), at)
            at = match.end()
        yield _Token("end", "", len(self._text))

    def _peek(self, *signs: str) -> bool:
        token = self._tokens[self._next]
        return token.kind in {"sign", "name"} and token.text in signs

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.text != sign or token.kind != "sign":
            self._refuse("syntax", "{sign} is missing here.", token.at, sign=sign)

    def expect_end(self) -> None:
        token = self._take()
        if token.kind != "end":
            self._refuse("syntax", "{found} does not fit here.", token.at, found=token.text)

    def _refuse(self, code: str, message: str, at: int, **params: object) -> NoReturn:
        before = self._text[:at]
        raise ExpressionRefused(
            code, message, line=before.count("\n") + 1, column=at - (before.rfind("\n") + 1) + 1, **params
        )

    # ── rules ──

    def expression(self, depth: int) -> None:
        if depth > DEEPEST:
            self._refuse(
                "too-deep",
                "The expression is nested deeper than {deepest} levels. Write a decision table instead.",
                self._tokens[self._next].at,
                deepest=DEEPEST,
            )
        self._disjunction(depth)
        if self._operator("?"):
            self._disjunction(depth + 1)
            self._expect(":")
            self.expression(depth + 1)

    def _operator(self, *signs: str) -> bool:
        if not self._peek(*signs):
            return False
        self._take()
        self.reading.operators += 1
        return True

    def _disjunction(self, depth: int) -> None:
        self._conjunction(depth)
        while self._operator("||"):
            self._conjunction(depth)

    def _conjunction(self, depth: int) -> None:
        self._relation(depth)
        while self._operator("&&"):
            self._relation(depth)

    def _relation(self, depth: int) -> None:
        self._addition(depth)
        if self._operator(*_RELATIONS):
            self._addition(depth)
            if self._peek(*_RELATIONS):
                self._refuse(
                    "chain", "Comparisons cannot be chained. Write `a < b && b < c`.", self._tokens[self._next].at
                )

    def _addition(self, depth: int) -> None:
        self._multiplication(depth)
        while self._operator("+", "-"):
            self._multiplication(depth)

    def _multiplication(self, depth: int) -> None:
        self._unary(depth)
        while self._operator("*", "/", "%"):
            self._unary(depth)

    def _unary(self, depth: int) -> None:
        if self._operator("!", "-") and self._peek("!", "-"):
            self._refuse("syntax", "One sign is enough here.", self._tokens[self._next].at)
        self._member(depth)

    def _member(self, depth: int) -> None:
        self._primary(depth)
        while self._peek("."):
            self._take()
            name = self._take()
            if name.kind != "name":
                self._refuse("syntax", "A name is missing after the point.", name.at)
            self._method(name, depth)
        if self._peek("["):
            self._refuse(
                "index", "A list has no numbered places here. Use `in`, `all` or `exists`.", self._tokens[self._next].at
            )

    def _method(self, name: _Token, depth: int) -> None:
        if not self._peek("("):
            self._unknown_fact(name.text, name.at)
        if name.text in LOOPS:
            self._loop(depth)
            return
        if name.text not in METHODS:
            self._unknown_function(name, (*METHODS, *LOOPS))
        pattern = self._tokens[self._next + 1] if name.text == "matches" else None
        if self._arguments(depth) != METHODS[name.text]:
            self._refuse(
                "arguments", "{function} takes {count} argument(s).", name.at, function=name.text,
                count=METHODS[name.text],
            )  # fmt: skip
        if pattern is not None:
            self._pattern(pattern)

    def _loop(self, depth: int) -> None:
        self._expect("(")
        variable = self._take()
        if variable.kind != "name" or variable.text in RESERVED:
            self._refuse(
                "syntax", "The first argument is a name for the member, as in `all(one, one > 0)`.", variable.at
            )
        if variable.text in self._bound or any(name.partition(".")[0] == variable.text for name in self._variables):
            self._refuse(
                "name-taken", "{name} means something else here. Choose another name.", variable.at, name=variable.text
            )
        if self._bound:
            self._refuse(
                "nested-loop",
                "`all` and `exists` cannot stand inside one another. Use `in` for the inner one.",
                variable.at,
            )
        self._loops += 1
        if self._loops > MOST_LOOPS:
            self._refuse(
                "too-many-loops", "At most {most} `all` and `exists` are allowed.", variable.at, most=MOST_LOOPS
            )
        self._expect(",")
        self._bound.append(variable.text)
        self.expression(depth + 1)
        self._bound.pop()
        self._expect(")")

    def _arguments(self, depth: int) -> int:
        self._expect("(")
        count = 0
        while not self._peek(")"):
            if count:
                self._expect(",")
            self.expression(depth + 1)
            count += 1
        self._take()
        return count

    def _primary(self, depth: int) -> None:
        token = self._take()
        if token.kind == "number":
            self._number(token)
        elif token.kind == "text":
            self._literal(token)
        elif token.kind == "name":
            self._name(token, depth)
        elif token.text == "(":
            self.expression(depth + 1)
            self._expect(")")
        elif token.text == "[":
            self._list(depth)
        elif token.kind == "end":
            self._refuse("syntax", "The expression stops in the middle.", token.at)
        else:
            self._refuse("syntax", "{found} does not fit here.", token.at, found=token.text)

    def _list(self, depth: int) -> None:
        kinds: set[str] = set()
        while not self._peek("]"):
            if kinds:
                self._expect(",")
            first = self._tokens[self._next]
            kinds.add(first.kind)
            if kinds >= {"number", "text"}:  # the engine's own types let such a list pass
                self._refuse("mixed-list", "The members of a list are of one type.", first.at)
            self.expression(depth + 1)
        if not kinds:
            self._refuse("empty-list", "A list needs at least one member.", self._tokens[self._next].at)
        self._take()

    def _number(self, token: _Token) -> None:
        follower = self._tokens[self._next]
        if follower.at == token.at + len(token.text) and (follower.kind == "name" or follower.text == "."):
            self._refuse(
                "number",
                "Only whole decimal numbers are known. Write money in 分 (1 元 is 100) and shares in whole per mille.",
                token.at,
            )
        if len(token.text) > LONGEST_NUMBER or int(token.text) > LARGEST:
            self._refuse("number", "The number is over {largest}.", token.at, largest=LARGEST)
        if len(token.text) > 1 and token.text[0] == "0":
            self._refuse(
                "number", "A number does not begin with 0. A code is a text: write it in quotation marks.", token.at
            )

    def _literal(self, token: _Token) -> str:
        for match in _ESCAPE.finditer(token.text[1:-1]):
            hexadecimal, letter = match.groups()
            if hexadecimal is not None and (int(hexadecimal, 16) == 0 or 0xD800 <= int(hexadecimal, 16) <= 0xDFFF):
                self._refuse("text", "A text cannot hold NUL or half a character (a lone surrogate).", token.at)
            if hexadecimal is None and letter not in _ESCAPES:
                self._refuse("text", "The only escapes in a text are \\\\ \\\" \\' \\n \\t and \\uXXXX.", token.at)
        if not token.text.isprintable() or any("\ud800" <= character <= "\udfff" for character in token.text):
            self._refuse("text", "A text holds a character that cannot be seen. Write it as \\uXXXX.", token.at)
        return _ESCAPE.sub(
            lambda match: chr(int(match.group(1), 16)) if match.group(1) else _ESCAPES[match.group(2)],
            token.text[1:-1],
        )

    def _name(self, token: _Token, depth: int) -> None:
        if token.text in {"true", "false"}:
            return
        if token.text in RESERVED:
            self._refuse("reserved", "{name} is no name here.", token.at, name=token.text)
        if self._peek("("):
            self._function(token, depth)
            return
        if token.text in self._bound:
            return
        path, at = token.text, token.at
        while (
            self._peek(".") and self._tokens[self._next + 1].kind == "name" and self._tokens[self._next + 2].text != "("
        ):
            self._take()
            path += "." + self._take().text
        if path not in self._variables:
            self._unknown_fact(path, at)
        self.reading.mentions.setdefault(path, at)

    def _function(self, name: _Token, depth: int) -> None:
        if name.text not in FUNCTIONS:
            self._unknown_function(name, FUNCTIONS)
        literal = self._tokens[self._next + 1]
        if self._arguments(depth) != FUNCTIONS[name.text]:
            self._refuse(
                "arguments", "{function} takes {count} argument(s).", name.at, function=name.text,
                count=FUNCTIONS[name.text],
            )  # fmt: skip
        if name.text == "date":
            self._date(literal)

    def _date(self, token: _Token) -> None:
        text = self._literal(token) if token.kind == "text" and self._closes_after(token) else ""
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError(text)
            if date.fromisoformat(text).year < FIRST_YEAR:
                raise ValueError(text)
        except ValueError:
            self._refuse("date", "A date is written as date('2026-11-21').", token.at)

    def _closes_after(self, token: _Token) -> bool:
        """Whether the bracket closes right after `token`: its literal is the whole argument."""
        return self._tokens[self._tokens.index(token) + 1].text == ")"

    def _pattern(self, token: _Token) -> None:
        if token.kind != "text" or not self._closes_after(token):
            self._refuse("pattern", "`matches` takes a pattern written out in quotation marks.", token.at)
        if fault := pattern_fault(self._literal(token)):
            self._refuse("pattern", fault, token.at)

    def _unknown_fact(self, name: str, at: int) -> NoReturn:
        near = difflib.get_close_matches(name, sorted(self._variables), 1)
        if near:
            self._refuse("unknown-fact", "There is no {name} here. Did you mean {near}?", at, name=name, near=near[0])
        self._refuse(
            "unknown-fact",
            "There is no {name} here. Known are: {known}.",
            at,
            name=name,
            known=", ".join(sorted(self._variables)) or "-",
        )

    def _unknown_function(self, token: _Token, known: Iterable[str]) -> NoReturn:
        self._refuse(
            "unknown-function",
            "There is no function {name}. Known are: {known}.",
            token.at,
            name=token.text,
            known=", ".join(known),
        )


_PATTERN = re.compile(
    r"""(?P<group>\((?:\?:)?)
      | (?P<close>\))
      | (?P<bar>\|)
      | (?P<count>[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})
      | (?P<atom>\\[dD.\\^$*+?(){}\[\]|/-]
          | \[\^?(?:\\[d\\\]^-]|[^\\\[\]&~-])(?:-?(?:\\[d\\\]^-]|[^\\\[\]&~-]))*\]
          | [^\\\[\](){}*+?|])
    """,
    re.VERBOSE,
)


def pattern_fault(pattern: str) -> str:
    """Why `pattern` is not of the plain kind that RE2 and a browser read alike and in linear time; empty when it is.

    Plain: characters, `.`, `\\d`, classes, groups and alternatives, each atom counted at most once; a group that
    holds a count is not counted itself, because that is what makes a backtracking engine slow (ReDoS).
    """
    counted: list[bool] = [False]  # for each open group: does it hold a count?
    groups: list[bool] = []
    previous = ""
    at = 0
    while at < len(pattern):
        match = _PATTERN.match(pattern, at)
        if match is None or ord(pattern[at]) > 0xFFFF:
            return (
                "The pattern has a sign that is not known here. Use characters, `.`, `\\d`, classes, groups and counts."
            )
        kind = str(match.lastgroup)
        if kind == "count":
            if previous not in {"atom", "closed"} or (previous == "closed" and groups[-1]):
                return "In a pattern a count follows one character, one class, or a group without counts."
            counted[-1] = True
        elif kind == "group":
            counted.append(False)
        elif kind == "close":
            if len(counted) == 1:
                return "The pattern closes a bracket that it did not open."
            inner = counted.pop()
            groups.append(inner)
            counted[-1] = counted[-1] or inner
            kind = "closed"
        previous = kind
        at = match.end()
    return "" if len(counted) == 1 else "The pattern leaves a bracket open."
