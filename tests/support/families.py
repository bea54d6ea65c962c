"""The small city with relations: mothers, spouses, households, owners of dogs, and one that is nobody's business."""

from __future__ import annotations

from support.packs import KEEP, PERSON
from support.town import TOWN

HOUSEHOLD = (
    "kind: subject-kind\nid: household\ntitle: {zh-Hans: 户, en: Household}\n"
    "identifiers:\n  - {scheme: household-number, title: {zh-Hans: 户号, en: Household number}}\n"
)
KEEPER = KEEP.replace(
    "may: []",
    "may:\n"
    + "".join(
        f"  - {{action: {action}, scope: unit}}\n"
        for action in (
            "record.write", "record.read", "record.retract", "relation.write", "relation.correct", "relation.retract",
        )
    ),
)  # fmt: skip
OTHER_KEEPER = KEEPER.replace("id: keep", "id: keep-else").replace("管理", "管理别的")


def relation(id: str, title: str, start: str, end: str = "", **more: str) -> str:
    """start, end: what stands in the braces of a role; without `end` the relation is symmetric."""
    lines = [f"kind: relation\nid: {id}\ntitle: {{zh-Hans: {title}, en: {id}}}", f"from: {{{start}}}"]
    lines += [f"to: {{{end}}}"] if end else []
    lines += [
        "kept_by: keep",
        "sharing: {terms: unconditional}",
        *(f"{key}: {value}" for key, value in more.items()),
    ]
    return "\n".join(lines) + "\n"


MOTHER = relation(
    "mother", "母亲", "kind: person, title: 子女",
    "kind: person, title: 母亲, at_most: 1",
)  # fmt: skip
FAMILIES = TOWN | {
    "kinds/person.yaml": PERSON + "called: trial.name\n",
    "kinds/household.yaml": HOUSEHOLD,
    "duties/keep.yaml": KEEPER,
    "duties/keep-else.yaml": OTHER_KEEPER,
    "relations/mother.yaml": MOTHER,
    "relations/spouse.yaml": relation("spouse", "夫妻", "kind: person, title: 配偶, at_most: 1"),
    "relations/member.yaml": relation(
        "member", "户籍", "kind: person, title: 成员", "kind: household, title: 户, at_most: 1"
    ),
    "relations/head.yaml": relation(
        "head", "户主", "kind: household, title: 户", "kind: person, title: 户主, at_most: 1"
    ),
    "relations/friend.yaml": relation("friend", "朋友", "kind: person, title: 朋友"),
    "relations/guardian.yaml": relation(
        "guardian", "监护", "kind: person, title: 被监护人", "kind: person, title: 监护人", sensitivity="sensitive"
    ),
}
