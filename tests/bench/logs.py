"""The last 100 records that match, since an hour ago: log_tail beside the usual ways, on logs of growing size.

The log is of a real container (json-file, a day long, one line in a hundred matches); the engine reads it for the usual
ways. What log_tail returns is compared with a plain scan of the whole file.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import read
from ansible_collections.pafar.runbook.plugins.module_utils._logs.options import (
    LOG_ARGS,
    limits_of,
    wanted_of,
    where_of,
)

from rehearsal import engine
from support.engine_login import engine_login
from support.servers import ROOT

SIZES = (100, 500, 2000)  # MB
DAY, HOUR, LAST = 86400, 3600, 100
MATCH = "payment .* failed"
NAME = f"bench-logs-{os.getpid()}"
JOURNAL = 200_000  # entries
PLAIN = 3_000_000  # lines
ARGV = [sys.executable, "-W", "ignore", "-m", "ansible_collections.pafar.runbook.plugins.modules.log_tail"]
REMOTE = Path("/lib/systemd/systemd-journal-remote")


def line(number: int, at: float) -> str:
    what = f"ERROR payment {number} failed: stripe_error" if number % 100 == 0 else f"INFO booking {number} is well"
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return json.dumps(
        {"log": f"{what} {'x' * 40}\n", "stream": "stdout", "time": f"{moment}000Z"}, separators=(",", ":")
    )


def fill(path: Path, megabytes: int) -> None:
    """A day of lines, as many as that; the last one is of now."""
    length = len(line(1_000_000, time.time())) + 1
    number, now = megabytes * 1_000_000 // length, time.time() - 1
    with path.open("w") as file:
        for start in range(0, number, 10_000):
            file.write(
                "".join(line(n, now - DAY + DAY * n / number) + "\n" for n in range(start, min(number, start + 10_000)))
            )
    os.sync()  # what the kernel still writes would be measured with the shortest of the ways


@contextlib.contextmanager
def container(megabytes: int) -> Iterator[Path]:
    """A container that ended, with a log of that size."""
    argv = [
        "docker",
        "create",
        "--name",
        NAME,
        "--log-driver",
        "json-file",
        "--label",
        "com.docker.compose.project=bench",
    ]
    argv += ["--label", "com.docker.compose.service=app", "--label", "com.docker.compose.container-number=1"]
    argv += ["--label", "com.docker.compose.oneoff=False", "--label", "com.docker.compose.config-hash=1"]
    engine.get_base_image(lambda dummy: None)
    engine.run([*argv, "debian:bookworm-slim", "true"])
    try:
        engine.run(["docker", "start", "--attach", NAME])
        path = Path(engine.inspect("container", [NAME])[0]["LogPath"])
        fill(path, megabytes)
        yield path
    finally:
        engine.run(["docker", "rm", "--force", NAME], check=False)


def shell(command: str) -> tuple[float, int]:
    """Seconds, and how many lines it printed."""
    began = time.monotonic()
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return time.monotonic() - began, len(done.stdout.splitlines())


def ours(**options: Any) -> tuple[float, float, dict[str, Any]]:
    """Seconds and MiB of the module as Ansible runs it, and what it returned."""
    given = json.dumps(
        {"ANSIBLE_MODULE_ARGS": {"since": "1h", "last": LAST, "match": MATCH, "signatures": 0, **options}}
    )
    began = time.monotonic()
    done = subprocess.run(ARGV, input=given, text=True, env=environment(), capture_output=True, check=True)
    seconds = time.monotonic() - began
    return seconds, memory_of(given), json.loads(done.stdout)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}


def memory_of(given: str) -> float:
    """MiB at most, of another run, started by a small process: what starts a process counts as its memory, too."""
    program = (
        "import resource, subprocess, sys\n"
        f"subprocess.run({ARGV!r}, stdin=sys.stdin, stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, input=given, text=True, env=environment(), capture_output=True, check=True)
    return int(done.stdout) / 1024


def reading(**options: Any) -> float:
    """Seconds of the reading itself, with asking the engine where a log is, without the start of Python."""
    defaults = {name: spec.get("default") for name, spec in LOG_ARGS.items()}
    times = []
    for dummy in range(5):
        asked = {**defaults, "match": MATCH, "since": "1h", "last": LAST, "signatures": 0, **options}
        began = time.monotonic()
        read(engine_login(), Source(""), where_of(asked), wanted_of(asked), limits_of(asked))
        times.append(time.monotonic() - began)
    return min(times)


def scanned(path: Path, since: float) -> list[str]:
    """The same by reading everything."""
    found = []
    with path.open() as file:
        for text in file:
            if " failed" not in text:
                continue
            one = json.loads(text)
            at = datetime.datetime.fromisoformat(one["time"][:26] + "+00:00").timestamp()
            if at >= since and "payment " in one["log"]:
                found.append(one["log"].rstrip("\n"))
    return found[-LAST:]


def of_containers() -> list[str]:
    rows = []
    compose = " ".join(engine.compose_command())
    for megabytes in SIZES:
        with container(megabytes) as path:
            seconds, memory, told = min((ours(containers=[NAME]) for dummy in range(5)), key=lambda one: one[0])
            since = time.time() - HOUR
            alone = reading(containers=[NAME])
            alike = [one["text"] for one in told["entries"]] == scanned(path, since)
            verdict = "the same as" if alike else "**NOT** the same as"
            last = f"grep '{MATCH}' | tail -{LAST}"
            usual = {
                "`docker logs --since 1h \\| grep`": f"docker logs --since 1h {NAME} 2>&1 | {last}",
                "`docker compose logs \\| grep \\| tail`": f"{compose} --project-name bench logs --no-color 2>&1"
                f" | {last}",
                "`tail \\| grep`": f"tail -n 1000000 {path} | {last}",
            }
            rows.append(
                f"| {megabytes} MB | **log_tail** | {seconds:.2f} | {memory:.0f} | {len(told['entries'])},"
                f" {verdict} a scan of all | |"
            )
            rows.append(f"| | the reading alone | {alone:.2f} | | | |")
            for name, command in usual.items():
                took, lines = shell(command)
                ratio = f"{took / seconds:.1f}x, {took / alone:.0f}x"
                rows.append(f"| | {name} | {took:.2f} | | {lines} | {ratio} |")
    return rows


def of_the_journal() -> list[str]:
    if not REMOTE.exists() or not shutil.which("journalctl"):
        return ["| journal | not measured: systemd-journal-remote is not installed | | | | |"]
    with tempfile.TemporaryDirectory() as folder:
        now = time.time() - 1
        export, journal = Path(folder) / "export", Path(folder) / "journal"
        journal.mkdir()
        with export.open("w") as file:
            for number in range(JOURNAL):
                what = f"payment {number} failed" if number % 100 == 0 else f"booking {number} is well"
                at = int((now - DAY + DAY * number / JOURNAL) * 1e6)
                file.write(
                    f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={number + 1}\n_BOOT_ID={'a' * 32}\n"
                    f"MESSAGE={what}\n_SYSTEMD_UNIT=app.service\nPRIORITY=6\n\n"
                )
        subprocess.run([REMOTE, "-o", journal / "system.journal", export], check=True, capture_output=True)
        size = (journal / "system.journal").stat().st_size // 1_000_000
        seconds, memory, told = ours(units=["app.service"], journal_directory=str(journal))
        usual, lines = shell(
            f"journalctl --directory={journal} -u app.service --since=-1h --no-pager | grep '{MATCH}' | tail -{LAST}"
        )
    return [
        f"| journal, {size} MB | **log_tail** | {seconds:.2f} | {memory:.0f} | {len(told['entries'])} | |",
        f"| | `journalctl --since -1h \\| grep` | {usual:.2f} | | {lines} | {usual / seconds:.1f}x |",
    ]


def of_plain_files() -> list[str]:
    """A match far back in a file of plain text, found by its bytes: beside grep, the whole module and the reading."""
    with tempfile.TemporaryDirectory() as folder:
        path, now = Path(folder) / "app.log", time.time()
        with path.open("w") as file:
            for number in range(PLAIN):
                at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now - DAY + DAY * number / PLAIN))
                what = "payment declined" if number == PLAIN // 4 else ""
                file.write(
                    f"{at} INFO [worker-{number % 8}] GET /api/bookings/{number} 200 12ms trace=abcdef01 {what}\n"
                )
        size = path.stat().st_size // 1_000_000
        asked = {
            "files": [str(path)],
            "since": "2d",
            "timezone": "UTC",
            "match": "payment declined",
            "max_seconds": 120.0,
        }
        seconds, memory, told = min((ours(**asked) for dummy in range(3)), key=lambda one: one[0])
        alone = reading(**asked)
        usual = min((shell(f"grep -i 'payment declined' {path}") for dummy in range(5)), key=lambda one: one[0])
    return [
        f"| plain file, {size} MB | **log_tail** | {seconds:.2f} | {memory:.0f} | {len(told['entries'])} | |",
        f"| | the reading alone | {alone:.2f} | | | |",
        f"| | `grep -i` | {usual[0]:.2f} | | {usual[1]} | {usual[0] / seconds:.1f}x, {usual[0] / alone:.1f}x |",
    ]


def log_costs() -> list[str]:
    """Rows of the table."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return [*of_containers(), *of_plain_files(), *of_the_journal()]


if __name__ == "__main__":
    print("\n".join(log_costs()))
