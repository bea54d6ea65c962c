"""Cases as those see them who answer for units and not for applicants: numbers, lists, how far each is. No answers, no facts.

Who leads or supervises sees that a case exists, who has it and until when; what somebody wrote in it concerns those who handle it.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet

from yiwang.acts.values import Actor
from yiwang.cases.models import Case
from yiwang.cases.queries.cases import load, paged, shape_case
from yiwang.cases.values import CasePage, CaseView
from yiwang.identity.queries import in_scope
from yiwang.kernel.errors import NotFound, msgid

__all__ = ["OVERSEE", "overseen_case", "overseen_cases", "overseen_page"]

OVERSEE = "board.read"


def overseen_cases(actor: Actor) -> QuerySet[Case]:
    """The cases of the units that the actor oversees. Two queries for the seat; the rest is part of the caller's query."""
    return Case.objects.filter(in_scope(actor, OVERSEE))


def overseen_page(
    actor: Actor, rows: QuerySet[Case], name: str, cursor: str = "", limit: int = 50, language: str = "zh-Hans"
) -> CasePage:
    """A page of such cases, newest first.  rows: of `overseen_cases`.  name: the list to which its cursor belongs. Six queries."""
    page = paged(actor, rows, cursor, limit, language, scope=f"overseen:{actor.capacity_id}:{name}")
    return replace(page, rows=tuple(replace(one, applicant_name="") for one in page.rows))


def overseen_case(actor: Actor, case_id: UUID, language: str = "zh-Hans") -> CaseView:
    """How far a case is, without what anybody wrote in it or is known of anybody. Raises NotFound. At most ten queries."""
    found = overseen_cases(actor).select_related("unit", "entered_in__unit").filter(pk=case_id).first()
    if found is None:
        raise NotFound(msgid("There is no such case."))
    view = shape_case(actor, load(found), language)
    course = tuple(replace(line, reason="") for line in view.course)
    unnamed = replace(view, applicant_name="", agent_name="")
    return replace(unnamed, values=(), facts=(), materials=(), reason="", course=course)
