"""The demonstration city with one item more, whose form asks for files: `plan-notice`, done by who confirms addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo import Demo, cloned
from support.packs import apply_packs, element, write_pack

PACKS = Path(__file__).parents[2] / "packs"
ITEM = "plan-notice"
PLAN, NOTE = "trial.plan", "trial.note"
FILES = {
    "elements/trial.plan.yaml": element(
        PLAN, "file", types="[pdf, jpeg, png]", largest=2, help="{zh-Hans: 请上传平面图。, en: The plan.}"
    ),
    "elements/trial.note.yaml": element(NOTE, "file", types="[docx, ofd]", largest=1),
    "resources/trial.plans.yaml": (
        "kind: resource\nid: trial.plans\ntitle: {zh-Hans: 平面图, en: Plans}\nshape: state\nabout: person\nkept_by: confirm-address\n"
        f"fields:\n  - {{element: {PLAN}, role: source, required: true}}\n  - {{element: {NOTE}, role: source}}\n"
        "sharing: {terms: none}\n"
    ),
    "forms/plan-notice.yaml": (
        "kind: form\nid: plan-notice\ntitle: {zh-Hans: 平面图备案, en: Plan notice}\nsections:\n"
        "  - title: {zh-Hans: 地址, en: Address}\n    fields:\n      - {element: residence.address}\n"
        f"  - title: {{zh-Hans: 文件, en: Files}}\n    fields:\n      - {{element: {PLAN}}}\n      - {{element: {NOTE}, required: false}}\n"
    ),
}


def pack_files() -> dict[str, str | bytes]:
    """The pack, with the item made after the one that stands."""
    item = (PACKS / "address-statement" / "items" / "address-statement.yaml").read_text("utf-8")
    item = item.replace("id: address-statement", "id: plan-notice").replace(
        "form: address-statement", "form: plan-notice"
    )
    item = item.replace("{resource: residence.addresses, valid_from: residence.since}", "{resource: trial.plans}")
    item = item.replace("居住地址声明", "平面图备案").replace("462099001000", "462099987000")
    return {**FILES, "items/plan-notice.yaml": item}


@pytest.fixture(scope="session")
def filing_template(server: Any, demo_template: str, django_db_blocker: Any, tmp_path_factory: Any) -> str:
    """The template of the demonstration city with the pack applied."""
    packs = tmp_path_factory.mktemp("filing")
    for pack in sorted(path for path in PACKS.iterdir() if path.is_dir()):
        (packs / pack.name).symlink_to(pack)
    write_pack(packs, "filing", pack_files(), depends_on=("base", "address-statement"))
    name = f"template_filing_{packs.name}"
    with django_db_blocker.unblock(), cloned(server, demo_template) as made:
        apply_packs(packs)
        from django.db import connections

        connections.close_all()
        server.create_database(name, template=made.name)
    return name


@pytest.fixture
def filing(server: Any, filing_template: str, django_db_blocker: Any) -> Iterator[Demo]:
    """A city of the test's own, in which `plan-notice` can be sent."""
    with django_db_blocker.unblock(), cloned(server, filing_template) as made:
        yield made
