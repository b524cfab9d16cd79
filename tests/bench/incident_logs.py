"""A log of many incidents: its status with and without the index, its verification, and what a record costs.

Modules are processes of their own, as Ansible starts them, and what they return is compared with what was written. A
record is compared with a plain one: the same line, without a place in a chain, under the same lock and on the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import digest_of, sealed
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.servers import ROOT

INCIDENTS, OPEN, EVENTS = 1000, 5, 500
RUNS = 3
RECORDS = 200
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_ACT = {"mitigation": "unblock_sessions", "gate": ["1 planned"], "undo": {"reversible": False, "why": "ended"}}
_TARGET = {"target": "7@20260101T000000.0Z", "action": "terminated", "who": "7 app@bookings pafar-web"}
_NOTE = {"text": "The report still waits; the standby has it by now"}
# A small process starts the module: what starts a process counts as its memory, too.
_STARTER = """
import json, resource, subprocess, sys, time
began = time.monotonic()
subprocess.run([sys.executable, "-W", "ignore", "-m", sys.argv[1]], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]), file=sys.stderr)
"""


class Run(NamedTuple):
    """``seconds``: on the clock; ``processor``: seconds; ``mib``: at most."""

    seconds: float
    processor: float
    mib: float
    result: dict[str, Any]


def events_of(number: int, *, ended: bool) -> list[tuple[str, dict[str, Any]]]:
    """As an incident has them: an opening, rounds of a diagnosis, an act and messages, and notes of people."""
    opening = {"id": f"i{number:04}", "scenario": "db_lock_contention", "severity": "P2", "hosts": ["db1"]}
    rounds: list[tuple[str, dict[str, Any]]] = [
        ("diagnosed", {"cause": "idle_in_transaction", "causes": [], "lines": ["7 waits"], "advice": []}),
        ("mitigated", {**_ACT, "acted_on": [_TARGET], "rounds": 1, "seconds_to_recovery": 0.2}),
        ("verified", {"outcome": "recovered", "kept": True, "before": 9, "after": 0, "mitigation": "unblock_sessions"}),
        ("noted", _NOTE),
        ("message", {"key": "slack/note/7", "state": "sent", "channel": "slack", "reference": "1700000000.000100"}),
    ]
    found: list[tuple[str, dict[str, Any]]] = [("opened", opening)]
    found += [rounds[place % len(rounds)] for place in range(EVENTS - 2)]
    return [*found, ("phase", {"phase": "closed"}) if ended else ("acknowledged", {})]


def write(folder: Path) -> int:
    """The logs, and how many bytes they have."""
    size = 0
    for number in range(INCIDENTS + OPEN):
        before, lines = b"", []
        for seq, (kind, note) in enumerate(events_of(number, ended=number < INCIDENTS), 1):
            at = _BEGAN + timedelta(hours=number, seconds=seq)
            before = sealed(Event(kind, at, "ada", "db1", note).as_dict(), seq, digest_of(before))
            lines.append(before + b"\n")
        data = b"".join(lines)
        (folder / f"i{number:04}.jsonl").write_bytes(data)
        size += len(data)
    return size


def module(name: str, **options: Any) -> Run:
    argv = [sys.executable, "-c", _STARTER, f"ansible_collections.pafar.runbook.plugins.modules.{name}"]
    given = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}
    done = subprocess.run(argv, input=given, env=environment, capture_output=True, text=True, check=True)
    seconds, processor, mib = json.loads(done.stderr.splitlines()[-1])
    return Run(seconds, processor, mib, json.loads(done.stdout))


def best(look: Callable[[], Run]) -> Run:
    return min((look() for dummy in range(RUNS)), key=lambda run: run.seconds)


def row(what: str, run: Run, mark: str) -> str:
    found = f"| {what} | {run.seconds:.2f} | {run.processor:.2f} | {run.mib:.0f} | {mark} |"
    print(found, flush=True)
    return found


def of_reading(log: str) -> list[str]:
    without = best(lambda: module("incident_status", log=log, index=False))
    first = module("incident_status", log=log)
    index = best(lambda: module("incident_status", log=log))
    verified = best(lambda: module("incident_verify", log=log))
    for run, cached in ((without, 0), (first, 0), (index, INCIDENTS)):
        found = run.result
        assert (len(found["incidents"]), found["closed"], found["cached"]) == (OPEN, INCIDENTS, cached), found["lines"]
        assert found["incidents"] == first.result["incidents"]
    report = verified.result
    assert (len(report["incidents"]), report["broken"], report["unread"]) == (INCIDENTS + OPEN, [], [])
    assert {each["chained"] for each in report["incidents"].values()} == {EVENTS}
    return [
        row("`incident_status` with the index", index, "1.0 s"),
        row("`incident_status` without it", without, "8 s, 100 MiB"),
        row("`incident_verify` of all", verified, "10 s"),
    ]


def plain(path: Path, evidence: bool) -> None:
    """A record as it was before the chain."""
    if evidence:
        folder = path.with_suffix(".evidence")
        folder.mkdir(mode=0o700, exist_ok=True)
        number = len(list(folder.iterdir())) + 1
        with (folder / f"{number:03d}-db1.json").open("xb") as file:
            file.write(json.dumps(_EVIDENCE, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
    line = json.dumps(Event("noted", datetime.now(UTC), "ada", "db1", _NOTE).as_dict(), separators=(",", ":"))
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.pread(handle, 1, max(0, os.fstat(handle).st_size - 1))
    os.write(handle, line.encode() + b"\n")
    os.fsync(handle)
    os.close(handle)


_EVIDENCE = {"rows": [{"pid": number, "query": "SELECT " + "x" * 200} for number in range(200)]}


def ours(folder: Path, name: str, evidence: bool, severity: str) -> None:
    events = [{"kind": "evidence", "note": {"about": "x"}} if evidence else {"kind": "noted", "note": _NOTE}]
    opening = {"scenario": "db_lock_contention", "severity": severity, "hosts": ["db1"]}
    given = {"log": str(folder), "id": name, "by": "ada", "host": "db1", "opening": opening, "events": events}
    record({**given, "evidence": _EVIDENCE if evidence else None}, False)


def of_recording(folder: Path) -> list[str]:
    """Milliseconds of one record beside a plain one, in turn, each to a log of 500 events and more."""
    rows = []
    cases = {
        "a record": (False, "unknown"),
        "a record with evidence": (True, "unknown"),
        "the first record of a run, which may raise the severity": (False, "P2"),
    }
    for number, (what, (evidence, severity)) in enumerate(cases.items()):
        name = f"i{number:04}"
        other = folder / f"plain{number}.log"
        other.write_bytes((folder / f"{name}.jsonl").read_bytes())
        times: list[tuple[float, float]] = []
        for dummy in range(RECORDS):
            began = time.perf_counter()
            plain(other, evidence)
            between = time.perf_counter()
            ours(folder, name, evidence, severity)
            times.append((between - began, time.perf_counter() - between))
        before, now = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        more = 1000 * statistics.median(two - one for one, two in times)
        rows.append(f"| {what} | {before:.2f} | {now:.2f} | {more:+.2f} |")
        print(rows[-1], flush=True)
    return rows


def incident_log_costs() -> tuple[list[str], list[str]]:
    """Rows of the two tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write(folder)
        print(f"{INCIDENTS + OPEN} incidents, {size // 1_000_000} MB", flush=True)
        return of_reading(name), of_recording(folder)


if __name__ == "__main__":
    print("\n".join(line for rows in incident_log_costs() for line in rows))
