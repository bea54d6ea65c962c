"""Everything that changes messages: sending and reading them, where else a reader wants them, and carrying them there."""

from yiwang.messaging.services.addresses import ask_for_mail, confirm_mail, stop_mail
from yiwang.messaging.services.delivering import (
    system_begin_delivery,
    system_deliver,
    system_end_delivery,
    system_post,
    system_rescue_deliveries,
    system_retry_deliveries,
)
from yiwang.messaging.services.sending import mark_read, notify, system_send, system_tell, types_that_are_told

__all__ = [
    "ask_for_mail",
    "confirm_mail",
    "mark_read",
    "notify",
    "stop_mail",
    "system_begin_delivery",
    "system_deliver",
    "system_end_delivery",
    "system_post",
    "system_rescue_deliveries",
    "system_retry_deliveries",
    "system_send",
    "system_tell",
    "types_that_are_told",
]
