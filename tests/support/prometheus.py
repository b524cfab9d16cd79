"""A real Prometheus over samples that a test gives, from the past: its blocks are made at once, and nothing is waited
for. Without the programs `prometheus` and `promtool` (Debian's package prometheus) there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.servers import free_port

PROGRAMS = [shutil.which(name) for name in ("prometheus", "promtool")]
MISSING = "NO PROMETHEUS (programs prometheus and promtool): what is asked of a real one is not checked"


def open_metrics(series: Iterable[tuple[str, str, Iterable[tuple[float, float]]]]) -> str:
    """Text of series, each a metric, its labels as PromQL has them, and samples of seconds since 1970 and value."""
    lines: list[str] = []
    last = ""
    for metric, labels, samples in series:
        if metric != last:
            lines.append(f"# TYPE {metric} unknown")
            last = metric
        lines += [f"{metric}{labels} {value:.10g} {at:.3f}" for at, value in samples]
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def prometheus(folder: Path, text: str = "", scraped: str = "") -> Iterator[str]:
    """The address of a server that has these samples. ``scraped``: host and port that it scrapes every two seconds, as
    that of the game-day platform does; empty: none."""
    program, tool = map(str, PROGRAMS)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [{"job_name": "users", "static_configs": [{"targets": [scraped]}]}] if scraped else []
    settings = {"global": {"scrape_interval": "2s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    if text:
        (folder / "samples").write_text(text)
        made = subprocess.run(
            [tool, "tsdb", "create-blocks-from", "openmetrics", "samples", "data"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}",
             "--storage.tsdb.retention.time=10y"],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not _is_ready(address):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()
        server.wait()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
