# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a mitigation is about to do, written before it acts, and what became of it where its run died. Pure.

An intent has an outcome when a later event refers to it by its moment (``note.intended``). One without is compared with
the present state: of sessions by their identity, of all else by the plan that the same module makes now. What is seen
is recorded as what is seen: that a target is gone, not that the act was what removed it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Mapping, Sequence, TypedDict

from .._core.text import counted
from .event import EventReport, Intent

INTENDED, RECONCILED = "intended", "reconciled"
GONE, STANDING, UNKNOWN = "gone", "standing", "unknown"
_MASKED = ("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "********")  # Ansible's words for what must not be shown
MAY_RUN = 600.0  # seconds for which an act may still be under way where its run cannot be asked
_SESSIONS = ("unblock_sessions", "end_sessions", "end_session")
# Their options say which state is wanted: with nothing left to do it is reached.
_TOWARDS_A_STATE = ("scale_services", "switch_containers", "roll_back_release", "role_settings", "build_index")


class Fate(TypedDict):
    """What became of a target: ``gone``, ``standing`` or ``unknown``, and in words what was seen."""

    target: str
    action: str
    who: str
    state: str
    words: str


def intended(
    planned: Mapping[str, Any], mitigation: str, gate: Mapping[str, Any], undoes: str = ""
) -> list[dict[str, Any]]:
    """The event to write before the act, as a list; empty where nothing is to be done.

    ``planned``: the result of the module in check mode; ``gate``: the decision, with the targets that it lets through;
    ``undoes``: the time of the event that the act undoes.
    """
    plan = planned.get("plan") or {}
    let_through = set(gate.get("targets") or ())
    for choice in (plan, *(plan.get("alternatives") or ())):
        actions = [action for action in choice.get("actions") or () if action["target"] in let_through]
        if actions:
            break
    else:
        return []
    note = {
        "mitigation": mitigation,
        "verb": plan["verb"],
        "digest": choice["digest"],
        "actions": [_brief(action) for action in actions],
        "up_to": 0 if gate.get("approved") else plan.get("up_to", 0),
        "what": plan.get("what", ""),
        "affected_before": plan.get("affected_before", 0),
        "gate": list(gate.get("reasons") or ()),
        "undo": planned.get("undo") or {},
        "seen_at": str((planned.get("evidence") or {}).get("at", "")),
        "options": {} if mitigation in _SESSIONS else gate.get("options") or _shown(planned.get("invocation") or {}),
        **({"undoes": undoes} if undoes else {}),
    }
    return [{"kind": INTENDED, "note": note}]


def _brief(action: Mapping[str, Any]) -> dict[str, Any]:
    return {name: action[name] for name in ("action", "target", "who", "reason") if name in action}


def _shown(invocation: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a module that are given and no secret."""
    return {
        name: value
        for name, value in (invocation.get("module_args") or {}).items()
        if value is not None and not any(mark in str(value) for mark in _MASKED)
    }


def unfinished(events: Sequence[EventReport], now: datetime) -> list[Intent]:
    """Acts that were intended and have no outcome, the oldest first. A log from before has none."""
    done = {event["note"].get("intended") for event in events if _is_outcome(event)}
    found = {event["note"].get("intended"): event["note"].get("lines", []) for event in events}
    return [
        {
            "at": event["at"],
            "host": event["host"],
            "mitigation": event["note"].get("mitigation", ""),
            "verb": event["note"].get("verb", ""),
            "digest": event["note"].get("digest", ""),
            "actions": event["note"].get("actions", []),
            "up_to": event["note"].get("up_to", 0),
            "seen_at": event["note"].get("seen_at", ""),
            "undo": event["note"].get("undo", {}),
            "options": event["note"].get("options", {}),
            "by": event["by"],
            "run": event["note"].get("run", ""),
            "undoes": event["note"].get("undoes", ""),
            "found": found.get(event["at"], []),
            "seconds_ago": _seconds_since(event["at"], now),
        }
        for event in events
        if event["kind"] == INTENDED and event["at"] not in done
    ]


def parted(acts: Iterable[Intent], state: Callable[[str], str], is_named: bool) -> tuple[list[Intent], list[Intent]]:
    """Acts to complete, since their run was cut off, and acts that are under way, or may be.

    ``state``: of a run, ``runs``, ``ended`` or ``unknown``. A run of another controller cannot be asked: its act may be
    under way for MAY_RUN. Where the incident was named (``is_named``), an act of a version that recorded no run counts
    as cut off.
    """
    ended: list[Intent] = []
    running: list[Intent] = []
    for act in acts:
        known = state(act["run"]) if act["run"] else ("ended" if is_named else "unknown")
        waits = known == "runs" or (known == "unknown" and act["seconds_ago"] < MAY_RUN)
        (running if waits else ended).append(act)
    return ended, running


def _is_outcome(event: EventReport) -> bool:
    """One that leaves a target unknown is none: a later run may see more."""
    return bool(event["note"].get("intended")) and not event["note"].get("unknown")


def _seconds_since(at: str, now: datetime) -> float:
    moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round((now - moment).total_seconds(), 3)


def reconciled(intent: Intent, looks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The event that completes an intent, as a list; empty where nothing new is known.

    ``looks``: results of the modules that were asked; one is neither skipped nor empty where any could be asked.
    """
    asked = [look for look in looks if look and not look.get("skipped")]
    fates = [_fate(intent, action, asked[0] if asked else {}) for action in intent["actions"]]
    lines = [f"{fate['action'] or 'act on'} {fate['who']}: {fate['words']}" for fate in fates]
    others = intent["up_to"] - len(intent["actions"])
    if others > 0:
        lines.append(
            f"later rounds of that run may have ended up to {counted(others, 'more session')}; whether is unknown"
        )
    unknown = [fate["target"] for fate in fates if fate["state"] == UNKNOWN]
    if unknown and lines == intent["found"]:
        return []
    gone = [fate["target"] for fate in fates if fate["state"] == GONE]
    note = {
        "intended": intent["at"],
        "mitigation": intent["mitigation"],
        "verb": intent["verb"],
        "digest": intent["digest"],
        "outcome": _outcome(bool(gone), bool(unknown)),
        "gone": gone,
        "standing": [fate["target"] for fate in fates if fate["state"] == STANDING],
        "unknown": unknown,
        "lines": lines,
        "undo": _undo(intent, len(gone)),
    }
    if intent["undoes"] and len(gone) == len(intent["actions"]):
        note["undoes"] = intent["undoes"]
    return [{"kind": RECONCILED, "note": note}]


def _outcome(gone: bool, unknown: bool) -> str:
    if unknown:
        return "outcome unknown"
    return "carried out, or its targets ended otherwise" if gone else "not carried out"


def _undo(intent: Intent, gone: int) -> dict[str, Any]:
    if gone == len(intent["actions"]):
        return intent["undo"]
    return {"reversible": False, "why": "how much of it was carried out is in its event"} if gone else {}


def _fate(intent: Intent, action: Mapping[str, Any], look: Mapping[str, Any]) -> Fate:
    if intent["mitigation"] in _SESSIONS and isinstance(look.get("rows"), list) and not look.get("truncated"):
        state, words = _of_session(action, look["rows"], intent["seen_at"])
    elif isinstance(look.get("plan"), Mapping):
        state, words = _of_plan(intent, action["target"], look["plan"])
    else:
        state, words = UNKNOWN, f"outcome unknown: {look.get('msg') or 'its host or its module could not be asked'}"
    return {
        "target": action["target"],
        "action": str(action.get("action", "")).replace("_", " "),
        "who": str(action.get("who") or action["target"]),
        "state": state,
        "words": words,
    }


def _of_session(action: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], seen_at: str) -> tuple[str, str]:
    """``rows``: ``backend`` (``pid@start``, or ``prepared@start/xid``), ``transaction``, ``state``, ``query_start``."""
    target = action["target"]
    by_backend = {row["backend"]: row for row in rows}
    if target.startswith("prepared@"):
        there = target in by_backend
        return (STANDING, "still prepared; it was not rolled back") if there else (GONE, "is gone")
    backend, dummy, transaction = target.partition("/")
    row = by_backend.get(backend)
    if f"{backend.partition('@')[0]}@?" in by_backend:
        return UNKNOWN, "outcome unknown: the login role may not see which session has this pid (see pg_monitor)"
    if row is None:
        return GONE, "the session is gone"
    if action.get("action") != "cancel":
        return STANDING, "the session is still there; it was not terminated"
    if row["transaction"] != transaction:
        return GONE, "its transaction has ended; the session is still there"
    if row["state"] == "idle in transaction (aborted)":
        return GONE, "its statement has failed; the session is still there"
    if row["state"] == "active" and seen_at and row["query_start"] <= seen_at:
        return STANDING, "its statement still runs; it was not cancelled"
    return UNKNOWN, "outcome unknown: the same transaction continues after that statement"


def _of_plan(intent: Intent, target: str, plan: Mapping[str, Any]) -> tuple[str, str]:
    """By the plan that the module makes now: what is in it, as a target or as excluded, is as it was."""
    present = {item["target"] for item in (*plan.get("actions", ()), *plan.get("excluded", ()))}
    if target in present:
        return STANDING, "is as it was before the act"
    if intent["mitigation"] in _TOWARDS_A_STATE:
        if not plan.get("actions") and not plan.get("affected_before"):
            return GONE, "the planned state is reached"
        return UNKNOWN, "outcome unknown: neither the state before the act nor the planned one"
    if intent["mitigation"] == "restart_services" and intent["options"].get("services"):
        return GONE, "was started again or replaced since"
    return UNKNOWN, "outcome unknown: it is no longer in the plan, and whether by this act cannot be seen"
