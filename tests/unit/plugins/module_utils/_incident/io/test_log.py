from __future__ import annotations

import hashlib
import json
import os
import threading

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, LogError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append, snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify

from support.snapshots import NOW


def write(folder, *kinds, evidence=None, incident="inc-1", host="db1"):
    return append(
        str(folder),
        incident,
        lambda: Event("opened", NOW, "ada", host, {"id": incident}),
        [Event(kind, NOW, "ada", host) for kind in kinds],
        evidence,
    )


def kinds(folder, incident="inc-1"):
    return [json.loads(line)["kind"] for line in (folder / f"{incident}.jsonl").read_text().splitlines()]


def test_an_incident_whose_first_write_was_interrupted_is_opened_by_the_next_one(tmp_path):
    """As on a full disk: the first bytes of the opening are there, and the write has failed."""
    (tmp_path / "inc-1.jsonl").write_text('{"seq":1,"at":"2026-')
    assert write(tmp_path, "noted")["opened"]
    assert not write(tmp_path, "noted")["opened"]
    found = snapshot(str(tmp_path), "inc-1")
    assert [(event["seq"], event["kind"]) for event in found.events] == [(1, "opened"), (2, "noted"), (3, "noted")]
    assert verify(str(tmp_path), "inc-1", [])["broken"] == []


def test_evidence_is_kept_also_where_some_was_removed(tmp_path):
    """A file of the next number may be there already; the act that the evidence is of must not wait for a person."""
    files = [write(tmp_path, "evidence", evidence={"n": number})["evidence"]["file"] for number in range(3)]
    (tmp_path / files[0]).unlink()
    assert write(tmp_path, "evidence", evidence={})["evidence"]["file"] == "inc-1.evidence/004-db1.json"
    (tmp_path / "inc-1.evidence" / "1000-db1.json").write_text("{}")
    assert write(tmp_path, "evidence", evidence={})["evidence"]["file"] == "inc-1.evidence/1001-db1.json"


def test_a_new_incident_opens_itself_once(tmp_path):
    assert write(tmp_path / "log", "noted")["opened"]
    assert not write(tmp_path / "log", "noted")["opened"]
    assert kinds(tmp_path / "log") == ["opened", "noted", "noted"]


def test_only_the_owner_may_read_it(tmp_path):
    write(tmp_path / "log", "evidence", evidence={"tree": []})
    for path in (tmp_path / "log").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_evidence_is_kept_with_its_hash(tmp_path):
    kept = write(tmp_path, "evidence", evidence={"tree": ["é"]}, host="db/../1")["evidence"]
    data = (tmp_path / kept["file"]).read_bytes()
    assert kept["file"] == "inc-1.evidence/001-db_.._1.json"
    assert hashlib.sha256(data).hexdigest() == kept["sha256"]
    assert len(data) == kept["bytes"]
    last = json.loads((tmp_path / "inc-1.jsonl").read_text().splitlines()[-1])
    assert last["note"]["sha256"] == kept["sha256"]
    assert write(tmp_path, "evidence", evidence={})["evidence"]["file"].startswith("inc-1.evidence/002-")


def test_the_head_of_a_torn_log_is_its_last_event_and_can_be_verified_later(tmp_path):
    head = write(tmp_path, "noted")["head"]
    with (tmp_path / "inc-1.jsonl").open("a") as log:
        log.write('{"kind":"noted","at":"2026')
    found = snapshot(str(tmp_path), "inc-1")
    assert (found.head, found.torn) == (head, 1)
    assert verify(str(tmp_path), "inc-1", ())["incidents"]["inc-1"]["head"] == head
    write(tmp_path, "held")
    kept = [f"{head['seq']}:{head['hash']}"]
    assert verify(str(tmp_path), "inc-1", kept)["incidents"]["inc-1"]["first_break"] is None


def test_events_that_depend_on_the_log_are_decided_while_no_one_else_writes(tmp_path):
    """Eight writers, each of which writes only where no one has: one event in the end."""
    write(tmp_path, "noted")
    barrier = threading.Barrier(8)

    def decide(present):
        taken = any(event["kind"] == "acknowledged" for event in present)
        return [] if taken else [Event("acknowledged", NOW, "ada")]

    def one():
        barrier.wait()
        written.append(append(str(tmp_path), "inc-1", lambda: Event("opened", NOW, "ada"), decide, None)["path"])

    written: list[str] = []
    threads = [threading.Thread(target=one) for dummy in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(tmp_path) == ["opened", "noted", "acknowledged"]
    assert sorted(map(bool, written)) == [False] * 7 + [True]


def test_a_torn_last_line_does_not_swallow_the_next(tmp_path):
    write(tmp_path, "noted")
    with (tmp_path / "inc-1.jsonl").open("a") as log:
        log.write('{"kind":"noted","at":"2026')
    write(tmp_path, "held")
    lines = (tmp_path / "inc-1.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["kind"] == "held"
    assert len(lines) == 4


def test_writers_that_meet_lose_and_mix_nothing(tmp_path):
    def often():
        for dummy in range(20):
            write(tmp_path, "noted", "noted")

    writers = [threading.Thread(target=often) for dummy in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = kinds(tmp_path)
    assert found[0] == "opened"
    assert found.count("opened") == 1
    assert found.count("noted") == 8 * 20 * 2


def test_an_id_that_is_a_path_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is no valid incident id.*Nothing was written"):
        write(tmp_path, "noted", incident="../x")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "log").write_text("a file in the way")
    with pytest.raises(LogError, match=rf"Could not write to the incident log {tmp_path}"):
        write(tmp_path / "log", "noted")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_named(tmp_path):
    (tmp_path / "inc-1.jsonl").symlink_to("/dev/full")
    with pytest.raises(LogError, match="No space left"):
        write(tmp_path, "noted")


@pytest.mark.parametrize("number", [-1, 0, -7, False])
def test_after_a_number_that_was_written_by_hand_the_next_event_has_one(tmp_path, number):
    write(tmp_path, "noted")
    with (tmp_path / "inc-1.jsonl").open("a") as log:
        log.write(json.dumps({"seq": number, "at": "2026-11-23T03:00:00.000000Z", "kind": "noted"}) + "\n")
    assert write(tmp_path, "noted")["head"]["seq"] == 3
