"""The rehearsal platform from outside, as a user runs it: by the command line and by the playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rehearsal import engine
from support.servers import ROOT

PROJECT = f"pafar-test-{os.getpid()}"
LONGEST = 1800  # bound of every wait for a command or an event, in seconds: it says nothing about speed


@dataclass
class Done:
    """A command that ended: exit code, and everything it printed."""

    rc: int
    text: str


def rehearse(*words: str, project: str = PROJECT, **environment: str) -> Done:
    """`python -m rehearsal ...`, as the Makefile calls it."""
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal", "--project", project, *words],
        cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=LONGEST,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


def game_day(inventory: Path, record: Path, *options: str, **variables: object) -> Done:
    """The playbook, as a user plays it."""
    variables_json = json.dumps({"game_day_record": str(record), **variables})
    done = subprocess.run(
        ["ansible-playbook", "playbooks/game_day.yml", "-i", str(inventory), "-e", variables_json, *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, timeout=LONGEST,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


def left_of(project: str) -> list[str]:
    """Containers, networks and volumes that carry the project's label."""
    return [name for kind in ("container", "network", "volume") for name in engine.things_of(project, kind)]
