from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.modules import run_module

EVENT = {"kind": "noted", "note": {"text": "x"}}


def write(folder, check=False, **options):
    given = {"log": str(folder / "log"), "id": "inc-1", "events": [EVENT], "by": "ada", "host": "db1", **options}
    return run_module("incident_event", check=check, **given)


def test_check_writes_nothing_and_the_real_run_appends(tmp_path):
    rehearsal = write(tmp_path, check=True)
    assert not rehearsal["changed"]
    assert not (tmp_path / "log").exists()
    first = write(tmp_path, opening={"severity": "P1"})
    assert first["changed"]
    assert first["opened"]
    assert not write(tmp_path)["opened"]
    lines = [json.loads(line) for line in (tmp_path / "log/inc-1.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["opened", "noted", "noted"]
    assert lines[0]["note"] == {"id": "inc-1", "severity": "P1"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"id": "../x"}, "is no valid incident id"),
        ({"events": [{"kind": "celebrated"}]}, "value of kind must be one of"),
        (
            {"opening": {"severty": "P1"}},
            "kind opened has no field 'severty'; did you mean severity? Nothing was written",
        ),
        ({"opening": {"severity": "P7"}}, "severity: 'P7' is no severity; use one of P0, P1, P2, P3, or unknown."),
        ({"opening": {"hosts": "db1"}}, "the field hosts of an event of kind opened is a list, not str"),
        ({"log": "/proc/nowhere"}, "Could not write to the incident log"),
    ],
)
def test_refuses_in_one_paragraph(tmp_path, options, says):
    result = write(tmp_path, **options)
    assert result["failed"]
    assert says in result["msg"]
    assert "\n" not in result["msg"]
    assert not (tmp_path / "log").exists()


def test_an_opening_is_checked_also_where_the_incident_is_there(tmp_path):
    write(tmp_path)
    before = (tmp_path / "log/inc-1.jsonl").read_bytes()
    for check in (True, False):
        assert "did you mean severity?" in write(tmp_path, check=check, opening={"severty": "P1"})["msg"]
    assert (tmp_path / "log/inc-1.jsonl").read_bytes() == before


def test_a_site_that_is_a_number_in_the_inventory_is_known_again(tmp_path):
    """Its runs join its own incidents, and no other site's."""
    write(tmp_path, opening={"site": 7, "scenario": None, "hosts": ["db1"]})
    (opened, *dummy) = (json.loads(line) for line in (tmp_path / "log/inc-1.jsonl").read_text().splitlines())
    assert opened["note"] == {"id": "inc-1", "site": "7", "hosts": ["db1"]}
    joins = {"log": str(tmp_path / "log"), "hosts": ["db1"]}
    assert [run_module("incident_open", **joins, site=site)["joined"] for site in ("7", "8")] == [True, False]


@pytest.mark.parametrize(
    ("due", "kept"), [(datetime.date(2026, 12, 1), "2026-12-01"), ("2026-12-01", "2026-12-01"), ("", "")]
)
def test_a_date_without_quotes_is_the_text_that_was_written(tmp_path, due, kept):
    """YAML makes a date of it, which the action plugin gets as it is."""
    item = {"key": "A1", "text": "Alert on waiters", "owner": "grace", "due": due}
    given = {"log": str(tmp_path / "log"), "id": "inc-1", "events": [{"kind": "action_item", "note": item}]}
    record(given, False)
    line = (tmp_path / "log/inc-1.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["note"]["due"] == kept


@pytest.mark.parametrize(
    ("scenario", "said"),
    [("disk_space", {"scenario": "disk_space"}), ("", {}), ("incident", {})],  # the last one is that of no scenario
)
def test_what_a_run_found_and_verified_has_its_scenario(tmp_path, scenario, said):
    notes = [{"outcome": "recovered"}, {"cause": "full"}, {"text": "x"}]
    events = [
        {"kind": kind, "note": note} for kind, note in zip(("verified", "diagnosed", "noted"), notes, strict=True)
    ]
    write(tmp_path, events=events, opening={"scenario": scenario} if scenario else {})
    lines = [json.loads(line) for line in (tmp_path / "log/inc-1.jsonl").read_text().splitlines()]
    assert [line["note"] for line in lines[1:]] == [{**said, **notes[0]}, {**said, **notes[1]}, notes[2]]
