"""What the role did, seen from outside: the containers themselves, and the record with its way back."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_one_replica_came_and_nothing_else_was_touched(host):
    asked = host.run("%s -m support.shop status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    found = json.loads(asked.stdout)
    before, now = found["before"], found["now"]
    assert all(one in now for one in before)
    assert [name.rpartition("-web-")[2] for name, *dummy in now if [name, *dummy] not in before] == ["3"]


def test_it_can_be_taken_back(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[3]["note"]["undo"]["options"]["replicas"] == "2"
