"""Everything that is read about items, forms, cases and tasks.

Every query takes the actor first and starts from one SQL predicate (`visibility`); those without an actor are public, or named
`system_…` and only for jobs, subscribers and doctor. Texts come back in `language` (a BCP 47 tag).
"""

from yiwang.cases.queries.briefs import system_brief
from yiwang.cases.queries.cases import case, my_cases, unit_cases
from yiwang.cases.queries.clocks import explain_clock, system_clocks_of
from yiwang.cases.queries.counting import system_count_clock, system_explain_clock
from yiwang.cases.queries.filling import form_for
from yiwang.cases.queries.forms import element_field, item_guide, list_items
from yiwang.cases.queries.tasks import my_tasks, next_task, system_list_stuck, task

__all__ = [
    "case",
    "element_field",
    "explain_clock",
    "form_for",
    "item_guide",
    "list_items",
    "my_cases",
    "my_tasks",
    "next_task",
    "system_brief",
    "system_clocks_of",
    "system_count_clock",
    "system_explain_clock",
    "system_list_stuck",
    "task",
    "unit_cases",
]
