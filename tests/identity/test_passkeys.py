"""Passkeys: added with a proof, opening the door alone or beside the password, counted and locked, copied, lost and taken away."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.authenticator import ALL_GOOD, BACKED_UP, CAN_BE_BACKED_UP, PRESENT, Authenticator

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity import queries, services
from yiwang.identity.models import Account, Passkey, PasskeyChallenge, RecoveryCode, Session, SignInAttempt
from yiwang.identity.queries import passkeys as site
from yiwang.identity.queries import second_factor as reading
from yiwang.identity.services import (
    PasskeyCopied,
    PasskeyRefused,
    PasskeysOff,
    SecondFactorAsked,
    SignInLocked,
    add_passkey,
    ask_for_passkey,
    begin_passkey,
    complete_sign_in,
    remove_passkey,
    reset_second_factor,
    sign_in,
    sign_in_by_passkey,
)
from yiwang.identity.values import PasskeyAnswer
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.time import machine_now
from yiwang.outbox.models import Event

from .test_second_factor import asked_of, codes_of, shown_by_app, take

HERE = uuid4()
"""A browser's session."""


def with_settings(**changes: Any) -> Any:
    given = site.configuration().model_copy(update=changes)
    return mock.patch.object(site, "configuration", return_value=given)


def add(actor: Any, password: str, code: str = "", *, name: str = "办公电脑", **device: Any) -> Authenticator:
    """What a person does to have a passkey; the device that holds it."""
    begin_passkey(actor, password, code, session_id=HERE)
    made = Authenticator(**device)
    add_passkey(actor, made.make(wanted(actor)), name, session_id=HERE)
    return made


def wanted(actor: Any, session: UUID = HERE) -> Any:
    options = queries.own_second_factor(actor, session).new_passkey
    assert options is not None
    return options


def come(device: Authenticator, *, asked_in: UUID = HERE, answered_in: UUID = HERE, **more: Any) -> Account:
    """Sign in with the passkey alone."""
    response = device.answer(ask_for_passkey(asked_in), **more)
    return sign_in_by_passkey(PasskeyAnswer(response, answered_in), address="")


def second(device: Authenticator, account_id: UUID, **more: Any) -> Account:
    """The second step with a passkey, a moment after a right password."""
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE, account_id), **more), HERE)
    return complete_sign_in(account_id, "", proved_at=machine_now(), address="", passkey=given)


def proof(device: Authenticator, actor: Any) -> PasskeyAnswer:
    return PasskeyAnswer(device.answer(ask_for_passkey(HERE, actor.account_id)), HERE)


def only(actor: Any) -> Any:
    [passkey] = queries.own_second_factor(actor).passkeys
    return passkey


@pytest.fixture
def officer(own_town: Any) -> Any:
    return own_town.officer("gov", "decide", login="wang.min")


def test_a_passkey_that_verifies_its_person_signs_in_alone(officer: Any, password: str) -> None:
    device = add(officer, password)
    assert come(device).id == officer.account_id
    last = Entry.objects.filter(action="account.sign-in").latest("id")
    assert (last.outcome, last.details["factor"]) == ("done", "passkey-alone")
    assert last.account_id == officer.account_id


def test_a_passkey_is_a_second_factor_beside_the_password(officer: Any, password: str) -> None:
    device = add(officer, password)
    with pytest.raises(SecondFactorAsked) as asked:
        sign_in("wang.min", password, address="")
    assert second(device, asked.value.account_id, flags=PRESENT).id == officer.account_id
    assert Entry.objects.filter(action="account.sign-in").latest("id").details["factor"] == "passkey"


def test_a_person_sees_what_he_called_it_when_it_was_made_when_it_was_used_and_whether_it_is_backed_up(
    officer: Any, password: str
) -> None:
    device = add(officer, password, name="  我的  手机 ")
    before = only(officer)
    assert (before.name, before.used_at, before.backed_up) == ("我的 手机", None, False)
    come(device, flags=ALL_GOOD | CAN_BE_BACKED_UP | BACKED_UP)
    after = only(officer)
    assert after.used_at is not None
    assert after.used_at > after.made_at
    assert after.backed_up


def test_what_is_stored_is_the_public_half_alone(officer: Any, password: str) -> None:
    device = add(officer, password)
    kept = Passkey.objects.get(account_id=officer.account_id)
    secret = device.key.private_numbers().private_value.to_bytes(32, "big")
    assert secret not in bytes(kept.public_key)
    assert bytes(kept.credential_id) == device.credential_id
    assert (kept.sign_count, kept.transports) == (1, ["internal"])


def test_alone_a_device_that_did_not_verify_the_person_opens_nothing(officer: Any, password: str) -> None:
    device = add(officer, password)
    with pytest.raises(PasskeyRefused):
        come(device, flags=PRESENT)
    come(device)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://localhost.example.cn"},
        {"party": "example.cn"},
        {"signature": b"0" * 70},
        {"kind": "webauthn.create"},
        {"handle": b"somebody else's!"},
        {"handle": b""},
        {"challenge": "AAAA"},
    ],
    ids=lambda wrong: "wrong " + " and ".join(wrong),
)
def test_an_answer_opens_nothing_with_a(officer: Any, password: str, wrong: dict[str, Any]) -> None:
    device = add(officer, password)
    with pytest.raises(PasskeyRefused):
        come(device, **wrong)
    assert only(officer).used_at is None


def test_an_answer_opens_the_door_once(officer: Any, password: str) -> None:
    device = add(officer, password)
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE)), HERE)
    sign_in_by_passkey(given, address="")
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(given, address="")


def test_a_wrong_answer_uses_the_challenge_up(officer: Any, password: str) -> None:
    device = add(officer, password)
    asked = ask_for_passkey(HERE)
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(PasskeyAnswer(device.answer(asked, signature=b"0" * 70), HERE), address="")
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(PasskeyAnswer(device.answer(asked), HERE), address="")


def test_of_two_who_send_the_same_answer_at_once_one_is_let_in(officer: Any, password: str) -> None:
    device = add(officer, password)
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE)), HERE)
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def send() -> None:
        try:
            both.wait()
            sign_in_by_passkey(given, address="")
            outcomes.append("in")
        except PasskeyRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["in", "refused"]


def test_a_challenge_lasts_five_minutes_of_the_machine_s_clock(officer: Any, password: str) -> None:
    device = add(officer, password)
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE)), HERE)
    later = machine_now() + timedelta(minutes=5, seconds=1)
    with (
        mock.patch("yiwang.identity.services.challenges.machine_now", return_value=later),
        pytest.raises(PasskeyRefused),
    ):
        sign_in_by_passkey(given, address="")
    sign_in_by_passkey(given, address="")


def test_the_challenge_of_another_session_or_of_none_opens_nothing(officer: Any, password: str) -> None:
    device = add(officer, password)
    with pytest.raises(PasskeyRefused):
        come(device, answered_in=uuid4())
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE)), None)
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(given, address="")


def test_what_was_asked_for_adding_a_passkey_lets_nobody_in(officer: Any, password: str) -> None:
    device = add(officer, password)
    begin_passkey(officer, password, session_id=HERE, passkey=proof(device, officer))
    asked = {"challenge": wanted(officer)["challenge"], "rpId": "localhost"}
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(PasskeyAnswer(device.answer(asked), HERE), address="")


def test_a_session_is_asked_one_thing_at_a_time_so_that_nobody_fills_the_table(officer: Any, password: str) -> None:
    device = add(officer, password)
    before = ask_for_passkey(HERE)
    come(device)
    with pytest.raises(PasskeyRefused):
        sign_in_by_passkey(PasskeyAnswer(device.answer(before), HERE), address="")
    for _ in range(3):
        ask_for_passkey(HERE)
    assert PasskeyChallenge.objects.filter(session_id=HERE).count() == 1


def test_challenges_that_nobody_answered_are_dropped_when_their_time_is_over(own_town: Any) -> None:
    ask_for_passkey(HERE)
    assert services.system_forget_challenges() == 0
    PasskeyChallenge.objects.update(lasts_until=machine_now())
    assert services.system_forget_challenges() == 1


def test_another_account_s_passkey_is_no_second_factor_of_this_one(own_town: Any, officer: Any, password: str) -> None:
    another = own_town.officer("gov", "decide", login="li.na")
    add(officer, password)
    theirs = add(another, password)
    with pytest.raises(PasskeyRefused):
        second(theirs, officer.account_id)
    with pytest.raises(Invalid) as refused:
        remove_passkey(officer, only(officer).id, password, passkey=proof(theirs, officer))
    assert codes_of(refused) == ["wrong-passkey"]


def test_a_count_that_goes_back_is_refused_told_and_written_down_and_ends_nothing(officer: Any, password: str) -> None:
    device = add(officer, password)
    come(device)
    passkey = only(officer)
    with pytest.raises(PasskeyCopied):
        come(device, count=device.count)
    with pytest.raises(PasskeyCopied):
        second(device, officer.account_id, count=1)
    with pytest.raises(Invalid) as refused:
        begin_passkey(
            officer,
            password,
            session_id=HERE,
            passkey=PasskeyAnswer(device.answer(ask_for_passkey(HERE, officer.account_id), count=2), HERE),
        )
    assert codes_of(refused) == ["passkey-copied"]
    written = Entry.objects.filter(outcome="refused", details__reason="count-went-back")
    assert [one.action for one in written.order_by("id")] == [
        "account.sign-in",
        "account.sign-in",
        "account.prove-second-factor",
    ]
    assert {one.details["passkey"] for one in written} == {str(passkey.id)}
    told = Event.objects.filter(type="account.passkey-copied.v1", subject=str(officer.account_id))
    assert [one.data for one in told] == [{"passkey_id": str(passkey.id)}] * 3
    assert only(officer) == passkey, "it stays until its person takes it away"
    come(device)


def test_a_device_that_does_not_count_is_let_in_again_and_again(officer: Any, password: str) -> None:
    device = add(officer, password, counts=False)
    for _ in range(3):
        come(device)


def test_five_wrong_answers_lock_the_passkeys_of_the_account_and_neither_its_password_nor_its_codes(
    officer: Any, password: str
) -> None:
    codes = take(officer, password)
    device = add(officer, password, codes[0])
    for _ in range(4):
        with pytest.raises(PasskeyRefused):
            come(device, signature=b"0" * 70)
    with pytest.raises(SignInLocked):
        come(device, signature=b"0" * 70)
    with pytest.raises(SignInLocked):
        come(device)
    with pytest.raises(SecondFactorAsked):
        sign_in("wang.min", password, address="")
    complete_sign_in(officer.account_id, codes[1], proved_at=machine_now(), address="")
    SignInAttempt.objects.update(locked_until=machine_now() - timedelta(seconds=1))
    come(device)


def test_wrong_passkeys_and_wrong_codes_of_the_second_step_count_together(officer: Any, password: str) -> None:
    device = add(officer, password)
    for _ in range(4):
        with pytest.raises(PasskeyRefused):
            second(device, officer.account_id, signature=b"0" * 70)
    with pytest.raises(SignInLocked):
        complete_sign_in(officer.account_id, "000000x", proved_at=machine_now(), address="")
    with pytest.raises(SignInLocked):
        second(device, officer.account_id)
    assert come(device).id == officer.account_id, (
        "who gives the right password and guesses locks nobody out of his passkey"
    )


def test_an_unknown_passkey_costs_and_says_the_same_as_a_wrong_one(officer: Any, password: str) -> None:
    known, unknown = add(officer, password), Authenticator(handle=b"h" * 16)
    told, statements = [], []
    for device in (known, unknown):
        for _ in range(6):
            given = PasskeyAnswer(device.answer(ask_for_passkey(HERE), signature=b"0" * 70), HERE)
            with CaptureQueriesContext(connection) as asked, pytest.raises((PasskeyRefused, SignInLocked)) as refused:
                sign_in_by_passkey(given, address="")
            told.append((refused.value.code, refused.value.detail))
            # a lock of a known account tells an event, in the background of the answer
            statements.append([one["sql"].split("(")[0].split()[:3] for one in asked if "outbox" not in one["sql"]])
    assert told[:6] == told[6:]
    assert statements[:4] == statements[6:10]
    assert told[5][0] == "sign-in-locked"


def test_a_closed_account_is_not_opened_by_its_passkey(officer: Any, password: str) -> None:
    device = add(officer, password)
    Account.objects.filter(id=officer.account_id).update(is_active=False)
    with pytest.raises(PasskeyRefused):
        come(device)
    with pytest.raises(NotSignedIn):
        second(device, officer.account_id)


def test_adding_one_needs_the_password_and_a_factor_where_there_is_one(officer: Any, password: str) -> None:
    with pytest.raises(Invalid) as wrong:
        begin_passkey(officer, "Wrong-password-1", session_id=HERE)
    assert codes_of(wrong) == ["wrong-password"]
    assert queries.own_second_factor(officer, HERE).new_passkey is None
    first = add(officer, password, name="一")
    with pytest.raises(Invalid) as alone:
        begin_passkey(officer, password, session_id=HERE)
    assert codes_of(alone) == ["wrong-code"]
    begin_passkey(officer, password, session_id=HERE, passkey=proof(first, officer))
    add_passkey(officer, Authenticator().make(wanted(officer)), "二", session_id=HERE)
    assert [one.name for one in queries.own_second_factor(officer).passkeys] == ["一", "二"]


def test_a_new_passkey_is_kept_once_for_its_own_session_within_its_time_and_under_a_name(
    officer: Any, password: str
) -> None:
    begin_passkey(officer, password, session_id=HERE)
    asked = wanted(officer)
    made = Authenticator().make(asked)
    for name in ("", " ", "\0", "长" * 41):
        with pytest.raises(Invalid) as unnamed:
            add_passkey(officer, made, name, session_id=HERE)
        assert codes_of(unnamed) == ["name-length"]
    for session in (uuid4(), None):
        with pytest.raises(Invalid):
            add_passkey(officer, made, "电脑", session_id=session)
    add_passkey(officer, made, "电脑", session_id=HERE)
    with pytest.raises(Invalid) as again:
        add_passkey(officer, made, "电脑", session_id=HERE)
    assert codes_of(again) == ["wrong-passkey"]
    assert queries.own_second_factor(officer, HERE).new_passkey is None


def test_one_passkey_belongs_to_one_account(own_town: Any, officer: Any, password: str) -> None:
    another = own_town.officer("gov", "decide", login="li.na")
    device = add(officer, password)
    begin_passkey(another, password, session_id=HERE)
    with pytest.raises(Invalid) as refused:
        add_passkey(another, device.make(wanted(another)), "电脑", session_id=HERE)
    assert codes_of(refused) == ["passkey-known"]
    assert not queries.has_second_factor(another.account_id)


def test_the_browser_is_told_which_passkeys_are_there_so_that_none_is_made_twice(officer: Any, password: str) -> None:
    device = add(officer, password)
    begin_passkey(officer, password, session_id=HERE, passkey=proof(device, officer))
    assert len(wanted(officer)["excludeCredentials"]) == 1
    assert [one["id"] for one in ask_for_passkey(HERE, officer.account_id)["allowCredentials"]] == [
        wanted(officer)["excludeCredentials"][0]["id"]
    ]
    assert ask_for_passkey(HERE)["allowCredentials"] == [], "who has proved nothing hears of nobody's passkeys"


def test_nobody_has_more_than_twenty(officer: Any, password: str) -> None:
    device = add(officer, password)
    for number in range(19):
        Passkey.objects.create(
            account_id=officer.account_id, name="x", credential_id=bytes([number]), sign_count=0, backed_up=False
        )
    with pytest.raises(Conflict):
        begin_passkey(officer, password, session_id=HERE, passkey=proof(device, officer))


def test_the_first_factor_brings_recovery_codes_and_ends_sessions_that_began_with_a_password_alone(
    officer: Any, password: str
) -> None:
    now = machine_now()
    here, _there = (
        Session.objects.create(
            key_digest=key,
            account_id=officer.account_id,
            began_at=now,
            seen_at=now,
            lasts_until=now + timedelta(hours=1),
        )
        for key in (b"here", b"there")
    )
    begin_passkey(officer, password, session_id=here.id)
    device = Authenticator()
    added = add_passkey(officer, device.make(wanted(officer, here.id)), "电脑", session_id=here.id)
    assert list(Session.objects.filter(account_id=officer.account_id)) == [here]
    assert len(added.recovery_codes) == 10
    complete_sign_in(officer.account_id, added.recovery_codes[0], proved_at=machine_now(), address="")
    begin_passkey(officer, password, session_id=HERE, passkey=proof(device, officer))
    again = add_passkey(officer, Authenticator().make(wanted(officer)), "手机", session_id=HERE)
    assert again.recovery_codes == (), "those that are left go on"


def test_removing_one_needs_the_password_and_a_factor_and_ends_every_other_session(officer: Any, password: str) -> None:
    device = add(officer, password)
    passkey = only(officer).id
    for given in (("Wrong-password-1", ""), (password, ""), (password, "000000x")):
        with pytest.raises(Invalid):
            remove_passkey(officer, passkey, *given)
    with pytest.raises(NotFound):
        remove_passkey(officer, uuid4(), password)
    now = machine_now()
    Session.objects.create(
        key_digest=b"there",
        account_id=officer.account_id,
        began_at=now,
        seen_at=now,
        lasts_until=now + timedelta(hours=1),
    )
    remove_passkey(officer, passkey, password, passkey=proof(device, officer))
    assert not Session.objects.filter(account_id=officer.account_id).exists()
    with pytest.raises(PasskeyRefused):
        come(device)
    assert sign_in("wang.min", password, address="").id == officer.account_id
    assert not RecoveryCode.objects.filter(account_id=officer.account_id).exists()


def test_nobody_takes_away_another_s(own_town: Any, officer: Any, password: str) -> None:
    another = own_town.officer("gov", "decide", login="li.na")
    add(officer, password)
    device = add(another, password)
    with pytest.raises(NotFound):
        remove_passkey(another, only(officer).id, password, passkey=proof(device, another))


def test_a_passkey_counts_as_the_second_factor_that_the_city_asks_for(officer: Any, password: str) -> None:
    with asked_of("officers"):
        assert not queries.has_second_factor(officer.account_id)
        device = add(officer, password)
        assert queries.has_second_factor(officer.account_id)
        with pytest.raises(NotAllowed):
            remove_passkey(officer, only(officer).id, password, passkey=proof(device, officer))
        begin_passkey(officer, password, session_id=HERE, passkey=proof(device, officer))
        add_passkey(officer, Authenticator().make(wanted(officer)), "手机", session_id=HERE)
        remove_passkey(
            officer,
            queries.own_second_factor(officer).passkeys[0].id,
            password,
            passkey=proof(device, officer),
        )


def test_who_has_a_passkey_goes_without_the_app_and_who_has_the_app_without_a_passkey(
    officer: Any, password: str
) -> None:
    with asked_of("officers"):
        codes = take(officer, password)
        add(officer, password, codes[0])
        services.remove_second_factor(officer, password, codes[1])
        assert not queries.has_app(officer.account_id)
        with pytest.raises(SecondFactorAsked):
            sign_in("wang.min", password, address="")
        complete_sign_in(officer.account_id, codes[2], proved_at=machine_now(), address="")
        services.begin_second_factor(officer, password, codes[3])
        services.confirm_second_factor(officer, shown_by_app(officer, begun=True))
        remove_passkey(officer, only(officer).id, password, shown_by_app(officer, 1))
        assert queries.has_app(officer.account_id)


def test_the_security_administrator_takes_lost_passkeys_away_and_the_system_administrator_does_not(
    officer: Any, administrators: Any, password: str
) -> None:
    device = add(officer, password)
    with pytest.raises(NotAllowed):
        reset_second_factor(administrators["system"], officer.account_id)
    reset_second_factor(administrators["security"], officer.account_id)
    with pytest.raises(PasskeyRefused):
        come(device)
    assert sign_in("wang.min", password, address="").id == officer.account_id


def test_whoever_runs_the_installation_takes_an_administrator_s_away(administrators: Any, password: str) -> None:
    device = add(administrators["system"], password)
    login = Account.objects.get(id=administrators["system"].account_id).login
    given = services.system_renew_administrator(system("tests"), login)
    assert sign_in(login, given, address="").login == login
    with pytest.raises(PasskeyRefused):
        come(device)


@pytest.mark.parametrize(
    ("address", "party"),
    [
        (None, ("localhost", "http://localhost:8460")),
        ("https://zwfw.example.gov.cn", ("zwfw.example.gov.cn", "https://zwfw.example.gov.cn")),
        ("https://ZWFW.example.gov.cn:443", ("zwfw.example.gov.cn", "https://zwfw.example.gov.cn")),
        ("https://zwfw.example.gov.cn:8443", ("zwfw.example.gov.cn", "https://zwfw.example.gov.cn:8443")),
        ("http://zwfw.example.gov.cn", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]:8443", None),
        ("http://127.0.0.1:8460", None),
    ],
)
def test_the_site_for_which_passkeys_serve_is_the_address_that_the_public_knows(address: Any, party: Any) -> None:
    with with_settings(public_address=address, port=8460):
        found = queries.relying_party()
    assert (found and (found.id, found.origin)) == party


def test_where_browsers_allow_no_passkeys_none_is_asked_for_and_the_page_can_say_so(
    officer: Any, password: str
) -> None:
    device = add(officer, password)
    given = PasskeyAnswer(device.answer(ask_for_passkey(HERE)), HERE)
    with with_settings(public_address="http://zwfw.example.gov.cn"):
        for ask in (lambda: ask_for_passkey(HERE), lambda: begin_passkey(officer, password, session_id=HERE)):
            with pytest.raises(PasskeysOff):
                ask()
        with pytest.raises(PasskeyRefused):
            sign_in_by_passkey(given, address="")
    assert reading.has_second_factor(officer.account_id)
