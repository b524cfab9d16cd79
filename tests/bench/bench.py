"""`make bench`: what the picture costs, what is ended, how long a playbook takes; beside the usual ways.

Everything is measured side by side in one run. Results go to docs/benchmarks.md with command and versions.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import activity_result
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from channels import telling_costs
from incident_logs import incident_log_costs
from logs import log_costs
from pages import page_costs
from platform_times import platform_times
from services import services
from statements import statement_costs
from triage import triage_costs

from support.clients import clients
from support.engine import NoEngine, engine
from support.scenes import row_storm
from support.servers import PASSWORD, ROOT, Server, newest

WAITERS = (100, 400, 1000, 2000)
HERE = Path(__file__).parent
VENV = ROOT / ".venv-bench"
PLAIN = ("SELECT * FROM pg_locks", "SELECT * FROM pg_stat_activity")
PER_WAITER = "SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Milliseconds for one look: on the clock, and of the backend's processor time."""

    wall: float
    database: float


def backend_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(work: Callable[[], Any], backend: int, budget: float = 4.0) -> Cost:
    """Median wall time; processor time is counted in ticks of 10 ms, so it is averaged over many looks."""
    work()
    times: list[float] = []
    before, began = backend_seconds(backend), time.perf_counter()
    while len(times) < 5 or (time.perf_counter() - began < budget and len(times) < 400):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    spent = backend_seconds(backend) - before
    return Cost(1000 * statistics.median(times), 1000 * spent / len(times))


def snapshot_costs(server: Server) -> list[str]:
    rows = []
    for waiters in WAITERS:
        with clients(server) as session:
            row_storm(server, session, waiters)
            plain = psycopg2.connect(server.dsn())
            plain.autocommit = True
            cursor = plain.cursor()

            def read(*statements: str, cursor: Any = cursor) -> None:
                for statement in statements:
                    cursor.execute(statement)
                    cursor.fetchall()

            usual = measure(lambda: read(*PLAIN), plain.get_backend_pid())
            per_waiter = measure(lambda: read(PER_WAITER), plain.get_backend_pid())
            plain.close()
            with connect(Login(host="127.0.0.1", port=server.port, password=PASSWORD)) as postgres:
                ours = measure(lambda: tell(postgres), postgres.pid)
            memory = module_memory(server)
            rows.append(
                f"| {waiters} | {usual.wall:.1f} / {usual.database:.1f} | {per_waiter.wall:.1f} / "
                f"{per_waiter.database:.1f} | **{ours.wall:.1f} / {ours.database:.1f}** | "
                f"{ours.wall / usual.wall:.2f}x / {ours.database / usual.database:.2f}x | {memory:.0f} |"
            )
            print(rows[-1], flush=True)
    return rows


def tell(postgres: Any) -> dict[str, Any]:
    """The whole picture as the module returns it: statements, forest, tree, lists."""
    return activity_result(
        read_snapshot(postgres), Exclusions(), statements="normalized", rows=100, min_waiting=30, long_running=60
    )


def module_memory(server: Server) -> float:
    """Peak resident memory in MB of the heavier module's process, in check mode."""
    script = (
        "import json, resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', sys.argv[1]], input=sys.argv[2].encode(), check=True,"
        " stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    options = {**server.login("oncall"), "min_waiting": 0, "_ansible_check_mode": True}
    peaks = []
    for module in ("pg_kill_blocking", "pg_activity_info"):
        name = f"ansible_collections.pafar.runbook.plugins.modules.{module}"
        argv = [sys.executable, "-W", "ignore", "-c", script, name, json.dumps({"ANSIBLE_MODULE_ARGS": options})]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    return max(peaks)


@contextmanager
def storm(server: Server, waiters: int = 100) -> Iterator[list[Any]]:
    with clients(server) as session:
        holder, queue = row_storm(server, session, waiters)
        time.sleep(0.6)
        yield [holder, *queue]


def play(playbook: str, site: Path, *options: str) -> float:
    argv = [str(VENV / "bin/ansible-playbook"), playbook, "-i", str(site), *options]
    began = time.perf_counter()
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - began


def ended(crowd: list[Any]) -> int:
    time.sleep(0.2)
    return sum(client.fate(0) == "terminated" for client in crowd)


def playbooks(server: Server, folder: Path) -> tuple[list[str], list[str]]:
    """Who is ended and how long it takes, ours and the usual one in turn."""
    site = folder / "hosts.yml"
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(VENV / "bin/python"),
        "runbook_postgres": server.login("oncall"),
        "runbook_incident_log": str(folder / "incidents"),
        "unblock_sessions_min_waiting": 0.2,
    }
    site.write_text(json.dumps({"database": {"hosts": {"db": variables}}}))
    contenders = {
        "`playbooks/db_lock_contention.yml`": "playbooks/db_lock_contention.yml",
        "four `postgresql_query` tasks": str(HERE / "usual.yml"),
    }
    counts: dict[tuple[str, str], set[int]] = {}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for dummy in range(7):
        for name, playbook in contenders.items():
            with storm(server) as crowd:
                times[name].append(play(playbook, site))
                counts.setdefault((name, "for real"), set()).add(ended(crowd))
    for name, playbook in contenders.items():
        with storm(server) as crowd:
            play(playbook, site, "--check")
            counts.setdefault((name, "with `--check`"), set()).add(ended(crowd))
    kills = [
        f"| {name} | {mode} | {', '.join(map(str, sorted(found)))} |" for (name, mode), found in sorted(counts.items())
    ]
    ours, usual = (times[name] for name in contenders)
    ratio = statistics.median(a / b for a, b in zip(ours, usual, strict=True))
    walls = [f"| {name} | {min(t):.2f} | {statistics.median(t):.2f} | {max(t):.2f} |" for name, t in times.items()]
    walls.append(f"| ratio, pair by pair (median) | | **{ratio:.2f}x** | |")
    print("\n".join(kills + walls), flush=True)
    return kills, walls


def prepare() -> dict[str, str]:
    """The usual playbook needs community.postgresql, which comes with the large `ansible` package."""
    if not (VENV / ".complete-2").exists():
        print("Setting up .venv-bench with the `ansible` package (a few minutes, once)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        pip = [str(VENV / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "ansible==12.3.0", "psycopg2-binary==2.9.13", "docker==7.2.0"], check=True)
        (VENV / ".complete-2").touch()
    shown = subprocess.run(
        [str(VENV / "bin/ansible-galaxy"), "collection", "list", "community.postgresql"],
        capture_output=True, text=True, check=True, cwd="/",
    ).stdout  # fmt: skip
    version = next(line.split()[1] for line in shown.splitlines() if line.startswith("community.postgresql"))
    core = subprocess.run(
        [str(VENV / "bin/ansible"), "--version"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout.splitlines()[0]
    return {"community.postgresql": version, "ansible": core.strip("ansible []")}


def evidence() -> tuple[list[str], list[str]]:
    """Logs of an engine, which is one of our own where none runs; and triage."""
    try:
        with engine() as environment:
            os.environ.update(environment)
            return log_costs(), triage_costs()
    except NoEngine as error:
        return [f"| not measured: {error} | | | | | |"], triage_costs()


def main() -> None:
    versions = prepare()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    binaries = newest()
    settings = {"max_connections": "2100", "shared_buffers": "64MB", "deadlock_timeout": "1h"}
    with Server(binaries, settings) as server:
        server.prepare_site()
        versions["PostgreSQL"] = server.value("SHOW server_version").split(" ")[0]
        with tempfile.TemporaryDirectory() as name:
            kills, walls = playbooks(server, Path(name))
            telling = telling_costs(server, Path(name))
        costs = snapshot_costs(server)
    statements = statement_costs(measure, tell)
    times = platform_times()
    facts, acts = services(VENV)
    logs, triage = evidence()
    reading, recording = incident_log_costs()
    pages = page_costs()
    text = (HERE / "template.md").read_text()
    text = text.replace("@LOGS@", "\n".join(logs)).replace("@TRIAGE@", "\n".join(triage))
    text = text.replace("@TELLING@", "\n".join(telling))
    text = text.replace("@READING@", "\n".join(reading)).replace("@RECORDING@", "\n".join(recording))
    text = text.replace("@PAGES@", "\n".join(pages))
    text = text.replace("@FACTS@", "\n".join(facts)).replace("@ACTS@", "\n".join(acts))
    text = text.replace("@COSTS@", "\n".join(costs)).replace("@KILLS@", "\n".join(kills))
    text = text.replace("@STATEMENTS@", "\n".join(statements))
    text = text.replace("@WALLS@", "\n".join(walls)).replace("@PLATFORM@", "\n".join(times))
    text = text.replace("@VERSIONS@", ", ".join(f"{name} {version}" for name, version in versions.items()))
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    (ROOT / "docs/benchmarks.md").write_text(text.replace("@MACHINE@", machine))
    print("written to docs/benchmarks.md")


if __name__ == "__main__":
    main()
