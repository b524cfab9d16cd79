"""What a game day proved. Pure but for reading the incident log: values in, a verdict out.

Users are *back* at the first moment after the act from which on more than 99 % of the requests of the next five
seconds are served. That must be within five seconds of the act, and stay so.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal import world
from rehearsal.stand import Request

SERVED = 0.99
WITHIN = 5.0  # seconds from the act until users must be back
SPAN = 10.0  # seconds after that for which they are watched
WINDOW = 5.0
STEP = 0.1
PARTS = ("begin", "inject", "symptom", "check", "real", "relief")
# What the API answers when somebody ended the session, or cancelled the statement, that served a user.
BY_THE_ACT = ("session_ended", "statement_cancelled")


def events(incidents: Path) -> list[dict[str, Any]]:
    """All events that the runbook recorded on this day."""
    found = []
    for path in sorted(incidents.glob("*.jsonl")):
        found += [json.loads(line) for line in path.read_text().splitlines()]
    return found


def time_of_act(incidents: Path) -> float | None:
    """When the evidence was kept, which is the last thing before the act; seconds since 1970."""
    times = [event["at"] for event in events(incidents) if event["kind"] == "evidence"]
    return datetime.datetime.fromisoformat(times[0]).timestamp() if times else None


def success(requests: Sequence[Request], since: float, seconds: float) -> float:
    """The share that was served of the requests that started in a span; 1 where nobody came."""
    asked = [one.outcome == "ok" for one in requests if since <= one.started < since + seconds]
    return sum(asked) / len(asked) if asked else 1.0


def users(requests: Sequence[Request], act: float) -> dict[str, Any]:
    """When users were back, and how they fared from then on."""
    last = max((one.started for one in requests), default=act)
    back, moment = None, act
    while moment <= last - WINDOW:
        if success(requests, moment, WINDOW) > SERVED:
            back = moment
            break
        moment += STEP
    late = [one for one in requests if act + WITHIN <= one.started < act + WITHIN + SPAN]
    return {
        "back": back,
        "success_after": round(success(requests, act + WITHIN, SPAN), 4),
        "asked_after": len(late),
        "failed_after": dict(Counter(one.outcome for one in late if one.outcome != "ok")),
        "failed_by_the_act": sum(one.outcome in BY_THE_ACT for one in requests),
    }


def collateral(parts: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Who was harmed beside those that caused it."""
    real, seen = parts["real"], parts["relief"]
    culprits = set(parts["symptom"].get("culprits", []))
    gone = [ref for ref in real["before"]["sessions"] if ref not in real["after"]["sessions"]]
    return {
        "requests_failed": sum(seen.get("failed_after", {}).values()) + seen.get("failed_by_the_act", 0),
        "sessions_ended": sum(ref not in culprits for ref in gone),
        "containers_restarted": len(world.touched(real["before"], real["after"])),
    }


def done(incidents: Path) -> list[str]:
    """What the runbook says it did, a line for each act and verdict."""
    lines = []
    for event in events(incidents):
        note = event.get("note") or {}
        if event["kind"] == "mitigated":
            lines += [f"{one['action']} {one['who']} ({one['reason']})" for one in note.get("ended", [])]
        elif event["kind"] == "verified":
            lines.append(f"{note.get('verdict')}: {note.get('before')} waited too long, {note.get('after')} do now")
        elif event["kind"] in ("held", "handed_over"):
            lines.append(event["kind"])
    return lines


def day(parts: dict[str, dict[str, Any]], healed: str, incidents: Path) -> dict[str, Any]:
    """The day's result. ``passed`` only when every part was reached and nobody was harmed."""
    begin, inject, symptom, real, relief = (parts[name] for name in ("begin", "inject", "symptom", "real", "relief"))
    harm = collateral(parts) if real and relief else {}
    back = relief.get("back")
    trouble = parts["trouble"].get("said")
    wrong = [trouble] if trouble else [f"it did not come to {name}" for name in PARTS if not parts[name]]
    if relief and (back is None or back - relief["act"] > WITHIN):
        wrong.append(f"users were not back within {WITHIN:g} s of the act")
    if relief and relief["success_after"] <= SERVED:
        wrong.append(f"after that only {relief['success_after']:.1%} were served")
    wrong += [
        f"{number} {what.replace('_', ' ')} that had no part in it"
        for what, number in harm.items()
        if number and what != "requests_failed"
    ]
    if relief and relief["failed_by_the_act"]:
        wrong.append(f"{relief['failed_by_the_act']} requests failed because of the act itself")
    if healed:
        wrong.append(healed)

    def between(start: float | None, end: float | None) -> float | None:
        return round(end - start, 1) if start and end else None

    return {
        "fault": begin.get("fault"),
        "playbook": begin.get("playbook"),
        "passed": not wrong,
        "seconds_to_symptom": between(inject.get("at"), symptom.get("at")),
        "seconds_to_relief": between(real.get("began"), back),
        "seconds_after_act": between(relief.get("act"), back),
        "success_after": relief.get("success_after"),
        "collateral": harm,
        "done": done(incidents),
        "wrong": wrong,
        "versions": begin.get("versions", {}),
    }
