"""How long the rehearsal platform takes: up from nothing, up from built images, down."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from support.engine import NoEngine, engine
from support.servers import ROOT

PROJECT = "pafar-bench"
TIMES = 3


def rehearse(environment: dict[str, str], *words: str) -> float:
    """Seconds of one command; its output is shown when it fails."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal", "--project", PROJECT, *words], cwd=ROOT, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout)
    return time.monotonic() - began


def platform_times() -> list[str]:
    """Rows of the table; where no engine of our own can be started, one row that says why."""
    try:
        with engine(fresh=True) as environment:
            nothing = rehearse(environment, "up")
            downs, ups = [rehearse(environment, "down")], []
            for dummy in range(TIMES):
                ups.append(rehearse(environment, "up"))
                downs.append(rehearse(environment, "down"))
            rehearse(environment, "down", "--images")
    except NoEngine as reason:
        return [f"| not measured: {reason} | | |"]
    rows = (("up from nothing: no image, empty engine", [nothing]), ("up from built images", ups), ("down", downs))
    return [f"| {name} | {statistics.median(values):.0f} | {max(values):.0f} |" for name, values in rows]
