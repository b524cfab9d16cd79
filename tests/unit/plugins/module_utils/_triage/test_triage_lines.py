from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, DIM, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    Sign,
    TriageReport,
    not_understood,
    rank,
    scenarios_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.triage_lines import of_triage


def test_the_severity_the_signs_and_what_to_run():
    signs = [Sign("P1", "/ is 97% full", "db", "disk_space")]
    report: TriageReport = {
        "unread": [],
        "unplayed": ["db: its table of connections is full"],
        "severity": "P1",
        "signs": [sign.as_dict() for sign in signs],
        "scenarios": scenarios_of(signs),
        "next": "playbooks/disk_space.yml",
        "page": "",
    }
    assert of_triage(report) == [
        (BAD, "proposed severity P1"),
        (CARE, "P1 db: / is 97% full"),
        (PLAIN, "next: ansible-playbook playbooks/disk_space.yml --check --diff"),
        (CARE, "no playbook mitigates: db: its table of connections is full"),
    ]
    first = of_triage({**report, "severity": "P3", "unread": ["db: logs could not be examined", "web: the same"]})[0]
    assert first == (
        CARE, "not everything is known (db: logs could not be examined and 1 more): proposed severity P3",
    )  # fmt: skip


def test_what_is_left_out_is_counted():
    alert = Sign("unknown", "alert X: fires", "", is_alert=True)
    signs = [*(Sign("P2", f"sign {number}", "db") for number in range(13)), alert, Sign("P3", "minor", "db")]
    report: TriageReport = {
        "unread": not_understood(signs), "unplayed": [], "severity": "P2",
        "signs": [sign.as_dict() for sign in sorted(signs, key=lambda sign: rank(sign.severity))],
        "scenarios": [], "next": "", "page": "",
    }  # fmt: skip
    lines = of_triage(report)
    assert "the severity of 1 alert is not understood: alert X: fires" in lines[0][1]
    assert lines[-1] == (CARE, "and 3 more signs, see the page")
    few: TriageReport = {**report, "signs": report["signs"][3:]}
    assert "unknown alert X: fires" in [text for _kind, text in of_triage(few)]
    assert "more sign" not in of_triage(few)[-1][1]
    minor: TriageReport = {**report, "signs": [Sign("P3", "minor", "db").as_dict()] * 13}
    assert of_triage(minor)[-1] == (DIM, "and 1 more sign, see the page")
