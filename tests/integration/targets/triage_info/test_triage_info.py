"""triage_info against a real server and this host; services and logs are tried on the rehearsal platform."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
    assert "trouble_reading" in found["logs"]
    assert found["database"]["connections"]["used"] > 0


def test_a_database_that_is_not_reached():
    found = look("database", postgres={"login_host": "127.0.0.1", "login_port": 1, "login_password": "hidden-1"})
    assert found["database"]["error"] == "ConnectError"
    assert "hidden-1" not in json.dumps(found)


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
        ({"parts": []}, "nothing is to be looked at"),
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
