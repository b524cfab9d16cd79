"""The record as it lies on the disk."""

from __future__ import annotations

import json
import os

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]
ONE_RUN = ["evidence", "noted", "handed_over"]


def test_every_event_is_there_in_order(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    assert log.mode == 0o600
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", *ONE_RUN, *ONE_RUN]  # converge and idempotence
    opening = {name: value for name, value in found[0]["note"].items() if name != "site"}
    assert opening == {"id": "molecule", "scenario": "rehearsal", "severity": "P2", "hosts": ["db"]}
    assert {event["by"] for event in found} == {"ada"}
    assert found[3]["note"] == {"task": "A step that fails", "message": "the disk is full"}


def test_evidence_lies_beside_it(host):
    folder = host.file(f"{FOLDER}/incidents/molecule.evidence")
    assert folder.is_directory
    assert folder.mode == 0o700
    assert json.loads(host.file(f"{folder.path}/001-db.json").content_string) == {"tree": ["no session waits"]}
