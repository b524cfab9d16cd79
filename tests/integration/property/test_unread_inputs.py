"""What cannot be read for real is in the first line on the screen: logs, backups, engines, Prometheus.

`tests/contract/test_unread.py` has every module, with results that are made; here modules meet the things themselves.
"""

from __future__ import annotations

import gzip
import http.server
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import unread_of

from contract.test_screen import on_screen
from support.modules import run_module
from support.prometheus_answers import answering

SAID = "not everything is known ("
NO_ENGINE = "unix:///nowhere.sock"


def line() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S INFO ok\n", time.gmtime())


def cut(path: Path) -> None:
    path.write_text(line())
    Path(f"{path}.1.gz").write_bytes(gzip.compress(b"x" * 900)[:20])


LOGS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a link to nothing": (lambda path: path.symlink_to(path.parent / "nowhere"), "No such file"),
    "a link to itself": (lambda path: path.symlink_to(path), "it is a link"),
    "a folder": (lambda path: path.mkdir(), "Is a directory"),
    "a pipe that no program writes": (os.mkfifo, "no regular file"),
    "UTF-16": (lambda path: path.write_text(line(), "utf-16"), "UTF-16"),
    "a damaged older part": (cut, "could not be unpacked to its end"),
    "lines without a time": (lambda path: path.write_text("no time\n" * 3), "none of its 3 records says when"),
    "nothing": (os.fspath, "No such file"),
}


@pytest.mark.parametrize("what", LOGS)
def test_a_log_that_is_not_read_beside_one_that_is(tmp_path: Path, what: str) -> None:
    make, said = LOGS[what]
    (tmp_path / "app.log").write_text(line())
    make(tmp_path / "other")
    found = run_module("log_tail", files=[str(tmp_path / "app.log"), str(tmp_path / "other")], since="2h")
    first = on_screen("log_tail", [found])[0]
    assert f"{SAID}1 of 2 logs: {tmp_path}/other" in first
    assert said in first
    assert "ok" in found["entries"][-1]["text"] or what == "lines without a time"


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: a log of another user (needs root to become one)")
def test_a_log_that_another_user_may_not_read(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(line())
    (tmp_path / "other").write_text(line())
    (tmp_path / "other").chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    script = Path(tmp_path / "result")
    child = os.fork()
    if not child:  # the module server is root's: a process of its own becomes the other user
        os.dup2(os.open(script, os.O_WRONLY | os.O_CREAT, 0o666), 1)
        os.setuid(65534)
        _print_tail([str(tmp_path / "app.log"), str(tmp_path / "other")])
        os._exit(0)
    os.waitpid(child, 0)
    first = on_screen("log_tail", [json.loads(script.read_text())])[0]
    assert f"{SAID}1 of 2 logs: {tmp_path}/other" in first
    assert "Permission denied" in first


def _print_tail(files: list[str]) -> None:
    from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_transport import EngineLogin
    from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
    from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.gathering import LogQuery
    from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits
    from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import Where, read

    query = LogQuery(time.time() - 3600, time.time() + 1)
    where = Where(files=files, timezone="UTC")
    os.write(1, json.dumps(read(EngineLogin(), Source(""), where, query, Limits(10**9, time.monotonic() + 9))).encode())


BACKUPS: dict[str, Callable[[Path], Any]] = {
    "no folder": os.fspath,
    "a file": lambda path: path.write_text("x"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder without one": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("what", BACKUPS)
def test_backups_that_are_not_read(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "backups"
    BACKUPS[what](folder)
    found = reclaim(kinds=["backups"], backups=[{"path": str(folder), "pattern": "*.sql", "keep": 2}])
    first = on_screen("disk_reclaim", [found])[0]
    assert SAID in first
    assert str(folder) in first


def reclaim(**options: Any) -> dict[str, Any]:
    found = run_module("disk_reclaim", check=True, free="99%", saved_dir="/nowhere", **options)
    assert "failed" not in found, found
    return found


@contextmanager
def mute(path: Path) -> Iterator[str]:
    """A socket that takes connections, as an engine that hangs does, and answers none."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(8)
        yield f"unix://{path}"


def test_an_engine_that_is_not_there() -> None:
    found = reclaim(kinds=["container_logs", "dangling_images"], docker_host=NO_ENGINE)
    assert f"{SAID}nothing of the engine's was examined" in on_screen("disk_reclaim", [found])[0]


def test_an_engine_that_hangs(tmp_path: Path) -> None:
    with mute(tmp_path / "engine.sock") as address:
        found = reclaim(kinds=["container_logs"], docker_host=address, engine_timeout=1.0)
    assert f"{SAID}nothing of the engine's was examined" in on_screen("disk_reclaim", [found])[0]


def test_a_survey_of_a_host_whose_engine_hangs(tmp_path: Path) -> None:
    with mute(tmp_path / "engine.sock") as address:
        compose = {"docker_host": address, "engine_timeout": 1.0}
        survey = run_module("triage_info", parts=["services", "logs", "changes"], compose=compose)
    assert f"{SAID}db: services could not be examined" in triage({"db": survey}, {})


def triage(surveys: Any, prometheus: Any) -> str:
    """The first line of a triage that proposes nothing else."""
    report: Any = {"severity": "P3", "signs": [], "scenarios": [], "next": "", "page": "", "unplayed": []}
    return on_screen("triage_report", [{**report, "unread": unread_of(surveys, prometheus)}])[0]


ALERT = {"labels": {"alertname": "A"}, "annotations": {}, "state": "firing", "activeAt": "2026-11-24T08:00:00Z"}
WELL = {
    "/api/v1/alerts": {"alerts": [ALERT]},
    "/api/v1/query": {"resultType": "vector", "result": [{"value": [1, "1"]}]},
}
HALVES: dict[str, tuple[dict[str, Any], str]] = {
    "no series": ({"/api/v1/query": None}, "users: "),
    "a query that is refused": ({"/api/v1/query": "parse error"}, "users: "),
    "a query without a value": ({"/api/v1/query": {"resultType": "vector", "result": []}}, "users: "),
    "an alert of another form": ({"/api/v1/alerts": {"alerts": [ALERT, {"state": "firing"}]}}, "1 of 2 alerts"),
    "an alert of an unknown state": ({"/api/v1/alerts": {"alerts": [{**ALERT, "state": "odd"}]}}, "1 of 1 alerts"),
    "no alerts": ({"/api/v1/alerts": None}, "Prometheus could not be asked"),
}


@contextmanager
def prometheus_with(answers: dict[str, Any]) -> Iterator[str]:
    class Half(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = {**WELL, **answers}.get(self.path.partition("?")[0])
            self.send_response(503 if data is None else 400 if isinstance(data, str) else 200)
            self.end_headers()
            status = (
                {"status": "error", "error": data} if isinstance(data, str) else {"status": "success", "data": data}
            )
            self.wfile.write(json.dumps(status).encode())

        do_POST = do_GET

        def log_message(self, *_words: Any) -> None:
            pass

    with answering(Half) as url:
        yield url


def asked(answers: dict[str, Any]) -> dict[str, Any]:
    with prometheus_with(answers) as url:
        return run_module("prometheus_info", url=url, series=[{"name": "users", "query": "up"}], timeout=3.0)


@pytest.mark.parametrize("what", HALVES)
def test_a_prometheus_that_answers_half(what: str) -> None:
    answers, said = HALVES[what]
    assert f"{SAID}{said}" in triage({}, asked(answers))


def test_one_that_answers_is_all_that_is_known() -> None:
    assert SAID not in triage({}, asked({}))
