"""The outbox as it lies in the log."""

from __future__ import annotations

import json
import os

FOLDER = os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]


def test_what_could_not_be_sent_is_in_the_log_and_waits(host):
    log = host.file(f"{FOLDER}/incidents/molecule.jsonl")
    found = [json.loads(line) for line in log.content_string.splitlines()]
    notes = [event["note"] for event in found if event["kind"] == "message"]
    states = [note["state"] for note in notes]
    # On a slow machine the second run comes after the time of the next try, and tries again.
    assert (states[0], states[-1]) == ("queued", "failed")
    assert (set(states[1::2]), set(states[2::2])) == ({"sending"}, {"failed"})
    assert {note["key"] for note in notes} == {"mail/investigating/1.1/ops@example.org"}
    assert "no connection" in notes[-1]["reason"]
    assert notes[-1]["next_at"]
