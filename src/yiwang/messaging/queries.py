"""Who has which messages. Every query starts from one predicate: what was sent to this actor."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.queries import actor_unit
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound
from yiwang.kernel.texts import text
from yiwang.messaging.models import Contact, Delivery, Message
from yiwang.messaging.registry import mail_server
from yiwang.messaging.values import FAILED, ContactView, Inbox, MessageView

__all__ = ["contact", "count_unread", "inbox", "message", "system_count_given_up"]

LARGEST_PAGE = 200


def visible_messages(actor: Actor) -> QuerySet[Message]:
    """What was sent to this actor in the capacity in which it acts: as the person, or in the post while it holds it.

    An id that is missing names nobody: it must not find the messages that have none. At most two queries before the caller's own.
    """
    if actor.capacity is CapacityKind.SELF and actor.account_id is not None and actor.capacity_id is not None:
        return Message.objects.filter(Q(to_subject_id=actor.capacity_id) | Q(to_account_id=actor.account_id))
    if actor.capacity is CapacityKind.POST and actor_unit(actor) is not None:
        return Message.objects.filter(to_post_id=actor.capacity_id)
    return Message.objects.none()


def inbox(actor: Actor, cursor: str = "", limit: int = 30, language: str = "zh-Hans") -> Inbox:
    """A page of the actor's messages, newest first, with how many are unread. Two queries."""
    limit = max(1, min(limit, LARGEST_PAGE))
    scope = f"inbox:{actor.capacity_id}"
    rows = visible_messages(actor)
    if cursor:
        rows = rows.filter(pk__lt=cursors.decode(cursor, force_bytes(settings.SECRET_KEY), scope=scope)[0])
    found = list(rows.annotate(mail=_own_mail(actor)).order_by("-pk")[: limit + 1])
    following = (
        cursors.encode([found[limit - 1].pk], force_bytes(settings.SECRET_KEY), scope=scope)
        if len(found) > limit
        else None
    )
    return Inbox(tuple(shape(one, language) for one in found[:limit]), count_unread(actor), following)


def _own_mail(actor: Actor) -> Subquery:
    """How the letter stands that carried a message to the reader himself: of a post's messages, not those to who else holds it."""
    own = Delivery.objects.filter(message=OuterRef("pk"), contact__account_id=actor.account_id or UUID(int=0))
    return Subquery(own.values("state")[:1])


def count_unread(actor: Actor) -> int:
    """How many messages the actor has not read. One query."""
    return visible_messages(actor).filter(read_at__isnull=True).count()


def message(actor: Actor, message_id: UUID, language: str = "zh-Hans") -> MessageView:
    """One message. Raises NotFound, also for somebody else's. One query."""
    found = visible_messages(actor).filter(pk=message_id).first()
    if found is None:
        raise NotFound("There is no such message.")
    return shape(found, language)


def shape(one: Message, language: str) -> MessageView:
    """The message as a reader of `language` sees it."""
    return MessageView(
        id=one.id,
        title=text({tag: words["title"] for tag, words in one.texts.items()}, language),
        body=text({tag: words["body"] for tag, words in one.texts.items()}, language),
        case_id=one.case_id,
        sent_at=one.sent_at,
        read_at=one.read_at,
        about_kind=one.about_kind,
        about_id=one.about_id,
        mail=getattr(one, "mail", None) or "",
    )


def contact(actor: Actor) -> ContactView:
    """Where the actor's messages go besides the inbox, in the capacity in which it acts. One query."""
    own = Contact.objects.filter(account_id=actor.account_id or UUID(int=0), capacity=str(actor.capacity)).first()
    offered = mail_server() is not None
    return ContactView(own.address, own.asked, offered) if own else ContactView("", "", offered)


def code_of(one: Contact) -> str:
    """The code that was sent to the address that waits: six digits, computed anew wherever they are needed and stored nowhere."""
    words = f"messaging.code:{one.id}:{one.nonce}:{one.asked}"
    digest = hmac.new(force_bytes(settings.SECRET_KEY), words.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def system_count_given_up() -> int:
    """How many letters were given up."""
    return Delivery.objects.filter(state=FAILED).count()
