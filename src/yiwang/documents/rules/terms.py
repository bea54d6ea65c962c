"""How long a certificate holds, and what may become of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from yiwang.documents.values import CertificateStatus

__all__ = ["ALLOWED", "end_of_term", "standing_on", "valid_to"]

LAST_DAY = date(9999, 12, 31)

ALLOWED: Mapping[str, tuple[frozenset[CertificateStatus], CertificateStatus]] = {
    "suspend": (frozenset({CertificateStatus.VALID}), CertificateStatus.SUSPENDED),
    "resume": (frozenset({CertificateStatus.SUSPENDED}), CertificateStatus.VALID),
    "revoke": (
        frozenset({CertificateStatus.VALID, CertificateStatus.SUSPENDED, CertificateStatus.EXPIRED}),
        CertificateStatus.REVOKED,
    ),
    "replace": (frozenset({CertificateStatus.VALID}), CertificateStatus.REPLACED),
    "follow": (
        frozenset({CertificateStatus.VALID, CertificateStatus.SUSPENDED, CertificateStatus.EXPIRED}),
        CertificateStatus.REPLACED,
    ),
}
"""Act → the statuses from which it may be done, and the one that it leaves. What was revoked or replaced stays so.

replace: an officer has it made out again.  follow: a case issued another one to its holder.
"""


def end_of_term(start: date, *, years: int = 0, months: int = 0, days: int = 0) -> date:
    """The first day after a term that begins on `start`, that day included: of five years from 21 November 2026, 21 November 2031.

    So licences print it (有效期 2026年11月21日至2031年11月20日). Where the last month has no such day, the term holds to that month's end
    (民法典 art. 202).
    """
    month = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = divmod(month, 12)
    if year > LAST_DAY.year:
        return LAST_DAY
    try:
        end = start.replace(year=year, month=month + 1)
    except ValueError:
        end = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(end + timedelta(days=days), LAST_DAY) if (LAST_DAY - end).days > days else LAST_DAY


def valid_to(declared: Mapping[str, Any] | None, start: date, values: Mapping[str, Any]) -> date | None:
    """The first civil date on which a certificate no longer holds; None without an end.

    declared: the key `validity` of the declaration.  values: typed values by element; `until` names one that is required.
    """
    if declared is None:
        return None
    if declared["until"]:
        last: date = values[declared["until"]]
        return last + timedelta(days=1)
    return end_of_term(start, years=declared["years"] or 0, months=declared["months"] or 0, days=declared["days"] or 0)


def standing_on(status: CertificateStatus, end: date | None, day: date) -> CertificateStatus:
    """What a certificate is on a day: what was decided, and `expired` when nothing was and its term is over."""
    decided = {CertificateStatus.REVOKED, CertificateStatus.REPLACED}
    return CertificateStatus.EXPIRED if status not in decided and end is not None and day >= end else status
