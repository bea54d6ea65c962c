"""Who has which messages. Every query starts from one predicate: what was sent to this actor."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.encoding import force_bytes

from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.queries import actor_unit
from yiwang.kernel import cursors
from yiwang.kernel.errors import NotFound
from yiwang.kernel.texts import text
from yiwang.messaging.models import Message
from yiwang.messaging.values import Inbox, MessageView

__all__ = ["count_unread", "inbox", "message"]

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
    found = list(rows.order_by("-pk")[: limit + 1])
    following = (
        cursors.encode([found[limit - 1].pk], force_bytes(settings.SECRET_KEY), scope=scope)
        if len(found) > limit
        else None
    )
    return Inbox(tuple(shape(one, language) for one in found[:limit]), count_unread(actor), following)


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
    )
