from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.rated import rated
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Importance

from support import reports

from . import surveys

NOTHING: dict[str, Any] = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}
FAILED: dict[str, Any] = {"changed": False, "failed": True, "msg": "x", "error": "ServerError"}


def found(importance: Importance = surveys.SITE, **facts: Any) -> list[tuple[str, str]]:
    return [(sign["severity"], sign["text"]) for sign in rated("db1", facts, importance)]


def locks(late: int, free: int = 50, *states: Any) -> dict[str, Any]:
    connections = {"ordinary_free": free, "limit": 60, "used": 60 - free}
    return {
        "before": {"waiters": 40, "long_waiters": late},
        "facts": {"connections": connections, "server_states": list(states), "waiters": 40},
    }


def disk(free: float, inodes: float | None = None) -> dict[str, Any]:
    return {"before": {"mount": "/srv", "free_share": free, "inodes_used_share": inodes}}


def payments(cause: str, weight: float) -> dict[str, Any]:
    return {"causes": [{"cause": cause, "weight": weight, "evidence": ["HTTP 503"]}]}


@pytest.mark.parametrize(
    ("facts", "severities"),
    [
        ({}, []),
        ({"locks": locks(0)}, []),
        ({"locks": locks(4)}, ["P2"]),
        ({"locks": locks(5)}, ["P1"]),
        ({"locks": locks(0, 6)}, ["P1"]),
        ({"locks": locks(0, 7)}, []),
        ({"locks": locks(0, 50, surveys.state("full", refuses=True))}, ["P0"]),
        ({"database": surveys.database(waiting=7)}, ["P1"]),
        ({"database": surveys.database(used=58)}, ["P1"]),
        ({"database": surveys.database(running=2)}, ["P2"]),
        ({"database": surveys.database()}, []),
        ({"services": surveys.part(surveys.service("nginx", "unhealthy"), surveys.service("backend"))}, ["P0"]),
        ({"services": surveys.part(surveys.service("mailer", "unhealthy"), surveys.service("backend"))}, ["P2"]),
        ({"services": surveys.part(surveys.service("backend", "unhealthy"))}, ["P0"]),
        ({"services": surveys.part(surveys.service("backend"))}, []),
        ({"resources": surveys.resources(disk=0.96), "services": surveys.part(problem="gone")}, ["P0", "P1"]),
        ({"disk": disk(0.04)}, ["P1"]),
        ({"disk": disk(0.12)}, ["P2"]),
        ({"disk": disk(0.5, 0.99)}, ["P1"]),
        ({"disk": disk(0.5)}, []),
        ({"payments": payments("stripe_down", 3.0)}, ["P1"]),
        ({"payments": payments("stripe_slow", 3.0)}, ["P2"]),
        ({"payments": payments("own_code", 1.0)}, ["P2"]),
        ({"payments": {"causes": []}}, []),
        ({"failure": {"error": "ConnectError", "msg": "Connection refused."}}, ["P1"]),
        ({"failure": {"error": "NoSlotLeft", "msg": "x"}}, ["P1"]),
        ({"failure": {"error": "EngineHangs", "msg": "x"}}, ["P1"]),
        ({"failure": {"error": "PrivilegeError", "msg": "x"}}, []),
        ({"failure": {"error": "HostUnreachable", "msg": "x", "site": [], "unreached": ["db1"]}}, ["P1"]),
        ({"failure": {"error": "HostUnreachable", "msg": "x", "site": ["db1", "web1"], "unreached": ["db1"]}}, ["P1"]),
        ({"failure": {"error": "HostUnreachable", "msg": "x", "site": ["db1"], "unreached": ["db1"]}}, ["P0", "P1"]),
        ({"failure": {"error": "HostUnusable", "msg": "x", "site": ["db1"], "unreached": []}}, ["P1"]),
        ({"failure": {"error": "HostLoginRefused", "msg": "x", "site": ["db1"], "unreached": []}}, []),
        ({"failure": {"error": "LoginRefused", "msg": "x"}}, []),
        ({"failure": {"error": "", "msg": "x"}}, []),
        ({"alert": {"scenario": "disk_space", "severity": "P3"}}, ["P3"]),
        ({"alert": {"scenario": "disk_space", "severity": "unknown"}}, []),
        ({"alert": {"scenario": "disk_space", "severity": ""}}, []),
        ({"alert": {"scenario": "disk_space", "severity": "P7"}}, ["unknown"]),
        ({"alert": {"scenario": "", "severity": "P7"}}, []),
        ({"alert": {"scenario": "", "severity": "P1"}}, []),
        ({"alert": {"scenario": "disk_space", "severity": "P1"}, "locks": locks(4)}, ["P1", "P2"]),
    ],
)
def test_the_facts_of_a_playbook_have_the_severity_that_the_triage_gives_them(facts, severities):
    assert [severity for severity, dummy in found(**facts)] == severities


def test_an_endpoint_that_is_down_has_the_severity_of_the_site():
    reached = {"matrix": [reports.probed("host", "the door", "down")], "lines": []}
    assert [severity for severity, dummy in found(reached=reached)] == ["P0"]
    assert [severity for severity, dummy in found(Importance({}, {}), reached=reached)] == ["P1"]


@pytest.mark.parametrize("part", ["services", "reached", "resources", "database", "locks", "disk", "payments"])
@pytest.mark.parametrize("result", [NOTHING, FAILED, {}, None, ""])
def test_what_was_not_read_says_nothing(part, result):
    assert found(**{part: result}) == []


def test_the_host_of_a_fact_is_named_once():
    assert found(locks=locks(5)) == [("P1", "db1: 5 sessions wait for locks for long")]
    alert = {"scenario": "disk_space", "severity": "P1"}
    assert found(alert=alert) == [("P1", "an alert of the scenario disk_space fires, which the site maps to P1")]


def test_a_text_of_others_is_one_line():
    ((dummy, text),) = found(failure={"error": "ConnectError", "msg": "\x1b[2Ja\nb"})
    assert text.isprintable()
