"""The steps of ``playbooks/game_day.yml``. Each writes what it saw into the day's folder; the last one judges it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal import (
    chart,
    control_workload,
    engine,
    faults,
    judge,
    lifecycle,
    ownership,
    series,
    slowness,
    versions,
    world,
)
from rehearsal.errors import PlatformError
from rehearsal.platform import PATIENCE, Platform
from rehearsal.site import ROOT, evidence_of, login_of, write_private

HEALTHY_SECONDS = 240
# How long an untimed day waits for what must come: a bound against waiting for ever, not a judgement.
UNTIMED_SECONDS = 240
UNTOUCHED_SECONDS = 5  # the same where the runbook did nothing that could bring it
# What the modules bound by default is bounded by the speed of the machine as well.
PATIENT_LOGIN = {"connect_timeout": 60, "statement_timeout": 120}
PATIENT_ENGINE = {"engine_timeout": 120}
UNTIMED_SPAN = 3.0  # seconds for which users are watched then
LATER = 25  # seconds beyond the time in which users must be back: what has not gone by then has failed
PLAY_SECONDS = 900
CALM_SECONDS = 4  # after what the bystanders cost is out of the span that is looked at
# Slowness is a noisy measure: a fault that is there shows at one of the looks within these seconds, one that is gone
# at none of them.
NOISE_SECONDS = 8
# A day takes less than two minutes; the load generator must not end in the middle of it.
LOAD_LEFT = 600
# Who a runbook may be for the database; the first where a fault does not say.
LOGINS = ("oncall", "breakglass")


def keep(folder: Path, name: str, **what: Any) -> None:
    write_private(folder / f"{name}.json", json.dumps(what, indent=1, default=str) + "\n")


def kept(day: Path, name: str) -> dict[str, Any]:
    path = day / f"{name}.json"
    measured: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return measured


def folder_for(fault: str) -> Path:
    """A new folder for a game day's record."""
    return ROOT / ".cache/game-days" / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{fault}"


def fault_of(day: Path) -> faults.Fault:
    begun = kept(day, "begin")
    if not begun:
        raise PlatformError(f"No game day has begun in {day}. It begins with: rehearsal begin --fault NAME --day {day}")
    return faults.named(begun["fault"])


def is_timed(day: Path) -> bool:
    """Whether the day is judged by the clock."""
    return bool(kept(day, "begin").get("timed", True))


def begin(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """A healthy platform, whatever an interrupted game day left; and what is going to happen."""
    fault = faults.named(asked.fault)
    ownership.require_platform(platform)
    require_same(platform, asked.target)
    day: Path = asked.day or folder_for(fault.name)
    if day.exists() and any(day.iterdir()):
        raise PlatformError(f"{day} holds something already; a game day's record needs a folder of its own.")
    healed = [faults.heal(platform, faults.named(name)) for name in faults.injected(platform)]
    require_load(platform)
    try:
        lifecycle.await_served(platform)
    except PlatformError:  # something is broken that nobody noted
        healed += [faults.heal(platform, fault) for fault in faults.every()]
        lifecycle.await_served(platform, HEALTHY_SECONDS)
    faults.await_symptom(platform, fault, False, HEALTHY_SECONDS, steady=0)
    beside = control_workload.gather(platform)
    if fault.latency and not asked.untimed:
        # Gathering them takes processors and writes: healthy is how users fare when that is over.
        time.sleep(slowness.SPAN + PATIENCE + CALM_SECONDS)
    day.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = {
        "fault": fault.name,
        "playbook": fault.playbook,
        "day": str(day),
        "variables": str(day / "variables.json"),
    }
    terms = {"within": fault.within, "touches": list(fault.touches), "changes": list(fault.changes)}
    terms.update(latency=fault.latency, cause=fault.cause, relief=fault.mitigation, timed=not asked.untimed)
    keep(day, "variables", **variables_of(platform, fault, day, asked))
    keep(
        day, "begin", **record, **terms, at=time.time(), healed=healed, beside=beside, versions=versions.seen(platform)
    )
    return record


def variables_of(platform: Platform, fault: faults.Fault, day: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """What the runbook is told. Extra variables win over every inventory, so where it acts is settled here.

    They go by a file for their owner alone: a command line is seen by everybody on the machine.
    """
    try:
        more = json.loads(asked.variables)
    except ValueError as error:
        raise PlatformError(f"game_day_variables are no JSON: {error}.") from None
    if not isinstance(more, dict):
        raise PlatformError("game_day_variables are a mapping of names to values.")
    variables = {**fault.variables, **more}
    login = str(variables.get("rehearsal_login", LOGINS[0]))
    if login not in LOGINS:
        raise PlatformError(f"rehearsal_login is one of {', '.join(LOGINS)}; it was {login!r}.")
    patient_login, patient_engine = (PATIENT_LOGIN, PATIENT_ENGINE) if asked.untimed else ({}, {})
    password = platform.env[f"{login.upper()}_DB_PASSWORD"]
    return {
        **variables,
        "runbook_hosts": asked.hosts,
        "runbook_incident_log": str(day / "incidents"),
        "runbook_postgres": {**login_of(platform.env, login, password), **patient_login},
        "runbook_compose": {"project": platform.site.project, **patient_engine},
        "runbook_proxy": "nginx",
        "runbook_releases": str(platform.site.folder / "snapshots"),
        "ansible_connection": "local",
        **evidence_of(),
        **fault.given(platform),
        **more,
    }


def require_same(platform: Platform, targets: list[str]) -> None:
    """The runbook acts where the inventory says; that must be the platform that is broken, and no other."""
    own = {f"{host}:{platform.env['POSTGRES_PORT']}" for host in ("127.0.0.1", "localhost")}
    for target in targets:
        if target not in own:
            raise PlatformError(
                f"The inventory's database is {target}, this platform's is 127.0.0.1:{platform.env['POSTGRES_PORT']}:"
                " the fault would be here and the runbook there. Nothing was injected. Play with"
                f" -i {platform.site.inventory}"
            )


def require_load(platform: Platform) -> None:
    """Users for the whole day: the load generator is started where it has ended, and anew where it soon will."""
    loads = [container for container in platform.containers() if container.service == "load"]
    if not loads or loads[0].state != "running":
        lifecycle.start(platform.site, lambda dummy: None)
    elif platform.stats(1).get("left", 0) < LOAD_LEFT:
        engine.run(["docker", "restart", "--time", "1", loads[0].id])
        lifecycle.await_healthy(platform, lambda dummy: None)


def inject(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """Break it."""
    fault, at = fault_of(asked.day), time.time()
    report = faults.inject(platform, fault)
    keep(asked.day, "inject", at=at, said=report)
    return {"said": report}


def present(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """Wait until users feel it."""
    fault, injected = fault_of(asked.day), kept(asked.day, "inject")["at"]
    at = faults.await_symptom(platform, fault, True, fault.seconds if is_timed(asked.day) else UNTIMED_SECONDS)
    felt = judge.first_felt(platform.requests(injected, time.time()), injected)
    keep(asked.day, "symptom", at=at, felt=felt, stats=platform.stats(3), culprits=fault.culprits(platform))
    return {"seconds": round((felt or at) - injected, 1)}


def play(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """Run the runbook; after --check the symptom must remain and nothing may have changed."""
    argv = asked.argv[1:] if asked.argv[:1] == ["--"] else asked.argv
    fault, output = fault_of(asked.day), asked.day / f"{asked.label}.out"
    if not lasts(platform, fault):
        raise PlatformError(f"The symptom of {fault.name} went away before the runbook was played ({asked.label}).")
    culprits, leaving = fault.culprits(platform), platform.sessions(*fault.leaves)
    before = world.look(platform)
    began = time.time()
    rc = run_for(argv, output, PLAY_SECONDS)
    ended = time.time()
    after = world.look(platform)
    changed, signalled = world.changes(before, after, fault.unstable, leaving), platform.signalled(began)
    outcome = {"rc": rc, "seconds": round(ended - began, 2), "changed": changed, "signalled": signalled}
    outcome.update(culprits=culprits, leaving=leaving)
    keep(asked.day, asked.label, **outcome, began=began, ended=ended, before=before, after=after)
    if rc:
        raise PlatformError(f"The runbook failed (exit {rc}); what it said is in {output}.")
    if asked.label == "check":
        require_unchanged(platform, fault, changed, signalled, ended)
    return outcome


def lasts(platform: Platform, fault: faults.Fault) -> bool:
    """Whether users feel it still; where the fault is no slowness one look tells."""
    deadline = time.time() + (NOISE_SECONDS if fault.latency else 0)
    while not fault.symptom(platform):
        if time.time() > deadline:
            return False
        time.sleep(0.3)
    return True


def require_unchanged(
    platform: Platform, fault: faults.Fault, changed: list[str], signalled: list[int], ended: float
) -> None:
    changed = changed + [f"backend {pid} was signalled" for pid in signalled]
    if changed:
        raise PlatformError(f"The runbook changed something under --check: {'; '.join(changed)}.")
    # The probe looks at users of the last two seconds who are decided; all of them must have come after the run.
    time.sleep(max(0.0, ended + PATIENCE + 2.5 - time.time()))
    if not lasts(platform, fault):
        raise PlatformError(
            "After --check the symptom was gone: either it changed something, or the fault does not last."
        )


def run_for(argv: list[str], output: Path, seconds: float) -> int:
    """A command with its output in a file; with everything it started it is ended when its time is over."""
    with output.open("w") as file:
        process = subprocess.Popen(argv, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise PlatformError(
                f"The runbook did not end within {seconds:g} s and was stopped; see {output}."
            ) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def relief(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """Wait until users are served again, and long enough to be sure of it."""
    acts, ended = judge.times_of_acts(asked.day / "incidents"), kept(asked.day, "real")["ended"]
    fault = fault_of(asked.day)
    if not fault.mitigation:
        keep(asked.day, "relief", act=next(iter(acts), None), back=None, success_after=None, requests=[])
        return {"seconds": None}
    if is_timed(asked.day):
        faults.await_symptom(platform, fault, False, fault.within + LATER)
        span = judge.SPAN
    else:
        faults.await_symptom(platform, fault, False, UNTIMED_SECONDS if acts else UNTOUCHED_SECONDS)
        lifecycle.await_served(platform, UNTIMED_SECONDS)
        span = UNTIMED_SPAN
    while True:
        requests = platform.requests(kept(asked.day, "inject")["at"] - series.BEFORE, time.time())
        users = judge.relief(requests, acts or [ended], fault.within, ended, span)
        since = users["act"]
        # How long they wait is compared when all that the runbook began has had its time.
        settled = since + fault.within if fault.latency and span == judge.SPAN else users["settled"]
        left = settled + span + PATIENCE + 0.3 - time.time()
        if left <= 0:
            break
        time.sleep(min(left, 1.0))
    keep(asked.day, "relief", **{**users, "act": since if acts else None}, requests=requests)
    return {"seconds": users["back"] and round(users["back"] - since, 1)}


def finish(platform: Platform, asked: argparse.Namespace) -> dict[str, Any]:
    """Heal, wait until all is well, and judge the day."""
    fault = fault_of(asked.day)
    problem = healed = ""
    try:
        problem = faults.heal(platform, fault)
        control_workload.dismiss(platform)
        lifecycle.await_healthy(platform, lambda dummy: None)
        lifecycle.await_served(platform, HEALTHY_SECONDS)
        faults.await_symptom(platform, fault, False, HEALTHY_SECONDS)
    except PlatformError as error:
        healed = f"After healing the platform is not well: {error}"
    parts = {name: kept(asked.day, name) for name in (*judge.PARTS, "trouble")}
    result = judge.day(parts, healed, asked.day / "incidents")
    keep(asked.day, "result", **result)
    picture = chart.draw(result)
    if picture:
        (asked.day / "chart.svg").write_text(picture)
    return {"said": problem, **result}


STEPS: dict[str, tuple[Callable[[Platform, argparse.Namespace], dict[str, Any]], str]] = {
    "begin": (begin, "a healthy platform to begin with"),
    "inject-for": (inject, "inject the day's fault"),
    "present": (present, "wait until users feel it"),
    "play": (play, "run the runbook"),
    "relief": (relief, "wait until users are served again"),
    "finish": (finish, "heal and judge"),
}


def run(platform: Platform, asked: argparse.Namespace) -> int:
    """One step; what it found goes to standard output as JSON. The first trouble of a day is kept for its verdict."""
    step, dummy = STEPS[asked.command]
    asked.day = asked.day and asked.day.resolve()
    try:
        outcome = step(platform, asked)
    except PlatformError as error:
        if asked.day and (asked.day / "begin.json").exists() and not (asked.day / "trouble.json").exists():
            keep(asked.day, "trouble", step=asked.command, said=str(error))
        raise
    print(json.dumps(outcome, default=str))
    return 0
