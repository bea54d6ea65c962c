"""The pack kind that the identity engine owns: `duty` in the folder `duties`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from yiwang.identity.models import PostDuty
from yiwang.identity.queries import duty_from_body, holders_in_conflict
from yiwang.identity.registry import action_words, administrative_actions, known_actions
from yiwang.identity.values import Administrator, Scope
from yiwang.kernel.errors import Conflict, msgid
from yiwang.kernel.kinds import Body, Change, City, Declaration, DeclarationFault, Kind, Reference, did_you_mean


class GrantBody(BaseModel):
    """One action that the duty may do. scope: own (this post), unit, subtree (the unit and all below it), city."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str = Field(pattern=r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$")
    scope: Scope


class ApplicationBody(BaseModel):
    """That posts may ask for the duty 依申请授权. longest_days: for so many days at most, after which it ends by itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest_days: int = Field(ge=1, le=366)


class DutyBody(Body):
    """A duty 职责. excludes: duties that nobody may hold at the same time.  administrator: makes it one of the three 三员.

    on_application: a post may ask for it for some time; without, posts have it by rule alone 制度化授权.
    """

    may: tuple[GrantBody, ...] = ()
    excludes: tuple[str, ...] = ()
    administrator: Administrator | None = None
    on_application: ApplicationBody | None = None


class DutyKind(Kind):
    """`duties/*.yaml`: what a post is there to do, and which actions that takes."""

    name = "duty"
    folder = "duties"
    schema = DutyBody
    order = 20

    def references(self, body: Any) -> Iterable[Reference]:
        """The duties that it excludes."""
        return [Reference(f"excludes/{index}", self.name, id) for index, id in enumerate(body.excludes)]

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """No duty excludes itself; it may what something asks about; administrators do administration, and they alone."""
        if one.id in one.body.excludes:
            where = one.line(f"excludes/{one.body.excludes.index(one.id)}")
            yield DeclarationFault(one.path, where, f"The duty `{one.id}` excludes itself.", "Delete this line.")
        if one.body.on_application is not None and one.body.administrator is not None:
            yield DeclarationFault(
                one.path,
                one.line("on_application"),
                "Nobody becomes an administrator on application.",
                "Delete `on_application:`. The security administrator seats the three.",
            )
        known = known_actions() | administrative_actions.keys()
        seen: set[str] = set()
        for index, grant in enumerate(one.body.may):
            line = one.line(f"may/{index}/action")
            if grant.action in seen:
                yield DeclarationFault(
                    one.path,
                    line,
                    f"The action `{grant.action}` is granted twice.",
                    "Keep the line with the wider scope.",
                )
            seen.add(grant.action)
            if grant.action in known:
                yield from self._check_separation(one, grant.action, line)
            else:
                yield DeclarationFault(
                    one.path,
                    line,
                    f"Nothing in the platform asks about the action `{grant.action}`; to grant it would allow nothing.",
                    _the_nearest(grant.action, one.body.administrator),
                )

    def _check_separation(self, one: Declaration, action: str, line: int) -> Iterable[DeclarationFault]:
        allowed = administrative_actions.get(action)
        administrator = one.body.administrator
        if allowed == frozenset():
            yield DeclarationFault(
                one.path, line, f"The action `{action}` is done by connected systems, by no post.", "Delete this line."
            )
        elif administrator is None and allowed is not None:
            yield DeclarationFault(
                one.path,
                line,
                f"The action `{action}` is administration; an ordinary duty cannot do it.",
                f"Grant it to a duty with `administrator: {' or '.join(sorted(allowed))}`.",
            )
        elif administrator is not None and (allowed is None or administrator not in allowed):
            theirs = sorted(name for name, whose in administrative_actions.items() if administrator in whose)
            yield DeclarationFault(
                one.path,
                line,
                f"The {administrator} administrator may not do `{action}`: the three administrators do their own work only.",
                f"Choose among {', '.join(theirs)}, or grant it to a duty of its own.",
            )

    def plan(self, old: Mapping[str, Any] | None, new: Declaration | None) -> Iterable[Change]:
        """How many posts gain or lose what the duty may do."""
        if old is None:
            return
        posts = PostDuty.objects.filter(duty=old["id"]).count()
        if new is None:
            yield Change(self.name, old["id"], "retire", f"{posts} posts have this duty and lose what it may do.")
        elif duty_from_body(old).may != duty_from_body(new.body.model_dump(mode="json")).may:
            yield Change(
                self.name, old["id"], "change", f"{posts} posts have this duty; what they may do changes at once."
            )

    def check_succession(self, city: City, stored: Mapping[str, Mapping[str, Any]]) -> Iterable[DeclarationFault]:
        """Nobody may already hold two duties that would exclude each other."""
        declared = city.of_kind(self.name)
        fresh = {id: duty_from_body(one.body.model_dump(mode="json")) for id, one in declared.items()}
        conflict = holders_in_conflict(fresh, set(stored) - set(declared))
        if conflict is not None and (one := declared.get(conflict[0])) is not None:
            yield DeclarationFault(
                one.path,
                one.line("excludes"),
                f"Somebody holds both duties `{conflict[0]}` and `{conflict[1]}`, which would exclude each other.",
                "End one of the two assignments first, or let the duties go together.",
            )

    def apply(self, release: int, changed: Mapping[str, Declaration], retired: Iterable[str]) -> None:
        """Refuse the release when somebody already holds two duties that now exclude each other."""
        fresh = {id: duty_from_body(one.body.model_dump(mode="json")) for id, one in changed.items()}
        conflict = holders_in_conflict(fresh, set(retired))
        if conflict is not None:
            raise Conflict(
                msgid(
                    "Somebody holds both duties {one} and {other}, which this release makes exclude each other. End one of the "
                    "two assignments first."
                ),
                one=conflict[0],
                other=conflict[1],
            )


def _the_nearest(action: str, administrator: Administrator | None) -> str:
    """Advice for an action that nothing asks about: one on the same thing, if there is any, that such a duty may be granted."""
    grantable = [
        one
        for one in action_words
        if (administrator in administrative_actions[one] if one in administrative_actions else administrator is None)
    ]
    thing = action.partition(".")[0]
    return did_you_mean(action, [one for one in grantable if one.startswith(f"{thing}.")] or grantable)
