"""The one place from which the city calls others over HTTP: with a time-out, without following anybody elsewhere.

DO NOT pass an address that came with a request: only those that an administrator has entered. That is the allow-list.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

__all__ = ["NotReached", "post_form"]

PATIENCE_SECONDS = 10.0


class NotReached(Exception):
    """Nobody answered, or nobody whom we may believe. The message says how, in one word and without personal data."""


def post_form(address: str, fields: Mapping[str, str], *, patience: float = PATIENCE_SECONDS) -> int:
    """Send a form and return the status of the answer; what else it says is not read, and where it points not followed.

    Certificates are checked against those that the machine trusts. Raises NotReached.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotReached("address")
    made: HTTPConnection
    if parts.scheme == "https":
        made = HTTPSConnection(parts.hostname, parts.port, timeout=patience, context=ssl.create_default_context())
    else:
        made = HTTPConnection(parts.hostname, parts.port, timeout=patience)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*", "User-Agent": "Yiwang"}
    try:
        with closing(made):
            made.request("POST", path, urlencode(fields), headers)
            return made.getresponse().status
    except (OSError, HTTPException) as fault:
        raise NotReached(type(fault).__name__) from None
