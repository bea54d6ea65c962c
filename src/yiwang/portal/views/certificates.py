"""One's own certificates, and whether one that somebody shows is genuine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.documents import queries, services
from yiwang.documents.values import Form, TooManyGuesses, Verification
from yiwang.forms.answers import sentence
from yiwang.forms.downloads import as_file
from yiwang.kernel.errors import Invalid, format_message
from yiwang.portal.guard import for_applicant

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LARGEST_DOCUMENT = 10 << 20
LARGEST_SIGNATURE = 4 << 10


@require_safe
@for_applicant
def certificate_list(request: FaceRequest) -> HttpResponse:
    """All of one's certificates, newest first."""
    person = request.actor.capacity_id
    found = queries.certificates_of(request.actor, person, request.language) if person else ()
    return render(request, "portal/certificates.html", {"certificates": found})


@require_safe
@for_applicant
def certificate(request: FaceRequest, certificate_id: UUID) -> HttpResponse:
    """What it says, where it stands, its files."""
    return render(
        request,
        "portal/certificate.html",
        {"certificate": queries.certificate(request.actor, certificate_id, request.language)},
    )


@require_safe
@for_applicant
def download(request: FaceRequest, certificate_id: UUID, form: str) -> HttpResponse:
    """One of its files, byte for byte as it was issued."""
    try:
        given = queries.download(request.actor, certificate_id, Form(form))
    except ValueError:
        raise Http404 from None
    return as_file(given)


# ── Verification ────────────────────────────────────────────────────────────────────────────────────────────────────────


@csrf_exempt  # it changes nothing, and whoever checks a certificate need not keep cookies
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: FaceRequest) -> HttpResponseBase:
    """Ask by identifier or by file; the answer stands on the same page."""
    typed = (request.POST.get("identifier") or request.GET.get("identifier") or "").strip()[:300]
    if request.method == "POST" and request.FILES.get("document"):
        return _by_file(request)
    if not typed:
        summary = [{"target": "identifier", "text": _("Enter an identifier, or choose a file.")}]
        shown = {"summary": summary if request.method == "POST" else []}
        return render(request, "portal/verify.html", shown, status=422 if request.method == "POST" else 200)
    try:
        found = services.verify_identifier(
            request.actor, typed, address=request.META.get("REMOTE_ADDR", ""), language=request.language
        )
    except Invalid as invalid:
        faults = [{"target": "identifier", "text": sentence(one)} for one in invalid.faults]
        return render(request, "portal/verify.html", {"summary": faults, "typed": typed}, status=invalid.status)
    except TooManyGuesses as fault:
        text = " ".join((format_message(_(fault.detail), fault.params), _(fault.next_step)))
        slowed = {"summary": [{"target": "document", "text": text}], "typed": typed}
        response = render(request, "portal/verify.html", slowed, status=fault.status)
        response.headers["Retry-After"] = str(fault.params["seconds"])
        return response
    return _answer(request, found, by="identifier", typed=typed)


def _by_file(request: FaceRequest) -> HttpResponse:
    document, signature = request.FILES["document"], request.FILES.get("signature")
    for name, file, most in (("document", document, LARGEST_DOCUMENT), ("signature", signature, LARGEST_SIGNATURE)):
        if isinstance(file, UploadedFile) and ((file.size or 0) > most or getattr(file, "fault", None)):
            text = _("The file is larger than any certificate. Choose the PDF or JSON file itself.")
            return render(request, "portal/verify.html", {"summary": [{"target": name, "text": text}]}, status=413)
    found = queries.verify_document(
        request.actor,
        document.read() if isinstance(document, UploadedFile) else b"",
        signature.read() if isinstance(signature, UploadedFile) else None,
        request.language,
    )
    return _answer(request, found, by="file")


@require_safe
def verify_token(request: FaceRequest, token: str) -> HttpResponse:
    """The page behind the QR code."""
    return _answer(request, queries.verify_token(request.actor, token, request.language), by="code")


def _answer(request: FaceRequest, found: Verification, *, by: str, typed: str = "") -> HttpResponse:
    return render(request, "portal/verify.html", {"found": found, "by": by, "typed": typed, "summary": []})


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def public_key(request: FaceRequest, key_id: str = "") -> HttpResponse:
    """A public key in PEM: the one in use, or the one of this id."""
    for one in queries.published_keys():
        if one.key_id == key_id or (not key_id and one.is_current):
            return HttpResponse(one.pem, content_type="application/x-pem-file")
    raise Http404


@require_safe
def signing_certificate(request: FaceRequest) -> HttpResponse:
    """The X.509 certificate of the key in use, for programs that check signatures in PDF."""
    return HttpResponse(queries.signing_certificate(), content_type="application/x-pem-file")
