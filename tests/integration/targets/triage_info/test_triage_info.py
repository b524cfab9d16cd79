"""triage_info against a real server and this host; services and logs are tried on the rehearsal platform."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Importance
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of

from support.modules import run_module

NOWHERE = {"docker_host": "unix:///nowhere.sock"}


def look(*parts: str, **options: Any) -> dict[str, Any]:
    found = run_module("triage_info", parts=list(parts), **options)
    assert "Traceback" not in json.dumps(found)
    return found


def test_the_host_and_its_database(server):
    found = look("resources", "database", postgres=server.login("oncall"), compose=NOWHERE)
    assert found["changed"] is False
    assert found["database"]["connections"]["limit"] > 0
    assert found["database"]["long_waiters"] == 0
    assert found["resources"]["host"]["cores"] > 0, "also where no engine answers"
    assert server.login("oncall")["login_password"] not in json.dumps(
        {name: found[name] for name in ("database", "resources")}
    )


def test_a_part_that_fails_takes_nothing_from_the_others(server):
    found = look("services", "changes", "logs", "database", postgres=server.login("oncall"), compose=NOWHERE)
    assert "nowhere.sock" in found["services"]["trouble_reading"]
    assert found["services"]["error"] == "EngineError"
    assert found["changes"]["changes"] == []
    assert len(found["changes"]["unknown"]) == 2, "neither containers nor the folder"
    assert "trouble_reading" in found["logs"]
    assert found["database"]["connections"]["used"] > 0


class Emptied(http.server.BaseHTTPRequestHandler):
    """An engine that has no container."""

    def do_GET(self) -> None:
        answer: Any = {"ApiVersion": "1.43"} if self.path.endswith("/version") else []
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.mark.parametrize("project", ["", "pafar"])
def test_a_project_of_which_nothing_is_left(project):
    engine = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Emptied)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    try:
        there = {"docker_host": f"tcp://127.0.0.1:{engine.server_port}", "project": project}
        found = look("services", compose=there)["services"]
    finally:
        engine.shutdown()
        engine.server_close()
    assert found["services"] == {}
    assert found["problem"][0].startswith("There is no container of the compose project")
    signs = signs_of("web1", {"services": found}, Importance({}, {}))
    assert [one.severity for one in signs] == ["P0"]


def test_the_checkout_and_the_files_are_looked_at_without_an_engine(tmp_path):
    def git(*words: str) -> None:
        identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    path = tmp_path / "compose.yml"
    path.write_text("services: {}")
    git("init")
    git("add", ".")
    git("commit", "-m", "Dear trips")
    for given in ({"files": [str(path)]}, {"project_directory": str(tmp_path), "files": [str(path)]}):
        found = look("changes", compose={**NOWHERE, **given})["changes"]
        said = " ".join(one["what"] for one in found["changes"])
        assert "Dear trips" in said
        assert f"{path} was written" in said
        assert found["unknown"] == ["containers and images could not be examined"]


def test_a_checkout_that_git_does_not_read(tmp_path):
    (tmp_path / ".git").mkdir()
    found = look("changes", compose={**NOWHERE, "project_directory": str(tmp_path)})["changes"]
    assert f"git does not show where the checkout {tmp_path} was moved" in found["unknown"]


def test_a_database_that_is_not_reached():
    found = look("database", postgres={"login_host": "127.0.0.1", "login_port": 1, "login_password": "hidden-1"})
    assert found["database"]["error"] == "ConnectError"
    assert "hidden-1" not in json.dumps(found)


def test_a_login_that_is_refused_is_told_as_a_matter_of_the_login(server):
    found = look("database", postgres={**server.login("oncall"), "login_password": "hidden-2"})["database"]
    assert found["error"] == "LoginRefused"
    assert "Check login_user and login_password" in found["trouble_reading"]
    assert "hidden-2" not in json.dumps(found)


def test_targets_are_tried_from_the_host(server):
    login = server.login("oncall")
    target = {"name": "db", "kind": "postgres", "host": "127.0.0.1", "port": login["login_port"]}
    found = look("reached", targets=[target, {"name": "x", "kind": "tcp", "host": "127.0.0.1", "port": 1}])
    states = {row["target"]: row["state"] for row in found["reached"]["matrix"]}
    assert states == {"db": "up", "x": "down"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"parts": ["weather"]}, "value of parts must be one or more of"),
        ({"parts": []}, "nothing is to be examined"),
        ({"parts": ["reached"], "targets": [{"name": "x", "kind": "tcp"}]}, "x"),
        ({"parts": ["services"], "compose": {"files": ["here.yml"]}}, "absolute path"),
        ({"parts": ["services"], "compose": {"projekt": "x"}}, "projekt"),
    ],
)
def test_bad_input(options, said):
    found = run_module("triage_info", **options)
    assert found["failed"]
    assert said in found["msg"]
    assert "Traceback" not in json.dumps(found)
