"""What `yiwang doctor` asks of messages."""

from __future__ import annotations

from collections.abc import Iterable

from yiwang.kernel.health import Finding
from yiwang.messaging.queries import system_count_given_up
from yiwang.messaging.registry import mail_server
from yiwang.messaging.services.mail import MailFailed, host_of, reach

__all__ = ["mail_goes_out"]


def mail_goes_out() -> Iterable[Finding]:
    """Whether the mail server is there and letters were given up; without a server, that messages stay in the inbox."""
    server = mail_server()
    if server is None:
        yield Finding(True, "No e-mail is sent: YIWANG_SMTP_URL names no server. Messages stay in the inbox.")
        return
    try:
        reach(server)
    except MailFailed as fault:
        yield Finding(
            False,
            f"The mail server {host_of(server)} does not answer ({fault}).",
            "Correct YIWANG_SMTP_URL, or start it.",
        )
    else:
        yield Finding(True, f"The mail server {host_of(server)} answers.")
    if given_up := system_count_given_up():
        yield Finding(False, f"{given_up} letters were given up.", "Mend the cause, then: yiwang retry --mail")
