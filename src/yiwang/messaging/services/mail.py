"""Hand one letter to the city's mail server, by SMTP.

Apprise reads the server's address and speaks to it. The letter itself is made here, because it must have the same Message-ID each time
that it is tried: a receiver that gets it twice can tell.
"""

from __future__ import annotations

import logging
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yiwang.kernel.time import machine_now
from yiwang.messaging.values import Letter

if TYPE_CHECKING:
    from apprise.plugins.email.base import NotifyEmail
    from apprise.plugins.email.smtp import AppriseSMTPController

__all__ = ["MailFailed", "reach", "send"]

PATIENCE_SECONDS = 15
FAULTS = (OSError, smtplib.SMTPException, RuntimeError)


class MailFailed(Exception):
    """The server did not take the letter. The text says what kind of failure, and never to whom."""


def send(url: str, letter: Letter, *, seconds: int = PATIENCE_SECONDS) -> None:
    """Hand `letter` to the server at `url`. Raises MailFailed; then it may or may not have arrived, as with every mail."""
    plugin = _plugin(url)
    name, sender = str(plugin.from_addr[0] or ""), str(plugin.from_addr[1])
    try:
        with _controller(plugin, seconds) as session:
            if not session.sendmail(sender, [letter.to], _written(letter, name, sender)):
                raise MailFailed("refused")
    except FAULTS as fault:
        raise MailFailed(type(fault).__name__) from fault


def reach(url: str, *, seconds: int = PATIENCE_SECONDS) -> None:
    """Raise MailFailed unless the server answers and takes the city's name and password."""
    try:
        with _controller(_plugin(url), seconds):
            pass
    except FAULTS as fault:
        raise MailFailed(type(fault).__name__) from fault


def _plugin(url: str) -> NotifyEmail:
    from apprise import Apprise  # takes half a second: only who sends mail waits for it
    from apprise.plugins.email.base import NotifyEmail

    quiet = logging.getLogger("apprise")  # it writes down to whom it sends
    quiet.propagate, quiet.handlers = False, [logging.NullHandler()]
    found = Apprise.instantiate(url)
    if not isinstance(found, NotifyEmail) or not found.from_addr[1]:
        raise MailFailed("address of the server")
    return found


def _controller(plugin: NotifyEmail, seconds: int) -> AppriseSMTPController:
    from apprise.plugins.email.smtp import SMTP_DEFAULT_PORTS, AppriseSMTPController, SMTPSecureMode

    mode = plugin.secure_mode or SMTPSecureMode.STARTTLS
    return AppriseSMTPController(
        host=plugin.smtp_host,
        port=plugin.port or SMTP_DEFAULT_PORTS[mode],
        secure_mode=mode,
        user=plugin.user,
        password=plugin.password,
        verify_certificate=plugin.verify_certificate,
        socket_connect_timeout=seconds,
    )


def _written(letter: Letter, name: str, sender: str) -> str:
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(machine_now())
    mail["From"] = Address(display_name=name, addr_spec=sender)
    mail["To"] = letter.to
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office note answers it
    mail.set_content(letter.text, cte="base64")
    return mail.as_string()


def host_of(url: str) -> str:
    """The server's name, without user and password."""
    return urlsplit(url).hostname or ""
