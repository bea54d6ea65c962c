"""What stands around every page: who asks, in which language and size, what the browser may load, how a fault looks.

Faces may not import each other. What they share therefore stands here and reaches them by name: this middleware and the error
views are named in the settings, the template tags and layouts by the templates, and `request` carries the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from yiwang.acts.values import VISITOR, Actor
from yiwang.forms.accounts import (
    CHANGE_DUE,
    OF_THE_PROOF,
    PROVE,
    SECOND_FACTOR_DUE,
    actor_in,
    proof_context,
    prove_as_sent,
)
from yiwang.forms.consents import ASK, OF_THE_ASKING, ask_as_sent, asking_context
from yiwang.identity import queries as identity
from yiwang.identity.services import ConsentAsked, SessionStore
from yiwang.identity.values import CAPACITY, SELF, ConsentDue, ProofDue
from yiwang.kernel.errors import Fault, Invalid, NotAllowed, NotFound, NotSignedIn, problem
from yiwang.kernel.remembering import remembering

__all__ = [
    "ELDER_COOKIE",
    "FaceRequest",
    "FacesMiddleware",
    "actor_for",
    "bad_request",
    "csrf_failure",
    "language_of_page",
    "not_allowed",
    "not_found",
    "server_error",
]

LANGUAGES = ("zh-hans", "en")
LANGUAGE_COOKIE = "yiwang_language"
ELDER_COOKIE = "yiwang_elder"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
UNNAMED = "-"


class FaceRequest(HttpRequest):
    """A request as views of the faces see it. For types alone: the middleware sets these on Django's own request.

    session: ours, over Django's.  actor: who asks, in the capacity chosen.  language: BCP 47, as packs' texts name it.
    elder: whether pages are to be large.  carried: what somebody had typed before signing in again, to be filled in once.
    forms_lead_to: the other site to which a form of this page may lead in the end; empty for nearly every page.
    """

    session: SessionStore
    actor: Actor
    language: str
    elder: bool
    carried: Mapping[str, list[str]]
    forms_lead_to: str


class FacesMiddleware:
    """Say who asks and in which language; turn faults into pages or problem documents; send the headers of a strict page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of_page(request)
        vars(request).update(
            language="zh-Hans" if language == "zh-hans" else language,
            elder=request.COOKIES.get(ELDER_COOKIE) == "1",
            LANGUAGE_CODE=language,
            actor=VISITOR,
            carried={},
            forms_lead_to="",
        )
        with remembering(), translation.override(language):
            vars(request)["actor"] = actor_for(request)
            response = self.get_response(request)
            if response.status_code >= 400 and _is_api(request):
                response = _as_problem(request, response)
            elif response.status_code == NoSuchMethod.status and not getattr(response, "content", b"-"):
                allow = response.headers.get("Allow", "")
                response = _fault_page(request, NoSuchMethod())
                response.headers["Allow"] = allow
        _protect(request, response)
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        """Let nobody go on with a password that another gave him or that is too old, nor without a second factor that the city asks for.

        Refuse NUL: no keyboard makes one, and the database takes none.
        """
        if _must_change_password(request):
            if _is_api(request):
                given = request.user.is_authenticated and request.user.start_password_until is not None
                return problem_response(request, PasswordToChange() if given else PasswordTooOld())
            return HttpResponseRedirect(
                "/desk/account/" if request.path.startswith("/desk/") else "/my/account/", status=303
            )
        if _must_take_second_factor(request):
            if _is_api(request):
                return problem_response(request, SecondFactorDue())
            return HttpResponseRedirect(
                "/desk/account/" if request.path.startswith("/desk/") else "/my/account/", status=303
            )
        if PROVE in request.POST and not _is_api(request) and request.user.is_authenticated:
            if (refused := prove_as_sent(request)) is not None:
                return _prove_page(request, refused)
            vars(request)["actor"] = actor_for(request)
        asked = "%00" in request.META.get("QUERY_STRING", "")
        sent = (value for _name, values in request.POST.lists() for value in values) if request.method == "POST" else ()
        return fault_response(request, Malformed()) if asked or any("\0" in value for value in sent) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Show a fault that a view let through; anything else is a defect and goes to the 500 page."""
        if isinstance(exception, Fault):
            return fault_response(request, exception)
        return None


def _must_change_password(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    if user.start_password_until is None and not request.session.get(CHANGE_DUE):
        return False
    return request.path not in BEFORE_CHANGE and not request.path.startswith("/static/")


def _must_take_second_factor(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not request.session.get(SECOND_FACTOR_DUE):
        return False
    return request.path not in BEFORE_CHANGE | WITH_SECOND_FACTOR and not request.path.startswith("/static/")


BEFORE_CHANGE = {"/my/account/", "/desk/account/", "/sign-out/", "/preferences/", "/api/v1/session"}
"""What one may open while the password that another gave has to be changed."""
WITH_SECOND_FACTOR = {
    "/my/account/second-factor/",
    "/desk/account/second-factor/",
    "/api/v1/session/passkey-challenge",
    "/api/v1/passkeys",
    "/api/v1/passkeys/challenge",
    "/api/v1/login-certificates",
    "/api/v1/login-certificates/challenge",
    "/certificate/challenge",
}
"""And besides while a second factor has to be taken."""


def language_of_page(request: HttpRequest) -> str:
    """The chosen language; programs may ask by Accept-Language; zh-Hans for everybody else, whatever the browser prefers."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "").lower()
    if chosen in LANGUAGES:
        return chosen
    if _is_api(request) and request.headers.get("Accept-Language", "").lower().startswith("en"):
        return "en"
    return LANGUAGES[0]


def actor_for(request: HttpRequest) -> Actor:
    """Who asks, from the session: the person, or the post or mandate that he chose. What has ended falls back to the person."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return VISITOR
    chosen = request.session.get(CAPACITY, SELF)
    told, proved_at = correlation_id(request), getattr(request.session, "proved_at", None)
    if chosen != SELF:
        try:
            return actor_in(user, chosen, correlation_id=told, proved_at=proved_at)
        except (NotAllowed, ValueError):
            request.session[CAPACITY] = SELF
    try:
        return identity.actor_for_self(user, correlation_id=told, proved_at=proved_at)
    except (
        NotAllowed,
        NotSignedIn,
    ):  # an administrator's account stands for no person: it acts in its post or not at all
        return VISITOR


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _protect(request: HttpRequest, response: HttpResponseBase) -> None:
    policy = CONTENT_SECURITY_POLICY
    if also := vars(request)["forms_lead_to"]:
        policy = policy.replace("form-action 'self'", f"form-action 'self' {also}")
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    response.headers.setdefault("Content-Language", vars(request)["language"])
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")


# ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def fault_response(request: HttpRequest, fault: Fault) -> HttpResponseBase:
    """Show `fault` as a problem document to programs and as a page to people; send somebody who is not signed in to sign in."""
    if _is_api(request):
        return problem_response(request, fault)
    if isinstance(fault, NotSignedIn):
        return _to_sign_in(request)
    if isinstance(fault, ConsentDue) and request.method == "POST":
        return _consent_page(request, fault)
    if isinstance(fault, ProofDue) and request.method == "POST":
        return _prove_page(request, {"status": fault.status})
    return _fault_page(request, fault)


def _also_told(fault: Fault) -> dict[str, object]:
    """With what a program asks for the consent that it lacks."""
    if isinstance(fault, ConsentDue):
        return {"action": fault.action, "arguments": fault.arguments, "of": fault.of}
    return {}


def problem_response(request: HttpRequest, fault: Fault, **more: object) -> HttpResponse:
    """An RFC 9457 answer in the language of the request.  more: further members, which the page of the problem describes."""
    document = {**problem(fault, translate=_, instance=correlation_id(request)), **_also_told(fault), **more}
    body = json.dumps(document, ensure_ascii=False, default=str)
    return HttpResponse(body, status=fault.status, content_type="application/problem+json")


def correlation_id(request: HttpRequest) -> str:
    """The number under which this request stands in the logs."""
    return str(getattr(request, "correlation_id", "") or "")


def _layout(request: HttpRequest) -> str:
    return "desk/plain.html" if request.path.startswith("/desk/") else "portal/base.html"


def _fault_page(request: HttpRequest, fault: Fault) -> HttpResponse:
    template = f"errors/{fault.status}.html" if fault.status in {403, 404, 405} else "errors/fault.html"
    said = problem(fault, translate=_)
    return render(request, template, {"fault": said, "layout": _layout(request)}, status=fault.status)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back. What was typed into a form goes along in the page itself, and nowhere else."""
    page = "/desk/sign-in/" if request.path.startswith("/desk/") else "/sign-in/"
    if request.method != "POST":
        address = f"{page}?{urlencode({'next': request.get_full_path()})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)
    context = {"next": request.path, "carried": _typed(request), "expired": True, "sign_in_at": page}
    template = "desk/sign_in.html" if page.startswith("/desk/") else "portal/sign_in.html"
    return render(request, template, context, status=401)


def _prove_page(request: HttpRequest, said: Mapping[str, Any]) -> HttpResponse:
    """Ask once more who sits there, and carry along in the page what was to be done: it is done when he has shown it."""
    kept = _kept(request, OF_THE_PROOF)
    actor: Actor = vars(request)["actor"]
    context = {"kept": kept, "layout": _layout(request), "at": request.get_full_path(), **proof_context(actor), **said}
    return render(request, "errors/prove.html", context, status=said["status"])


def _consent_page(request: HttpRequest, due: ConsentDue) -> HttpResponseBase:
    """Ask why it is to be done, carrying along in the page what was to be done; or, when that was said, ask for consent."""
    refused: Invalid | ConsentAsked | None = None
    if ASK in request.POST:
        try:
            made = ask_as_sent(request, vars(request)["actor"], due)
        except (Invalid, ConsentAsked) as fault:
            refused = fault
        else:
            return HttpResponseRedirect(f"/desk/consents/{made}/", status=303)
    context = {
        "kept": _kept(request, OF_THE_PROOF | OF_THE_ASKING),
        "layout": _layout(request),
        "at": request.get_full_path(),
        **asking_context(request, due, refused),
    }
    return render(request, "errors/consent.html", context, status=refused.status if refused else due.status)


def _kept(request: HttpRequest, left_out: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() if name not in left_out for value in values]


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that a form sent, except secrets and the token of the old session."""
    left_out = {"csrfmiddlewaretoken", "password", "old", "new", "again", "code", "recovery", "passkey"}
    return _kept(request, left_out)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The page was older than the session, or another site sent the form: ask again, with everything typed still there."""
    if _is_api(request):
        return problem_response(request, CsrfFailed())
    context = {"carried": _typed(request), "layout": _layout(request), "fault": problem(CsrfFailed(), translate=_)}
    return render(request, "errors/csrf.html", context, status=403)


class CsrfFailed(NotAllowed):
    """The request did not carry the token of this session."""

    code = "csrf-failed"
    title = "This page was open for too long"
    next_step = "Send again. Nothing that you entered is lost."


class PasswordToChange(NotAllowed):
    """The password was given by an administrator: nothing is done under it but to take another."""

    code = "password-to-change"
    title = "Take a password of your own first"
    next_step = "Open “My account” and change the password; then go on."


class PasswordTooOld(NotAllowed):
    """The city wants officers to change their passwords from time to time, and this one is over its time."""

    code = "password-too-old"
    title = "Take another password first"
    next_step = "Open “My account” and change the password; then go on."


class SecondFactorDue(NotAllowed):
    """The city asks this account for a second factor: nothing is done before it has one."""

    code = "second-factor-due"
    title = "Set up a second factor first"
    next_step = "Open “My account” and add a passkey or set up an authenticator app; then go on."


class NoSuchMethod(Fault):
    """The address exists, the method does not."""

    code = "method-not-allowed"
    status = 405
    title = "This address does not take that"
    next_step = "Go back and use the buttons of the page."


class Malformed(Fault):
    """The request cannot be read."""

    code = "bad-request"
    status = 400
    title = "This request cannot be read"
    next_step = "Go back, reload the page and try again."


class Unexpected(Fault):
    """A defect of ours."""

    code = "unexpected"
    status = 500
    title = "Something went wrong on our side"
    next_step = "Try again in a few minutes. If it happens again, tell the service desk the number on this page."


FAULTS_BY_STATUS: dict[int, type[Fault]] = {
    400: Malformed,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    405: NoSuchMethod,
}


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return response
    answer = problem_response(request, FAULTS_BY_STATUS.get(response.status_code, Unexpected)())
    if allow := response.headers.get("Allow"):
        answer.headers["Allow"] = allow
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`."""
    return _fault_page(request, Malformed())


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler403`."""
    return _fault_page(request, NotAllowed())


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """`handler404`."""
    return _fault_page(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: the number of the request and nothing else; it must not need anything that may be what is broken."""
    if _is_api(request):
        return problem_response(request, Unexpected())
    context: dict[str, Any] = {
        "correlation_id": correlation_id(request) or UNNAMED,
        "elder": request.COOKIES.get(ELDER_COOKIE) == "1",
    }
    with translation.override(language_of_page(request)):
        return render(None, "errors/500.html", context, status=500)
