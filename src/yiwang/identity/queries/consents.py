"""Requests for the consent of another administrator 双人复核: what waits, and what each is about in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.models import Account, Assignment, ConsentRequest, Post, Reorganisation, Unit
from yiwang.identity.models.login_certificates import Authority
from yiwang.identity.models.outside import Provider
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.permission import require, seat_of
from yiwang.identity.registry import action_words, emergencies
from yiwang.identity.rules.authorities import called, chain_of
from yiwang.identity.rules.login_certificates import fingerprint_of
from yiwang.identity.values import Administrator, ConsentState, ConsentView
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import now

__all__ = ["administrator_of", "consent", "consents", "consents_that_wait", "describe_arguments"]

WHOM_IT_IS_FOR = {
    "residents": gettext_lazy("Residents"),
    "officers": gettext_lazy("Officers"),
    "both": gettext_lazy("Residents and officers"),
}
MOST = 100
"""Requests on a page; older ones stand in the audit log."""
LATELY = timedelta(days=90)

Line = tuple[str, str]
Arguments = Mapping[str, Any]


def administrator_of(actor: Actor) -> Administrator | None:
    """Which of the three administrators acts; None for everybody else. Two queries."""
    seat = seat_of(actor)
    held = () if seat is None else seat.duties
    return next((duty.administrator for duty in held if duty.administrator is not None), None)


def consents(actor: Actor) -> list[ConsentView]:
    """What waits, the oldest first, then what was decided in the last 90 days, the newest first; at most 100. Raises NotAllowed."""
    require(actor, "consent.read")
    moment = now()
    waits = Q(state="waits", lasts_until__gt=moment)
    rows = [
        *_rows().filter(waits).order_by("asked_at")[:MOST],
        *_rows().filter(asked_at__gt=moment - LATELY).exclude(waits).order_by("-asked_at")[:MOST],
    ][:MOST]
    whose = administrator_of(actor)
    return [_view(actor, row, whose) for row in rows]


def consent(actor: Actor, request_id: UUID) -> ConsentView:
    """One request. Raises NotAllowed, NotFound."""
    require(actor, "consent.read")
    row = _rows().filter(id=request_id).first()
    if row is None:
        raise NotFound(msgid("There is no such request."))
    return _view(actor, row, administrator_of(actor))


def consents_that_wait(actor: Actor) -> int:
    """How many requests wait for the consent of who acts; 0 for who is no administrator. At most three queries."""
    whose = administrator_of(actor) if actor.capacity is CapacityKind.POST else None
    if whose is None:
        return 0
    waiting = ConsentRequest.objects.filter(state="waits", needs=whose, lasts_until__gt=now())
    return waiting.exclude(asked_by_id=actor.account_id).count()


def _rows() -> QuerySet[ConsentRequest]:
    return ConsentRequest.objects.select_related("asked_by", "asked_in__unit", "decided_by")


def _view(actor: Actor, row: ConsentRequest, whose: Administrator | None) -> ConsentView:
    state = ConsentState(row.state)
    if state is ConsentState.WAITS and row.lasts_until <= now():
        state = ConsentState.EXPIRED
    mine = row.asked_by_id == actor.account_id
    return ConsentView(
        row.id,
        row.action,
        action_words.get(row.action, row.action),
        describe_arguments(row.action, row.arguments),
        row.asked_by.login,
        row.asked_by.subject_id,
        f"{row.asked_in.unit.title} · {row.asked_in.title}",
        Administrator(row.needs),
        row.reason,
        row.asked_at,
        row.lasts_until,
        state,
        row.decided_by.login if row.decided_by else "",
        row.decided_at,
        row.reply,
        yours=state is ConsentState.WAITS and whose == row.needs and not mine,
        mine=mine,
    )


# ── What an act is about, in words ──────────────────────────────────────────────────────────────────────────────────────


def describe_arguments(action: str, arguments: Arguments) -> tuple[Line, ...]:
    """What an act would be about: labels as msgids, each with what stands there now. What is no more is left out.

    arguments: as a request keeps them, plain JSON.
    """
    return tuple((label, value) for label, value in _WORDS[action](arguments) if value)


def _assigning(given: Arguments) -> list[Line]:
    post = Post.objects.filter(id=given["post_id"]).select_related("unit").first()
    until = given.get("valid_to")
    return [
        (msgid("Officer"), _login(given["account_id"])),
        (msgid("Post"), _post(post)),
        (msgid("Duties"), _duties(post.duties.values_list("duty", flat=True) if post else ())),
        (msgid("From"), given["valid_from"]),
        (msgid("First day without it"), until or ""),
    ]


def _ending(given: Arguments) -> list[Line]:
    held = Assignment.objects.filter(id=given["assignment_id"]).select_related("account", "post__unit").first()
    return [
        (msgid("Officer"), held.account.login if held else ""),
        (msgid("Post"), _post(held.post if held else None)),
        (msgid("First day without it"), given.get("on") or ""),
    ]


def _changing_duties(given: Arguments) -> list[Line]:
    post = Post.objects.filter(id=given["post_id"]).select_related("unit").first()
    had = set(post.duties.values_list("duty", flat=True)) if post else set()
    wanted = set(given["given"])
    return [
        (msgid("Post"), _post(post)),
        (msgid("Duties that it gets"), _duties(wanted - had)),
        (msgid("Duties that it loses"), _duties(had - wanted)),
    ]


def _reorganising(given: Arguments) -> list[Line]:
    plan = given["plan"]
    rest = [(msgid("Why"), given["reason"]), (msgid("Document number"), given["document"])]
    if "into" in plan:
        return [(msgid("Merged"), _units(plan["units"])), (msgid("Who took them"), _units([plan["into"]])), *rest]
    if "new" in plan:
        return [
            (msgid("Split"), _units([plan["unit"]])),
            (msgid("The new unit"), plan["new"]["title"]),
            (msgid("Posts, with their duties and holders"), str(len(plan["posts"]))),
            (msgid("Units below"), _units(plan["units"])),
            *rest,
        ]
    return [(msgid("Abolished"), _units([plan["unit"]])), (msgid("Who took them"), _units([plan["successor"]])), *rest]


def _undoing(given: Arguments) -> list[Line]:
    row = Reorganisation.objects.filter(id=given["reorganisation_id"]).select_related("to").first()
    return [
        (msgid("Who took them"), row.to.title if row else ""),
        (msgid("Document number"), row.document if row else ""),
        (msgid("Why"), given["reason"]),
    ]


def _opening(given: Arguments) -> list[Line]:
    opened = emergencies().get(given["kind"])
    return [
        (msgid("What is opened"), _(opened.title) if opened else given["kind"]),
        (msgid("Number"), given["reference"]),
        (msgid("Why"), given["reason"]),
    ]


def _opening_provider(given: Arguments) -> list[Line]:
    row = Provider.objects.filter(id=given["provider_id"]).first()
    return [
        (msgid("Provider"), row.title if row else ""),
        (msgid("For whom it is open"), str(WHOM_IT_IS_FOR[row.people]) if row else ""),
        (msgid("Whose it is"), row.issuer if row else ""),
        (msgid("Under this name it says who it is"), f"{row.claim} → {row.vouches}" if row else ""),
        (msgid("Its levels"), "、".join(f"{name} → {level}" for name, level in row.levels.items()) if row else ""),
        (msgid("Its highest level stands for two factors"), "✓" if row and row.two_factors else ""),
        (msgid("Fingerprint of all that"), given["digest"][:16]),
    ]


def _opening_authority(given: Arguments) -> list[Line]:
    row = Authority.objects.filter(id=given["authority_id"]).first()
    chain = chain_of(row.chain) if row else []
    return [
        (msgid("Authority"), row.title if row else ""),
        (msgid("For whom it is open"), str(WHOM_IT_IS_FOR[row.people]) if row else ""),
        (
            msgid("Its certificates, from who issues up to the root"),
            "；".join(called(one) for one in chain),
        ),
        (msgid("Fingerprint of who issues"), fingerprint_of(chain[0]).hex() if chain else ""),
        (msgid("It keeps no list of revoked certificates"), "✓" if row and not row.has_list else ""),
        (msgid("Where it writes the ID number"), row.number_attribute if row else ""),
        (msgid("Fingerprint of all that"), given["digest"][:16]),
    ]


def _reviewing(given: Arguments) -> list[Line]:
    whole = str(gettext_lazy("The whole city"))
    return [
        (msgid("Whose rights"), _units([given["unit_id"]]) if given["unit_id"] else whole),
        (msgid("Why"), given["reason"]),
        (msgid("Last day for answers"), given["last_day"]),
        (msgid("What nobody answers until then"), str(gettext_lazy("It ends"))),
    ]


def _connecting(given: Arguments) -> list[Line]:
    told = given["given"]
    codes = [*told["units"]]
    titles = Unit.objects.filter(code__in=codes).order_by("code").values_list("title", flat=True)
    whose = Unit.objects.filter(code=told["unit"]).values_list("title", flat=True).first()
    return [
        (msgid("Name"), told["title"]),
        (msgid("Whose system it is"), whose or ""),
        (msgid("It says who holds posts in"), "、".join(titles)),
    ]


def _login(account_id: str) -> str:
    return Account.objects.filter(id=account_id).values_list("login", flat=True).first() or ""


def _post(post: Post | None) -> str:
    return f"{post.unit.title} · {post.title}" if post else ""


def _units(ids: Iterable[str]) -> str:
    return "、".join(Unit.objects.filter(id__in=list(ids)).order_by("code").values_list("title", flat=True))


def _duties(ids: Iterable[str]) -> str:
    known = duties()
    return "、".join(text(known[id].title) if id in known else id for id in sorted(ids))


_WORDS: dict[str, Callable[[Arguments], list[Line]]] = {
    "assignment.assign": _assigning,
    "assignment.end": _ending,
    "post.change-duties": _changing_duties,
    "emergency.open": _opening,
    "organisation.reorganise": _reorganising,
    "organisation.undo": _undoing,
    "provider.open": _opening_provider,
    "authority.open": _opening_authority,
    "keeper.connect": _connecting,
    "review.open": _reviewing,
}
