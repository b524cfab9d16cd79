"""What the role did, seen from outside: the containers themselves, the record, the evidence."""

from __future__ import annotations

import json
import os
import sys

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def events(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    assert log.mode == 0o600
    return [json.loads(line) for line in log.content_string.splitlines()]


def project(host):
    asked = host.run("%s -m support.shop status %s", sys.executable, f"{FOLDER}/stage")
    assert asked.succeeded, asked.stderr
    found = json.loads(asked.stdout)
    return ({name: rest for name, *rest in found[when]} for when in ("before", "now"))


def test_the_sick_replica_was_replaced_and_the_others_stay(host):
    before, now = project(host)
    unhealthy = next(name for name in before if name.endswith("-web-1"))
    assert unhealthy not in now
    assert {name: one for name, one in now.items() if name in before} == {
        name: one for name, one in before.items() if name != unhealthy
    }
    assert sum("-web-" in name for name in now) == 2


def test_it_was_recorded_once_in_order_with_the_logs(host):
    found = events(host)
    assert [event["kind"] for event in found] == ["opened", "evidence", "intended", "mitigated", "verified"]
    assert found[4]["note"]["outcome"] == "recovered"
    kept = host.file(f"{FOLDER}/incidents/{found[1]['note']['file']}")
    assert kept.sha256sum == found[1]["note"]["sha256"]
    assert any(name.endswith("-web-1") for name in json.loads(kept.content_string)["logs"])
