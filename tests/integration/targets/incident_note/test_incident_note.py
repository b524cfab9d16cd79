"""What people did by hand, in the incident that is open."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.modules import run_module

HOSTILE = "{{ lookup('pipe', 'id') }} \u001b[31m <script> ' \" \\ \u2028 \U0001f600 @here"


@pytest.fixture
def log(tmp_path):
    opening = {"hosts": ["db1"]}
    record({"log": str(tmp_path), "id": "a", "opening": opening, "events": [{"kind": "noted", "note": {}}]}, False)
    return tmp_path


def events(log, name="a"):
    return [json.loads(line) for line in (log / f"{name}.jsonl").read_text().split("\n")[:-1]]


def test_it_goes_to_the_open_incident_of_the_hosts(log):
    done = run_module("incident_note", log=str(log), hosts=["db1"], text=HOSTILE, done_at="00:00", by="ada")
    assert (done["id"], done["changed"]) == ("a", True)
    last = events(log)[-1]
    assert (last["kind"], last["by"], last["note"]["text"]) == ("noted", "ada", HOSTILE)
    assert last["note"]["done_at"].endswith("T00:00:00.000000Z")
    assert done["head"]["seq"] == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hosts": ["web1"]}, "No incident of"),
        ({"hosts": ["db1"], "join_within": 0.0001}, "No incident of"),
        ({"id": "z"}, "There is no incident 'z'"),
        ({"id": "../a"}, "There is no incident"),
        ({"id": "a", "done_at": "soon"}, "is no time"),
        ({"id": "a", "text": " "}, "1 to 10000 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_made(log, options, words):
    done = run_module("incident_note", log=str(log), **{"text": "x", **options})
    assert words in done["msg"]
    assert [path.name for path in log.glob("*.jsonl")] == ["a.jsonl"]
    assert len(events(log)) == 2


def test_check_mode_writes_nothing(log):
    assert run_module("incident_note", check=True, log=str(log), id="a", text="x")["path"] == ""
    assert len(events(log)) == 2
