"""The declarations of a small city with two resources."""

from __future__ import annotations

from support.packs import KEEP, element, resource, trial_files

KEEPER = KEEP.replace(
    "may: []",
    "may:\n  - {action: record.write, scope: unit}\n  - {action: record.read, scope: unit}\n  - {action: record.retract, scope: unit}",
)
SECRETS = (
    "kind: duty\nid: see-secrets\ntitle: 查看敏感信息\nmay:\n"
    "  - {action: record.read, scope: city}\n  - {action: record.read-sensitive, scope: city}\n"
)
IDLE = "kind: duty\nid: idle\ntitle: 闲\nmay: []\n"
LIST = (
    "kind: codelist\nid: sex\ntitle: 性别\ncodes:\n"
    '  - {code: "1", title: {zh-Hans: 男, en: Male}}\n  - {code: "2", title: {zh-Hans: 女, en: Female}}\n'
)

TOWN = trial_files() | {
    "duties/keep.yaml": KEEPER,
    "duties/see-secrets.yaml": SECRETS,
    "duties/idle.yaml": IDLE,
    "codelists/sex.yaml": LIST,
    "elements/trial.name.yaml": element("trial.name"),
    "elements/trial.sex.yaml": element("trial.sex", "code", code_list="sex"),
    "elements/trial.number.yaml": element("trial.number", "citizen-id", "sensitive"),
    "elements/trial.born.yaml": element(
        "trial.born", "date", check="value <= today", check_message="{zh-Hans: 不能晚于今天, en: Not later than today}"
    ),
    "elements/trial.fee.yaml": element("trial.fee", "money"),
    "resources/trial.people.yaml": resource(
        "trial.people", "element: trial.name, role: source, required: true", "trial.sex", "trial.number", "trial.born"
    ),
    "resources/trial.fees.yaml": resource("trial.fees", "trial.fee"),
}
