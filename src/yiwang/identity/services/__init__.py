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
from yiwang.identity.services.passwords import change_password, give_start_password
from yiwang.identity.services.second_factor import (
    SecondFactorRefused,
    begin_second_factor,
    complete_sign_in,
    confirm_second_factor,
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
from yiwang.identity.services.units import (
    CodeTaken,
    OrganisationChanged,
    StillNeeded,
    UnitBelowItself,
    change_duties,
    close_post,
    close_unit,
    move_unit,
    open_post,
    open_unit,
    rename_unit,
    system_load_posts,
    system_load_units,
)

__all__ = [
    "SecondFactorAsked",
    "SecondFactorRefused",
    "begin_second_factor",
    "complete_sign_in",
    "confirm_second_factor",
    "remove_second_factor",
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
    "StillNeeded",
    "UnitBelowItself",
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
