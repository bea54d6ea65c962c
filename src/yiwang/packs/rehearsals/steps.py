"""The closed verbs of rehearsals and what may stand behind each: the schema of `rehearsals/*.yaml`.

A step is a mapping with exactly one verb. Everything is named as people see it: page titles, labels, texts of buttons
and links.
There are no selectors, no SQL and no loops. `{name}` in a text stands for what an earlier step kept under that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from yiwang.kernel.kinds import Body, Part

__all__ = [
    "ACTING",
    "VISITOR",
    "As",
    "Attached",
    "Given",
    "MovesTime",
    "Opens",
    "Presses",
    "RehearsalBody",
    "Refusal",
    "Sees",
    "Step",
    "kept_names",
    "placeholders",
]

VISITOR = "visitor"
PLACEHOLDER = re.compile(r"\{([A-Za-z][\w ]*)\}")


class Aliased(Part):
    """One whose keys are called otherwise than its attributes, and that is made by either."""

    model_config = ConfigDict(populate_by_name=True)


class Attached(Aliased):
    """A file that is handed in, made for the story.

    file: the name that its owner gave it; the ending says what it is: pdf, png, zip.  holds: what is really in it, where that is
    something else.
    """

    file: str = Field(pattern=r"^[^/\\\"]+\.(pdf|png|zip)$")
    holds: Literal["pdf", "png", "zip", ""] = ""


Fields = Annotated[Attached | dict[str, Any], Field(union_mode="left_to_right")]
Value = bool | int | float | str | list[str] | Fields


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


def _short(key: str) -> BeforeValidator:
    """Let a plain text stand for a mapping with the one key `key`."""
    return BeforeValidator(lambda value: value if isinstance(value, Mapping | BaseModel | None) else {key: value})


class As(Aliased):
    """Who acts from here on, and through which face.

    login: as on the sign-in page, or `visitor` for somebody who is not signed in.  post: title of the post to act in;
    an officer's
    log-in without it acts for the person.  face: portal, desk or api; without it the desk for a post, else the portal.
    Somebody who has acted before goes on where he was.
    """

    login: str
    post: str = ""
    password: str = ""
    face: Literal["portal", "desk", "api", ""] = ""

    @property
    def through(self) -> str:
        """The face that is meant."""
        return self.face or ("desk" if self.post else "portal")


class Given(Aliased):
    """What is so before the story begins.

    time: business time to start at, a civil date or date and time of the city.  sample: rows for a sample loader
    (`units`, …), as
    they would stand in a pack's `sample/<name>.csv`.
    """

    time: str = ""
    sample: dict[str, list[dict[str, str]]] = Field(default_factory=dict)


class Opens(Aliased):
    """Follow a link by its text, or go to an address.  beside: a text in the row or card in which the link stands."""

    link: str = ""
    beside: str = ""
    address: str = ""

    @model_validator(mode="after")
    def _one(self) -> Opens:
        if bool(self.link) == bool(self.address):
            raise ValueError("write either the text of a link or `address:`")
        return self


class Presses(Aliased):
    """Press a button by its text; before that, fill in `with` (label → value).

    beside: a text in the row or card in which the button stands.  twice: send the same thing a second time and look at
    the second
    answer.  operation: through the face `api`, the operation to call instead of a button, with `with` as its arguments.
    """

    button: str = ""
    operation: str = ""
    beside: str = ""
    values: dict[str, Value] = Field(default_factory=dict, alias="with")
    twice: bool = False

    @model_validator(mode="after")
    def _one(self) -> Presses:
        if bool(self.button) == bool(self.operation):
            raise ValueError("write either the text of a button or `operation:`")
        return self


class MovesTime(Aliased):
    """Move the city's business time forward.  to: civil date or date and time of the city; else the sum of the other
    fields.
    """

    to: str = ""
    days: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)
    minutes: int = Field(default=0, ge=0)


class Sees(Aliased):
    """What is on the page now.

    texts: each is shown.  not: none of these is.  values: label → text beside it (or, through `api`, path in the
    answer → value).
    fields: label of a form field → its content.  keeps: name → label whose value later steps use as `{name}`.
    keeps_address: the name under which the page's address is kept.
    """

    texts: Texts = ()
    none_of: Texts = Field(default=(), alias="not")
    values: dict[str, Value | None] = Field(default_factory=dict)
    fields: dict[str, str] = Field(default_factory=dict)
    keeps: dict[str, str] = Field(default_factory=dict)
    keeps_address: str = Field(default="", alias="keeps address")


class Refusal(Aliased):
    """That the step before was refused, and how the page says so.

    texts: each is shown.  fields: label → text of the fault at that field.  code: the problem's code
    (`already-decided`), as the
    page's or the answer's problem says it.  status: of the HTTP answer.
    """

    texts: Texts = ()
    fields: dict[str, str] = Field(default_factory=dict)
    code: str = ""
    status: int = 0


Check = Literal["audit log", "work queue", "page"]

VERBS: dict[str, str] = {
    "as": "as_",
    "given": "given",
    "finds": "finds",
    "opens": "opens",
    "fills": "fills",
    "submits": "submits",
    "does": "does",
    "moves time": "moves_time",
    "sees": "sees",
    "is refused with": "is_refused_with",
    "checks": "checks",
}
ACTING = frozenset({"as", "given", "finds", "opens", "fills", "submits", "does", "moves time"})


class Step(Aliased):
    """One step: exactly one verb, and what may stand beside it.

    id: a name for `covers`.  note: a sentence for the manual.  shows: verbs of ledger rows that this step shows,
    `<row>: <verb>`.
    """

    SETTLING: ClassVar[frozenset[str]] = frozenset({"given", "submits", "does", "moves time"})

    id: str = ""
    note: str = ""
    shows: tuple[str, ...] = ()
    as_: Annotated[As | None, _short("login")] = Field(default=None, alias="as")
    given: Given | None = None
    finds: str | None = None
    opens: Annotated[Opens | None, _short("link")] = None
    fills: dict[str, Value] | None = None
    submits: Annotated[Presses | None, _short("button")] = None
    does: Annotated[Presses | None, _short("button")] = None
    moves_time: Annotated[MovesTime | None, _short("to")] = Field(default=None, alias="moves time")
    sees: Annotated[Sees | None, _short("texts")] = None
    is_refused_with: Annotated[Refusal | None, _short("texts")] = Field(default=None, alias="is refused with")
    checks: Annotated[tuple[Check, ...] | None, BeforeValidator(_listed)] = None

    @model_validator(mode="after")
    def _one_verb(self) -> Step:
        named = [verb for verb, field in VERBS.items() if getattr(self, field) is not None]
        if len(named) != 1:
            raise ValueError(
                f"a step has exactly one verb of: {', '.join(VERBS)}; this one has {', '.join(named) or 'none'}"
            )
        return self

    @property
    def verb(self) -> str:
        """The one verb."""
        return next(verb for verb, field in VERBS.items() if getattr(self, field) is not None)

    @property
    def object(self) -> Any:
        """What stands behind the verb."""
        return getattr(self, VERBS[self.verb])


def _unique(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    named = [step.id for step in steps if step.id]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ValueError(f"two steps have the id {', '.join(twice)}")
    return steps


class RehearsalBody(Body):
    """A story that is played through the public interfaces: a pack's test, its demo and its manual.

    story: a paragraph for the manual.  language: in which the faces are asked for.  covers: row of a plan's ledger →
    verb → the step
    (its number from 1, or its id) that shows it.  browser: played in a browser only, because a page needs its scripts.
    """

    kind: Literal["rehearsal"]
    story: str | dict[str, str] = ""
    language: Literal["zh-Hans", "en"] = "zh-Hans"
    browser: bool = False
    covers: dict[str, dict[str, int | str]] = Field(default_factory=dict)
    steps: Annotated[tuple[Step, ...], AfterValidator(_unique)] = Field(min_length=1)

    def step_number(self, named: int | str) -> int | None:
        """The number (from 1) of the step that a number or an id means, or None."""
        if isinstance(named, int) or named.isdecimal():
            number = int(named)
            return number if 1 <= number <= len(self.steps) else None
        return next((number for number, step in enumerate(self.steps, 1) if step.id == named), None)

    def shown(self) -> Iterator[tuple[str, str, int | str]]:
        """Every (row, verb, step) that `covers` and the steps' `shows` claim."""
        for row, verbs in self.covers.items():
            for verb, named in verbs.items():
                yield row, verb, named
        for number, step in enumerate(self.steps, 1):
            for claim in step.shows:
                row, _, verb = claim.partition(":")
                yield row.strip(), verb.strip(), number


def placeholders(value: Any) -> Iterator[str]:
    """Names that a step's texts take from earlier steps."""
    if isinstance(value, str):
        yield from PLACEHOLDER.findall(value)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from placeholders(getattr(value, name))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from placeholders(key)
            yield from placeholders(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from placeholders(one)


def kept_names(step: Step) -> tuple[str, ...]:
    """Names under which a step keeps what it sees."""
    if step.sees is None:
        return ()
    return (*step.sees.keeps, *((step.sees.keeps_address,) if step.sees.keeps_address else ()))
