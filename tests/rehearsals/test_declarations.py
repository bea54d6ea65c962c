"""What `check` says of a rehearsal that cannot be played as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from yiwang.kernel.kinds import City, Declaration
from yiwang.packs.rehearsals.declarations import RehearsalKind
from yiwang.packs.rehearsals.steps import RehearsalBody


def faults(*steps: dict[str, Any], **more: Any) -> list[str]:
    body = RehearsalBody.model_validate({"kind": "rehearsal", "id": "a", "title": "一", "steps": steps, **more})
    one = Declaration("rehearsal", "a", "one", Path("one/rehearsals/a.yaml"), body)
    return [fault.message for fault in RehearsalKind().check(one, City([one]))]


def test_a_story_in_order_has_no_faults() -> None:
    assert not faults(
        {"given": {"time": "2026-12-01"}},
        {"as": "visitor"},
        {"sees": {"keeps": {"number": "编号"}, "keeps address": "here"}},
        {"opens": {"address": "{here}"}},
        {"is refused with": {"status": 404}},
        {"does": {"button": "受理", "beside": "{number}"}},
        covers={"A-1": {"accept": 6}},
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"sees": "一"}], "The story begins before anybody acts."),
        ([{"given": {"time": "2026-12-01"}}, {"sees": "一"}], "Nobody acts yet at step 2."),
        ([{"as": "visitor"}, {"sees": "{number}"}], "Step 2 uses {number}, which no step before it has kept."),
        (
            [{"as": "visitor"}, {"sees": "一"}, {"is refused with": "二"}],
            "Step 3 says that the step before it was refused, but that step asks for nothing.",
        ),
    ],
)
def test_a_story_out_of_order_is_named(steps: list[dict[str, Any]], said: str) -> None:
    assert said in faults(*steps)


def test_a_claim_that_names_no_step_is_named() -> None:
    assert faults({"as": "visitor"}, covers={"A-1": {"accept": "sent"}}) == [
        "`accept` of A-1 is to be shown by step sent, which this story does not have."
    ]


@pytest.mark.parametrize(
    "step",
    [
        {"as": "visitor", "sees": "一"},
        {"note": "一"},
        {"clicks": "#button"},
        {"opens": {"link": "一", "address": "/"}},
        {"does": {"with": {"理由": "一"}}},
        {"checks": "everything"},
        {"moves time": {"days": -1}},
    ],
)
def test_what_is_no_step_is_refused_by_the_schema(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        faults(step)


def test_two_steps_cannot_have_one_id() -> None:
    with pytest.raises(ValidationError, match="two steps have the id x"):
        faults({"id": "x", "as": "visitor"}, {"id": "x", "sees": "一"})
