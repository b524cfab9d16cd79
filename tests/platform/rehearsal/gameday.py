"""`make gameday`: the platform up, a game day for each fault, the table written, the platform left healthy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rehearsal import faults, lifecycle, report, steps
from rehearsal.site import ROOT, Site
from rehearsal.stand import Stand
from rehearsal.trouble import Trouble


def stand_of(site: Site) -> Stand:
    """The running platform; it is started where it does not run, or not well."""
    try:
        stand = Stand(site)
        containers = stand.containers()
        if containers and all(one.health == "healthy" for one in containers):
            return stand
    except Trouble:
        pass
    lifecycle.up(site, lifecycle.Progress())
    return Stand(site)


def hold(site: Site, name: str) -> dict[str, Any]:
    """One game day, by the playbook; its result, also when it broke off."""
    day = steps.folder_for(name)
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
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    return {
        "fault": name, "playbook": faults.named(name).playbook, "passed": False,
        "wrong": [f"the game day broke off with exit {process.returncode}"],
    }  # fmt: skip


def run(site: Site, fault: str | None, repeat: int, docs: Path) -> int:
    wanted = [faults.named(fault).name] if fault else faults.names()
    if repeat < 1:
        raise Trouble(f"REPEAT is how many times, at least 1; it was {repeat}.")
    stand = stand_of(site)
    rows = []
    try:
        for name in wanted:
            days = []
            for number in range(repeat):
                print(f"\n### game day: {name}" + (f", {number + 1} of {repeat}" if repeat > 1 else ""), flush=True)
                days.append(hold(site, name))
            rows.append(report.together(days))
    except (KeyboardInterrupt, SystemExit):
        print("\nInterrupted: healing what was injected", flush=True)
        for name in faults.injected(stand):
            print(faults.heal(stand, faults.named(name)), flush=True)
        raise
    report.write(rows, docs)
    print()
    for row in rows:
        print(f"{'passed' if row['passed'] else 'FAILED'}  {report.line(row).strip(' |')[:-2]}".rstrip())
        for one in row["wrong"]:
            print(f"        {one}")
    print(f"\nThe table: {lifecycle.shown(docs / 'game-days.md')}; the records: .cache/game-days")
    print("The platform still runs: make platform-down")
    return 0 if all(row["passed"] for row in rows) else 1
