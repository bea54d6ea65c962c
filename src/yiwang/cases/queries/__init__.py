"""Everything that is read about items, forms, cases and tasks.

Every query takes the actor first and starts from one SQL predicate (`visibility`); those without an actor are public, or named
`system_…` and only for jobs, subscribers and doctor. Texts come back in `language` (a BCP 47 tag).
"""

from yiwang.cases.queries.applications import application, application_of_case, my_applications
from yiwang.cases.queries.briefs import system_brief
from yiwang.cases.queries.bundles import bundle_guide, list_bundles, may_begin, title_of
from yiwang.cases.queries.calendars import city_calendar as system_calendar
from yiwang.cases.queries.cases import case, my_cases, unit_cases
from yiwang.cases.queries.clocks import explain_clock
from yiwang.cases.queries.counting import system_count_clock, system_explain_clock, system_place_clock
from yiwang.cases.queries.drafts import draft, my_drafts
from yiwang.cases.queries.figures import figures_of_the_day
from yiwang.cases.queries.filling import apart, bundle_form_for, form_for, prepared_for, questions_of
from yiwang.cases.queries.finding import find
from yiwang.cases.queries.forms import element_field
from yiwang.cases.queries.guides import item_guide, life_events, list_items, meanings_of, search_topics, themes
from yiwang.cases.queries.known import covered
from yiwang.cases.queries.limits import limit_register
from yiwang.cases.queries.receptions import consent_text, reception, reception_schemes
from yiwang.cases.queries.tasks import failed_actions, my_tasks, next_task, system_list_stuck, task
from yiwang.cases.queries.visibility import sees_case
from yiwang.cases.queries.windows import days_page, office_open, windows_open

__all__ = [
    "apart",
    "covered",
    "application",
    "application_of_case",
    "bundle_form_for",
    "bundle_guide",
    "case",
    "days_page",
    "draft",
    "consent_text",
    "element_field",
    "explain_clock",
    "failed_actions",
    "figures_of_the_day",
    "find",
    "form_for",
    "item_guide",
    "life_events",
    "limit_register",
    "list_bundles",
    "list_items",
    "may_begin",
    "meanings_of",
    "my_applications",
    "my_cases",
    "my_drafts",
    "my_tasks",
    "next_task",
    "office_open",
    "prepared_for",
    "questions_of",
    "search_topics",
    "sees_case",
    "reception",
    "reception_schemes",
    "system_brief",
    "system_calendar",
    "system_count_clock",
    "system_explain_clock",
    "system_list_stuck",
    "system_place_clock",
    "task",
    "themes",
    "unit_cases",
    "windows_open",
    "title_of",
]
