"""Sample files of the organisation: `units.csv`, `posts.csv`, `accounts.csv`. Everything in them is invented."""

from __future__ import annotations

from datetime import date

from yiwang.acts.values import Actor, system
from yiwang.identity.queries import list_posts, system_account_of_subject
from yiwang.identity.services import system_assign_posts, system_load_posts, system_load_units, system_open_accounts
from yiwang.identity.values import NewPost, NewUnit
from yiwang.kernel.samples import SampleFile, register_sample
from yiwang.subjects.services import system_register_subjects
from yiwang.subjects.values import NewSubject


def register() -> None:
    """Offer the loaders."""
    register_sample("units", load_units, order=10)
    register_sample("posts", load_posts, order=20)
    register_sample("accounts", load_accounts, order=30)


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


def _invented() -> Actor:
    return system("samples", origin="invented")
