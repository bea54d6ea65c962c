"""Kinds of subjects to register."""

from __future__ import annotations

from typing import Any

import pytest

KINDS: list[dict[str, Any]] = [
    {
        "kind": "subject-kind",
        "id": "person",
        "title": "人",
        "natural_person": True,
        "identifiers": [
            {"scheme": "citizen-id", "title": "公民身份号码", "checker": "citizen-id"},
            {"scheme": "library-card", "title": "借书证号"},
        ],
    },
    {
        "kind": "subject-kind",
        "id": "organisation",
        "title": "单位",
        "identifiers": [{"scheme": "credit-code", "title": "统一社会信用代码", "checker": "credit-code"}],
    },
]


@pytest.fixture
def kinds(db: None) -> None:
    from yiwang.acts.services import system_publish_release  # Django is configured only after conftests are read
    from yiwang.acts.values import NewDefinition, system

    system_publish_release(system("tests"), [NewDefinition("subject-kind", one["id"], "tests", one) for one in KINDS])
