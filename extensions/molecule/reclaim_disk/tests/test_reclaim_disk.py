"""What the role did, seen from outside: the oldest backup alone is gone, and the record says so."""

from __future__ import annotations

import json
import os

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_no_more_went_than_was_needed(host):
    left = host.file(f"{FOLDER}/stage/disk/backups").listdir()
    before = json.loads(host.file(f"{FOLDER}/stage/before.json").content_string)
    assert sorted(set(before) - set(left)) == sorted(before)[:1]


def test_it_was_recorded_once_and_cannot_be_taken_back(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[3]["note"]["undo"]["reversible"] is False
    assert found[4]["note"]["outcome"] == "recovered"
