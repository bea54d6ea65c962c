"""Certificates 数字证书 on “My account”, for both faces: what a form hands in as the answer of a key program, and what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.http import HttpResponse

from yiwang.identity import services
from yiwang.identity.values import PasskeyAnswer
from yiwang.identity.values.login_certificates import CertificateShown, ChallengeView
from yiwang.kernel.errors import NotFound, NotSignedIn

if TYPE_CHECKING:
    from django.http import HttpRequest

    from yiwang.api.pages import FaceRequest

__all__ = ["ACTS", "GONE", "MADE", "Proof", "answer_sent", "as_challenge_file", "change_certificate"]

LONGEST_READ = 64_001
"""Bytes of an answer that are read: one more than is believed, so that a longer one is told from one that fits."""
GONE = "certificate-gone"
MADE = "certificate-made"
ACTS = {"certificate", MADE, "certificate-stop", "certificate-rename"}
FILE_NAME = "yiwang-challenge.txt"


class Proof(TypedDict):
    """What proves who asks, beside the password."""

    passkey: PasskeyAnswer | CertificateShown | None
    address: str


def answer_sent(request: HttpRequest) -> bytes:
    """What a form brought as the answer of a key program: its file, or what was pasted; no more of it than tells that it is too long."""
    sent = request.FILES.get("answer")
    if sent is not None and sent.size:
        return bytes(sent.read(LONGEST_READ))
    return request.POST.get("pasted", "")[:LONGEST_READ].encode()


def as_challenge_file(challenge: ChallengeView) -> HttpResponse:
    """What is to be signed, as a file that is kept and not shown."""
    answer = HttpResponse(challenge.text.encode("ascii"), content_type="text/plain; charset=us-ascii")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


def change_certificate(request: FaceRequest, password: str, code: str, proof: Proof) -> tuple[str, ...]:
    """Do what the form asks: begin to register one, hand in what was signed, stop, rename one, or take one away; the recovery codes that
    came with the first, else none. Raises what `identity.services` raise.
    """
    here = request.session.id
    if here is None:
        raise NotSignedIn
    match request.POST.get("act", ""):
        case "certificate":
            services.give_up_passkey(here)
            services.begin_certificate(request.actor, password, code, session_id=here, **proof)
        case _ if request.POST.get("act") == MADE:
            made = services.add_certificate(
                request.actor, answer_sent(request), request.POST.get("name", ""), session_id=here
            )
            return made.recovery_codes
        case "certificate-stop":
            services.give_up_certificate(here)
        case "certificate-rename":
            services.rename_certificate(request.actor, _named(request, "named"), request.POST.get("name", ""))
        case _:
            services.remove_certificate(request.actor, _named(request, GONE), password, code, here=here, **proof)
    return ()


def _named(request: FaceRequest, field: str) -> UUID:
    try:
        return UUID(request.POST.get(field, ""))
    except ValueError:
        raise NotFound from None
