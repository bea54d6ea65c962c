"""The second factor: taken with a code, asked for at every sign-in, used once, lost and taken away by whom it concerns."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity import queries, services
from yiwang.identity.models import Account, RecoveryCode, SecondFactor, Session, SignInAttempt
from yiwang.identity.queries import second_factor as reading
from yiwang.identity.rules.one_time_codes import code_at
from yiwang.identity.services import (
    SecondFactorAsked,
    SecondFactorRefused,
    SignInLocked,
    SignInRefused,
    begin_second_factor,
    complete_sign_in,
    confirm_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    sign_in,
    system_renew_administrator,
)
from yiwang.kernel.crypto import NotSealed
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.time import machine_now

US = system("tests")


def codes_of(fault: Any) -> list[str]:
    return [one.code for one in fault.value.faults]


@pytest.fixture(autouse=True)
def a_half_minute_has_just_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of codes: one that the app shows now must not be over when it is typed a moment later, and that moment is not always the same."""
    real = machine_now
    gone = real().timestamp() % 30
    ahead = timedelta(seconds=30 - gone + 1)
    for name, module in list(sys.modules.items()):
        if name.startswith("yiwang.") and vars(module).get("machine_now") is real:
            monkeypatch.setattr(module, "machine_now", lambda: real() + ahead)
    monkeypatch.setattr(sys.modules[__name__], "machine_now", lambda: real() + ahead)


def shown_by_app(actor: Any, ahead: int = 0, *, begun: bool = False) -> str:
    """What the app shows now, or so many half minutes later."""
    find = reading.begun_factor if begun else reading.confirmed_factor
    factor = find(actor.account_id)
    assert factor is not None
    return code_at(reading.secret_of(factor), machine_now() + timedelta(seconds=30 * ahead))


def complete(account_id: Any, code: str) -> Account:
    """The second step, a moment after a right password."""
    return complete_sign_in(account_id, code, proved_at=machine_now(), address="")


def take(actor: Any, password: str) -> tuple[str, ...]:
    begin_second_factor(actor, password)
    return confirm_second_factor(actor, shown_by_app(actor, -1, begun=True))


@pytest.fixture
def officer(own_town: Any) -> Any:
    return own_town.officer("gov", "decide", login="wang.min")


def test_signing_in_takes_a_code_once_the_factor_counts_and_not_before(officer: Any, password: str) -> None:
    begin_second_factor(officer, password)
    sign_in("wang.min", password, address="")
    confirm_second_factor(officer, shown_by_app(officer, begun=True))
    with pytest.raises(SecondFactorAsked) as asked:
        sign_in("wang.min", password, address="")
    account = complete(asked.value.account_id, shown_by_app(officer, 1))
    assert account.id == officer.account_id
    last = Entry.objects.filter(action="account.sign-in").latest("id")
    assert (last.outcome, last.details["factor"]) == ("done", "app")


def test_a_wrong_password_tells_nothing_of_a_second_factor(officer: Any, password: str) -> None:
    take(officer, password)
    with pytest.raises(SignInRefused) as refused:
        sign_in("wang.min", "Wrong-password-1", address="")
    assert not isinstance(refused.value, SecondFactorRefused)
    assert refused.value.code == "sign-in-refused"


def test_a_right_password_alone_is_written_down_and_signs_nobody_in(officer: Any, password: str) -> None:
    take(officer, password)
    done = Entry.objects.filter(action="account.sign-in", outcome="done").count()
    with pytest.raises(SecondFactorAsked):
        sign_in("wang.min", password, address="")
    assert Entry.objects.filter(action="account.sign-in", outcome="done").count() == done
    proved = Entry.objects.filter(action="account.prove-password").latest("id")
    assert (proved.account_id, proved.object_id) == (None, str(officer.account_id))


def test_no_code_comes_in_twice_nor_one_older_than_the_last(officer: Any, password: str) -> None:
    take(officer, password)
    later, now = shown_by_app(officer, 1), shown_by_app(officer)
    complete(officer.account_id, later)
    for code in (later, now):
        with pytest.raises(SecondFactorRefused):
            complete(officer.account_id, code)


def test_the_first_code_cannot_be_used_to_sign_in(officer: Any, password: str) -> None:
    begin_second_factor(officer, password)
    first = shown_by_app(officer, begun=True)
    confirm_second_factor(officer, first)
    with pytest.raises(SecondFactorRefused):
        complete(officer.account_id, first)


def test_each_recovery_code_serves_once_and_for_its_own_account_alone(
    own_town: Any, officer: Any, password: str
) -> None:
    another = own_town.officer("gov", "decide", login="li.na")
    mine, others = take(officer, password), take(another, password)
    complete(officer.account_id, mine[0].upper())
    for code in (mine[0], others[0], ""):
        with pytest.raises(SecondFactorRefused):
            complete(officer.account_id, code)
    assert queries.own_second_factor(officer).recovery_codes == 9


def test_of_two_who_send_the_same_code_at_once_one_is_let_in(officer: Any, password: str) -> None:
    code = take(officer, password)[0]
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def come() -> None:
        try:
            both.wait()
            complete(officer.account_id, code)
            outcomes.append("in")
        except SecondFactorRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=come) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["in", "refused"]


def test_five_wrong_codes_lock_the_codes_and_the_right_one_does_not_help(officer: Any, password: str) -> None:
    take(officer, password)
    for _ in range(4):
        with pytest.raises(SecondFactorRefused):
            complete(officer.account_id, "000000x")
    with pytest.raises(SignInLocked):
        complete(officer.account_id, "000000x")
    with pytest.raises(SignInLocked):
        complete(officer.account_id, shown_by_app(officer, 1))
    with pytest.raises(SecondFactorAsked):
        sign_in("wang.min", password, address="")
    SignInAttempt.objects.update(locked_until=machine_now() - timedelta(seconds=1))
    complete(officer.account_id, shown_by_app(officer, 1))


def test_guessing_codes_again_and_again_with_the_right_password_stays_locked(officer: Any, password: str) -> None:
    take(officer, password)
    for _ in range(5):
        with pytest.raises(SecondFactorAsked):
            sign_in("wang.min", password, address="")
        with pytest.raises((SecondFactorRefused, SignInLocked)):
            complete(officer.account_id, "000000x")
    with pytest.raises(SignInLocked):
        complete(officer.account_id, "000000x")


def test_nobody_who_has_no_factor_or_no_open_account_comes_in_by_a_code(officer: Any, password: str) -> None:
    with pytest.raises(NotSignedIn):
        complete(officer.account_id, "123456")
    code = take(officer, password)[0]
    Account.objects.filter(id=officer.account_id).update(is_active=False)
    with pytest.raises(NotSignedIn):
        complete(officer.account_id, code)


def test_taking_a_factor_needs_the_password_and_the_code_that_the_app_shows(officer: Any, password: str) -> None:
    with pytest.raises(Invalid) as wrong:
        begin_second_factor(officer, "Wrong-password-1")
    assert codes_of(wrong) == ["wrong-password"]
    with pytest.raises(Conflict):
        confirm_second_factor(officer, "123456")
    begin_second_factor(officer, password)
    with pytest.raises(Invalid) as other:
        confirm_second_factor(officer, "000000x")
    assert codes_of(other) == ["wrong-code"]


def test_a_secret_that_waited_for_too_long_cannot_be_confirmed(officer: Any, password: str) -> None:
    begin_second_factor(officer, password)
    code = shown_by_app(officer, begun=True)
    SecondFactor.objects.update(begun_at=machine_now() - timedelta(minutes=31))
    with pytest.raises(Conflict):
        confirm_second_factor(officer, code)
    assert queries.own_second_factor(officer).begun is None


def test_another_app_takes_the_place_of_the_first_only_when_it_has_shown_a_code(officer: Any, password: str) -> None:
    old = take(officer, password)
    for code in ("", "000000x"):
        with pytest.raises(Invalid) as refused:
            begin_second_factor(officer, password, code)
        assert codes_of(refused) == ["wrong-code"]
    begin_second_factor(officer, password, old[1])
    complete(officer.account_id, shown_by_app(officer, 1))
    confirm_second_factor(officer, shown_by_app(officer, begun=True))
    assert SecondFactor.objects.filter(account_id=officer.account_id).count() == 1
    with pytest.raises(SecondFactorRefused):
        complete(officer.account_id, old[0])


def test_sessions_that_began_with_a_password_alone_end_when_a_factor_counts(officer: Any, password: str) -> None:
    now = machine_now()
    here, there = (
        Session.objects.create(
            key_digest=key,
            account_id=officer.account_id,
            began_at=now,
            seen_at=now,
            lasts_until=now + timedelta(hours=1),
        )
        for key in (b"here", b"there")
    )
    begin_second_factor(officer, password)
    confirm_second_factor(officer, shown_by_app(officer, begun=True), here=here.id)
    assert list(Session.objects.filter(account_id=officer.account_id)) == [here]
    assert not Session.objects.filter(id=there.id).exists()


def test_new_recovery_codes_and_signing_in_without_need_both_factors(officer: Any, password: str) -> None:
    old = take(officer, password)
    for given in (("Wrong-password-1", old[1]), (password, "000000x")):
        with pytest.raises(Invalid):
            renew_recovery_codes(officer, *given)
        with pytest.raises(Invalid):
            remove_second_factor(officer, *given)
    fresh = renew_recovery_codes(officer, password, shown_by_app(officer, 1))
    assert not set(fresh) & set(old)
    with pytest.raises(SecondFactorRefused):
        complete(officer.account_id, old[1])
    remove_second_factor(officer, password, fresh[0])
    assert sign_in("wang.min", password, address="").id == officer.account_id
    assert not RecoveryCode.objects.filter(account_id=officer.account_id).exists()


def test_a_wrong_password_does_not_use_up_the_code_beside_it(officer: Any, password: str) -> None:
    code = take(officer, password)[0]
    with pytest.raises(Invalid):
        remove_second_factor(officer, "Wrong-password-1", code)
    remove_second_factor(officer, password, code)


def test_every_wrong_proof_is_written_down_and_a_wrong_password_counts_as_no_wrong_code(
    officer: Any, password: str
) -> None:
    take(officer, password)
    for _ in range(4):
        with pytest.raises(Invalid):
            remove_second_factor(officer, "Wrong-password-1", "000000x")
    with pytest.raises(Invalid):
        remove_second_factor(officer, password, "000000x")
    refused = Entry.objects.filter(outcome="refused", object_id=str(officer.account_id))
    assert refused.filter(action="account.prove-password").count() == 4
    assert refused.filter(action="account.prove-second-factor").count() == 1
    assert complete(officer.account_id, shown_by_app(officer, 1)).id == officer.account_id


def test_a_password_that_was_changed_meanwhile_has_proved_nothing(officer: Any, password: str) -> None:
    code = take(officer, password)[0]
    before = machine_now()
    services.change_password(officer, password, "Coconut-harbour-26")
    with pytest.raises(NotSignedIn) as refused:
        complete_sign_in(officer.account_id, code, proved_at=before, address="")
    assert not isinstance(refused.value, SecondFactorRefused)
    complete(officer.account_id, code)


def test_a_resident_who_lost_everything_is_helped_in_the_same_way(
    own_town: Any, administrators: Any, password: str
) -> None:
    resident = own_town.resident()
    take(resident, password)
    reset_second_factor(administrators["security"], resident.account_id)
    assert not queries.has_second_factor(resident.account_id)


def test_who_has_to_have_one_changes_the_app_and_does_not_go_without(officer: Any, password: str) -> None:
    code = take(officer, password)[0]
    with asked_of("officers"):
        assert queries.needs_second_factor(officer.account_id)
        with pytest.raises(NotAllowed):
            remove_second_factor(officer, password, code)
        begin_second_factor(officer, password, code)


def test_the_city_says_of_whom_it_asks_a_second_factor(own_town: Any, officer: Any, administrators: Any) -> None:
    resident = own_town.account("zhang.san").id
    everybody = [resident, officer.account_id, administrators["security"].account_id]
    asked = {"offered": [False, False, False], "administrators": [False, False, True], "officers": [False, True, True]}
    for setting, expected in asked.items():
        with asked_of(setting):
            assert [queries.needs_second_factor(one) for one in everybody] == expected, setting


def test_the_security_administrator_takes_away_what_was_lost_and_the_system_administrator_does_not(
    officer: Any, administrators: Any, password: str
) -> None:
    take(officer, password)
    with pytest.raises(NotAllowed):
        reset_second_factor(administrators["system"], officer.account_id)
    with pytest.raises(NotAllowed):
        reset_second_factor(officer, officer.account_id)
    reset_second_factor(administrators["security"], officer.account_id)
    assert sign_in("wang.min", password, address="").id == officer.account_id
    with pytest.raises(Invalid) as nothing:
        reset_second_factor(administrators["security"], officer.account_id)
    assert codes_of(nothing) == ["no-second-factor"]
    with pytest.raises(NotFound):
        reset_second_factor(administrators["security"], officer.capacity_id)


def test_a_start_password_does_not_take_the_second_factor_away(
    officer: Any, administrators: Any, password: str
) -> None:
    take(officer, password)
    given = services.give_start_password(administrators["system"], officer.account_id)
    with pytest.raises(SecondFactorAsked):
        sign_in("wang.min", given, address="")


def test_no_administrator_takes_it_from_another_and_whoever_runs_the_installation_does(
    administrators: Any, password: str
) -> None:
    system_administrator = administrators["system"]
    take(system_administrator, password)
    with pytest.raises(Invalid) as refused:
        reset_second_factor(administrators["security"], system_administrator.account_id)
    assert codes_of(refused) == ["administrator"]
    login = Account.objects.get(id=system_administrator.account_id).login
    given = system_renew_administrator(US, login)
    assert sign_in(login, given, address="").id == system_administrator.account_id


def test_a_stored_secret_opens_in_its_own_row_alone(own_town: Any, officer: Any, password: str) -> None:
    another = own_town.officer("gov", "decide", login="li.na")
    take(officer, password)
    take(another, password)
    mine, other = (reading.confirmed_factor(one.account_id) for one in (officer, another))
    assert mine is not None
    assert other is not None
    assert reading.secret_of(mine) not in bytes(mine.secret)
    mine.secret = other.secret
    with pytest.raises(NotSealed):
        reading.secret_of(mine)


def test_the_machine_s_clock_counts_and_not_the_city_s(officer: Any, password: str) -> None:
    take(officer, password)
    code = shown_by_app(officer, 1)
    with mock.patch("yiwang.kernel.time.offset", return_value=timedelta(days=400)):
        complete(officer.account_id, code)


def asked_of(setting: str) -> Any:
    given = reading.configuration().model_copy(update={"second_factor": setting})
    return mock.patch.object(reading, "configuration", return_value=given)
