"""pg_kill_blocking as its tests call it."""

from __future__ import annotations

from typing import Any

from support.modules import run_module
from support.servers import Server

WIDE = {"min_waiting": 0, "max_share": 1.0, "settle": 1.0}


def kill(server: Server, check: bool = False, user: str = "oncall", **options: Any) -> dict[str, Any]:
    """A run that must not be refused."""
    result = run_module("pg_kill_blocking", check=check, **server.login(user), **{**WIDE, **options})
    assert "msg" not in result, result["msg"]
    return result


def refused(server: Server, check: bool = False, user: str = "oncall", **options: Any) -> dict[str, Any]:
    """A run that must be refused, in a sentence."""
    result = run_module("pg_kill_blocking", check=check, **server.login(user), **{**WIDE, **options})
    assert result.get("failed"), result
    assert "Traceback" not in str(result)
    return result


def pids(entries: list[dict[str, Any]]) -> list[int]:
    return sorted(entry["pid"] for entry in entries)
