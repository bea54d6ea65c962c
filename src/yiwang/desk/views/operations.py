"""How the platform itself is, for the system administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.acts import queries as acts
from yiwang.acts.values import Actor
from yiwang.audit import queries as audit
from yiwang.cases import queries as cases
from yiwang.cases import services as case_services
from yiwang.desk.frame import for_post, page
from yiwang.identity import queries as identity
from yiwang.kernel.errors import Conflict
from yiwang.kernel.health import all_checks
from yiwang.outbox import queries as outbox
from yiwang.packs import queries as packs

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the health table."""

    title: str
    well: bool
    said: str
    mend: str


def title_of(name: str) -> str:
    """A check of doctor in words; one that has none yet stands under its name."""
    titles = {
        "administrators": _("Somebody sits in each administrator's post"),
        "unit-tree": _("The tree of units holds together"),
        "generated-tables": _("The tables of records are as the release says"),
        "lost-file": _("Every stored file is there"),
        "stuck-cases": _("No case is stuck"),
        "stuck-watchings": _("Every case is watched in time"),
        "scanner": _("Files that are handed in are scanned"),
        "mail": _("E-mail goes out"),
        "certificates": _("Certificates can be issued"),
    }
    return titles.get(name, name)


@dataclass(frozen=True, slots=True)
class Filled:
    """One line of how far an invented city is filled. percent: None while it is not known how much there is."""

    title: str
    done: int
    of: int | None
    is_done: bool

    @property
    def percent(self) -> int | None:
        """Whole percent."""
        return None if not self.of else self.done * 100 // self.of


def filled(actor: Actor) -> list[Filled]:
    """How far an invented city is filled; empty in a real one."""
    titles = {
        "people": _("Residents"),
        "registers": _("Records of the registers"),
        "organisation": _("Units and posts"),
        "officers": _("Officers"),
        "cases": _("Past cases"),
    }
    return [Filled(titles.get(one.name, one.name), one.done, one.of, one.is_done) for one in packs.fillings(actor)]


@require_safe
@for_post
def operations(request: FaceRequest) -> HttpResponse:
    """Release, queues, what waits, what doctor finds."""
    identity.require(request.actor, packs.SEE_OPERATIONS)
    lag = outbox.lag()
    context = {
        "failed": cases.failed_actions(request.actor),
        "release": acts.current_release(),
        "waiting": sum(one.waiting for one in lag),
        "parked": sum(one.parked for one in lag),
        "filled": filled(request.actor),
        "unsealed": audit.backlog().entries,
        "findings": [
            Finding(title_of(name), one.is_well, one.detail, one.mend)
            for name, check in all_checks().items()
            for one in check()
        ],
    }
    return page(request, "desk/operations.html", context)


@require_POST
@for_post
def retry(request: FaceRequest, task_id: UUID) -> HttpResponseBase:
    """Let an action that gave up be tried again."""
    try:
        case_services.retry_action(request.actor, task_id)
        messages.success(request, _("It is being tried again. If it fails again, it comes back here."))
    except Conflict as lost:
        messages.warning(request, _(lost.detail))
    return HttpResponseRedirect("/desk/operations/", status=303)
