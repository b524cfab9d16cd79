"""Where incidents stand, and an index that is a cache and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import MADE_BY

from support.modules import run_module


def write(log, name, *events):
    given = {"log": str(log), "id": name, "host": "db1", "by": "ada", "opening": {"scenario": "x", "severity": "P2"}}
    return record({**given, "events": [{"kind": kind, "note": note} for kind, note in events]}, False)


def status(log, check=False, **options):
    result = run_module("incident_status", check=check, log=str(log), **options)
    assert "failed" not in result, result
    return result


@pytest.fixture
def log(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path, name, ("mitigated", {"mitigation": "x", "done": [f"did {name}"]}))
    write(tmp_path, "b", ("phase", {"phase": "closed"}))
    return tmp_path


def test_what_is_open_is_shown_and_what_has_ended_is_counted(log):
    seen = status(log)
    assert [incident["id"] for incident in seen["incidents"]] == ["c", "a"]
    assert (seen["closed"], seen["cached"]) == (1, 0)
    again = status(log)
    assert (again["cached"], again["incidents"]) == (1, seen["incidents"])
    assert [incident["id"] for incident in status(log, closed=True)["incidents"]] == ["b", "c", "a"]


def test_one_incident_as_a_whole(log):
    seen = status(log, id="b")
    assert seen["incidents"][0]["phase"] == "closed"
    assert any("did b" in line for line in seen["timeline"])
    assert seen["first_break"] is None
    path = log / "b.jsonl"
    path.write_text(path.read_text().replace("did b", "did B"))
    assert "does not fit its sum" in status(log, id="b")["first_break"]["what"]
    assert "There is no incident 'z'" in run_module("incident_status", log=str(log), id="z")["msg"]


def test_an_entry_of_the_index_counts_while_the_log_is_the_same(log):
    status(log)
    write(log, "b", ("phase", {"phase": "monitoring", "reason": "it is back"}))
    seen = status(log)
    assert "b" in [incident["id"] for incident in seen["incidents"]]
    assert (seen["closed"], seen["cached"]) == (0, 0)


UNKNOWN = b'{"b":{"mark":[1],"status":{}}}'


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", UNKNOWN, b"\xff", b"2 x y\n{}"])
def test_an_index_that_is_none_is_made_again(log, rubbish):
    status(log)
    index = log / ".index.json"
    whole = index.read_bytes()
    index.write_bytes(rubbish)
    seen = status(log)
    assert (seen["closed"], seen["cached"]) == (1, 0)
    assert index.read_bytes() == whole
    index.write_bytes(whole.replace(b'"closed"', b'"open"'))
    assert (status(log)["closed"], status(log)["cached"]) == (1, 1), "it was changed by hand, and made again"


@pytest.mark.parametrize("body", [b"[]", b"5", b"null"])
def test_an_index_whose_entries_are_none_is_made_again(log, body):
    """Its hash fitted, and no incident was shown."""
    status(log)
    index = log / ".index.json"
    whole = index.read_bytes()
    head = whole.partition(b"\n")[0].rpartition(b" ")[0]
    index.write_bytes(head + b" " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    seen = status(log)
    assert (seen["closed"], seen["cached"], seen["unread"]) == (1, 0, [])
    assert index.read_bytes() == whole


def test_a_dry_run_reads_the_index_and_writes_none(log):
    seen = status(log, check=True)
    assert sorted(path.name for path in log.iterdir()) == ["a.jsonl", "b.jsonl", "c.jsonl"]
    status(log)
    before = (log / ".index.json").read_bytes()
    write(log, "a", ("phase", {"phase": "closed"}))
    again = status(log, check=True)
    assert (seen["closed"], again["closed"], again["cached"]) == (1, 2, 1)
    assert (log / ".index.json").read_bytes() == before


def test_an_index_of_another_version_of_the_collection_is_made_again(log):
    status(log)
    index = log / ".index.json"
    index.write_bytes(index.read_bytes().replace(MADE_BY.encode(), b"0.1.9", 1))
    assert (status(log)["cached"], status(log)["cached"]) == (0, 1)


def test_an_index_that_cannot_be_written_is_none(log):
    (log / ".index.json").mkdir()
    assert status(log)["closed"] == 1
    assert status(log, index=False)["closed"] == 1
    assert sorted(path.name for path in log.iterdir()) == [".index.json", "a.jsonl", "b.jsonl", "c.jsonl"]


def test_a_log_whose_first_write_was_interrupted_is_no_open_incident(log):
    """Without a byte there is no incident; with a part of a line there may have been one."""
    (log / "d.jsonl").touch()
    (log / "e.jsonl").write_text('{"seq":1,"at":"2026-')
    for dummy in range(2):
        seen = status(log)
        assert [incident["id"] for incident in seen["incidents"]] == ["c", "a"]
        assert (seen["closed"], seen["unread"]) == (1, ["e: no event could be read"])
    assert "There is no incident 'd'" in run_module("incident_status", log=str(log), id="d")["msg"]
    rows = run_module("incident_info", log=str(log))["incidents"]
    assert sorted((row["id"], row["state"]) for row in rows if row["id"] in "de") == [("e", "no event could be read")]
    assert "d" not in run_module("incident_verify", log=str(log))["incidents"]
    assert write(log, "d", ("noted", {"text": "x"}))["opened"]
    assert "d" in [incident["id"] for incident in status(log)["incidents"]]


def test_a_log_that_cannot_be_read_is_named_and_the_rest_is_shown(log):
    (log / "d.jsonl").symlink_to("d.jsonl")
    (log / "e.jsonl").mkdir()
    seen = status(log)
    assert [incident["id"] for incident in seen["incidents"]] == ["c", "a"]
    assert {line.partition(":")[0] for line in seen["unread"]} == {"d", "e"}
