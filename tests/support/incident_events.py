"""Events of an incident by minutes, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 27, 10, tzinfo=UTC)  # a Friday


def event(kind: str, minutes: float = 0, by: str = "ada", seq: int = 1, **note: Any) -> Any:
    at = (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"seq": seq, "at": at, "kind": kind, "by": by, "host": "db1", "note": note, "logged": ""}


def opened(severity: str = "P1") -> Any:
    return event("opened", severity=severity, id="i")


def role(action: str, person: str = "ada", name: str = "incident_commander") -> Any:
    return event("role", role=name, person=person, action=action)
