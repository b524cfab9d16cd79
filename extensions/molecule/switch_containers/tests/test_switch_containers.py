"""What the role did, seen from outside: the containers themselves, and the record with its way back."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_no_container_was_made_or_removed(host):
    asked = host.run("%s -m support.shop status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    found = json.loads(asked.stdout)
    assert found["before"] == found["now"]


def test_one_container_stopped_and_can_be_started_again(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    undo = found[3]["note"]["undo"]["options"]
    assert undo["state"] == "started"
    assert [name.rpartition("-")[0].rpartition("-")[2] for name in undo["containers"]] == ["web"]
