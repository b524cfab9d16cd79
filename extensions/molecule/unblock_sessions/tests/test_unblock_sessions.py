"""What the role did, seen from outside: the sessions themselves, the record, the evidence."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def events(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    assert log.exists
    assert log.mode == 0o600
    return [json.loads(line) for line in log.content_string.splitlines()]


def test_only_the_holder_was_ended(host):
    asked = host.run("%s -m support.stage status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    assert json.loads(asked.stdout) == {"holder": "terminated", "queue": ["alive"]}


def test_it_was_recorded_once_in_order(host):
    found = events(host)
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert len(found[3]["note"]["acted_on"]) == 1
    assert found[4]["note"]["outcome"] == "recovered"


def test_the_evidence_was_kept_and_holds_no_literal(host):
    kept = host.file(f"{FOLDER}/incidents/{events(host)[1]['note']['file']}")
    assert kept.sha256sum == events(host)[1]["note"]["sha256"]
    assert len(json.loads(kept.content_string)["waiters"]) == 20
    assert "SET seats = ?" in kept.content_string
