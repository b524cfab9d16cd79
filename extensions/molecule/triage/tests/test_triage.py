"""What the role left, seen from outside: the record, the evidence, and the page."""

from __future__ import annotations

import json
import os

FOLDER = f"{os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/incidents"


def test_the_page(host):
    page = host.file(f"{FOLDER}/molecule.triage.md")
    assert page.mode == 0o600
    text = page.content_string
    assert text.startswith("# Triage: P")
    assert "| db | - |" in text
    assert " of 1" in text, "connection slots"
    assert "https://grafana.example.org/d/pafar?from=1" in text


def test_the_record_and_the_evidence(host):
    found = [json.loads(line) for line in host.file(f"{FOLDER}/molecule.jsonl").content_string.splitlines()]
    assert [event["kind"] for event in found][:3] == ["opened", "noted", "evidence"]
    assert found[0]["note"]["severity"] == found[1]["note"]["triage"]
    kept = json.loads(host.file(f"{FOLDER}/{found[2]['note']['file']}").content_string)
    assert kept["hosts"]["db"]["database"]["connections"]["used"] > 0
