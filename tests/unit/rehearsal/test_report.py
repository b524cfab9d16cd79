"""The table of game days: many runs in a row, rows kept of faults that were not held this time."""

from __future__ import annotations

import json

from rehearsal import report


def day(fault: str = "lock_storm", passed: bool = True, relief: float = 2.0, **more) -> dict:
    return {
        "fault": fault, "playbook": "p.yml", "passed": passed, "seconds_to_symptom": 3.0, "seconds_to_recovery": relief,
        "seconds_after_act": 0.1, "collateral": {"requests_failed": 0, "sessions_ended": 0}, "done": [],
        "wrong": [] if passed else ["too late"], "versions": {"postgresql": "15.1"}, **more,
    }  # fmt: skip


def test_many_runs_make_one_row():
    row = report.together([day(relief=2.0), day(relief=9.0, collateral={"requests_failed": 2}), day(relief=3.0)])
    assert (row["runs"], row["runs_passed"], row["passed"]) == (3, 3, True)
    assert (row["seconds_to_recovery"], row["worst_seconds_to_recovery"]) == (3.0, 9.0)
    assert row["collateral"] == {"requests_failed": 2, "sessions_ended": 0}


def test_one_bad_run_spoils_the_row():
    row = report.together([day(), day(passed=False)])
    assert row["passed"] is False
    assert row["wrong"] == ["too late"]


def test_a_day_that_broke_off_has_no_figures():
    row = report.together([{"fault": "x", "playbook": "p.yml", "passed": False, "wrong": ["broke off"]}])
    assert row["seconds_to_recovery"] is None
    assert "| - | - | - |" in report.line(row)


def test_rows_of_other_faults_stay(tmp_path):
    report.write([report.together([day("lock_storm")]), report.together([day("alter_queue")])], tmp_path)
    report.write([report.together([day("lock_storm", relief=7.0)])], tmp_path)
    table = json.loads((tmp_path / "game-days.json").read_text())
    assert [(row["fault"], row["seconds_to_recovery"]) for row in table] == [("alter_queue", 2.0), ("lock_storm", 7.0)]
    wanted = {"fault", "playbook", "passed", "seconds_to_symptom", "seconds_to_recovery", "collateral", "versions"}
    assert all(wanted <= set(row) for row in table)
    page = (tmp_path / "game-days.md").read_text()
    assert "| `lock_storm` | `p.yml` | 1 of 1 | - | 3 s | 7 s | 0.1 s | nothing |" in page
    assert page.count("postgresql 15.1") == 1
