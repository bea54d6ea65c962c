"""Signing in, or proving once more who one is, by a certificate 数字证书: what a browser was about to do waits here meanwhile.

As on the way to an outside provider (`outside`): where somebody was going, and what a form held, stays with his session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yiwang.forms.accounts import proved_password, session_of
from yiwang.forms.certificates import answer_sent
from yiwang.forms.outside import Way, session_here, way_that_is_asked, way_to_prove
from yiwang.identity import services
from yiwang.identity.values import PROVED_AGAIN
from yiwang.identity.values.login_certificates import CertificateAnswer, ChallengeView, SignedFor
from yiwang.kernel.time import machine_now

if TYPE_CHECKING:
    from django.http import HttpRequest

    from yiwang.api.pages import FaceRequest

__all__ = ["begin_proof", "begin_way", "challenge_here", "prove_as_signed", "sign_in_as_signed", "way_here"]

WAY = "certificate-way"


def begin_way(request: FaceRequest) -> None:
    """Keep where somebody is going who is to sign in by his certificate. Who has given his password already goes where he was going."""
    proved = proved_password(request)
    way = way_that_is_asked(request)
    if proved is not None:
        way = Way(proved.next, way.desk, False, dict(proved.carried))
    _keep(request, way)


def begin_proof(request: FaceRequest) -> None:
    """Keep what somebody was about to do who is to prove once more who he is. Raises NotSignedIn."""
    _keep(request, way_to_prove(request))


def way_here(request: HttpRequest) -> Way | None:
    """Where he was going; None for who never set out."""
    kept: dict[str, Any] | None = request.session.get(WAY)
    return None if kept is None else Way(**kept)


def challenge_here(request: HttpRequest, *, proves: bool) -> ChallengeView:
    """What this session is to sign, to sign in or to prove. A session is made for who has none. Raises CertificatesOff (409)."""
    if proves:
        return services.ask_for_certificate(session_here(request), SignedFor.PROVE, request.user.pk)
    return services.ask_for_certificate(session_here(request), SignedFor.SIGN_IN)


def sign_in_as_signed(request: HttpRequest, answer: bytes | None = None) -> Any:
    """The account of who hands in the right answer.  answer: None for that of a form. Raises what `identity.services` raise."""
    return services.sign_in_by_certificate(
        _given(request, answer),
        address=request.META.get("REMOTE_ADDR", ""),
        correlation_id=str(getattr(request, "correlation_id", "")),
    )


def prove_as_signed(request: FaceRequest, answer: bytes | None = None) -> None:
    """Take the answer as the proof of who sits there; the session keeps when. Raises what `identity.services` raise."""
    services.prove_by_certificate(request.actor, _given(request, answer), address=request.META.get("REMOTE_ADDR", ""))
    request.session.pop(WAY, None)
    request.session[PROVED_AGAIN] = machine_now().isoformat()


def _given(request: HttpRequest, answer: bytes | None) -> CertificateAnswer:
    return CertificateAnswer(answer_sent(request) if answer is None else answer, session_of(request))


def _keep(request: HttpRequest, way: Way) -> None:
    request.session[WAY] = {
        "next": way.next,
        "desk": way.desk,
        "proves": way.proves,
        "carried": {name: list(values) for name, values in (way.carried or {}).items()},
    }
