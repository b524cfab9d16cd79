"""Many writers of one log, writers that are killed, and what incident_verify finds."""

from __future__ import annotations

import grp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import ansible
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import LogError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify as found
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.modules import run_module
from support.open_folder import open_folder
from support.servers import ROOT

CHANGES = 1000
EVIDENCE = {"kind": "evidence", "note": {"about": "x"}}
KINDS = ("edit", "delete", "insert", "swap", "cut", "rewrite", "evidence changed", "evidence removed")
UNSEEN = ("cut", "rewrite")  # without a head that is kept elsewhere
# Writes so many events; `dies` ends the process at the n-th call of the system in a write, also in the middle of one.
# With `module` as on a remote host of the log, where it runs; else as on the controller, where the action writes.
WRITER = """
import contextlib, fcntl, io, json, os, signal, sys
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
log, by, number, dies, group = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
calls = 0

def by_module(given, check_mode):
    from ansible.module_utils import basic
    from ansible_collections.pafar.runbook.plugins.modules import incident_event
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(printed):
        incident_event.main()
    return json.loads(printed.getvalue())

write = by_module if sys.argv[6] == "module" else record

def dying(real, is_write=False):
    def call(*args, **given):
        global calls
        calls += 1
        if calls == dies:
            if is_write:
                real(args[0], args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **given)
    return call

calls_of_os = "open fstat pread fsync close mkdir chown fchown chmod fchmod link rename unlink"
for place, name in [(os, name) for name in calls_of_os.split()] + [(fcntl, "flock")]:
    setattr(place, name, dying(getattr(place, name)))
os.write = dying(os.write, is_write=True)
for event in range(number):
    options = {"log": log, "id": "i", "by": by, "host": "db", "evidence": None, "opening": {}, "at": "", "group": group}
    options["create"] = True
    events = [{"kind": "noted", "note": {"text": f"{by} {event}"}}]
    if event % 50 == 0:
        options["evidence"] = {"by": by, "event": event}
        events.append({"kind": "evidence", "note": {"about": by}})
    head = write({**options, "events": events}, False)["head"]
    sys.stdout.write(f"{event} {head['seq']}\\n")
    sys.stdout.flush()
"""


def writer(log, by, number, dies=0, share="", way="controller", **login):
    argv = [PYTHON, "-c", WRITER, str(log), by, str(number), str(dies), share, way]
    paths = [f"{ROOT}/.collections", *([LIBRARY] if way == "module" else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **login)


def verify(log, **options):
    result = run_module("incident_verify", log=str(log), **options)
    assert "failed" not in result, result
    return result


def events(log):
    return [json.loads(line) for line in Path(log, "i.jsonl").read_text().splitlines()]


def readable(path):
    """Whether another login can read the collection from this checkout."""
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (path, *path.parents))


# Of other logins, too: a Python in the home of root is closed to them. The writers need no library.
PYTHON = next(
    (each for each in (sys.executable, "/usr/bin/python3") if readable(Path(each).resolve().parent)), sys.executable
)


LIBRARY = str(
    Path(ansible.__file__).resolve().parents[1]
)  # where modules find Ansible's own part, which a host gets with each


def logins():
    """Three logins with one group in common; root alone can become them, and they must be able to read the code."""
    if os.geteuid() or not all(map(readable, (ROOT, Path(LIBRARY), Path(PYTHON).resolve().parent))):
        return [{}]
    shared = grp.getgrgid(65534).gr_gid
    return [{"user": uid, "group": uid, "extra_groups": [shared]} for uid in (65531, 65532, 65533)]


def test_eight_writers_under_three_logins_and_two_ways_in_make_one_chain_without_a_gap():
    """Four on the controller of the log, four on its host as a remote one."""
    with open_folder() as place:
        _eight_writers(place / "log")


def _eight_writers(log):
    each, people = 200, logins()
    group = ""
    if len(people) > 1:
        group = grp.getgrgid(65534).gr_name
        log.mkdir()
        os.chown(log, people[0]["user"], 65534)
        log.chmod(0o2770)
    running = [
        writer(
            log, f"writer{number}", each, 0, group, ("controller", "module")[number % 2], **people[number % len(people)]
        )
        for number in range(8)
    ]
    ended = [(*process.communicate(timeout=600), process.returncode) for process in running]
    assert {(len(out.splitlines()), code) for out, error, code in ended} == {(each, 0)}, ended[0][1][-1500:]
    written = events(log)
    assert [event["seq"] for event in written] == list(range(1, len(written) + 1))
    assert Counter(event["kind"] for event in written)["noted"] == 8 * each
    result = verify(log, id="i")
    assert result["broken"] == []
    assert result["incidents"]["i"]["evidence_files"] == 8 * -(-each // 50)
    if group:
        assert (log / "i.jsonl").stat().st_mode & 0o777 == 0o660
        files = [path.stat() for path in (log / "i.evidence").iterdir()]
        assert {file.st_mode & 0o777 for file in files} == {0o640}
        assert {file.st_uid for file in files} == {login["user"] for login in people}


OPENER = """
import sys
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
log, name, group = sys.argv[1:]
options = {"log": log, "id": name, "by": name, "group": group, "opening": {"hosts": [name]}, "join_hosts": [name]}
record({**options, "join_within": 3600, "events": [{"kind": "noted", "note": {"text": "x"}}]}, False)
"""


def test_a_login_that_was_killed_while_it_made_the_lock_keeps_no_other_from_opening_an_incident():
    people = logins()
    if len(people) < 3:
        pytest.skip("NOT RUN: only root can become other logins")
    group = grp.getgrgid(65534).gr_name
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/.collections", "PYTHONDONTWRITEBYTECODE": "1"}
    with open_folder() as place:
        log = place / "log"
        log.mkdir()
        os.chown(log, people[0]["user"], 65534)
        log.chmod(0o2770)
        lock = log / ".opening.lock"
        lock.touch()
        os.chown(lock, people[0]["user"], people[0]["group"])
        lock.chmod(0o600)
        argv = [PYTHON, "-c", OPENER, str(log)]
        running = [
            subprocess.Popen([*argv, f"i{number}", group], env=environment, stderr=subprocess.PIPE, text=True, **login)
            for number, login in enumerate((*people[1:], *people[1:]))
        ]
        assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [("", 0)] * 4
        assert sorted(path.stem for path in log.glob("*.jsonl")) == ["i0", "i1", "i2", "i3"]
        assert lock.stat().st_mode & 0o777 == 0o660
        # One that is closed in a folder that is closed too is not touched.
        lock.chmod(0o600)
        os.chown(lock, people[0]["user"], 65534)
        log.chmod(0o2750)
        done = subprocess.run(
            [*argv, "i9", group], env=environment, capture_output=True, text=True, check=False, **people[1]
        )
        assert "Permission denied" in done.stderr
        assert lock.stat().st_mode & 0o777 == 0o600


def test_a_writer_that_is_killed_loses_nothing_that_it_reported_and_leaves_one_torn_line_at_most(tmp_path):
    log = tmp_path / "log"
    opening = {
        "log": str(log),
        "id": "i",
        "by": "ada",
        "host": "",
        "opening": {},
        "at": "",
        "group": "",
        "create": True,
    }
    record({**opening, "events": [], "evidence": None}, False)
    kills = 0
    for dies in range(1, 200):
        before = Path(log, "i.jsonl").read_bytes().count(b"\n")
        process = writer(log, f"dies{dies}", 2, dies)
        out, error = process.communicate(timeout=300)
        lines = Path(log, "i.jsonl").read_text().split("\n")
        reported = [int(line.split()[1]) for line in out.splitlines()]
        kept = {json.loads(line)["seq"] for line in lines if line.startswith("{") and line.endswith("}")}
        assert set(reported) <= kept, (dies, error)
        torn = [line for line in lines[before:] if line and not line.endswith("}")]
        assert len(torn) <= 1, torn
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, error
        kills += 1
    assert kills > 20, "every call of two writes, with and without evidence"
    verified = verify(log, id="i")["incidents"]["i"]
    assert (verified["first_break"], verified["torn"] > 0) == (None, True)


def test_a_login_that_is_killed_at_any_call_of_its_first_write_closes_nothing_to_the_others_of_its_group():
    """Neither the folder, the log, the folder of evidence nor a lock; and nothing that it reported is lost."""
    people = logins()
    if len(people) < 3:
        pytest.skip("NOT RUN: only root can become other logins")
    group, kills = grp.getgrgid(65534).gr_name, 0
    for dies in range(1, 200):
        with open_folder() as place:
            os.chown(place, -1, 65534)
            place.chmod(0o2775)
            log = place / "log"
            first = writer(log, "first", 1, dies, group, **people[0])
            out, error = first.communicate(timeout=300)
            done = writer(log, "second", 1, 0, group, **people[1])
            assert done.communicate(timeout=300)[1] == "", dies
            assert done.returncode == 0, dies
            texts = {event["note"].get("text") for event in snapshot(str(log), "i").events}
            assert texts >= {"second 0", *(["first 0"] if out else [])}, dies
            assert found(str(log), "i", [])["broken"] == [], dies
            for path in (log, *log.glob("*.jsonl"), *log.glob("*.evidence")):
                assert path.stat().st_mode & 0o060 == 0o060, (dies, path)
            if first.returncode == 0:
                break
            assert first.returncode == -signal.SIGKILL, error
            kills += 1
    assert kills > 20, "every call of a write that makes the folder, the log and its evidence"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A log of 30 lines with evidence, and the heads that were reported."""
    log = tmp_path_factory.mktemp("written") / "log"
    heads = []
    for number in range(28):
        with_evidence = number % 7 == 0
        options = {
            "log": str(log),
            "id": "i",
            "by": "ada",
            "host": "db",
            "opening": {},
            "at": "",
            "group": "",
            "create": True,
        }
        kind, note = ("evidence", {"about": "x"}) if with_evidence else ("noted", {"text": f"step {number} \u2028"})
        evidence = {"number": number} if with_evidence else None
        head = record({**options, "events": [{"kind": kind, "note": note}], "evidence": evidence}, False)["head"]
        heads.append(f"{head['seq']}:{head['hash']}")
    return log, heads


def change(kind, log, dice):
    """One change of this kind; whether anything is different now."""
    path, before = log / "i.jsonl", (log / "i.jsonl").read_bytes()
    lines = before.split(b"\n")[:-1]
    place = dice.randrange(len(lines))
    files = sorted((log / "i.evidence").iterdir())
    if kind == "edit":
        line = bytearray(lines[place])
        line[dice.randrange(len(line))] = dice.randrange(32, 127)
        lines[place] = bytes(line)
    elif kind == "delete":
        del lines[min(place, len(lines) - 2)]
    elif kind == "insert":
        lines.insert(place, lines[dice.randrange(len(lines))])
    elif kind == "swap":
        other = (place + dice.randrange(1, len(lines))) % len(lines)
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == "cut":
        lines = lines[: max(1, place)] if place < len(lines) - 1 else lines[:-1]
    elif kind == "evidence changed":
        chosen = dice.choice(files)
        chosen.write_bytes(chosen.read_bytes() + b" ")
        return True
    elif kind == "evidence removed":
        dice.choice(files).unlink()
        return True
    else:
        path.unlink()
        options = {
            "log": str(log),
            "id": "i",
            "by": "eve",
            "host": "db",
            "opening": {},
            "at": "",
            "group": "",
            "create": True,
        }
        told = [{"kind": "noted", "note": {"text": f"other {number}"}} for number in range(28)]
        record({**options, "events": told, "evidence": None}, False)
        return True
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path.read_bytes() != before


def test_every_change_is_found_with_heads_and_all_but_two_kinds_without(written, tmp_path):
    log, heads = written
    assert found(str(log), "i", heads)["broken"] == []
    for number in range(CHANGES):
        dice, kind = random.Random(number), KINDS[number % len(KINDS)]
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(log, copy)
        if not change(kind, copy, dice):
            continue
        assert found(str(copy), "i", heads)["broken"] == ["i"], (kind, number)
        assert (found(str(copy), "", [])["broken"] == ["i"]) is (kind not in UNSEEN), (kind, number)


def test_a_log_that_cannot_be_read_keeps_no_other_from_being_verified(tmp_path, monkeypatch):
    """The one behind it may be the one that was changed."""
    for name in "abc":
        record(
            {"log": str(tmp_path), "id": name, "by": "x", "opening": {}, "events": [EVIDENCE], "evidence": {}}, False
        )
    (tmp_path / "c.jsonl").write_bytes((tmp_path / "c.jsonl").read_bytes().replace(b'"by":"x"', b'"by":"y"'))
    (tmp_path / "d.jsonl").mkdir()  # no log at all
    closed = tmp_path / "a.jsonl"
    kept = tmp_path / "b.evidence/001-host.json"
    really = Path.open

    def refusing(path, *args, **options):
        if path in (closed, kept):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *args, **options)

    monkeypatch.setattr(Path, "open", refusing)
    report = found(str(tmp_path), "", [])
    assert (list(report["incidents"]), report["broken"]) == (["c"], ["c"])
    assert [each.partition(":")[0] for each in report["unread"]] == ["a", "b"]
    assert [str(place) in each for place, each in zip((closed, kept), report["unread"], strict=True)] == [True, True]
    assert report["lines"][-1] == "1 incident, 1 of them broken; 2 could not be read"
    for name in "ab":
        with pytest.raises(LogError, match="Permission denied"):
            found(str(tmp_path), name, [])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"id": "nope"}, "There is no incident 'nope'"),
        ({"id": "i", "heads": ["17"]}, "'17' is no head such as 17:ab12cd34ef56"),
        ({"heads": ["1:ab12cd"]}, "heads are those of one incident: name it with id"),
    ],
)
def test_refuses_in_one_paragraph(written, options, says):
    result = run_module("incident_verify", log=str(written[0]), **options)
    assert result["failed"]
    assert says in result["msg"]


def test_logs_from_before_are_read_continued_and_verified(tmp_path):
    log = tmp_path / "log"
    log.mkdir()
    old = {"at": "2026-11-23T14:56:35.123456Z", "kind": "opened", "by": "ada", "host": "db", "note": {"id": "i"}}
    Path(log, "i.jsonl").write_text("".join(json.dumps({**old, "host": f"db{each}"}) + "\n" for each in range(3)))
    written = run_module("incident_event", log=str(log), id="i", events=[{"kind": "noted", "note": {"text": "x"}}])
    assert written["head"]["seq"] == 4
    verified = verify(log, id="i")
    assert (verified["broken"], verified["incidents"]["i"]["not_checked"]) == ([], 3)
    assert "3 lines are of a version without a chain" in " ".join(verified["lines"])
    assert [event["seq"] for event in run_module("incident_info", log=str(log), id="i")["events"]] == [1, 2, 3, 4]
