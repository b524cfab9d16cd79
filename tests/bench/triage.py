"""Triage of twenty hosts beside one.

Twenty hosts on this machine share its processor, which real ones do not. So it is measured twice: as it is, and with
hosts that have a processor of their own: they take the module, wait as long as a real one takes for its answer, and
give the answer that a real one gave.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from support.modules import run_module
from support.servers import ROOT

MANY = 20
WAITS = 1.4  # seconds that a host with a dozen containers takes


def play(folder: Path, hosts: int, python: str) -> float:
    """Seconds of the whole playbook."""
    inventory = folder / f"{hosts}-{Path(python).name}.json"
    variables = {"ansible_connection": "local", "ansible_python_interpreter": python}
    found = {f"web{number:02d}": variables for number in range(hosts)}
    inventory.write_text(json.dumps({"services": {"hosts": found}}))
    argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "playbooks/triage.yml"]
    began = time.monotonic()
    done = subprocess.run(
        [*argv, "-e", f"runbook_incident_log={folder}/incidents"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began


def stand_in(folder: Path, answer: dict[str, Any]) -> str:
    """An interpreter that answers for a host that is elsewhere."""
    (folder / "answer.json").write_text(json.dumps(answer))
    path = folder / "elsewhere"
    path.write_text(
        "#!/bin/sh\n"
        f'case "$1" in *triage_info*) sleep {WAITS}; cat {folder}/answer.json;; *) exec {sys.executable} "$@";; esac\n'
    )
    path.chmod(0o755)
    return str(path)


def triage_costs() -> list[str]:
    """Rows of the table."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answer = run_module("triage_info", compose={"project": os.environ.get("BENCH_PROJECT", "")})
        for python, what in (
            (stand_in(folder, answer), "hosts with processors of their own"),
            (sys.executable, f"all of them this machine, {os.cpu_count()} cores"),
        ):
            play(folder, 1, python)
            one, many = (min(play(folder, hosts, python) for dummy in range(2)) for hosts in (1, MANY))
            rows.append(f"| {what} | {one:.1f} | {many:.1f} | {many / one:.1f}x |")
    return rows


if __name__ == "__main__":
    print("\n".join(triage_costs()))
