"""News and notices: write, submit, and publish what another wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.content import queries, services
from yiwang.content.values import ArticleState, NewArticle
from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.identity.queries import require, why
from yiwang.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

AT = "/desk/articles/"
WRITE = "article.write"
FIELDS = ("kind", "title", "summary", "body", "number")
PLAIN = {
    "submit": (services.submit, gettext_noop("Submitted. Another officer publishes it.")),
    "publish": (services.publish, gettext_noop("Published. Everybody can read it now.")),
}
REASONED = {
    "send-back": (services.send_back, gettext_noop("Given back to who wrote it.")),
    "withdraw": (services.withdraw, gettext_noop("Withdrawn from the public pages.")),
}


@require_safe
@for_post
def article_list(request: FaceRequest) -> HttpResponse:
    """Those that the post may read, the last changed first."""
    require(request.actor, queries.READ)
    state = request.GET.get("state", "")
    found = queries.desk_articles(request.actor, request.GET.get("cursor", ""), state=state)
    context = {
        "page": found,
        "state": state,
        "states": [str(one) for one in ArticleState],
        "may_write": why(request.actor, WRITE).allowed,
        "keep": f"state={state}" if state else "",
    }
    return page(request, "desk/articles.html", context)


@require_safe
@for_post
def article(request: FaceRequest, article_id: UUID) -> HttpResponse:
    """As the public would read it, with what may be done."""
    return _show(request, article_id)


def _show(request: FaceRequest, article_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    found = queries.desk_article(request.actor, article_id)
    return page(request, "desk/article.html", {"article": found, **more}, status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def write(request: FaceRequest, article_id: UUID | None = None) -> HttpResponseBase:
    """Write a new one, or change a draft."""
    require(request.actor, WRITE)
    found = queries.desk_article(request.actor, article_id) if article_id else None
    if request.method != "POST":
        typed = {name: str(getattr(found, name)) for name in FIELDS} if found else {"kind": "news"}
        return page(request, "desk/article_form.html", {"article": found, "typed": typed})
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        after = services.write(
            request.actor, NewArticle(**typed), article_id=article_id, version=_version(request) if found else None
        )
    except (Invalid, Conflict) as fault:
        said = {one.pointer: sentence(one) for one in fault.faults}
        context = {"article": found, "typed": typed, "said": said, "refused": "" if said else _(fault.detail)}
        return page(request, "desk/article_form.html", context, fault.status)
    messages.success(request, _("Saved as a draft."))
    return HttpResponseRedirect(f"{AT}{after.id}/", status=303)


@require_POST
@for_post
def change(request: FaceRequest, article_id: UUID, act: str) -> HttpResponseBase:
    """Submit, publish, send back or withdraw it."""
    version, reason = _version(request), request.POST.get("reason", "")
    try:
        if act in PLAIN:
            PLAIN[act][0](request.actor, article_id, version=version)
            said = PLAIN[act][1]
        elif act in REASONED:
            REASONED[act][0](request.actor, article_id, version=version, reason=reason)
            said = REASONED[act][1]
        else:
            raise Http404
    except Invalid as invalid:
        fault = " ".join(sentence(one) for one in invalid.faults)
        return _show(request, article_id, invalid.status, fault=fault, faulty=act, reason=reason)
    messages.success(request, _(said))
    return HttpResponseRedirect(f"{AT}{article_id}/", status=303)


def _version(request: FaceRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
