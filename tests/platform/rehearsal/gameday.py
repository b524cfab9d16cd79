"""`make gameday`: the platform up, a game day for each fault, the table written, the platform left healthy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rehearsal import faults, lifecycle, report, steps
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform
from rehearsal.site import ROOT, Site, alone


def platform_of(site: Site) -> Platform:
    """The running platform; it is started where it does not run, or not well."""
    try:
        platform = Platform(site)
        containers = platform.containers()
        if containers and all(container.health == "healthy" for container in containers):
            return platform
    except PlatformError:
        pass
    with alone(site, "step", steps.PLAY_SECONDS):
        lifecycle.up(site, lifecycle.Progress())
    return Platform(site)


def hold(site: Site, name: str, day: Path) -> dict[str, Any]:
    """One game day, by the playbook; its result, also when it broke off."""
    argv = [
        str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/game_day.yml", "-i", str(site.inventory),
        "-e", json.dumps({"game_day_fault": name, "game_day_record": str(day)}),
    ]  # fmt: skip
    process = subprocess.Popen(argv, cwd=ROOT)
    try:
        process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    path = day / "result.json"
    if path.exists():
        owner: dict[str, Any] = json.loads(path.read_text())
        return owner
    reason = steps.kept(day, "trouble").get("said") or f"the game day broke off with exit {process.returncode}"
    return {"fault": name, "playbook": faults.named(name).playbook, "passed": False, "wrong": [reason]}


def run(site: Site, fault: str | None, repeat: int, docs: Path) -> int:
    wanted = [faults.named(fault).name] if fault else faults.names()
    if repeat < 1:
        raise PlatformError(f"REPEAT is how many times, at least 1; it was {repeat}.")
    with alone(site, "gameday", 0):
        platform = platform_of(site)
        rows: list[dict[str, Any]] = []
        report.merge(rows, docs)  # a table that cannot be read is known before the first day
        try:
            for name in wanted:
                rows.append(report.together(list(days(site, name, repeat))))
                report.write(rows, docs)
        except (KeyboardInterrupt, SystemExit):
            print("\nInterrupted: healing what was injected", flush=True)
            with alone(site, "step", steps.PLAY_SECONDS):
                for name in faults.injected(platform):
                    print(faults.heal(platform, faults.named(name)), flush=True)
            raise
    print()
    for row in rows:
        print(report.sentence(row))
        for reason in row["wrong"]:
            print(f"    {reason}")
    print(f"\nThe table: {lifecycle.shown(docs / 'game-days.md')}; the records: .cache/game-days")
    print("The platform still runs: make platform-down")
    return 0 if all(row["passed"] for row in rows) else 1


def days(site: Site, name: str, repeat: int) -> Iterator[dict[str, Any]]:
    """The game days of one fault."""
    for number in range(repeat):
        print(f"\n### game day: {name}" + (f", {number + 1} of {repeat}" if repeat > 1 else ""), flush=True)
        yield hold(site, name, steps.folder_for(name))
