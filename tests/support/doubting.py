"""Duties of who answers a discrepancy at the source and of who reports one elsewhere."""

from __future__ import annotations

ANSWER = (
    "kind: duty\nid: answer\ntitle: 疑义核实\nmay:\n"
    + "".join(
        f"  - {{action: {one}, scope: unit}}\n"
        for one in (
            "discrepancy.read", "discrepancy.report", "discrepancy.confirm", "discrepancy.correct", "discrepancy.reject",
            "discrepancy.withdraw", "record.write", "record.read",
        )
    )
)  # fmt: skip
REPORT = (
    "kind: duty\nid: report\ntitle: 提出疑义\nmay:\n"
    "  - {action: discrepancy.report, scope: unit}\n  - {action: discrepancy.withdraw, scope: unit}\n"
    "  - {action: record.read, scope: city}\n"
)
