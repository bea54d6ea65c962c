"""Certificates: one's own or those of the post, and verification for everybody."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from yiwang.api.authentication import SignedIn, actor_of, language_of
from yiwang.documents import queries, services
from yiwang.documents.values import CertificatePage, CertificateView, FileTooLarge, Form, Verification
from yiwang.forms.downloads import as_file

router = Router(tags=["certificates"])
LARGEST_DOCUMENT = 10 << 20


class CertificateReason(Schema):
    """Why; the holder reads it."""

    reason: str


class Asked(Schema):
    """An identifier 证照标识, as it is printed on the certificate."""

    identifier: str


@router.get("/certificates", response=CertificatePage, auth=SignedIn(), operation_id="list_certificates")
def list_certificates(request: HttpRequest, cursor: str = "", search: str = "", limit: int = 30) -> CertificatePage:
    """One's own certificates as a person; in a post those that its duties keep."""
    return queries.list_certificates(
        actor_of(request), search=search, cursor=cursor, limit=limit, language=language_of(request)
    )


@router.get("/certificates/{certificate_id}", response=CertificateView, auth=SignedIn(), operation_id="get_certificate")
def get_certificate(request: HttpRequest, certificate_id: UUID) -> CertificateView:
    """One certificate with its history."""
    return queries.certificate(actor_of(request), certificate_id, language_of(request))


@router.get("/certificates/{certificate_id}/files/{form}", auth=SignedIn(), operation_id="get_certificate_file")
def get_certificate_file(request: HttpRequest, certificate_id: UUID, form: Form) -> HttpResponse:
    """One of its files, byte for byte as it was issued: pdf, json, json.sig, pdf.sig."""
    given = queries.download(actor_of(request), certificate_id, form)
    return as_file(given)


def _change(request: HttpRequest, act: str, certificate_id: UUID, given: CertificateReason) -> CertificateView:
    services_by_name = {
        "suspend": services.suspend,
        "resume": services.resume,
        "revoke": services.revoke,
        "replace": services.replace,
    }
    return services_by_name[act](actor_of(request), certificate_id, reason=given.reason, language=language_of(request))


@router.post(
    "/certificates/{certificate_id}/suspension",
    response=CertificateView,
    auth=SignedIn(),
    operation_id="suspend_certificate",
)
def suspend_certificate(request: HttpRequest, certificate_id: UUID, given: CertificateReason) -> CertificateView:
    """Suspend a valid certificate."""
    return _change(request, "suspend", certificate_id, given)


@router.post(
    "/certificates/{certificate_id}/resumption",
    response=CertificateView,
    auth=SignedIn(),
    operation_id="resume_certificate",
)
def resume_certificate(request: HttpRequest, certificate_id: UUID, given: CertificateReason) -> CertificateView:
    """Let a suspended certificate hold again."""
    return _change(request, "resume", certificate_id, given)


@router.post(
    "/certificates/{certificate_id}/revocation",
    response=CertificateView,
    auth=SignedIn(),
    operation_id="revoke_certificate",
)
def revoke_certificate(request: HttpRequest, certificate_id: UUID, given: CertificateReason) -> CertificateView:
    """Revoke a certificate for good."""
    return _change(request, "revoke", certificate_id, given)


@router.post(
    "/certificates/{certificate_id}/replacement",
    response=CertificateView,
    auth=SignedIn(),
    operation_id="replace_certificate",
)
def replace_certificate(request: HttpRequest, certificate_id: UUID, given: CertificateReason) -> CertificateView:
    """Make a certificate out again, with what its sources say today; the answer is the new version."""
    return _change(request, "replace", certificate_id, given)


# ── Verification, for everybody ─────────────────────────────────────────────────────────────────────────────────────────


@router.post("/verification/identifier", response=Verification, operation_id="verify_identifier")
def verify_identifier(request: HttpRequest, given: Asked) -> Verification:
    """Whether a certificate of this identifier exists and where it stands; nothing of a person. 429 for who guesses."""
    return services.verify_identifier(
        actor_of(request),
        given.identifier,
        address=request.META.get("REMOTE_ADDR", ""),
        language=language_of(request),
    )


@router.get("/verification/codes/{token}", response=Verification, operation_id="verify_token")
def verify_token(request: HttpRequest, token: str) -> Verification:
    """The same by the token in the QR code, with what was signed."""
    return queries.verify_token(actor_of(request), token, language_of(request))


@router.post("/verification/document", response=Verification, operation_id="verify_document")
def verify_document(
    request: HttpRequest,
    document: File[UploadedFile],
    signature: File[UploadedFile | None] = None,
) -> Verification:
    """The same by the file itself (PDF or JSON), byte for byte; `signature` is checked instead of the one that we keep."""
    if (document.size or 0) > LARGEST_DOCUMENT:
        raise FileTooLarge(largest_bytes=LARGEST_DOCUMENT)
    given = signature.read() if signature is not None else None
    return queries.verify_document(actor_of(request), document.read(), given, language_of(request))
