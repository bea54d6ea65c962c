"""Every read of the identity engine."""

from __future__ import annotations

from yiwang.identity.queries.accounts import (
    actor_for_post,
    actor_for_self,
    capacities_of,
    posts_of,
    system_account,
    system_account_of_subject,
    system_accounts_in_posts,
    system_administrators_present,
)
from yiwang.identity.queries.declared import duties, duty, duty_from_body, find_duty, holders_in_conflict
from yiwang.identity.queries.organisation import (
    held_posts,
    list_logins,
    list_officers,
    list_posts,
    list_units,
    post_titles,
    posts_with_duty,
    system_unit,
    system_unit_by_code,
    unit_codes_above,
    unit_title_of,
    unit_titles,
    unit_tree,
)
from yiwang.identity.queries.permission import actor_unit, decide, in_scope, require, seat_of, unit_scope, why

__all__ = [
    "actor_for_post",
    "actor_for_self",
    "actor_unit",
    "capacities_of",
    "decide",
    "duties",
    "duty",
    "duty_from_body",
    "find_duty",
    "held_posts",
    "holders_in_conflict",
    "in_scope",
    "list_logins",
    "list_officers",
    "list_posts",
    "list_units",
    "post_titles",
    "posts_of",
    "posts_with_duty",
    "require",
    "seat_of",
    "system_account",
    "system_account_of_subject",
    "system_accounts_in_posts",
    "system_administrators_present",
    "system_unit",
    "system_unit_by_code",
    "unit_codes_above",
    "unit_scope",
    "unit_title_of",
    "unit_titles",
    "unit_tree",
    "why",
]
