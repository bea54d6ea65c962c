"""Sample files of the organisation: `units.csv`, `posts.csv`, `accounts.csv`, `reviews.yaml`. Everything in them is invented."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from yiwang.acts.values import Actor, system
from yiwang.identity.queries import (
    account_by_login,
    actor_for_post,
    list_posts,
    posts_of,
    review_lines,
    system_account_of_subject,
    system_unit_by_code,
)
from yiwang.identity.registry import working_days
from yiwang.identity.services import (
    answer_line,
    open_review,
    system_assign_posts,
    system_load_posts,
    system_load_units,
    system_open_accounts,
)
from yiwang.identity.values import NewPost, NewUnit
from yiwang.identity.values.reviews import Answer
from yiwang.kernel.kinds import Part
from yiwang.kernel.samples import SampleFile, register_sample
from yiwang.kernel.time import today
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject


def register() -> None:
    """Offer the loaders."""
    register_sample("units", load_units, order=10)
    register_sample("posts", load_posts, order=20)
    register_sample("accounts", load_accounts, order=30)
    register_sample("reviews", load_reviews, order=90, once=True)


def load_units(file: SampleFile) -> int:
    """Columns: code, title, short_title, credit_code, level, division_code, parent."""
    units = [
        NewUnit(
            code=row["code"],
            title=row["title"],
            short_title=row["short_title"],
            credit_code=row["credit_code"],
            level=row["level"],
            division_code=row["division_code"],
            parent_code=row["parent"],
        )
        for row in file.rows()
    ]
    return system_load_units(_invented(), units)


def load_posts(file: SampleFile) -> int:
    """Columns: code, unit, title, duties (separated by spaces)."""
    posts = [NewPost(row["code"], row["unit"], row["title"], frozenset(row["duties"].split())) for row in file.rows()]
    return system_load_posts(_invented(), posts)


def load_accounts(file: SampleFile) -> int:
    """Columns: login, password, kind, scheme, identifier (of the person), posts (codes, separated by spaces), since (civil date).

    Returns how many accounts and assignments are new.
    """
    rows = list(file.rows())
    people = [NewSubject(row["kind"], {row["scheme"]: row["identifier"]}) for row in rows]
    subjects = system_register_subjects(_invented(), people)
    new = sum(system_account_of_subject(subject) is None for subject in subjects)
    accounts = system_open_accounts(
        _invented(),
        [(row["login"], row["password"], subject) for row, subject in zip(rows, subjects, strict=True)],
    )
    posts = {post.code: post.id for post in list_posts(_invented())}
    seats = []
    for row in rows:
        for code in row["posts"].split():
            if code not in posts:
                raise ValueError(f"{file.path}: there is no post with the code {code}.")
            seats.append((accounts[row["login"]], posts[code], date.fromisoformat(row["since"])))
    return system_assign_posts(_invented(), seats) + new


class SampleAnswer(Part):
    """An answer in a review. by: log-in of who gives it, in his only post.  officer, post: log-in and code of the line's."""

    by: str
    officer: str
    post: str
    answer: Answer
    reason: str = ""


class SampleReview(Part):
    """A review of rights that is going on. unit: its code.  opened_by: log-in.  working_days: from today to its last day."""

    unit: str
    reason: str
    opened_by: str
    working_days: int
    answers: tuple[SampleAnswer, ...] = ()


def load_reviews(file: SampleFile) -> int:
    """Open the reviews, as their openers do it, and answer some of their lines, as those do who lead."""
    given = TypeAdapter(list[SampleReview]).validate_python(YAML(typ="safe", pure=True).load(BytesIO(file.content)))
    codes = {post.id: post.code for post in list_posts(_invented())}
    for one in given:
        opener = _officer(file, one.opened_by)
        unit = system_unit_by_code(one.unit)
        if unit is None:
            raise ValueError(f"{file.path}: there is no unit with the code {one.unit}.")
        last_day = working_days().add_working_days(today(), one.working_days).date
        made = open_review(opener, unit.id, one.reason, last_day)
        lines = {
            (line.account.login, codes[line.post_id]): line.id
            for line in review_lines(opener, made, limit=MOST_LINES).lines
        }
        for each in one.answers:
            if (each.officer, each.post) not in lines:
                raise ValueError(f"{file.path}: {each.officer} does not hold {each.post}.")
            answer_line(_officer(file, each.by), lines[each.officer, each.post], each.answer, each.reason)
    return len(given)


MOST_LINES = 1_000


def _officer(file: SampleFile, login: str) -> Actor:
    """Who acts in the only post that he holds."""
    account = account_by_login(_invented(), login)
    held = posts_of(account.id) if account is not None else []
    if account is None or len(held) != 1:
        raise ValueError(f"{file.path}: {login} does not hold one post.")
    return actor_for_post(account, held[0].id)


def _invented() -> Actor:
    return system("samples", origin="invented")
