"""What the role did, seen from outside: the session itself, and the record without its literals."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_the_statement_was_cancelled_and_the_session_lives(host):
    asked = host.run("%s -m support.stage status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    assert json.loads(asked.stdout)["holder"] == "cancelled"


def test_it_was_recorded_once_in_order(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[3]["note"]["acted_on"][0]["action"] == "cancelled"
    kept = host.file(f"{FOLDER}/incidents/{found[1]['note']['file']}")
    assert kept.sha256sum == found[1]["note"]["sha256"]
    assert "secret" not in kept.content_string
