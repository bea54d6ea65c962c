"""Certificates that the post's duties keep."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from yiwang.cases import queries as cases
from yiwang.desk.frame import for_post, page
from yiwang.documents import queries, services
from yiwang.documents.values import Form
from yiwang.forms.answers import sentence
from yiwang.forms.downloads import as_file
from yiwang.kernel.errors import Invalid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

ACTS = {
    "suspend": (services.suspend, gettext_noop("The certificate has been suspended.")),
    "resume": (services.resume, gettext_noop("The certificate holds again.")),
    "replace": (services.replace, gettext_noop("The certificate has been made out again; this is its new version.")),
    "revoke": (services.revoke, gettext_noop("The certificate has been revoked.")),
}


@require_safe
@for_post
def certificate_list(request: FaceRequest) -> HttpResponse:
    """All of them, newest first; by number or identifier."""
    search = request.GET.get("search", "").strip()[:120]
    found = queries.list_certificates(
        request.actor, search=search, cursor=request.GET.get("cursor", ""), language=request.language
    )
    keep = urlencode({"search": search}) if search else ""
    return page(request, "desk/certificates.html", {"page": found, "search": search, "keep": keep})


@require_safe
@for_post
def certificate(request: FaceRequest, certificate_id: UUID) -> HttpResponse:
    """What it says, its history, what may be done."""
    return _show(request, certificate_id)


def _show(request: FaceRequest, certificate_id: UUID, status: int = 200, **more: str) -> HttpResponse:
    found = queries.certificate(request.actor, certificate_id, request.language)
    acts = [act for act in ACTS if act in found.may]
    case_id = found.line.case_id
    sees_case = case_id is not None and cases.sees_case(request.actor, case_id)
    return page(
        request, "desk/certificate.html", {"certificate": found, "acts": acts, "sees_case": sees_case, **more}, status
    )


@require_safe
@for_post
def download(request: FaceRequest, certificate_id: UUID, form: str) -> HttpResponse:
    """One of its files."""
    try:
        given = queries.download(request.actor, certificate_id, Form(form))
    except ValueError:
        raise Http404 from None
    return as_file(given)


@require_POST
@for_post
def change(request: FaceRequest, certificate_id: UUID, act: str) -> HttpResponseBase:
    """Suspend, resume, replace or revoke it."""
    if act not in ACTS:
        raise Http404
    service, said = ACTS[act]
    reason = request.POST.get("reason", "")
    try:
        after = service(request.actor, certificate_id, reason=reason, language=request.language)
    except Invalid as invalid:
        fault = " ".join(sentence(one) for one in invalid.faults)
        return _show(request, certificate_id, invalid.status, fault=fault, faulty=act, reason=reason)
    messages.success(request, _(said))
    return HttpResponseRedirect(f"/desk/certificates/{after.line.id}/", status=303)
