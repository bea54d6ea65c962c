"""Signing in and my account 我的账号, for the pages of both faces: who one is, where one is signed in, password and second factor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlencode
from uuid import UUID

import segno
from django.contrib.auth import login, update_session_auth_hash
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from yiwang.acts.values import Actor, CapacityKind
from yiwang.forms.answers import sentence
from yiwang.forms.certificates import ACTS, GONE, MADE, Proof, change_certificate
from yiwang.identity import queries, services
from yiwang.identity.values import CAPACITY, PROVED_AGAIN, SELF, UNDER, NewPasskey, PasskeyAnswer
from yiwang.identity.values.login_certificates import CERTIFICATE, CertificateShown, NewCertificate
from yiwang.identity.values.outside import ENOUGH, LEVEL, PROVED_THERE, PROVIDER, Through
from yiwang.identity.values.single_sign_on import FACTORS
from yiwang.kernel.errors import Fault, Invalid, NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now

if TYPE_CHECKING:
    from django.http import HttpRequest

    from yiwang.api.pages import FaceRequest

__all__ = [
    "CHANGE_DUE",
    "OF_THE_PROOF",
    "PROVE",
    "SECOND_FACTOR_DUE",
    "Proved",
    "account_context",
    "actor_in",
    "GO_ON",
    "ask_for_passkey",
    "begin_at_desk",
    "begin_session",
    "certificate_added",
    "change_password",
    "change_second_factor",
    "complete_sign_in",
    "end_link",
    "end_sessions",
    "keep_passkey",
    "take_capacity",
    "proof_context",
    "prove_again",
    "prove_as_sent",
    "proved_password",
    "remember_proved",
    "safe_next",
    "second_step",
    "session_of",
    "sign_in",
    "sign_in_as_sent",
    "sign_in_by_passkey",
    "told",
]

SHOWN_AGAIN = {Invalid.status, 409, 429}
"""Faults of a form after which the page is shown again, with what was wrong."""
LONGEST_ANSWER = 64_000
"""Characters of a passkey's answer; real ones have some thousand."""
DESK, GO_ON = "/desk/", "/oidc/go-on?"
OTHERS = "others"
_THROUGH = TypeAdapter(Through)
PROVE, PROVE_PASSWORD, PROVE_CODE = "prove", "prove-password", "prove-code"
OF_THE_PROOF = {PROVE, PROVE_PASSWORD, PROVE_CODE, "passkey", "csrfmiddlewaretoken"}
"""Fields of a proof that was asked for in mid-act; every other field belongs to the act."""
PROVED = "proved"
PROVED_LASTS = timedelta(minutes=5)
"""So long a right password waits for its code."""
SECOND_FACTOR_DUE = "second-factor-due"
"""In the session of who has to take a second factor before anything else."""
CHANGE_DUE = "password-due"
"""In the session of who has to take another password before anything else: his is too old."""


@dataclass(frozen=True, slots=True)
class Proved:
    """Whose password was right a moment ago, and where he was going.  carried: what a form held that waits for him.

    through: the provider that has let him in so far, in place of a password.
    """

    account_id: UUID
    at: datetime
    next: str
    carried: Mapping[str, list[str]]
    through: Through | None = None


def sign_in(
    request: HttpRequest, login: str, password: str, code: str = "", passkey: Mapping[str, object] | None = None
) -> Any:
    """The account of who gives the right password, and with it the right code or passkey where one is sent along and asked for.

    Raises what `identity.services.sign_in` and `complete_sign_in` raise.
    """
    began = machine_now()
    try:
        return services.sign_in(login, password, **_whence(request))
    except services.SecondFactorAsked as asked:
        if not code and passkey is None:
            raise
        answer = None if passkey is None else PasskeyAnswer(passkey, session_of(request))
        return services.complete_sign_in(asked.account_id, code, proved_at=began, passkey=answer, **_whence(request))


def sign_in_by_passkey(request: HttpRequest, passkey: Mapping[str, object]) -> Any:
    """The account of who answers with a passkey alone. Raises what `identity.services.sign_in_by_passkey` raises."""
    return services.sign_in_by_passkey(PasskeyAnswer(passkey, session_of(request)), **_whence(request))


def sign_in_as_sent(request: HttpRequest, login: str) -> Any:
    """The account of who fills in the sign-in page, with a passkey where the page sent one. Raises what the two above raise."""
    if (passkey := sent_passkey(request)) is not None:
        return sign_in_by_passkey(request, passkey)
    return sign_in(request, login, request.POST.get("password", ""))


def ask_for_passkey(request: HttpRequest, *, alone: bool) -> dict[str, Any]:
    """What the browser is to be asked for: a passkey of who is signed in or gave the right password here.  alone: any, to sign in by it.

    Keeps a session for who has none: the answer comes from there or from nowhere. Raises PasskeysOff (409).
    """
    account, id = None if alone else _asked(request), session_of(request)
    if id is None:
        request.session.create()
        id = vars(request.session)["id"]
    return services.ask_for_passkey(id, account)


def _asked(request: HttpRequest) -> UUID | None:
    """Who is signed in, or has given the right password here."""
    if request.user.is_authenticated:
        return request.user.pk
    proved = proved_password(request)
    return proved.account_id if proved else None


def session_of(request: HttpRequest) -> UUID | None:
    """The id of the session that asks; None when nothing is kept for it."""
    request.session.get(PROVED)  # reads it, if nobody has
    id: UUID | None = vars(request.session).get("id")
    return id


def sent_passkey(request: HttpRequest) -> Mapping[str, object] | None:
    """What a script put into the form as the answer of a passkey; None when it put nothing."""
    sent = request.POST.get("passkey", "")
    if not sent:
        return None
    try:
        answer = json.loads(sent[:LONGEST_ANSWER])
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


class _Whence(TypedDict):
    """Where it comes from, and under which number it stands in the logs."""

    address: str
    correlation_id: str


def _whence(request: HttpRequest) -> _Whence:
    return {
        "address": request.META.get("REMOTE_ADDR", ""),
        "correlation_id": str(getattr(request, "correlation_id", "")),
    }


def remember_proved(
    request: HttpRequest, account_id: UUID, next: str, carried: Mapping[str, Any], through: Through | None = None
) -> None:
    """Keep who has to give a code now, in a session of nobody's.

    through: the provider that has let him in so far, in place of a password.
    """
    request.session.flush()
    request.session[PROVED] = {
        "account": str(account_id),
        "at": machine_now().isoformat(),
        "next": next,
        "carried": dict(carried),
        "through": None if through is None else _THROUGH.dump_python(through, mode="json"),
    }


def proved_password(request: HttpRequest) -> Proved | None:
    """Who has to give a code; None when nobody has given a password here in the last five minutes."""
    kept = request.session.get(PROVED)
    if kept is None:
        return None
    at = datetime.fromisoformat(kept["at"])
    if machine_now() >= at + PROVED_LASTS:
        return None
    through = None if kept["through"] is None else _THROUGH.validate_python(kept["through"])
    return Proved(UUID(kept["account"]), at, kept["next"], kept["carried"], through)


def complete_sign_in(request: HttpRequest, proved: Proved) -> Any:
    """Let in who sends the right code or passkey. Raises what `identity.services.complete_sign_in` raises."""
    return services.complete_sign_in(
        proved.account_id,
        request.POST.get("code", "") or request.POST.get("recovery", ""),
        proved_at=proved.at,
        passkey=_answer(request),
        **_whence(request),
    )


def second_step(proved: Proved) -> dict[str, Any]:
    """With what the second step can be made, for its page.  from_outside: a provider was the first, and no password."""
    return {
        "from_outside": proved.through is not None,
        "has_app": queries.has_app(proved.account_id),
        "has_passkey": queries.has_passkey(proved.account_id),
        "has_certificate": queries.has_certificate(proved.account_id),
        "next": proved.next,
    }


def _answer(request: HttpRequest) -> PasskeyAnswer | CertificateShown | None:
    """What stands in place of a code: a passkey's answer, or (`shown`) that a certificate was shown in this session a moment ago."""
    sent = sent_passkey(request)
    if sent is not None:
        return PasskeyAnswer(sent, session_of(request))
    code = request.POST.get("code", "").strip()
    return CertificateShown(session_of(request)) if request.POST.get("shown") and not code else None


def begin_session(request: HttpRequest, account: Any, capacity: str = SELF, *, through: Through | None = None) -> None:
    """Sign somebody in, in a new session: what was known of the old one is worth nothing.

    account: as `sign_in` returned it.  capacity: `self`, or the id of a post.  through: the provider that let him in.
    """
    request.session.flush()
    login(request, account)
    request.session[CAPACITY] = capacity
    request.session[FACTORS] = [account.let_in_by]
    if account.let_in_certificate is not None:
        request.session[CERTIFICATE] = str(account.let_in_certificate)
    if through is not None:
        _keep_through(request, account, through)
    note_what_is_due(request, account)


def _keep_through(request: HttpRequest, account: Any, through: Through) -> None:
    request.session[PROVIDER], request.session[LEVEL] = str(through.provider_id), through.level
    request.session[ENOUGH] = through.enough
    request.session[FACTORS] = list(dict.fromkeys(["outside-two" if through.enough else "outside", account.let_in_by]))
    proved = through.proved_at
    if account.let_in_by not in {"outside", "outside-two"}:  # a second factor of ours came to it, just now
        request.session[PROVED_THERE] = machine_now().isoformat()
    elif proved is not None:
        request.session[PROVED_THERE] = proved.isoformat()


def note_what_is_due(request: HttpRequest, account: Any) -> None:
    """Let the session remember what the city asks of who signs in, or of who takes up another post, before he does anything else."""
    enough = request.session.get(ENOUGH, False)
    if not enough and queries.needs_second_factor(account.pk) and not queries.has_second_factor(account.pk):
        request.session[SECOND_FACTOR_DUE] = True
    if not request.session.get(PROVIDER) and queries.password_is_due(account.pk):
        request.session[CHANGE_DUE] = True


def begin_at_desk(request: HttpRequest, account: Any, next: str, *, through: Through | None = None) -> str:
    """Sign somebody in at the desk; where he goes on. In his only post, where he holds one; who holds several is asked in which."""
    begins = account.let_in_certificate
    opens_none = (through is not None and queries.opens_no_posts(str(through.provider_id))) or (
        begins is not None and queries.certificate_opens_no_posts(str(begins))
    )
    held = [] if opens_none else queries.posts_of(account.id)
    if len(held) == 1:
        begin_session(request, account, str(held[0].id), through=through)
        return next
    begin_session(request, account, through=through)
    return f"/desk/post/?{urlencode({'next': next})}"


def safe_next(request: HttpRequest, default: str, *, desk: bool = False) -> str:
    """Where to go on: a path of this site, of the desk alone where that is asked (or back to a connected system), or `default`."""
    asked = request.POST.get("next") or request.GET.get("next") or default
    begins = (DESK, GO_ON) if desk else ("/",)
    return asked if url_has_allowed_host_and_scheme(asked, None) and asked.startswith(begins) else default


def actor_in(account: Any, chosen: str, *, correlation_id: str = "", proved_at: datetime | None = None) -> Actor:
    """Who acts in a capacity, other than himself, that a session keeps. Raises NotAllowed; ValueError for what is no capacity."""
    if chosen.startswith(UNDER):
        mandate = UUID(chosen.removeprefix(UNDER))
        return queries.actor_for_mandate(account, mandate, correlation_id=correlation_id)
    return queries.actor_for_post(account, UUID(chosen), correlation_id=correlation_id, proved_at=proved_at)


def take_capacity(request: HttpRequest, chosen: str) -> None:
    """Let who is signed in act in this capacity from now on: `self`, a post's id, or `mandate:` and an id.

    Raises NotFound for what is no capacity, NotAllowed (403) for one that he does not have today.
    """
    if chosen != SELF and not chosen.startswith(UNDER) and queries.opens_no_posts(request.session.get(PROVIDER)):
        raise NotAllowed(
            msgid("You came in through a provider for residents. To act in a post, sign in to the desk in its own way.")
        )
    if (
        chosen != SELF
        and not chosen.startswith(UNDER)
        and queries.certificate_opens_no_posts(request.session.get(CERTIFICATE))
    ):
        raise NotAllowed(
            msgid("You came in by a certificate for residents. To act in a post, sign in to the desk in its own way.")
        )
    if chosen != SELF:
        try:
            actor_in(request.user, chosen)
        except ValueError:
            raise NotFound from None
    request.session[CAPACITY] = chosen
    if chosen != SELF:
        note_what_is_due(request, request.user)


def told(fault: Fault) -> dict[str, str]:
    """Why nobody was let in, as the pages say it."""
    return {
        "title": _(fault.title),
        "detail": _(fault.detail).format_map(fault.params),
        "next_step": _(fault.next_step),
    }


def account_context(request: FaceRequest) -> dict[str, Any]:
    """Login, posts, sessions and the rules of passwords. Raises NotSignedIn."""
    if not request.user.is_authenticated or request.actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    sessions = queries.sessions_of(request.actor, request.session.id)
    factor = queries.own_second_factor(request.actor, request.session.id)
    return {
        "view": queries.own_account(request.actor),
        "account_at": "/desk/account/" if request.path.startswith("/desk/") else "/my/account/",
        "sessions": sessions,
        "factor": factor,
        "passkey_name": next((f"{one.browser} · {one.system}".strip(" ·") for one in sessions if one.here), ""),
        "factor_qr": _drawn(factor.begun.address) if factor.begun else "",
        "passkey_options": json.dumps(factor.new_passkey) if factor.new_passkey else "",
        "password_due": bool(request.session.get(CHANGE_DUE)),
        "links": queries.links_of(request.actor),
        "typed_name": request.POST.get("name", "") if request.POST.get("act") == MADE else "",
        "factor_due": bool(request.session.get(SECOND_FACTOR_DUE)),
        "said": {},
        "summary": [],
    }


def change_password(request: FaceRequest) -> tuple[dict[str, Any], int]:
    """Do what the form asks; the context to show again with a status of 400 and more, or (…, 303) when it is done.

    This session goes on under the new password; every other one ends. What was typed is never shown again.
    """
    context = account_context(request)
    try:
        services.change_password(
            request.actor,
            request.POST.get("old", ""),
            request.POST.get("new", ""),
            again=request.POST.get("again", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except Fault as fault:
        return _refused(context, fault, _("The password has not been changed"))
    if request.user.is_authenticated:
        request.user.refresh_from_db()
        update_session_auth_hash(request, request.user)
        request.session.pop(CHANGE_DUE, None)
    return context, 303


def _drawn(address: str) -> str:
    """A QR code as the address of a picture."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=2)


def _refused(context: dict[str, Any], fault: Fault, title: str) -> tuple[dict[str, Any], int]:
    """The page again with every fault beside its field. Raises other faults."""
    if fault.status not in SHOWN_AGAIN:
        raise fault
    told = [(one.pointer, sentence(one)) for one in fault.faults]
    said: dict[str, str] = {}
    for pointer, words in told:
        said[pointer] = f"{said[pointer]} {words}" if pointer in said else words
    summary = [{"text": words, "target": f"p-{pointer}"} for pointer, words in told]
    nothing_named = [{"text": _(fault.next_step), "target": ""}]
    return {**context, "said": said, "summary": summary or nothing_named, "summary_title": title}, fault.status


def change_second_factor(request: FaceRequest) -> tuple[dict[str, Any], int]:
    """Do what the form asks: `begin`, `confirm`, `codes` or `remove` (app), `passkey`, `made`, `stop` (a new passkey), or remove one; and
    what begins with `certificate` (`certificates.change_certificate`).

    The context of the page with a status of 400 and more when it is refused, of 200 when it shows recovery codes, which no other page
    shows again, or (…, 303) when the page can be asked for anew. Raises NotSignedIn, Conflict, NotAllowed.
    """
    context = account_context(request)
    try:
        codes = _change_factor(request)
    except (Invalid, services.SignInLocked, services.PasskeysOff, services.CertificatesOff) as fault:
        # asked for anew: what a browser was to sign may be used up
        return _refused(account_context(request), fault, _("The second factor has not been changed"))
    return ({**account_context(request), "codes": codes}, 200) if codes else (context, 303)


def _change_factor(request: FaceRequest) -> tuple[str, ...]:
    """Recovery codes that are to be shown, most often none."""
    what, password = request.POST.get("act", ""), request.POST.get("password", "")
    code, here = request.POST.get("code", ""), request.session.id
    proof: Proof = {"passkey": _answer(request), "address": request.META.get("REMOTE_ADDR", "")}
    codes: tuple[str, ...] = ()
    match what:
        case "begin":
            services.begin_second_factor(request.actor, password, code, **proof)
        case "confirm":
            codes = services.confirm_second_factor(request.actor, code, here=here)
            request.session.pop(SECOND_FACTOR_DUE, None)
        case "codes":
            codes = services.renew_recovery_codes(request.actor, password, code, **proof)
        case "remove":
            services.remove_second_factor(request.actor, password, code, **proof)
        case "passkey" if here is not None:
            services.give_up_certificate(here)
            services.begin_passkey(request.actor, password, code, session_id=here, **proof)
        case "stop" if here is not None:
            services.give_up_passkey(here)
        case "made":
            codes = keep_passkey(request, sent_passkey(request) or {}, request.POST.get("name", "")).recovery_codes
        case _ if what in ACTS or GONE in request.POST:
            codes = change_certificate(request, password, code, proof)
            if what == MADE:
                request.session.pop(SECOND_FACTOR_DUE, None)
        case _:
            gone = _named_passkey(request)
            services.remove_passkey(request.actor, gone, password, code, here=here, **proof)
    return codes


def proof_context(actor: Actor) -> dict[str, Any]:
    """What the page that asks for a proof has to know: whose, and by which factors."""
    factor = queries.own_second_factor(actor)
    return {
        "login": queries.own_account(actor).account.login,
        "factor": factor,
        "providers": queries.ask_again_at(actor),
        "said": {},
    }


def prove_as_sent(request: HttpRequest) -> dict[str, Any] | None:
    """Take the proof that stands in a form beside what is to be done. None when it holds; else what was wrong, for the page again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        prove_again(
            request,
            actor,
            request.POST.get(PROVE_PASSWORD, ""),
            request.POST.get(PROVE_CODE, ""),
            sent_passkey(request),
        )
    except (Invalid, services.SignInLocked) as fault:
        context, status = _refused({}, fault, _("It is not shown yet that it is you"))
        targets = {"p-password": f"p-{PROVE_PASSWORD}"}
        summary = [{**one, "target": targets.get(one["target"], one["target"])} for one in context["summary"]]
        return {**context, "summary": summary, "status": status}
    return None


def prove_again(
    request: HttpRequest, actor: Actor, password: str, code: str, passkey: Mapping[str, object] | None = None
) -> None:
    """Show once more who sits there; the session keeps when. Raises what `identity.services.prove_again` raises."""
    answer = None if passkey is None else PasskeyAnswer(passkey, session_of(request))
    services.prove_again(actor, password, code, passkey=answer, address=request.META.get("REMOTE_ADDR", ""))
    request.session[PROVED_AGAIN] = machine_now().isoformat()


def certificate_added(request: HttpRequest, answer: bytes, name: str) -> NewCertificate:
    """Register the certificate that has signed what this session was asked. Raises what `identity.services.add_certificate` raises."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    added = services.add_certificate(actor, answer, name, session_id=session_of(request))
    request.session.pop(SECOND_FACTOR_DUE, None)
    return added


def keep_passkey(request: HttpRequest, made: Mapping[str, object], name: str) -> NewPasskey:
    """Keep the passkey that the browser has made. Raises what `identity.services.add_passkey` raises."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    added = services.add_passkey(actor, made, name, session_id=session_of(request))
    request.session.pop(SECOND_FACTOR_DUE, None)
    return added


def _named_passkey(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("gone", ""))
    except ValueError:
        raise NotFound from None


def end_link(request: FaceRequest) -> str:
    """A provider is to know who asks no more; what to tell. Raises NotSignedIn, NotFound."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    try:
        link_id = UUID(request.POST.get("link", ""))
    except ValueError:
        raise NotFound from None
    services.end_link(request.actor, link_id)
    return _("The provider does not know you here any more.")


def end_sessions(request: FaceRequest) -> str:
    """Sign out in the place that the form names, or everywhere but here; what to tell. Raises NotSignedIn, NotFound."""
    named = request.POST.get("session", "")
    if not request.user.is_authenticated:
        raise NotSignedIn
    if named == OTHERS:
        services.end_other_sessions(request.actor, request.session.id)
        return _("You have been signed out everywhere else.")
    try:
        session_id = UUID(named)
    except ValueError:
        raise NotFound from None
    services.end_session(request.actor, session_id)
    return _("You have been signed out there.")
