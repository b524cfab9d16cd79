"""The report of a month over logs that were really written."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.incidents import Log, whole_incident
from support.modules import run_module
from support.scope import ALL

DAY = 86400.0


def report(folder, check=False, month="2026-11"):
    result = run_module("incident_report", check=check, log=str(folder), month=month)
    assert "failed" not in result, result
    return result


def test_a_month_of_several_incidents(tmp_path):
    for number in range(40 if ALL else 4):
        whole_incident(tmp_path, f"i{number:02}", number * 3600.0)
    whole_incident(tmp_path, "before", -30 * DAY)
    Log(tmp_path, "short", scenario="disk_space").write(5 * 3600, ("noted", {"text": "disk was full"}))
    planned = report(tmp_path, check=True)
    assert not (tmp_path / "reports").exists()
    done = report(tmp_path)
    assert planned["paths"] == done["paths"]
    number = 40 if ALL else 4
    assert done["by_cause"] == {"lock_queue": number, "disk_space": 1}
    assert done["durations"]["time to recovery"] == {
        "n": number, "median": 111.0, "worst": 111.0, "worst_incident": f"i{number - 1:02}", "missing": 1,
    }  # fmt: skip
    assert len(done["repeats"]) == number
    assert done["acts"] == {"restart_services": {"unchanged": number}, "unblock_sessions": {"recovered": number}}
    assert len(done["open_items"]) == number + 1
    assert report(tmp_path)["changed"] is False


def test_a_log_that_was_changed_is_named_first(tmp_path):
    whole_incident(tmp_path, "good")
    whole_incident(tmp_path, "bad", 60)
    path = tmp_path / "bad.jsonl"
    path.write_text(path.read_text().replace("lock_queue", "lock_other"))
    (tmp_path / "torn.jsonl").write_text('{"half')
    done = report(tmp_path)
    assert done["lines"][:2] == ["the log does not verify: bad", "could not be read: torn: no event could be read"]
    assert "1 log DOES NOT VERIFY" in Path(done["paths"][0]).read_text().splitlines()[0]


@pytest.mark.parametrize("month", ["2026-13", "11", "../2026-11", "2026-11\n"])
def test_what_is_no_month_is_refused(tmp_path, month):
    result = run_module("incident_report", log=str(tmp_path), month=month)
    assert result["failed"]
    assert "is no month" in result["msg"]


def test_a_folder_without_logs_is_a_month_without_incidents(tmp_path):
    assert report(tmp_path)["lines"][0] == "2026-11: 0 incidents"
