"""Incidents in real logs, written as playbooks write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

START = datetime(2026, 11, 23, 15, 0, 0, 250000, tzinfo=UTC)
ACTIONS = [
    {"action": "terminate", "target": f"41{n}@2026-11-23T14:00:00Z", "who": f"pid 41{n}", "reason": "root blocker"}
    for n in range(7)
]
PLAN = {"verb": "unblock", "digest": "ab12cd34ef56" + "0" * 52, "actions": ACTIONS, "affected_before": 93}
OTHER = {"verb": "restart", "digest": "fe65dc43ba21" + "1" * 52, "actions": [{"action": "restart", "target": "c"}]}


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Log:
    """Writes one incident; ``at`` of each event counts seconds from START."""

    def __init__(self, folder: Path, name: str = "2026-11-23-150000-db_lock_contention", **opening: Any) -> None:
        self.folder, self.name = folder, name
        self.opening = {"scenario": "db_lock_contention", "severity": "P1", **opening}

    def write(
        self, at: float, *events: tuple[str, dict[str, Any]], by: str = "ada", host: str = "db1", kept: Any = None
    ) -> None:
        params = {
            "log": str(self.folder), "id": self.name, "by": by, "host": host, "evidence": kept, "at": stamp(at),
            "opening": self.opening, "group": "", "create": True,
            "events": [{"kind": kind, "note": note} for kind, note in events],
        }  # fmt: skip
        record(params, False, now=START + timedelta(seconds=at))

    def write_unchecked(self, at: float, kind: str, note: dict[str, Any]) -> None:
        """As an earlier version may have written it, which did not check every field."""
        event = Event(kind, START + timedelta(seconds=at), "ada", "db1", note)
        append(str(self.folder), self.name, lambda: event, [event], None, create=False)


def whole_incident(folder: Path, name: str = "2026-11-23-150000-db_lock_contention", shift: float = 0.0) -> Log:
    """Reported by a user, held by a limit, approved; one act without effect, one that recovered, one by hand."""
    log = Log(folder, name, reported_by="support", noticed_at=stamp(shift + 20))
    put, digest = log.write, PLAN["digest"]
    put(shift + 31.5, ("acknowledged", {"text": "I look"}))
    put(
        shift + 40,
        ("alert", {"alertname": "Waiters", "fingerprint": "f1", "starts_at": stamp(shift + 12)}),
        by="prometheus",
    )
    put(shift + 50, ("diagnosed", {"cause": "lock_queue", "lines": ["93 sessions wait behind pid 410"]}))
    reasons = ["7 actions are planned and 5 are allowed without approval"]
    put(shift + 61, ("held", {"mitigation": "unblock_sessions", "plan": PLAN, "reasons": reasons}))
    put(shift + 90, ("approved", {"digest": digest, "mitigation": "unblock_sessions"}), by="grace")
    intended: dict[str, Any] = {
        "mitigation": "restart_services",
        "actions": OTHER["actions"],
        "digest": OTHER["digest"],
        "gate": ["1 planned, within the limit of 5"],
    }
    put(shift + 95, ("intended", intended))
    done: dict[str, Any] = {
        "mitigation": "restart_services",
        "intended": stamp(shift + 95),
        "done": ["restarted web-1"],
        "seconds": 4.2,
    }
    unchanged = {"mitigation": "restart_services", "outcome": "unchanged", "kept": False, "before": 93, "after": 93}
    put(shift + 101, ("mitigated", done), ("verified", {**unchanged, "seconds_to_recovery": None}))
    gate = [f"plan {digest[:12]} is approved"]  # type: ignore[index]
    intended = {"mitigation": "unblock_sessions", "actions": ACTIONS, "digest": digest, "gate": gate}
    put(shift + 120, ("evidence", {"about": "db_lock_contention"}), ("intended", intended), kept={"waiters": 93})
    acted = [{"action": "terminate", "who": f"pid 41{n}"} for n in range(7)]
    done = {"mitigation": "unblock_sessions", "intended": stamp(shift + 120), "acted_on": acted, "gate": gate}
    recovered = {"mitigation": "unblock_sessions", "outcome": "recovered", "kept": True, "before": 93, "after": 0}
    put(shift + 123, ("mitigated", done), ("verified", {**recovered, "seconds_to_recovery": 1.75}))
    put(shift + 200, ("noted", {"text": "moved the report job to 04:30", "done_at": stamp(shift + 180)}))
    put(shift + 210, ("update", {"text": "Bookings work again.", "audience": "public"}))
    put(shift + 215, ("message", {"key": "m1", "state": "failed", "channel": "sms", "reason": "no number"}))
    put(shift + 300, ("phase", {"phase": "resolved", "reason": "stable for 3 min"}))
    put(
        shift + 400,
        ("action_item", {"key": "A1", "text": "lock_timeout for reports", "owner": "ada", "due": "2026-12-01"}),
    )
    return log


def wrote(log: Log, at: float, section: str, text: str, by: str = "ada") -> None:
    log.write(at, ("written", {"section": section, "text": text}), by=by, host="")
