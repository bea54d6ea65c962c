"""What a city publishes of an item beside its guide 实施清单: codes that other platforms read, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from yiwang.kernel.kinds import Part

__all__ = ["CODES", "FaqBody", "FeeBody", "PublishedBody", "inconsistencies"]

Text = str | dict[str, str]

CODES: dict[str, dict[str, str]] = {
    "serves": {
        "person": "1",
        "enterprise": "2",
        "institution": "3",
        "social-organisation": "4",
        "administrative-body": "5",
        "other": "6",
    },
    "ways": {"window": "1", "web": "2", "mobile": "3", "post": "4"},
    "handling": {"at-once": "1", "promised": "2", "other": "9"},
    "body": {"statutory": "1", "authorised": "2", "entrusted": "3", "other": "9"},
}
"""Our words and the codes of GB/T 39046-2020: A.4 服务对象, A.5 办理形式, A.6 办件类型, A.3 实施主体性质."""

ALL_THE_WAY = 7
"""网办深度 from which nobody has to come: the result reaches the applicant electronically."""


class FeeBody(Part):
    """One fee 收费.  standard: how much, for people.  law, article: its basis 收费依据.  reduced: when it is reduced 减免, or empty."""

    title: Text
    standard: Text
    law: str = Field(min_length=1)
    article: str = ""
    reduced: Text = ""


class FaqBody(Part):
    """A question that people ask again and again, with its answer."""

    question: Text
    answer: Text


class PublishedBody(Part):
    """The fields of an item that a national or provincial platform takes over, in words; `CODES` has the codes.

    serves: 服务对象.  handling: 办件类型, done `at-once` 即办件 or `promised` 承诺件.  ways: 办理形式.
    visits: 到现场次数, how often one has to come; visits_for: what for.  online_depth: 网办深度, 1 information to 8.
    reach: 通办范围, where it can be handed in besides here.
    body: 实施主体性质.  power: 权力来源.  result_type: 审批结果类型.  fees: none means free.  quantity: 数量限制, or empty.
    appointment, express, terminals: 预约, 快递, 自助终端.  consult, complain: 咨询, 监督投诉方式; empty: the site's own.
    reconsider, sue: where one may ask for reconsideration 行政复议, and sue 行政诉讼.  effective_from: 计划生效日期, civil date.
    """

    serves: tuple[
        Literal["person", "enterprise", "institution", "social-organisation", "administrative-body", "other"], ...
    ] = Field(min_length=1)
    handling: Literal["at-once", "promised", "other"]
    ways: tuple[Literal["window", "web", "mobile", "post"], ...] = Field(min_length=1)
    visits: int = Field(ge=0, le=9)
    visits_for: Text = ""
    online_depth: int = Field(ge=1, le=8)
    reach: Literal["", "nation", "province", "city", "county"] = ""
    body: Literal["statutory", "authorised", "entrusted", "other"] = "statutory"
    power: Literal["own", "delegated", "authorised", "entrusted"] = "own"
    result_type: Literal["certificate", "approval", "record", "other"]
    fees: tuple[FeeBody, ...] = ()
    quantity: Text = ""
    appointment: bool = False
    express: bool = False
    terminals: bool = False
    consult: Text = ""
    complain: Text = ""
    reconsider: Text = ""
    sue: Text = ""
    effective_from: date | None = None


def inconsistencies(one: PublishedBody) -> Iterator[tuple[str, str, str]]:
    """Where the fields contradict each other: (pointer, what is wrong, what to write).

    Source: the checks that provincial platforms make of an implementing list (网办深度、到现场次数、办理形式、收费).
    """
    online = bool({"web", "mobile"} & set(one.ways))
    if one.visits == 0 and not online and "post" not in one.ways:
        yield (
            "visits",
            "Nobody has to come, but it can neither be sent online nor by post.",
            "Add `web` or `post` to `ways`.",
        )
    if one.visits == 0 and one.visits_for:
        yield "visits_for", "Nobody has to come, and it says what for.", "Delete it."
    if one.visits > 0 and not one.visits_for:
        yield "visits", "It does not say why somebody has to come.", "Add `visits_for:`."
    if one.visits > 0 and one.online_depth >= ALL_THE_WAY:
        yield (
            "online_depth",
            f"At the depth {one.online_depth} all of it is done online, but somebody has to come {one.visits} times.",
            f"Write at most {ALL_THE_WAY - 1}, or `visits: 0`.",
        )
    if one.online_depth > 1 and not online:
        yield "online_depth", "It is not done online, so nothing but information is there.", "Write 1."
    for name in ("serves", "ways"):
        values = getattr(one, name)
        if len(set(values)) < len(values):
            yield name, "A word stands twice.", "Keep it once."
