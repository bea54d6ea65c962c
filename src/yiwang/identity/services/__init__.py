"""Every change of the identity engine."""

from __future__ import annotations

from yiwang.identity.services.accounts import (
    LoginTaken,
    PersonHasAccount,
    close_account,
    open_account,
    system_open_accounts,
)
from yiwang.identity.services.administrators import (
    AdministratorsSeated,
    system_renew_administrator,
    system_seat_administrators,
)
from yiwang.identity.services.assignments import (
    AlreadyAssigned,
    AssignmentEnded,
    DutiesExclude,
    LastAdministrator,
    assign_post,
    end_assignment,
    system_assign_posts,
)
from yiwang.identity.services.challenges import (
    PasskeysOff,
    ask_for_passkey,
    give_up_passkey,
    system_forget_challenges,
)
from yiwang.identity.services.passkeys import add_passkey, begin_passkey, remove_passkey, sign_in_by_passkey
from yiwang.identity.services.passwords import change_password, give_start_password
from yiwang.identity.services.reorganising import ReorganisationStopped, reorganise, undo_reorganisation
from yiwang.identity.services.second_factor import (
    PasskeyCopied,
    PasskeyRefused,
    SecondFactorRefused,
    begin_second_factor,
    complete_sign_in,
    confirm_second_factor,
    prove_again,
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
)
from yiwang.identity.services.sessions import (
    SessionStore,
    end_other_sessions,
    end_session,
    system_end_old_sessions,
)
from yiwang.identity.services.sign_in import (
    SecondFactorAsked,
    SignInLocked,
    SignInRefused,
    sign_in,
    sign_out,
    system_forget_attempts,
)
from yiwang.identity.services.sign_on.asking import ask, begin_sign_on, deny, withdraw_consent
from yiwang.identity.services.sign_on.clients import close_client, connect_client, renew_client_secret
from yiwang.identity.services.sign_on.ending import system_end_left_behind, system_forget_sign_ons
from yiwang.identity.services.sign_on.handing import give_back, hand_out, tell_who
from yiwang.identity.services.sign_on.keys import renew_token_key, system_tend_token_keys
from yiwang.identity.services.sign_on.leaving import ask_to_leave
from yiwang.identity.services.sign_on.telling import system_rescue_notices, system_tell_client
from yiwang.identity.services.tree import UnitBelowItself, hold_open_unit
from yiwang.identity.services.units import (
    CodeTaken,
    OrganisationChanged,
    StillNeeded,
    UnitStands,
    change_duties,
    close_post,
    close_unit,
    move_unit,
    open_post,
    open_unit,
    rename_unit,
    reopen_post,
    reopen_unit,
    system_load_posts,
    system_load_units,
)

__all__ = [
    "ask",
    "ask_to_leave",
    "begin_sign_on",
    "close_client",
    "connect_client",
    "deny",
    "give_back",
    "hand_out",
    "renew_client_secret",
    "renew_token_key",
    "system_end_left_behind",
    "system_forget_sign_ons",
    "system_rescue_notices",
    "system_tell_client",
    "system_tend_token_keys",
    "tell_who",
    "withdraw_consent",
    "PasskeyCopied",
    "PasskeyRefused",
    "PasskeysOff",
    "add_passkey",
    "ask_for_passkey",
    "begin_passkey",
    "give_up_passkey",
    "remove_passkey",
    "sign_in_by_passkey",
    "system_forget_challenges",
    "SecondFactorAsked",
    "SecondFactorRefused",
    "begin_second_factor",
    "complete_sign_in",
    "confirm_second_factor",
    "remove_second_factor",
    "prove_again",
    "renew_recovery_codes",
    "reset_second_factor",
    "SessionStore",
    "end_other_sessions",
    "end_session",
    "system_end_old_sessions",
    "AdministratorsSeated",
    "change_password",
    "close_account",
    "give_start_password",
    "system_renew_administrator",
    "system_seat_administrators",
    "AlreadyAssigned",
    "AssignmentEnded",
    "CodeTaken",
    "DutiesExclude",
    "LastAdministrator",
    "LoginTaken",
    "OrganisationChanged",
    "PersonHasAccount",
    "SignInLocked",
    "SignInRefused",
    "ReorganisationStopped",
    "StillNeeded",
    "UnitBelowItself",
    "UnitStands",
    "hold_open_unit",
    "reopen_post",
    "reopen_unit",
    "reorganise",
    "undo_reorganisation",
    "assign_post",
    "change_duties",
    "close_post",
    "close_unit",
    "end_assignment",
    "move_unit",
    "open_account",
    "open_post",
    "open_unit",
    "rename_unit",
    "sign_in",
    "sign_out",
    "system_assign_posts",
    "system_forget_attempts",
    "system_load_posts",
    "system_load_units",
    "system_open_accounts",
]
