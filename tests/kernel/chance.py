"""Expressions made by chance: well-typed ones of the subset over a few facts, some of which are absent."""

from __future__ import annotations

from random import Random
from typing import Any

TYPES = {
    "n": "integer",
    "m": "money",
    "s": "text",
    "residence.place": "place",
    "a": "boolean",
    "b": "boolean",
    "d": "date",
    "today": "date",
    "k": "list(integer)",
    "l": "list(text)",
}
TEXTS = ["", "a", "aa", "政", "政务", "𠮷", "4601", "é", "\n", "b a"]
NUMBERS = [0, 1, -1, 2, 7, -7, 31, 365, 2**53 - 1, -(2**53 - 1)]
DATES = ["1000-01-01", "1900-02-28", "2000-02-29", "2024-02-29", "2026-11-21", "2026-12-31", "9999-12-31"]
PATTERNS = ["^a*$", "^.$", "[0-9]{2}", "^(政|务)+$", "^[^a]$", "b?", r"^\\d+$"]


def some_case(random: Random) -> dict[str, Any]:
    """An expression with types and values, as in the vector file but without its outcome."""
    while True:
        expression = some(random.choice(["boolean", "boolean", "integer", "text", "date"]), random, 4)
        if len(expression) <= 500:
            break
    values = {
        "n": random.choice(NUMBERS),
        "m": random.choice(NUMBERS),
        "s": random.choice(TEXTS),
        "residence.place": random.choice(TEXTS),
        "a": random.random() < 0.5,
        "b": random.random() < 0.5,
        "d": random.choice(DATES),
        "today": random.choice(DATES),
        "k": [random.choice(NUMBERS) for _ in range(random.randrange(4))],
        "l": [random.choice(TEXTS) for _ in range(random.randrange(4))],
    }
    present = {name: value for name, value in values.items() if random.random() < 0.75}
    return {"expression": expression, "types": TYPES, "values": present}


def some(type: str, random: Random, depth: int, member: str = "") -> str:
    """An expression of `type`. member: the type of `x`, inside a loop."""
    if depth == 0 or random.random() < 0.2:
        return _leaf(type, random, member)

    def sub(wanted: str) -> str:
        return some(wanted, random, depth - 1, member)

    choices = {
        "integer": lambda: random.choice(
            [
                lambda: f"({sub('integer')} {random.choice('+-*/%')} {sub('integer')})",
                lambda: f"-({sub('integer')})",
                lambda: f"({sub('text')}).size()",
                lambda: "k.size()",
                lambda: f"days_between({sub('date')}, {sub('date')})",
                lambda: f"years_between({sub('date')}, {sub('date')})",
                lambda: f"{random.choice(['year', 'month', 'day'])}({sub('date')})",
                lambda: f"({sub('boolean')} ? {sub('integer')} : {sub('integer')})",
            ]
        )(),
        "text": lambda: random.choice(
            [
                lambda: f"({sub('text')} + {sub('text')})",
                lambda: f"({sub('boolean')} ? {sub('text')} : {sub('text')})",
            ]
        )(),
        "date": lambda: random.choice(
            [
                lambda: f"add_days({sub('date')}, {sub('integer')})",
                lambda: f"add_months({sub('date')}, {sub('integer')})",
                lambda: f"({sub('boolean')} ? {sub('date')} : {sub('date')})",
            ]
        )(),
        "boolean": lambda: _boolean(random, depth, member, sub),
    }
    return str(choices[type]())


def _boolean(random: Random, depth: int, member: str, sub: Any) -> str:
    ordered = random.choice(["integer", "date"])
    equal = random.choice(["integer", "date", "text", "boolean"])
    options = [
        f"({sub('boolean')} && {sub('boolean')})",
        f"({sub('boolean')} || {sub('boolean')})",
        f"!({sub('boolean')})",
        f"({sub(ordered)} {random.choice(['<', '<=', '>', '>='])} {sub(ordered)})",
        f"({sub(equal)} {random.choice(['==', '!='])} {sub(equal)})",
        f"({sub('text')}).{random.choice(['startsWith', 'endsWith', 'contains'])}({sub('text')})",
        f"({sub('text')}).matches('{random.choice(PATTERNS)}')",
        f"({sub('integer')} in k)",
        f"({sub('text')} in [{sub('text')}, {sub('text')}])",
    ]
    if not member:
        name, inner = random.choice([("k", "integer"), ("l", "text")])
        options += [f"{name}.{random.choice(['all', 'exists'])}(x, {some('boolean', random, depth - 1, inner)})"] * 3
    return random.choice(options)


def _leaf(type: str, random: Random, member: str) -> str:
    if type == member and random.random() < 0.5:
        return "x"
    named = [
        name
        for name, declared in TYPES.items()
        if {"money": "integer", "place": "text"}.get(declared, declared) == type
    ]
    if random.random() < 0.6:
        return random.choice(named)
    match type:
        case "integer":
            return str(abs(random.choice(NUMBERS)))
        case "text":
            return "'" + random.choice(TEXTS).replace("\n", "\\n") + "'"
        case "date":
            return f"date('{random.choice(DATES)}')"
    return random.choice(["true", "false"])
