"""The compose modules beside the usual ways: facts of twenty containers, scaling, restarting, and what each broke."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal import backend
from rehearsal.platform import DIRECT, Platform
from rehearsal.site import site_of
from rehearsal.world import look, touched
from support.engine import NoEngine, engine
from support.modules import run_module
from support.servers import ROOT
from support.shop import WAIT, Shop

PROJECT = "pafar-bench"
CONTAINERS = 20
RUNS = 5
USUAL = "community.docker.docker_compose_v2"


def seconds_of(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def must(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}:\n{done.stdout}{done.stderr}")


def module(name: str, **options: Any) -> None:
    done = run_module(name, **options)
    if done.get("failed"):
        sys.exit(f"{name}: {done['msg']}")


def facts() -> list[str]:
    """Seconds for the state and the use of twenty containers, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        services = {f"s{number}": {"image": "@", "command": ["sh", "-c", WAIT]} for number in range(CONTAINERS)}
        shop = Shop(Path(folder), f"{PROJECT}-twenty", services)
        try:
            shop.up()
            project = {"project": shop.project}
            ways: dict[str, Callable[[], Any]] = {
                "`docker stats --no-stream`, `docker compose ps --all`": lambda: (
                    must("docker", "stats", "--no-stream"),
                    must("docker", "compose", "--project-name", shop.project, "ps", "--all"),
                ),
                "`host_resources_info`": lambda: module("host_resources_info", **project),
                "`compose_info`": lambda: module("compose_info", **project),
                "`compose_info`, files not read": lambda: module("compose_info", configuration=False, **project),
            }
            times: dict[str, list[float]] = {name: [] for name in ways}
            for dummy in range(RUNS):
                for name, way in ways.items():
                    times[name].append(seconds_of(way))
        finally:
            shop.down()
    usual = next(iter(times.values()))
    rows = []
    for name, found in times.items():
        ratio = statistics.median(a / b for a, b in zip(usual, found, strict=True))
        rows.append(
            f"| {name} | {min(found):.2f} | {statistics.median(found):.2f} | {max(found):.2f} | **{ratio:.1f}x** |"
        )
    return rows


def contenders(platform: Platform, venv: Path) -> dict[str, dict[str, list[str]]]:
    """The same two acts, each through `ansible` alone, without a playbook round it."""
    folder = str(platform.site.folder)
    ansible = [str(venv / "bin/ansible"), "localhost", "-m"]
    ours = {"project": platform.site.project, "proxy": "nginx"}
    usual = {
        "project_src": folder, "files": ["docker-compose.prod.yml"], "project_name": platform.site.project,
        "pull": "never", "build": "never",
    }  # fmt: skip
    ways = {
        "ours": {
            "1 to 3": ("pafar.runbook.compose_scale", {**ours, "service": "backend", "replicas": "3"}),
            "restart of 3": ("pafar.runbook.compose_restart", {**ours, "services": ["backend"]}),
        },
        "`docker_compose_v2`": {
            "1 to 3": (USUAL, {**usual, "scale": {"backend": 3}, "wait": True}),
            "restart of 3": (USUAL, {**usual, "state": "restarted", "services": ["backend"]}),
        },
    }
    return {
        who: {what: [*ansible, module, "-a", json.dumps(told)] for what, (module, told) in acts.items()}
        for who, acts in ways.items()
    }


def acts(platform: Platform, venv: Path) -> list[str]:
    """Wall time of each act, and what it broke: requests, other containers, replicas without traffic."""
    rows = []
    for name, commands in contenders(platform, venv).items():
        backend.put_right(platform)
        backend.compose(
            platform, "up", "--detach", "--no-build", "--no-recreate", "--scale", "celery-worker=2", "celery-worker"
        )
        backend.await_healthy(platform, "celery-worker")
        for what, argv in commands.items():
            before, began = look(platform), time.time()
            seconds = seconds_of(lambda argv=argv: must(*argv))
            time.sleep(8)
            found = [one for one in platform.requests(began, time.time()) if one.started >= began]
            failed = sum(one.outcome != "ok" for one in found)
            others = [one for one in touched(before, look(platform)) if "-backend-" not in one]
            rows.append(
                f"| {name} | {what} | {seconds:.1f} | {failed} of {len(found)} | {', '.join(others) or 'none'} |"
                f" {serving(platform)} of 3 |"
            )
        for service in backend.SERVICES:
            backend.drop(platform, service)
    return rows


def serving(platform: Platform) -> int:
    """How many replicas answer users."""
    hosts = set()
    for dummy in range(40):
        with DIRECT.open(f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/version/", timeout=5) as answer:
            hosts.add(json.load(answer)["host"])
    return len(hosts)


def services(venv: Path) -> tuple[list[str], list[str]]:
    """Rows of both tables; where there is no engine, one row each that says why."""
    rehearse = [sys.executable, "-m", "rehearsal", "--project", PROJECT]
    try:
        with engine() as environment:
            os.environ.update(environment)
            try:
                first = facts()
                must(*rehearse, "up")
                second = acts(Platform(site_of(PROJECT)), venv)
            finally:
                must(*rehearse, "down")
    except NoEngine as reason:
        row = f"| not measured: {reason} |"
        return [f"{row} | | | |"], [f"{row} | | | | |"]
    finally:
        os.environ.pop("DOCKER_HOST", None)
    print("\n".join(first + second), flush=True)
    return first, second


if __name__ == "__main__":
    services(ROOT / ".venv-bench")
