"""Everything that changes a case. What officers and applicants do takes an actor; `system_…` is for jobs, scheduler and operators."""

from yiwang.cases.services.applying import submit_bundle
from yiwang.cases.services.assignment import system_assign_task, system_assign_waiting
from yiwang.cases.services.decision import advance
from yiwang.cases.services.deeming import system_deem, system_deem_missed
from yiwang.cases.services.drafts import discard_draft, save_draft, system_discard_old_drafts
from yiwang.cases.services.emergency import read_in_emergency
from yiwang.cases.services.extension import extend_clock
from yiwang.cases.services.following import system_go_on
from yiwang.cases.services.leaving import answer_part, withdraw_application
from yiwang.cases.services.outside import (
    retry_action,
    system_fail_action,
    system_rescue_actions,
    system_retry_failed,
    system_return_action,
    system_run_action,
    system_run_actions_of,
)
from yiwang.cases.services.printing import print_clock
from yiwang.cases.services.receiving import open_reception
from yiwang.cases.services.recounting import system_recount_clocks
from yiwang.cases.services.reorganising import system_bring_after, system_bring_work_after
from yiwang.cases.services.starting import system_begin_case
from yiwang.cases.services.stopping import cancel, system_settle_elsewhere, withdraw
from yiwang.cases.services.submission import submit
from yiwang.cases.services.supplement import answer_task
from yiwang.cases.services.together import MOST_TOGETHER, NotTogether, advance_together
from yiwang.cases.services.transfer import transfer_task

__all__ = [
    "print_clock",
    "MOST_TOGETHER",
    "NotTogether",
    "advance",
    "advance_together",
    "answer_part",
    "answer_task",
    "cancel",
    "discard_draft",
    "extend_clock",
    "save_draft",
    "retry_action",
    "open_reception",
    "submit",
    "submit_bundle",
    "system_assign_task",
    "system_assign_waiting",
    "system_bring_after",
    "system_bring_work_after",
    "system_begin_case",
    "system_deem",
    "system_deem_missed",
    "system_discard_old_drafts",
    "system_fail_action",
    "system_go_on",
    "system_recount_clocks",
    "system_rescue_actions",
    "system_retry_failed",
    "system_return_action",
    "system_run_action",
    "system_run_actions_of",
    "system_settle_elsewhere",
    "transfer_task",
    "withdraw",
    "withdraw_application",
    "read_in_emergency",
]
