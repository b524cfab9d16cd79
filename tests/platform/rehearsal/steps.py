"""The steps of ``playbooks/game_day.yml``. Each writes what it saw into the day's folder; the last one judges it."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal import faults, judge, lifecycle, versions, world
from rehearsal.site import ROOT, write_private
from rehearsal.stand import PATIENCE, Stand
from rehearsal.trouble import Trouble

HEALTHY_SECONDS = 90
GONE_SECONDS = 60


def keep(folder: Path, name: str, **what: Any) -> None:
    write_private(folder / f"{name}.json", json.dumps(what, indent=1, default=str) + "\n")


def kept(day: Path, name: str) -> dict[str, Any]:
    path = day / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def folder_for(fault: str) -> Path:
    """A new folder for a game day's record."""
    return ROOT / ".cache/game-days" / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{fault}"


def fault_of(day: Path) -> faults.Fault:
    return faults.named(kept(day, "begin")["fault"])


def begin(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """A healthy platform, whatever an interrupted game day left; and what is going to happen."""
    fault = faults.named(asked.fault)
    stand.require_mark()
    healed = [faults.heal(stand, faults.named(name)) for name in faults.injected(stand)]
    if not any(one.service == "load" and one.state == "running" for one in stand.containers()):
        lifecycle.start(stand.site, lambda dummy: None)
    lifecycle.await_served(stand, print, HEALTHY_SECONDS)
    faults.await_symptom(stand, fault, False, HEALTHY_SECONDS)
    day = asked.day or folder_for(fault.name)
    day.mkdir(parents=True, exist_ok=True)
    day.chmod(0o700)
    told = {"fault": fault.name, "playbook": fault.playbook, "variables": fault.variables, "day": str(day)}
    keep(day, "begin", **told, at=time.time(), healed=healed, versions=versions.seen(stand))
    return told


def inject(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """Break it."""
    fault, at = fault_of(asked.day), time.time()
    said = faults.inject(stand, fault)
    keep(asked.day, "inject", at=at, said=said)
    return {"said": said}


def present(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """Wait until users feel it."""
    fault = fault_of(asked.day)
    at = faults.await_symptom(stand, fault, True, fault.seconds)
    stats = stand.stats(3)
    keep(asked.day, "symptom", at=at, stats=stats, culprits=fault.culprits(stand))
    return {"seconds": round(at - kept(asked.day, "inject")["at"], 1), "users": stats}


def play(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """Run the runbook; after --check the symptom must remain and nothing may have changed."""
    argv = asked.argv[1:] if asked.argv[:1] == ["--"] else asked.argv
    before = world.look(stand)
    began = time.time()
    with (asked.day / f"{asked.label}.out").open("w") as output:
        done = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        with done:
            assert done.stdout is not None
            for line in done.stdout:
                output.write(line)
    ended = time.time()
    after = world.look(stand)
    changed = world.changes(before, after)
    remains = fault_of(asked.day).symptom(stand)
    told = {"rc": done.returncode, "seconds": round(ended - began, 2), "changed": changed}
    keep(asked.day, asked.label, **told, began=began, ended=ended, symptom=remains, before=before, after=after)
    if done.returncode:
        raise Trouble(f"The runbook failed (exit {done.returncode}); what it said is in {asked.day / asked.label}.out.")
    if asked.label == "check" and changed:
        raise Trouble(f"The runbook changed something under --check: {'; '.join(changed)}.")
    if asked.label == "check" and not remains:
        raise Trouble("After --check the symptom was gone: either it changed something, or the fault does not last.")
    return told


def relief(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """Wait until users are served again, and long enough to be sure of it."""
    act = judge.time_of_act(asked.day / "incidents") or kept(asked.day, "real")["ended"]
    gone = faults.await_symptom(stand, fault_of(asked.day), False, GONE_SECONDS)
    time.sleep(max(0.0, act + judge.SPAN + judge.WITHIN + PATIENCE + 0.3 - time.time()))
    requests = stand.requests(kept(asked.day, "inject")["at"], time.time())
    keep(asked.day, "relief", act=act, gone=gone, **judge.users(requests, act), requests=requests)
    return {"seconds": round(gone - act, 1)}


def finish(stand: Stand, asked: argparse.Namespace) -> dict[str, Any]:
    """Heal, wait until all is well, and judge the day."""
    fault = fault_of(asked.day)
    said = faults.heal(stand, fault)
    healed = ""
    try:
        lifecycle.await_healthy(stand, lambda dummy: None)
        lifecycle.await_served(stand, print, HEALTHY_SECONDS)
        faults.await_symptom(stand, fault, False, HEALTHY_SECONDS)
    except Trouble as trouble:
        healed = f"After healing the platform is not well: {trouble}"
    parts = {name: kept(asked.day, name) for name in (*judge.PARTS, "trouble")}
    result = judge.day(parts, healed, asked.day / "incidents")
    keep(asked.day, "result", **result)
    return {"said": said, **result}


STEPS: dict[str, tuple[Callable[[Stand, argparse.Namespace], dict[str, Any]], str]] = {
    "begin": (begin, "a healthy platform to begin with"),
    "inject-for": (inject, "inject the day's fault"),
    "present": (present, "wait until users feel it"),
    "play": (play, "run the runbook"),
    "relief": (relief, "wait until users are served again"),
    "finish": (finish, "heal and judge"),
}


def run(stand: Stand, asked: argparse.Namespace) -> int:
    """One step; what it found goes to standard output as JSON."""
    step, dummy = STEPS[asked.command]
    asked.day = asked.day and asked.day.resolve()
    try:
        found = step(stand, asked)
    except Trouble as trouble:
        if asked.day and asked.day.exists():
            keep(asked.day, "trouble", step=asked.command, said=str(trouble))
        raise
    print(json.dumps(found, default=str))
    return 0
