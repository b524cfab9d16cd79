"""An Alertmanager of its own on free ports of the loopback, with a receiver that keeps what it is paged."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .servers import free_port

_PATIENCE = 60.0  # seconds


class Receiver:
    """Takes what Alertmanager sends. ``paged``: the instances of firing alerts, in order."""

    def __init__(self) -> None:
        self.paged: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.paged += [row["labels"]["instance"] for row in body["alerts"] if row["status"] == "firing"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


class Alertmanager:
    """``settings``: of `runbook_announce.alertmanager`."""

    def __init__(self, port: int, receiver: Receiver) -> None:
        self.url, self.receiver = f"http://127.0.0.1:{port}", receiver
        self.settings = {"url": self.url, "labels": ["instance"]}

    def ask(self, path: str, body: Any = None, method: str = "") -> Any:
        return ask(self.url, path, body, method)

    def fire(self, *instances: str, name: str = "DiskFull", scenario: str = "disk_space") -> None:
        """Let alerts fire, and wait until Alertmanager has them."""
        labels = [{"alertname": name, "instance": each, "scenario": scenario} for each in instances]
        self.ask("/alerts", [{"labels": each, "annotations": {"summary": "full"}} for each in labels])
        until(lambda: set(instances) <= {row["labels"]["instance"] for row in self.ask("/alerts")})

    def silences(self, name: str = "") -> list[dict[str, Any]]:
        """The active ones, of the alert of this name."""
        rows = [row for row in self.ask("/silences") if row["status"]["state"] == "active"]
        return [row for row in rows if not name or name in {matcher["value"] for matcher in row["matchers"]}]

    def states(self, name: str) -> dict[str, str]:
        """The state of each alert of this name, by its label ``cluster``."""
        rows = [row for row in self.ask("/alerts") if row["labels"]["alertname"] == name]
        return {row["labels"].get("cluster", ""): row["status"]["state"] for row in rows}

    def expire(self, name: str) -> None:
        self.ask(f"/silence/{name}", method="DELETE")


def ask(url: str, path: str, body: Any = None, method: str = "") -> Any:
    """What the API answers."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v2{path}", data, headers, method=method or ("POST" if data else "GET"))
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        return json.loads(answer.read() or b"{}")


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@contextmanager
def alertmanager(folder: Path) -> Iterator[Alertmanager]:
    """A running one. Groups are of one alert each and are sent at once, and what fires is sent every two
    seconds, so that a page is seen as soon as it is due."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if not program:
        pytest.skip("NOT RUN: Alertmanager (on Debian: apt-get install prometheus-alertmanager)")
    receiver, port = Receiver(), free_port()
    route = {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
    hook = {"name": "hook", "webhook_configs": [{"url": receiver.url, "send_resolved": False}]}
    configuration = folder / "alertmanager.yml"
    configuration.write_text(json.dumps({"route": {**route, "repeat_interval": "2s"}, "receivers": [hook]}))
    argv = [
        program, f"--config.file={configuration}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    with open(folder / "alertmanager.log", "w") as log, subprocess.Popen(argv, stdout=log, stderr=log) as process:
        try:
            server = Alertmanager(port, receiver)
            until(lambda: process.poll() is not None or _answers(server))
            assert process.poll() is None, (folder / "alertmanager.log").read_text()
            yield server
        finally:
            process.terminate()
            receiver.server.shutdown()
            receiver.server.server_close()


def _answers(server: Alertmanager) -> bool:
    try:
        return bool(server.ask("/status"))
    except OSError:
        return False
