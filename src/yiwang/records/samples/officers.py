"""The sample file `officers.yaml`: who of the invented people sits in the posts that nobody sits in.

An officer needs an account to sit in a post; nobody can sign in with these.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from io import BytesIO
from pathlib import PurePath
from random import Random

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from yiwang.acts.values import system
from yiwang.identity.queries import find_duty, list_posts, system_accounts_in_posts
from yiwang.identity.services import system_assign_posts, system_open_accounts
from yiwang.identity.values import Administrator, PostView
from yiwang.kernel.samples import Portion, SampleFile
from yiwang.records.samples.households import AgeBand, InventedPerson
from yiwang.records.samples.people import city_of, read_parameters
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject

__all__ = ["OfficerRules", "load_officers", "officers_of", "read_officers"]

PORTION = 100


class OfficerRules(BaseModel):
    """What `officers.yaml` says. residents: in a smaller city, only who is named sits in a post.  age: whole years.  per_thousand: at most
    so many officers for each 1,000 residents; the posts that `posts.csv` names come first, then those with duties.  since: civil date
    from which they sit there.  login: what their logins begin with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    residents: int = Field(ge=0)
    age: AgeBand
    per_thousand: int = Field(ge=0, le=1_000)
    since: date
    login: str


def read_officers(content: bytes) -> OfficerRules:
    """Read `officers.yaml`. Raises pydantic.ValidationError, which says what is wrong."""
    return OfficerRules.model_validate(YAML(typ="safe", pure=True).load(BytesIO(content)))


def load_officers(file: SampleFile, at: int) -> Portion:
    """Seat the next officers. Idempotent: a post in which somebody sits is passed over, and one person sits in one post."""
    given, parameters = read_officers(file.content), read_parameters(file.beside["people.yaml"])
    if file.residents < given.residents:
        return Portion(at, at, 0)
    posts, people = _posts(file), officers_of(file)
    of = min(len(posts), len(people))
    end = min(at + PORTION, of)
    us = system("samples", origin="invented")
    seats = list(zip(posts[at:end], people[at:end], strict=True))
    taken = system_accounts_in_posts([post.id for post, _ in seats])
    free = [(number, post, one) for number, (post, one) in enumerate(seats, at + 1) if not taken.get(post.id)]
    if not free:
        return Portion(end, of, 0)
    subjects = system_register_subjects(
        us, [NewSubject(parameters.kind, {parameters.scheme: str(one.number)}) for _, _, one in free]
    )
    logins = [f"{given.login}{number:05}" for number, _, _ in free]
    accounts = system_open_accounts(us, [(login, None, id) for login, id in zip(logins, subjects, strict=True)])
    return Portion(
        end,
        of,
        system_assign_posts(
            us, [(accounts[login], post.id, given.since) for login, (_, post, _) in zip(logins, free, strict=True)]
        ),
    )


def officers_of(file: SampleFile) -> tuple[InventedPerson, ...]:
    """Who may be an officer in this file's city, in the order in which they are seated."""
    return _officers(file.beside["officers.yaml"], city_of(file), read_parameters(file.beside["people.yaml"]).as_of)


@lru_cache(maxsize=1)
def _officers(rules: bytes, everybody: tuple[InventedPerson, ...], as_of: date) -> tuple[InventedPerson, ...]:
    given = read_officers(rules)
    fit = [one for one in everybody if one.household and given.age.youngest <= one.age(as_of) <= given.age.oldest]
    chance = Random(given.seed)  # noqa: S311 -- repeatable on purpose; nothing secret is drawn
    return tuple(chance.sample(fit, min(len(fit), len(everybody) * given.per_thousand // 1_000)))


def _posts(file: SampleFile) -> list[PostView]:
    """Posts that may be filled with invented people, and none of an administrator: those named one by one first, then those with duties."""
    listed = SampleFile(file.pack, "posts", PurePath("posts.csv"), file.beside["posts.csv"])
    named = {row["code"] for row in listed.rows()}
    posts = [one for one in list_posts(system("samples", origin="invented")) if _administrator(one) is None]
    return sorted(posts, key=lambda one: (one.code not in named, not one.duties, one.code))


def _administrator(post: PostView) -> Administrator | None:
    found = (find_duty(id) for id in post.duties)
    return next((duty.administrator for duty in found if duty is not None and duty.administrator is not None), None)
