"""Events of an incident as a log gives them, without a log: for tests of what is computed from them."""

from __future__ import annotations

from typing import Any

from support.incidents import stamp


def event(seq: int, at: float, kind: str, by: str = "ada", host: str = "db1", **note: Any) -> Any:
    """``at``: seconds from the start."""
    return {"seq": seq, "at": stamp(at), "kind": kind, "by": by, "host": host, "note": note, "logged": ""}


def verification(**changed: Any) -> Any:
    return {
        "head": {"seq": 3, "hash": "ab12cd34ef56"}, "lines": 3, "chained": 3, "torn": 0, "not_checked": 0,
        "evidence_files": 0, "first_break": None, **changed,
    }  # fmt: skip


def lock_act(seq: int, at: float, outcome: str = "recovered", /, **more: Any) -> list[Any]:
    """Intended, mitigated and verified."""
    name = more.pop("mitigation", "unblock_sessions")
    return [
        event(seq, at, "intended", mitigation=name, actions=[], digest="d" * 64, **more),
        event(seq + 1, at + 3, "mitigated", mitigation=name, intended=stamp(at), done=["terminated pid 7"]),
        event(
            seq + 2, at + 3, "verified", mitigation=name, outcome=outcome, before=9, after=0, seconds_to_recovery=1.5
        ),
    ]
