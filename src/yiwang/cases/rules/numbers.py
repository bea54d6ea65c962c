"""Case numbers 办件编号."""

from __future__ import annotations

from datetime import date

__all__ = ["NO_UNIT", "case_number"]

NO_UNIT = "0" * 18
"""Stands for the credit code when nobody answers for the place yet; a number is given once and never changes."""


def case_number(credit_code: str, level: int, basic_code: str, sent_on: date, counter: int) -> str:
    """Implementation code 实施编码 (18 + 1 + 12), date (8), six-digit counter: 45 characters.

    The counter is one for the whole city and starts anew after 999,999; gaps are allowed.
    Source: 全国一体化政务服务平台 实施清单要素 (31-character implementation code); GB/T 39046-2020 allows up to 50 for the number.
    """
    return f"{credit_code or NO_UNIT}{level}{basic_code}{sent_on:%Y%m%d}{counter % 1_000_000:06d}"
