"""The playbooks for services against several random projects at once, with their defaults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from support.compose_sites.description import Description
from support.compose_sites.stage import LONGEST, Played, Stage, allowed_of, right, staged, touched
from support.servers import ROOT

MENDS = ("service_restart",)
OTHERS = ("network_connectivity", "high_memory", "high_cpu")
_CLAIMS = ("diagnosed", "held", "intended", "mitigated", "handed_over")


def play_healthy_sites(sites: Sequence[Description], folder: Path) -> list[Played]:
    """Nothing is done, held or named in any of them."""
    with ExitStack() as stack:
        stages = _staged(stack, sites, folder)
        before = [stage.world() for stage in stages]
        text, events = _play((*MENDS, *OTHERS), stages, folder)
        return [_of_healthy(stage, before[place], text, events) for place, stage in enumerate(stages)]


def play_broken_sites(sites: Sequence[Description], folder: Path) -> list[Played]:
    """The fault is mended, held, or handed over; no container but those of the fault is touched."""
    with ExitStack() as stack:
        stages = _staged(stack, sites, folder)
        with ThreadPoolExecutor(len(stages)) as pool:
            list(pool.map(Stage.inject, stages))
        before = [stage.world() for stage in stages]
        dummy, events = _play(MENDS, stages, folder)
        still = [
            stage.module("compose_restart", which="unhealthy").get("plan", {}).get("actions", []) for stage in stages
        ]
        text, events = _play(OTHERS, stages, folder)
        return [_of_broken(stage, before[place], text, events, still[place]) for place, stage in enumerate(stages)]


def _staged(stack: ExitStack, sites: Sequence[Description], folder: Path) -> list[Stage]:
    with ThreadPoolExecutor(len(sites)) as pool:
        return list(pool.map(lambda site: stack.enter_context(staged(site, folder / str(site.seed))), sites))


def _of_healthy(stage: Stage, before: Any, text: str, events: Sequence[dict[str, Any]]) -> Played:
    result = Played(stage.site.seed, stage.site.forms)
    own = [event for event in events if event["host"] == stage.project]
    # That the machine itself is busy is no claim about a service.
    names = set(stage.site.services) | {container["Name"].lstrip("/") for container in stage.containers()}
    for event in own:
        if event["kind"] in ("intended", "mitigated", "held"):
            result.wrong.append(f"{event['kind']}: {json.dumps(event['note'])[:400]}")
        elif event["kind"] in _CLAIMS and any(f'"{name}"' in json.dumps(event["note"]) for name in names):
            result.wrong.append(f"a service is named: {json.dumps(event['note'])[:400]}")
    if _failed(stage, text):
        result.wrong.append(f"a playbook failed: {_failed(stage, text)}")
    if stage.world() != before:
        result.wrong.append(f"touched: {sorted(touched(before, stage.world()))}")
    return result


def _of_broken(stage: Stage, before: Any, text: str, events: Sequence[dict[str, Any]], still: list[Any]) -> Played:
    fault = stage.site.fault
    assert fault is not None
    result = Played(stage.site.seed, [*stage.site.forms, f"{fault.service} {fault.kind}"])
    result.wrong += [
        f"{service} was touched" for service in sorted(touched(before, stage.world()) - allowed_of(stage.site, fault))
    ]
    own = [event for event in events if event["host"] == stage.project]
    told = " ".join(json.dumps(event["note"]) for event in own if event["kind"] in _CLAIMS)
    acted = [each for event in own if event["kind"] == "mitigated" for each in event["note"].get("done", [])]
    given_up = next((event["note"].get("message", "") for event in own if event["kind"] == "handed_over"), "")
    result.right = right(fault, {"done": acted, "failed": bool(given_up), "msg": given_up}, still)
    result.wrong += [] if result.right else [f"it is neither mended, nor held, nor told: {told[:600]} {still}"]
    return result


def _failed(stage: Stage, text: str) -> str:
    return next((line for line in text.splitlines() if f"fatal: [{stage.project}]" in line), "")[:400]


def _play(names: Sequence[str], stages: Sequence[Stage], folder: Path) -> tuple[str, list[dict[str, Any]]]:
    """One run of these playbooks for all projects; what it printed, and every event so far."""
    hosts = {
        stage.project: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "runbook_compose": {"project": stage.project, "engine_timeout": LONGEST},
        }
        for stage in stages
    }
    inventory = folder / "hosts.json"
    log = folder / "incidents"
    inventory.write_text(json.dumps({"services": {"hosts": hosts, "vars": {"runbook_incident_log": str(log)}}}))
    words = ["ansible-playbook", "-i", str(inventory), "-f", "4", *(f"playbooks/{name}.yml" for name in names)]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    lines = [line for path in sorted(log.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return done.stdout + done.stderr, [json.loads(line) for line in lines]
