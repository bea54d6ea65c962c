"""Tasks: the table of what waits for this post, and the page on which one is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.acts.values import Actor
from yiwang.cases import queries, services
from yiwang.cases.values import (
    ActView,
    CaseView,
    Claimed,
    Due,
    MaterialState,
    TaskFilter,
    TaskLine,
    TaskView,
    Whose,
)
from yiwang.desk.frame import for_post, page
from yiwang.forms.doubts import evidence_files
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, problem
from yiwang.records import queries as records
from yiwang.supervision import queries as supervision
from yiwang.supervision.values import AlertLine

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

HANDLING = "case-handling"
NOBODY = UUID(int=0)
CHOICES = {"item", "due", "whose"}
KEPT_COOKIE = "yiwang_tasks"
KEPT_FOR = 365 * 24 * 3600  # seconds
CHECKING = "fact-checking"


@require_safe
@for_post
def task_list(request: FaceRequest) -> HttpResponseBase:
    """Fifty rows, the most urgent first, narrowed as the address says or as the post has kept it."""
    if "keep" in request.GET:
        return _kept(request)
    wanted = filter_of(request)
    found = queries.my_tasks(request.actor, request.GET.get("cursor", ""), language=request.language, wanted=wanted)
    alerts = supervision.alerts_on_cases(request.actor, {one.case_id for one in found.rows}, request.language)
    context = {
        "page": found,
        "worst": {case_id: lines[0] for case_id, lines in alerts.items()},
        "wanted": wanted,
        "is_narrowed": wanted != TaskFilter(),
        "is_kept": _keeps(request) and wanted == _read_filter(_kept_choice(request)),
        "keep": _address(wanted),
        "without_due": _address(replace(wanted, due=None)),
        "without_whose": _address(replace(wanted, whose=None)),
        "together": _together_of(found.rows),
    }
    return page(request, "desk/tasks.html", context)


def _together_of(rows: Sequence[TaskLine]) -> ActView | None:
    """The act for several: only where all rows that are ready stand at the same step of the same item."""
    ready = [one for one in rows if one.together is not None]
    return ready[0].together if len({(one.item_id, one.title, one.together) for one in ready}) == 1 else None


def filter_of(request: FaceRequest) -> TaskFilter:
    """What the address asks for; without any word of it, what this post has kept."""
    return _read_filter(request.GET if request.GET.keys() & CHOICES else _kept_choice(request))


def _read_filter(given: Mapping[str, str]) -> TaskFilter:
    due, whose = given.get("due", ""), given.get("whose", "")
    return TaskFilter(
        item=given.get("item", "")[:100],
        due=Due(due) if due in list(Due) else None,
        whose=Whose(whose) if whose in list(Whose) else None,
    )


def _address(wanted: TaskFilter) -> str:
    """The filter as the end of an address. It names every choice, so that nothing kept comes between."""
    return urlencode({"item": wanted.item, "due": wanted.due or "", "whose": wanted.whose or ""})


def _kept_choice(request: FaceRequest) -> Mapping[str, str]:
    post, _at, kept = request.COOKIES.get(KEPT_COOKIE, "").partition(":")
    return QueryDict(kept).dict() if post == str(request.actor.capacity_id) else {}


def _keeps(request: FaceRequest) -> bool:
    return request.COOKIES.get(KEPT_COOKIE, "").startswith(f"{request.actor.capacity_id}:")


def _kept(request: FaceRequest) -> HttpResponseBase:
    """Keep the choice for this post in this browser, or forget it; it holds ids of items and nothing of anybody."""
    wanted = _address(_read_filter(request.GET))
    answer = HttpResponseRedirect(f"/desk/tasks/?{wanted}")
    if request.GET["keep"] == "yes":
        value = f"{request.actor.capacity_id}:{wanted}"
        answer.set_cookie(KEPT_COOKIE, value, max_age=KEPT_FOR, samesite="Lax", httponly=True, path="/desk/")
    else:
        answer.delete_cookie(KEPT_COOKIE, path="/desk/", samesite="Lax")
    return answer


@require_POST
@for_post
def together(request: FaceRequest) -> HttpResponseBase:
    """Do the ticked tasks by the one act that is declared for several; show what came of each."""
    chosen: list[tuple[UUID, int]] = []
    for one in request.POST.getlist("task"):
        task_id, _at, version = one.partition(":")
        if version.isdecimal() and len(version) < 10:
            chosen.append((_post(task_id), int(version)))
    try:
        done = services.advance_together(request.actor, chosen, request.POST.get("act", ""), language=request.language)
    except Invalid as invalid:
        messages.warning(request, " ".join(_(one.message).format_map(one.params) for one in invalid.faults))
        return HttpResponseRedirect("/desk/tasks/", status=303)
    outcomes = [(one, problem(one.fault, translate=_) if one.fault else None) for one in done]
    succeeded = sum(one.fault is None for one in done)
    context = {"outcomes": outcomes, "succeeded": succeeded, "failed": len(done) - succeeded}
    return page(request, "desk/together.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def task(request: FaceRequest, task_id: UUID) -> HttpResponseBase:
    """Facts left, the act right. The loser of a race reads who decided what; who decides is led to the next task."""
    if request.method != "POST":
        return _show(request, task_id)
    reason = request.POST.get("reason", "").strip()
    version = request.POST.get("version", "")
    upcoming = queries.next_task(request.actor, task_id, filter_of(request))
    try:
        services.advance(
            request.actor,
            task_id,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            act=request.POST.get("act", ""),
            reason=reason,
            asks=_asked(request) if request.POST.get("asking") == request.POST.get("act") else (),
            language=request.language,
        )
    except Invalid as invalid:
        said = [_(one.message).format_map(one.params) for one in invalid.faults] or [_(invalid.detail or invalid.title)]
        shown = {"reason": reason, "reason_fault": " ".join(said), "claimed": _claimed(request)}
        return _show(request, task_id, shown, invalid.status)
    except Conflict as lost:
        return _show(request, task_id, {"reason": reason, "lost": problem(lost, translate=_)}, lost.status)
    if upcoming is None:
        messages.success(request, _("Done. The applicant is being told."))
        return HttpResponseRedirect("/desk/tasks/", status=303)
    messages.success(request, _("Done. The applicant is being told. This is the next task."))
    return HttpResponseRedirect(f"/desk/tasks/{upcoming}/", status=303)


def _asked(request: FaceRequest) -> list[Claimed]:
    """What the officer ticked or wrote about: `ask` holds `<kind>:<id>`, `words.<kind>:<id>` what is wrong with it."""
    chosen = dict.fromkeys(request.POST.getlist("ask"))
    chosen |= dict.fromkeys(
        name.removeprefix("words.") for name in request.POST if name.startswith("words.") and request.POST[name].strip()
    )
    return [Claimed(*one.partition(":")[::2], words=request.POST.get(f"words.{one}", "").strip()) for one in chosen]


def _claimed(request: FaceRequest) -> dict[str, str]:
    """The same as it was typed, to be shown again."""
    return {f"{one.kind}:{one.id}": one.words for one in _asked(request)}


@require_POST
@for_post
def transfer(request: FaceRequest, task_id: UUID) -> HttpResponseBase:
    """Hand a task over to a deputy."""
    reason = request.POST.get("reason", "").strip()
    version = request.POST.get("version", "")
    try:
        services.transfer_task(
            request.actor,
            task_id,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            post_id=_post(request.POST.get("post", "")),
            reason=reason,
            language=request.language,
        )
    except Invalid as invalid:
        said = " ".join(_(one.message).format_map(one.params) for one in invalid.faults)
        return _show(request, task_id, {"transfer_reason": reason, "transfer_fault": said}, invalid.status)
    except Conflict as lost:
        return _show(request, task_id, {"lost": problem(lost, translate=_)}, lost.status)
    messages.success(request, _("The task has been handed over."))
    return HttpResponseRedirect("/desk/tasks/", status=303)


def _post(given: str) -> UUID:
    """The chosen post; one that nobody has stands for none chosen."""
    try:
        return UUID(given)
    except ValueError:
        return NOBODY


def _show(
    request: FaceRequest, task_id: UUID, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    found = queries.task(request.actor, task_id, request.language)
    context = {
        "task": found,
        "facts": known_facts(request.actor, found.case),
        "asking": next((one.name for one in found.acts if one.asks), ""),
        "asks": _rows(found, (more or {}).get("claimed") or {}),
        "alerts": alerts_on(request, found.case.id),
        **doubts_in(request.actor, found.case),
        "part_of": queries.application_of_case(request.actor, found.case.id, request.language),
        "main_act": next((one for one in found.acts if not one.asks), None),
        "refuse_with": next((one.name for one in found.acts[1:] if one.reason == "required" and not one.asks), ""),
        "upcoming": queries.next_task(request.actor, task_id, filter_of(request)),
        **(more or {}),
    }
    return page(request, "desk/task.html", context, status)


def _rows(found: TaskView, claimed: Mapping[str, str]) -> list[dict[str, Any]]:
    """What may be asked, with what is missing ticked for good and what the officer had typed."""
    missing = {one.id for one in found.case.materials if one.state == MaterialState.MISSING}
    return [
        {
            "key": f"{one.kind}:{one.id}",
            "title": one.title,
            "is_missing": one.kind == "material" and one.id in missing,
            "is_chosen": f"{one.kind}:{one.id}" in claimed,
            "words": claimed.get(f"{one.kind}:{one.id}", ""),
        }
        for one in found.may_ask
    ]


def alerts_on(request: FaceRequest, case_id: UUID) -> Sequence[AlertLine]:
    """Alerts on one case that nobody has dealt with, the most serious first."""
    return supervision.alerts_on_cases(request.actor, [case_id], request.language).get(case_id, ())


def known_facts(actor: Actor, case: CaseView) -> Any:
    """What the city knows of the applicant in what the form asks for; None when this post may not read it.

    Whoever sees the case reads under the standing agreement of its item.
    """
    asked = [one.name for one in case.values]
    try:
        return records.facts(actor, case.applicant_id, purpose=HANDLING, elements=asked, item=case.item_id)
    except NotAllowed:
        return None


def doubts_in(actor: Actor, case: CaseView) -> dict[str, Any]:
    """What the case looks into, both values side by side, and the files that reporters show."""
    doubts = records.discrepancies_of_case(actor, case.id, purpose=CHECKING)
    return {"doubts": doubts, "files": evidence_files(actor, doubts)}
