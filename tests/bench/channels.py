"""What telling costs a mitigation when no channel answers: the same playbook with and without channels, in turn."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from support.channels.server import dropped
from support.clients import clients
from support.scenes import row_storm
from support.servers import ROOT, Server

PAIRS = 7


def channels_of(address: Callable[[], str]) -> dict[str, Any]:
    """Every channel, at addresses whose packets are dropped."""
    mail = address().rpartition(":")[2]
    return {
        "slack": {"token": "x", "api": f"{address()}/api/"},
        "page": {"kind": "statuspage", "token": "x", "page": "p", "api": address(), "scenarios": ["db_lock_contention"],
                 "first_post": "act"},
        "mail": {"host": "127.0.0.1", "port": int(mail), "tls": "none", "sender": "a@example.org",
                 "to": ["b@example.org"]},
        "pager": {"kind": "pagerduty", "routing_key": "x", "api": address()},
        "tracker": {"url": address()},
        "alertmanager": {"url": address(), "labels": ["instance"]},
    }  # fmt: skip


@contextmanager
def silent() -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        yield channels_of(lambda: stack.enter_context(dropped()))


def run(server: Server, folder: Path, channels: dict[str, Any]) -> tuple[float, float]:
    """Seconds of the whole playbook, and until the act begins."""
    log = Path(tempfile.mkdtemp(dir=folder))
    variables = {
        "ansible_connection": "local", "ansible_python_interpreter": sys.executable, "incident_severity": "P1",
        "runbook_postgres": server.login("oncall"), "runbook_incident_log": str(log), "runbook_announce": channels,
        "unblock_sessions_min_waiting": 0.2,
    }  # fmt: skip
    site = folder / "hosts.yml"
    site.write_text(json.dumps({"database": {"hosts": {"db": variables}}}))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    with clients(server) as session:
        row_storm(server, session, 20)
        time.sleep(0.6)
        argv = [program, "playbooks/db_lock_contention.yml", "-i", str(site)]
        began, at = time.perf_counter(), time.time()
        done = subprocess.run(argv, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    events = [json.loads(line) for path in log.glob("*.jsonl") for line in path.read_text().splitlines()]
    (act,) = (event["at"] for event in events if event["kind"] == "intended")
    return seconds, datetime.fromisoformat(act).timestamp() - at


def telling_costs(server: Server, folder: Path) -> list[str]:
    """Rows: without channels, with silent ones, and the difference pair by pair."""
    without: list[tuple[float, float]] = []
    beside: list[tuple[float, float]] = []
    with silent() as channels:
        for dummy in range(PAIRS):
            without.append(run(server, folder, {}))
            beside.append(run(server, folder, channels))
    rows = [
        f"| {name} | {statistics.median(pair[0] for pair in pairs):.2f} | {max(pair[0] for pair in pairs):.2f} |"
        f" {statistics.median(pair[1] for pair in pairs):.2f} |"
        for name, pairs in (("no channel", without), ("six silent channels", beside))
    ]
    whole, act = (
        statistics.median(b[column] - a[column] for a, b in zip(without, beside, strict=True)) for column in (0, 1)
    )
    rows.append(f"| difference, pair by pair (median) | **{whole:+.2f}** | | **{act:+.2f}** |")
    print("\n".join(rows), flush=True)
    return rows
