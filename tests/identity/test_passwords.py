"""Passwords after the first, accounts that close, and the first three administrators."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from support.offices import CREDIT_CODE

from yiwang.acts.values import system
from yiwang.identity import queries
from yiwang.identity.models import Account, Assignment
from yiwang.identity.rules.credentials import password_faults
from yiwang.identity.services import (
    AdministratorsSeated,
    SignInLocked,
    SignInRefused,
    assign_post,
    change_password,
    close_account,
    give_start_password,
    open_account,
    sign_in,
    system_renew_administrator,
    system_seat_administrators,
)
from yiwang.identity.services.passwords import start_password
from yiwang.identity.values import Administrator, NewUnit
from yiwang.kernel import time
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.kernel.time import today

US = system("tests")
FRESH = "Coconut-harbour-{}"


def codes(fault: Any) -> list[str]:
    return [one.code for one in fault.value.faults]


def account_of(actor: Any) -> Account:
    return Account.objects.get(id=actor.account_id)


def test_one_changes_one_s_password_and_only_the_new_one_serves(own_town: Any, password: str) -> None:
    actor = own_town.officer("gov", "decide", login="wang.min")
    change_password(actor, password, FRESH.format(1), again=FRESH.format(1))
    sign_in("wang.min", FRESH.format(1), address="")
    with pytest.raises(SignInRefused):
        sign_in("wang.min", password, address="")


def test_a_new_password_is_refused_with_everything_that_is_wrong(own_town: Any, password: str) -> None:
    actor = own_town.officer("gov", "decide", login="wang.min")
    with pytest.raises(Invalid) as refused:
        change_password(actor, "wrong", "password", again="other")
    assert codes(refused) == [
        "wrong-password", "password-length", "password-classes", "password-common", "password-unlike",
    ]  # fmt: skip
    with pytest.raises(Invalid) as same:
        change_password(actor, password, password)
    assert codes(same) == ["password-again"]
    with pytest.raises(Invalid) as opened:
        open_account(US, "li.hua", "Password1234", subject_id=own_town.person())
    assert codes(opened) in (["password-common"], [])


def test_none_of_the_last_five_passwords_is_taken_again_and_the_sixth_is(own_town: Any, password: str) -> None:
    actor = own_town.officer("gov", "decide")
    present = password
    for number in range(5):
        change_password(actor, present, FRESH.format(number))
        present = FRESH.format(number)
        if number < 4:
            with pytest.raises(Invalid) as again:
                change_password(actor, present, password)
            assert codes(again) == ["password-again"]
    change_password(actor, present, password)


def test_guessing_the_old_password_in_an_open_session_locks_as_signing_in_does(own_town: Any) -> None:
    actor = own_town.officer("gov", "decide")
    for _ in range(4):
        with pytest.raises(Invalid):
            change_password(actor, "guess", FRESH.format(1))
    with pytest.raises(SignInLocked):
        change_password(actor, "guess", FRESH.format(1))


def test_administrators_need_longer_passwords(own_town: Any, password: str) -> None:
    actor = own_town.officer("gov", "security")
    with pytest.raises(Invalid) as short:
        change_password(actor, password, "Abcdefg-123")
    assert codes(short) == ["password-length"]


def test_a_start_password_meets_the_rules_and_never_repeats() -> None:
    made = [start_password() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(password_faults(one, "wang.min", least=12) == [] for one in made)


def test_a_start_password_serves_for_three_days_and_must_be_changed(
    own_town: Any, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = own_town.officer("gov", "decide", login="wang.min")
    given_one = give_start_password(US, actor.account_id)
    with pytest.raises(SignInRefused):
        sign_in("wang.min", password, address="")
    assert sign_in("wang.min", given_one, address="").start_password_until is not None
    later = time.machine_now() + timedelta(hours=73)
    monkeypatch.setattr(sys.modules["yiwang.identity.services.sign_in"], "machine_now", lambda: later)
    with pytest.raises(SignInRefused):
        sign_in("wang.min", given_one, address="")
    monkeypatch.undo()
    change_password(actor, given_one, FRESH.format(1))
    assert account_of(actor).start_password_until is None


def test_a_start_password_is_given_to_officers_alone_and_never_among_administrators(town: Any) -> None:
    with pytest.raises(Invalid) as resident:
        give_start_password(US, town.account().id)
    with pytest.raises(Invalid) as administrator:
        give_start_password(US, town.officer("gov", "security").account_id)
    assert codes(resident) == ["no-officer"]
    assert codes(administrator) == ["administrator"]
    closed = town.account()
    close_account(US, closed.id)
    with pytest.raises(Invalid) as over:
        give_start_password(US, closed.id)
    assert codes(over) == ["account-closed", "no-officer"]
    with pytest.raises(NotAllowed):
        give_start_password(town.officer("gov", "security"), closed.id)
    with pytest.raises(NotFound):
        give_start_password(US, town.person())


def test_a_closed_account_loses_its_posts_and_nobody_signs_in(own_town: Any, password: str) -> None:
    actor = own_town.officer("gov", "decide", login="wang.min")
    assign_post(US, actor.account_id, own_town.post("gov", "oversee"), today() + timedelta(days=9))
    close_account(US, actor.account_id)
    assert account_of(actor).closed_on == today()
    assert not queries.why(actor, "trial.decide").allowed
    assert not Assignment.objects.filter(account_id=actor.account_id, valid_to__isnull=True).exists()
    with pytest.raises(SignInRefused):
        sign_in("wang.min", password, address="")
    with pytest.raises(Invalid) as again:
        close_account(US, actor.account_id)
    assert codes(again) == ["account-closed"]


def test_no_administrator_takes_another_one_s_account_away(town: Any) -> None:
    with pytest.raises(Invalid) as refused:
        close_account(US, town.officer("gov", "security").account_id)
    assert codes(refused) == ["administrator"]


UNIT = NewUnit("info", "信息办", "", CREDIT_CODE, "city", "460100")


def three(town: Any) -> dict[Administrator, Any]:
    return {one: (f"first.{one}", town.person()) for one in Administrator}


def test_the_first_three_administrators_are_seated_once(own_town: Any) -> None:
    given_ones = system_seat_administrators(US, UNIT, three(own_town))
    assert set(given_ones) == queries.system_administrators_present() == set(Administrator)
    for one, given_one in given_ones.items():
        assert sign_in(f"first.{one}", given_one, address="").start_password_until is not None
    with pytest.raises(AdministratorsSeated):
        system_seat_administrators(US, UNIT, three(own_town))
    renewed = system_renew_administrator(US, "first.audit")
    sign_in("first.audit", renewed, address="")
    with pytest.raises(Invalid) as ordinary:
        system_renew_administrator(US, own_town.account("wang.min").login)
    assert codes(ordinary) == ["no-administrator"]
    with pytest.raises(NotFound):
        system_renew_administrator(US, "nobody")


def test_three_administrators_are_three_persons(bare_town: Any) -> None:
    one = bare_town.person()
    same = {Administrator.SYSTEM: ("a.one", one), Administrator.SECURITY: ("b.one", one)}
    with pytest.raises(Invalid) as refused:
        system_seat_administrators(US, UNIT, same)
    assert codes(refused) == ["required", "one-person-twice"]
    assert queries.system_unit_by_code("info") is None


def run(city: Any, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yiwang.cli", "administrators", *words],
        env=city.environment, input=typed, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_command_asks_for_three_persons_and_prints_each_password_once(own_town: Any, city: Any) -> None:
    words = [
        "seat",
        "--unit",
        "gov",
        "--system",
        "first.system",
        "--security",
        "first.security",
        "--audit",
        "first.audit",
    ]
    numbers = [own_town.citizen_ids[own_town.person()] for _ in range(3)]
    twice = run(city, *words, typed="\n".join([numbers[0], numbers[0], numbers[1]]) + "\n")
    assert twice.returncode == 1
    assert "three persons" in twice.stderr
    done = run(city, *words, typed="\n".join(numbers) + "\n")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [line[:2] for line in lines] == [[str(one), f"first.{one}"] for one in Administrator]
    for _, login, given_one in lines:
        assert sign_in(login, given_one, address="").start_password_until is not None
    assert not any(number in done.stdout for number in numbers)
    again = run(city, *words, typed="\n".join(numbers) + "\n")
    assert again.returncode == 1
    assert "already" in again.stderr
    renewed = run(city, "renew", "first.audit")
    sign_in("first.audit", renewed.stdout.split()[0], address="")
