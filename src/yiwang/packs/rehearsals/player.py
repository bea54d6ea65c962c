"""Plays a rehearsal step by step and says what was seen."""

from __future__ import annotations

import time as machine_time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from yiwang.kernel import time
from yiwang.packs.rehearsals.attachments import attachment
from yiwang.packs.rehearsals.drivers import Driver
from yiwang.packs.rehearsals.pages import NotSeen, normal
from yiwang.packs.rehearsals.steps import (
    PLACEHOLDER,
    VISITOR,
    As,
    Attached,
    Given,
    MovesTime,
    Opens,
    Presses,
    Refusal,
    RehearsalBody,
    Sees,
    Step,
)

__all__ = ["City", "NotSettled", "Played", "Player", "StepPlayed"]

EXCERPT = 600
FIRST_REFUSED = 400


class NotSettled(Exception):
    """Work that nobody has finished; the message says what is stuck."""


class City(Protocol):
    """What the player needs of the city that it plays in."""

    root: str

    def settle(self) -> None:
        """Wait until every event is delivered and every due job is done. Raises NotSettled."""

    def move_time(self, to: datetime) -> None:
        """Move business time forward."""

    def load_sample(self, name: str, rows: list[dict[str, str]]) -> None:
        """Load rows by the sample loader `name`."""

    def audit_faults(self) -> list[str]:
        """What the audit log's verification finds."""

    def work_left(self) -> list[str]:
        """Work that failed or waits for nobody."""


@dataclass(frozen=True, slots=True)
class StepPlayed:
    """How one step went.

    number: from 1.  sentence: the step in words.  ok: whether it went as told.  said: what was wrong.
    seen: an excerpt of what was shown instead.  picture: a file with all of it.
    """

    number: int
    id: str
    verb: str
    sentence: str
    ok: bool
    seconds: float
    said: str = ""
    seen: str = ""
    picture: str = ""


@dataclass(slots=True)
class Played:
    """How one rehearsal went."""

    pack: str
    id: str
    title: str
    mode: str
    steps: list[StepPlayed] = field(default_factory=list)
    left: int = 0
    """Steps that were not reached."""

    @property
    def ok(self) -> bool:
        """Every step went as told."""
        return not self.left and all(step.ok for step in self.steps)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(step.seconds for step in self.steps)


class Player:
    """Plays one story.

    open_driver: makes a driver for a face and a language.  passwords: log-in → password, for steps that give none.
    pictures: where to keep what was seen at a failure.  tell: called with each step as it ends.
    """

    def __init__(
        self,
        city: City,
        open_driver: Callable[[str, str], Driver],
        *,
        passwords: Mapping[str, str],
        pictures: Path,
        tell: Callable[[StepPlayed], None] = lambda step: None,
    ) -> None:
        self.city = city
        self.open_driver = open_driver
        self.passwords = passwords
        self.pictures = pictures
        self.tell = tell

    def play(self, pack: str, body: RehearsalBody, mode: str) -> Played:
        """Play `body` until it ends or a step fails."""
        title = body.title if isinstance(body.title, str) else body.title.get("zh-Hans", body.id)
        played = Played(pack, body.id, title, mode)
        scene = _Scene(self, body)
        try:
            for number, step in enumerate(body.steps, 1):
                done = self._play_step(scene, body, number, step)
                played.steps.append(done)
                self.tell(done)
                if not done.ok:
                    played.left = len(body.steps) - number
                    break
        finally:
            scene.close()
        return played

    def _play_step(self, scene: _Scene, body: RehearsalBody, number: int, step: Step) -> StepPlayed:
        following = body.steps[number] if number < len(body.steps) else None
        refusal_follows = following is not None and following.verb == "is refused with"
        began = machine_time.monotonic()
        said = seen = picture = ""
        try:
            scene.play(step, refusal_follows)
            if step.verb in Step.SETTLING:
                self.city.settle()
        except (NotSeen, NotSettled) as fault:
            said = str(fault)
            if scene.driver is not None:
                seen = scene.driver.text[:EXCERPT]
                self.pictures.mkdir(parents=True, exist_ok=True)
                picture = str(scene.driver.picture(self.pictures / f"{body.id}-{number:02}") or "")
        seconds = machine_time.monotonic() - began
        return StepPlayed(
            number, step.id, step.verb, sentence_of(step, scene.kept), not said, seconds, said, seen, picture
        )


class _Scene:
    """Who is on stage, and what has been kept."""

    def __init__(self, player: Player, body: RehearsalBody) -> None:
        self.player = player
        self.language = body.language
        self.kept: dict[str, str] = {}
        self.driver: Driver | None = None
        self._people: dict[tuple[str, str, str], Driver] = {}

    def play(self, step: Step, refusal_follows: bool) -> None:
        thing = fill_in(step.object, self.kept)
        play: dict[str, Callable[[Any], None]] = {
            "as": self._as,
            "given": self._given,
            "finds": lambda text: self._on_stage.find(text),
            "opens": self._open,
            "fills": self._fill,
            "submits": self._press,
            "does": self._press,
            "moves time": self._move_time,
            "sees": self._see,
            "is refused with": self._refused,
            "checks": self._check,
        }
        play[step.verb](thing)
        if step.verb in {"as", "opens", "submits", "does"} and not refusal_follows:
            self._not_refused()

    @property
    def _on_stage(self) -> Driver:
        if self.driver is None:
            raise NotSeen("Nobody acts yet.")
        return self.driver

    def _as(self, who: As) -> None:
        key = (who.login, who.post, who.through)
        if key in self._people:
            self.driver = self._people[key]
            return
        self.driver = self._people[key] = self.player.open_driver(who.through, self.language)
        if who.login == VISITOR:
            self.driver.begin()
            return
        password = who.password or self.player.passwords.get(who.login, "")
        if not password:
            raise NotSeen(f"Nobody is known by the log-in “{who.login}”. Known: {', '.join(self.player.passwords)}.")
        self.driver.sign_in(who.login, password, who.post)

    def _given(self, what: Given) -> None:
        if what.time:
            self.player.city.move_time(_moment(what.time))
        for name, rows in what.sample.items():
            self.player.city.load_sample(name, rows)

    def _move_time(self, how: MovesTime) -> None:
        to = _moment(how.to) if how.to else time.now()
        self.player.city.move_time(to + timedelta(days=how.days, hours=how.hours, minutes=how.minutes))

    def _check(self, names: tuple[str, ...]) -> None:
        faults: list[str] = []
        for name in names:
            match name:
                case "audit log":
                    faults += self.player.city.audit_faults()
                case "work queue":
                    faults += self.player.city.work_left()
                case "page":
                    faults += self._on_stage.look()
        if faults:
            raise NotSeen("; ".join(faults))

    def _open(self, what: Opens) -> None:
        if what.address:
            self._on_stage.go(what.address)
        else:
            self._on_stage.follow(what.link, what.beside)

    def _fill(self, values: Mapping[str, Any]) -> None:
        for label, value in values.items():
            self._on_stage.fill(label, attachment(value.file, value.holds) if isinstance(value, Attached) else value)

    def _press(self, what: Presses) -> None:
        if what.operation:
            self._on_stage.call(what.operation, what.values)
            return
        self._fill(what.values)
        self._on_stage.press(what.button, what.beside, what.twice)

    def _not_refused(self) -> None:
        here = self._on_stage
        if here.status >= FIRST_REFUSED or here.problem:
            raise NotSeen(f"This was refused ({' '.join(part for part in (str(here.status), here.problem) if part)}).")

    def _see(self, what: Sees) -> None:
        here = self._on_stage
        _see_texts(here, what.texts)
        shown = normal(here.text)
        for text in what.none_of:
            if normal(text) in shown:
                raise NotSeen(f"“{text}” is shown and should not be.")
        for label, value in what.values.items():
            found = here.beside(label)
            if normal(_as_text(value)) not in found or (not value and found):
                raise NotSeen(f"Beside “{label}” stands “{found}”, not “{_as_text(value)}”.")
        for label, value in what.fields.items():
            if (found := here.content(label)) != value:
                raise NotSeen(f"The field “{label}” holds “{found}”, not “{value}”.")
        for name, label in what.keeps.items():
            self.kept[name] = here.beside(label)
        if what.keeps_address:
            self.kept[what.keeps_address] = here.address

    def _refused(self, how: Refusal) -> None:
        here = self._on_stage
        if here.status < FIRST_REFUSED and not here.problem and not how.texts and not how.fields:
            raise NotSeen(f"This was not refused ({here.status}).")
        if how.status and here.status != how.status:
            raise NotSeen(f"The answer's status is {here.status}, not {how.status}.")
        if how.code and here.problem != how.code:
            raise NotSeen(f"The problem is “{here.problem or 'not named'}”, not “{how.code}”.")
        _see_texts(here, how.texts)
        for label, text in how.fields.items():
            if normal(text) not in (found := here.fault_at(label)):
                raise NotSeen(f"At “{label}” stands “{found}”, not “{text}”.")

    def close(self) -> None:
        for driver in self._people.values():
            driver.close()


def _see_texts(here: Driver, texts: Iterable[str]) -> None:
    shown = normal(here.text)
    for text in texts:
        if normal(text) not in shown:
            raise NotSeen(f"“{text}” is not shown.")


def _moment(text: str) -> datetime:
    """A civil date (its first instant) or date and time of the city, as an instant."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise NotSeen(f"“{text}” is no date or time. Write 2026-12-01 or 2026-12-01 09:00.") from fault
    return found if found.tzinfo else found.replace(tzinfo=time.CITY_ZONE)


def _as_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def fill_in(value: Any, kept: Mapping[str, str]) -> Any:
    """`value` with every `{name}` replaced by what was kept under that name."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: kept.get(match.group(1), match.group(0)), value)
    if isinstance(value, BaseModel):
        changed = {name: fill_in(getattr(value, name), kept) for name in type(value).model_fields}
        return value.model_copy(update=changed)
    if isinstance(value, Mapping):
        return {fill_in(key, kept): fill_in(one, kept) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fill_in(one, kept) for one in value)
    return value


def sentence_of(step: Step, kept: Mapping[str, str] | None = None) -> str:
    """The step in words, for the screen and the manual."""
    thing = fill_in(step.object, kept or {})
    if isinstance(thing, str):
        return f"{step.verb} {thing}"
    if isinstance(thing, As):
        return (
            f"as {thing.login}"
            + (f" · {thing.post}" if thing.post else "")
            + (f" ({thing.face})" if thing.face else "")
        )
    return f"{step.verb} {_words(thing)}".strip()


def _words(thing: Any) -> str:
    if isinstance(thing, BaseModel):
        set_fields = {name: getattr(thing, name) for name in type(thing).model_fields}
        parts = []
        for name, value in set_fields.items():
            if value in ("", 0, False, (), {}, None):
                continue
            plain = name in {"link", "button", "operation", "texts", "to", "file"}
            words = _words(value)
            parts.append(words if plain else f"{name.replace('_', ' ').replace('none of', 'not')} {words}")
        return " · ".join(parts)
    if isinstance(thing, Mapping):
        return ", ".join(f"{key}: {_words(value)}" for key, value in thing.items())
    if isinstance(thing, list | tuple):
        return ", ".join(_words(value) for value in thing)
    return str(thing)
