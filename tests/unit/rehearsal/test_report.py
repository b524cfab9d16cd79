"""The table of game days: many runs in a row, rows kept of faults that were not held this time."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal import report
from support.servers import ROOT


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


def test_page_pictures_and_readme_are_those_of_the_record():
    table = json.loads((ROOT / "docs/game-days.json").read_text())
    for name, content in report.made(table).items():
        assert (ROOT / "docs" / name).read_text() == content, f"{name}: make docs"
    drawn = {Path(name).name for name in report.made(table) if name.endswith(".svg")}
    assert {path.name for path in (ROOT / "docs" / report.CHARTS).iterdir()} == drawn
    text = (ROOT / "README.md").read_text()
    assert report.readme(text, table) == text, "make docs"
    assert all(report.sentence(row) in text for row in table if row["fault"] in report.README_FAULTS)


def test_the_readme_says_how_often_the_days_were_held():
    text = "a\n```console\n$ make gameday\npassed  x\n```\nb\n```console\n$ make gameday   # every fault\n```\n"
    rows = [{**report.together([day(name)] * 10)} for name in report.README_FAULTS]
    changed = report.readme(text, rows)
    assert changed.startswith("a\n```console\n$ make gameday REPEAT=10\npassed  alter_queue: 10 of 10;")
    assert changed.endswith("harmed: nothing\n```\nb\n```console\n$ make gameday   # every fault\n```\n")


def test_the_words_below_the_readmes_picture_have_the_time_of_the_record():
    text = "![Users: stuck, served again 9 s after the act](docs/images/game-days/lock_storm.svg)\n"
    changed = report.readme(text, [report.together([day()])])
    assert changed == text.replace("9 s", "0.1 s")
    of_readme = (ROOT / "README.md").read_text()
    assert report.readme(of_readme.replace("served again 1", "served again 7"), merged()) == of_readme


def merged() -> list[dict]:
    return json.loads((ROOT / "docs/game-days.json").read_text())


def test_a_record_has_numbers_of_a_list_on_one_line(tmp_path):
    row = report.together([day(series={"first": -6, "served": [20, 20], "failed": [0, 3], "moments": {}})])
    report.write([row], tmp_path)
    text = (tmp_path / "game-days.json").read_text()
    assert '"served": [20, 20],' in text
    assert json.loads(text) == [row]
