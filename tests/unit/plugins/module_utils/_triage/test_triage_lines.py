from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Sign, TriageReport, scenarios_of
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
