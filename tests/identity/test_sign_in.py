from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity.models import Account, SignInAttempt
from yiwang.identity.queries import actor_for_self
from yiwang.identity.services import (
    LoginTaken,
    PersonHasAccount,
    SignInLocked,
    SignInRefused,
    open_account,
    sign_in,
    sign_out,
    system_forget_attempts,
)
from yiwang.kernel import time
from yiwang.kernel.errors import Invalid, problem
from yiwang.outbox.models import Event

ADDRESS = "192.0.2.7"
US = system("tests")


class Clock:
    """Machine time as sign-in sees it, to be moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return time.machine_now() + self.ahead


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with mock.patch("yiwang.identity.services.sign_in.machine_now", clock):
        yield clock


def attempt(login: str, password: str = "wrong") -> str:
    try:
        sign_in(login, password, address=ADDRESS)
    except (SignInRefused, SignInLocked) as fault:
        return fault.code
    return "in"


def entries(action: str) -> list[str]:
    return list(Entry.objects.filter(action=action).order_by("id").values_list("outcome", flat=True))


def test_a_person_signs_in_with_login_or_citizen_id(town: Any, password: str) -> None:
    account = town.account("lin.xiu")
    for name in ("lin.xiu", "  LIN.Xiu ", town.citizen_ids[account.subject_id]):
        assert sign_in(name, password, address=ADDRESS).id == account.id
    assert Entry.objects.filter(action="account.sign-in", outcome="done", account_id=account.id).count() == 3
    assert Event.objects.filter(type="account.signed-in.v1", subject=str(account.id)).count() == 3


def test_a_wrong_password_and_an_unknown_login_get_the_same_words(town: Any) -> None:
    town.account("lin.xiu")
    answers = []
    for name in ("lin.xiu", "nobody", "460199199001310420", "", "'; drop table"):
        with pytest.raises(SignInRefused) as refused:
            sign_in(name, "wrong", address=ADDRESS)
        answers.append(problem(refused.value))
    assert all(answer == answers[0] for answer in answers)


def test_a_wrong_password_and_an_unknown_login_cost_the_same_work(town: Any) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    account = town.account("lin.xiu")
    costs = []
    for name in ("lin.xiu", "nobody", town.citizen_ids[account.subject_id], "460199199001310420"):
        with (
            mock.patch.object(
                Argon2PasswordHasher, "encode", autospec=True, side_effect=Argon2PasswordHasher.encode
            ) as encode,
            mock.patch.object(
                Argon2PasswordHasher, "verify", autospec=True, side_effect=Argon2PasswordHasher.verify
            ) as verify,
            CaptureQueriesContext(connection) as asked,
        ):
            attempt(name)
        costs.append((encode.call_count + verify.call_count, [one["sql"].split()[0] for one in asked]))
    assert costs[0][0] == 1
    assert all(cost == costs[0] for cost in costs)


def test_five_failures_lock_for_fifteen_minutes_of_machine_time(town: Any, password: str, clock: Clock) -> None:
    town.account("lin.xiu")
    assert [attempt("lin.xiu") for _ in range(6)] == ["sign-in-refused"] * 4 + ["sign-in-locked"] * 2
    assert attempt("lin.xiu", password) == "sign-in-locked"
    clock.ahead = timedelta(minutes=14, seconds=50)
    assert attempt("lin.xiu", password) == "sign-in-locked"
    clock.ahead = timedelta(minutes=15, seconds=5)
    assert attempt("lin.xiu", password) == "in"
    assert entries("account.lock") == ["done"]
    assert entries("account.sign-in") == ["refused"] * 4 + ["failed"] * 4 + ["done"]


def test_business_time_does_not_open_a_lock(town: Any, password: str) -> None:
    town.account("lin.xiu")
    for _ in range(5):
        attempt("lin.xiu")
    with mock.patch("yiwang.kernel.time.offset", return_value=timedelta(days=3)):
        assert attempt("lin.xiu", password) == "sign-in-locked"


def test_an_unknown_login_is_locked_in_the_same_way(town: Any) -> None:
    assert [attempt("nobody") for _ in range(6)] == ["sign-in-refused"] * 4 + ["sign-in-locked"] * 2
    assert entries("account.lock") == ["done"]


def test_login_and_citizen_id_count_together(town: Any) -> None:
    account = town.account("lin.xiu")
    names = ["lin.xiu", town.citizen_ids[account.subject_id]] * 3
    assert [attempt(name) for name in names][4:] == ["sign-in-locked"] * 2


def test_a_success_and_a_quiet_quarter_of_an_hour_forget_failures(town: Any, password: str, clock: Clock) -> None:
    town.account("lin.xiu")
    for _ in range(4):
        attempt("lin.xiu")
    assert attempt("lin.xiu", password) == "in"
    assert [attempt("lin.xiu") for _ in range(4)] == ["sign-in-refused"] * 4
    clock.ahead = timedelta(minutes=16)
    assert [attempt("lin.xiu") for _ in range(4)] == ["sign-in-refused"] * 4


def test_a_closed_account_does_not_sign_in(town: Any, password: str) -> None:
    account = town.account("lin.xiu")
    Account.objects.filter(id=account.id).update(is_active=False)
    assert attempt("lin.xiu", password) == "sign-in-refused"


def test_a_failure_names_no_actor_and_keeps_nothing_that_was_typed(town: Any) -> None:
    account = town.account("lin.xiu")
    attempt("lin.xiu", "my-secret-guess")
    attempt(town.citizen_ids[account.subject_id])
    attempt("a.typed.password.by.mistake")
    for entry in Entry.objects.filter(action="account.sign-in"):
        assert entry.account_id is None
        assert entry.capacity == "visitor"
        text = str(entry.details)
        assert not any(
            word in text for word in ("secret", "mistake", "lin", town.citizen_ids[account.subject_id], ADDRESS)
        )
    assert [one.object_id for one in Entry.objects.filter(action="account.sign-in").order_by("id")] == [
        str(account.id),
        str(account.id),
        "",
    ]


def test_guesses_at_the_same_time_do_not_outrun_the_count(city: Any, password: str) -> None:
    from django.db import connections

    from yiwang.acts.services import system_publish_release

    system_publish_release(US, [])
    id = open_account(US, "lin.xiu", password)
    results: list[str] = []

    def guess() -> None:
        try:
            results.append(attempt("lin.xiu"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("sign-in-refused") <= 4
    assert results.count("sign-in-locked") >= 8
    assert SignInAttempt.objects.get(account_id=id).locked_until is not None


def test_who_comes_in_at_several_places_in_the_same_instant_is_let_in_at_all_of_them(city: Any, password: str) -> None:
    from django.db import connections

    from yiwang.acts.services import system_publish_release

    system_publish_release(US, [])
    open_account(US, "lin.xiu", password)
    places, rounds = 4, 60
    together = threading.Barrier(places)

    def come_in() -> list[str]:
        try:
            said = []
            for _ in range(rounds):
                together.wait(30)
                said.append(attempt("lin.xiu", password))
            return said
        finally:
            connections.close_all()

    # the hash takes long enough to keep the four apart
    with (
        mock.patch("yiwang.identity.services.sign_in.check_password", return_value=True),
        ThreadPoolExecutor(places) as pool,
    ):
        said = [one.result() for one in [pool.submit(come_in) for _ in range(places)]]
    assert said == [["in"] * rounds] * places


def test_old_failures_are_dropped_at_night(town: Any, clock: Clock) -> None:
    attempt("nobody")
    assert system_forget_attempts() == 0
    clock.ahead = timedelta(days=1, minutes=1)
    attempt("somebody")
    assert system_forget_attempts() == 1


def test_signing_out_is_written_down(town: Any) -> None:
    actor = actor_for_self(town.account())
    sign_out(actor)
    assert Entry.objects.get(action="account.sign-out").account_id == actor.account_id


def test_one_person_has_one_account_and_a_login_one_owner(town: Any, password: str) -> None:
    account = town.account("lin.xiu")
    with pytest.raises(PersonHasAccount):
        open_account(US, "lin.other", password, subject_id=account.subject_id)
    with pytest.raises(LoginTaken):
        open_account(US, "Lin.Xiu", password, subject_id=town.person())


def test_everything_wrong_with_a_new_account_is_named_at_once(town: Any) -> None:
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    [shop] = system_register_subjects(US, [NewSubject("shop", {"shop-number": "7"})])
    with pytest.raises(Invalid) as refused:
        open_account(US, "4x", "4xab", subject_id=shop)
    assert [one.code for one in refused.value.faults] == [
        "login-shape",
        "password-length",
        "password-classes",
        "password-has-login",
        "not-a-person",
    ]
    with pytest.raises(Invalid) as refused:
        open_account(US, "fine.login", "Fine-Password-1", subject_id=town.units["gov"])
    assert [one.code for one in refused.value.faults] == ["unknown-subject"]


def test_passwords_are_kept_as_argon2id(town: Any) -> None:
    assert Account.objects.get(id=town.account().id).password.startswith("argon2$argon2id$")
