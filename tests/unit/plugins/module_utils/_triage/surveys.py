"""Surveys of hosts, as triage_info returns them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    Sign,
    scenarios_of,
    severity_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import Importance

SITE = Importance({"the door": "P0", "maps": "P2"}, {"nginx": "P0", "mailer": "P2"})

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def service(name: str, *troubles: str) -> dict[str, Any]:
    containers = [{"name": f"{name}-{number}", "trouble": text} for number, text in enumerate(troubles or ("",), 1)]
    healthy = sum(not one["trouble"] for one in containers)
    return {name: {"wanted": len(containers), "notes": [], "healthy": healthy, "containers": containers}}


def resources(
    cpu: float = 0.1, load: float = 0.1, memory: float = 0.5, disk: float = 0.3, oom: int = 0
) -> dict[str, Any]:
    filesystem = {"mount": "/", "used_share": disk, "inodes_used_share": 0.1}
    host = {
        "cpu_used": cpu,
        "load_per_core": [load],
        "memory": {"available_share": memory},
        "filesystems": [filesystem],
    }
    return {"host": host, "containers": [{"name": "backend-1", "oom_recent": oom}]}


def database(waiting: int = 0, used: int = 10, running: int = 0) -> dict[str, Any]:
    return {
        "long_waiters": waiting, "longest_wait": 9.0,
        "connections": {"used": used, "limit": 60, "ordinary_free": 57 - used},
        "activity": {"long_running": [{"seconds_in_state": 99.0}] * running},
    }  # fmt: skip


AWAY, LOOKED_AT = {"unreachable": True, "msg": "Connection refused"}, {"resources": resources()}


def told(signs: list[Sign], links: dict[str, str] | None = None, **surveys: Any) -> str:
    prometheus = {"alerts": [], "series": [{"name": "failing", "value": 0.123, "unit": "%"}]}
    return page(severity_of(signs), signs, scenarios_of(signs), surveys, prometheus, links or {}, AT)
