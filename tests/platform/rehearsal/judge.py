"""What a game day proved. Pure but for reading the incident log: values in, a verdict out.

A request counts when it is answered, or when its user has gone: that is when it is felt. Users are *back* at the first
moment after the act from which on more than 99 % of what is answered in the next ten seconds is served. That must be
within five seconds of the act, or as many as the fault says (a container takes its time to start).
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rehearsal import series, slowness, world
from rehearsal.platform import PATIENCE, Request, felt

SERVED = 0.99
WITHIN = 5.0  # seconds from the act until users must be back
SPAN = 10.0  # seconds for which they are watched from then on
STEP = 0.1
SLOWER = 1.5  # times that users may wait longer after a fault that is slowness
LEAST = 5  # requests a second without which nothing is proved; the load generator makes 20
PARTS = ("begin", "inject", "symptom", "check", "real", "relief")
# These count something else than those who waited.
COMPOSE = (
    "restart_services",
    "reclaim_disk",
    "scale_services",
    "roll_back_release",
    "end_sessions",
    "build_index",
    "role_settings",
)
# What the API answers when somebody ended the session, or cancelled the statement, that served a user.
BY_THE_ACT = ("session_ended", "statement_cancelled")


def events(incidents: Path) -> list[dict[str, Any]]:
    """All events that the runbook recorded on this day; a line that was torn is none."""
    read = []
    for path in sorted(incidents.glob("*.jsonl")):
        for line in path.read_text(errors="replace").splitlines():
            try:
                read.append(json.loads(line))
            except ValueError:
                continue
    return read


def times_of_acts(incidents: Path) -> list[float]:
    """When each act began, in order; seconds since 1970. The last thing before an act is its evidence, which is
    recorded with the intent; evidence of a plan that was not carried out is none of an act."""
    recorded = events(incidents)
    begun = []
    for event in recorded:
        if event["kind"] == "mitigated":
            intended = (event.get("note") or {}).get("intended")
            kept = [each["at"] for each in recorded if each["kind"] == "evidence" and each["at"] == intended]
            begun.append((kept or [intended or event["at"]])[0])
    return sorted(datetime.datetime.fromisoformat(at).timestamp() for at in begun)


def relief(
    requests: Sequence[Request], acts: Sequence[float], within: float = WITHIN, ended: float = 0.0, span: float = SPAN
) -> dict[str, Any]:
    """How users fared after the act that they were back by, and ``act``: when it began. Of two acts the first one is it
    where users were back before the second one began."""
    found: dict[str, Any] = {"act": None}
    for act, following in zip(acts, [*acts[1:], None], strict=False):
        found = {**users(requests, act, within, ended, span), "act": act}
        if following is not None and found["back"] is not None and found["back"] < following:
            break
    return found


def success(requests: Sequence[Request], since: float, seconds: float) -> float:
    """The share that was served of what was felt in a span; 0 where too few came to prove anything."""
    outcomes = [request.outcome == "ok" for request in requests if since <= felt(request) < since + seconds]
    return sum(outcomes) / len(outcomes) if len(outcomes) >= LEAST * seconds else 0.0


def first_felt(requests: Sequence[Request], since: float) -> float | None:
    """When users began to feel it: the first failure of a second in which at least half of what was felt failed."""
    failures = sorted(felt(request) for request in requests if request.outcome != "ok" and felt(request) >= since)
    for moment in failures:
        served = [request.outcome == "ok" for request in requests if moment <= felt(request) < moment + 1]
        if sum(served) <= len(served) / 2:
            return moment
    return None


def users(
    requests: Sequence[Request], act: float, within: float = WITHIN, ended: float = 0.0, span: float = SPAN
) -> dict[str, Any]:
    """When users were back, and how they fared for ``span`` seconds from then on; they must be within so many seconds.

    They are watched from the moment on at which they are back and the runbook has ended (what it has not replaced yet
    may fail), not before five seconds after the act, and at the latest when they must be back.
    """
    moments = (act + step * STEP for step in range(int(2 * within / STEP) + 1))
    back = next((moment for moment in moments if success(requests, moment, span) > SERVED), None)
    # Who came before may still give up within his patience.
    settled = act + within if back is None else min(act + within, max(back + PATIENCE, act + WITHIN, ended))
    late = [request for request in requests if settled <= felt(request) < settled + span]
    return {
        "back": back,
        "settled": settled,
        "success_after": round(success(requests, settled, span), 6),
        "failed_after": dict(Counter(request.outcome for request in late if request.outcome != "ok")),
        "failed_by_the_act": sum(request.outcome in BY_THE_ACT for request in requests),
    }


def is_of(culprits: Iterable[str], ref: str) -> bool:
    """Whether a session or target belongs to a culprit: ``pid@start`` is the beginning of ``pid@start/transaction``."""
    return any(ref == culprit or ref.startswith(f"{culprit}/") for culprit in culprits)


def collateral(parts: dict[str, dict[str, Any]], incidents: Path, cost: int = 0) -> dict[str, int]:
    """Who was harmed beside those that caused it: by what went, by what the server logged, by what the runbook said.

    ``cost``: requests that failed between the act and the recovery beyond those that failed without it.
    """
    real, measured = parts["real"], parts["relief"]
    culprits = [*parts["symptom"].get("culprits", []), *real.get("culprits", [])]
    gone = [ref for ref in real["before"]["sessions"] if ref not in real["after"]["sessions"]]
    gone += [ref for ref in real["before"]["prepared"] if ref not in real["after"]["prepared"]]
    mitigated = [event.get("note") or {} for event in events(incidents) if event["kind"] == "mitigated"]
    gone = [ref for ref in gone if ref not in real.get("leaving", [])]
    gone += [
        session["target"].partition("/")[0] if session["pid"] else session["target"]
        for note in mitigated
        for session in note.get("acted_on", [])
    ]
    harmed = {ref for ref in gone if not is_of(culprits, ref)}
    known = {ref.partition("@")[0] for ref in [*culprits, *harmed]}
    return {
        "requests_failed": sum(measured.get("failed_after", {}).values())
        + max(measured.get("failed_by_the_act", 0), cost),
        "sessions_ended": len(harmed) + sum(str(pid) not in known for pid in set(real.get("signalled", []))),
        "containers_restarted": len(world.of_others(real["before"], real["after"], parts["begin"].get("touches", []))),
    }


def missing_mib(incidents: Path) -> dict[str, int]:
    """Where the fault is a disk that is full: MiB of free space that were missing before the act and after it."""
    notes = [event.get("note") or {} for event in events(incidents) if event["kind"] == "verified"]
    verified = [note for note in notes if note.get("mitigation") == "reclaim_disk"]
    return {"before": verified[-1]["before"], "after": verified[-1]["after"]} if verified else {}


def done(incidents: Path) -> list[str]:
    """What the runbook says it did, a line for each act and verdict."""
    lines = []
    for event in events(incidents):
        note = event.get("note") or {}
        if event["kind"] == "mitigated":
            lines += [
                f"{session['action']} {session['who']} ({session['reason']})" for session in note.get("acted_on", [])
            ]
            lines += note.get("done", [])
        elif event["kind"] == "verified":
            counted = ("before", "now") if note.get("mitigation") in COMPOSE else ("waited too long", "do now")
            lines.append(f"{note.get('outcome')}: {note.get('before')} {counted[0]}, {note.get('after')} {counted[1]}")
        elif event["kind"] in ("held", "handed_over"):
            lines.append(event["kind"])
    return lines


def cause_named(incidents: Path) -> str:
    """What the runbook said is the matter, the last time that it said so."""
    causes = [event["note"]["cause"] for event in events(incidents) if event["kind"] == "diagnosed"]
    return causes[-1] if causes else ""


def latencies(parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Where the fault is slowness: milliseconds before, during and after it, and the ratio of last to first."""
    kind = parts["begin"].get("latency")
    if not kind or not parts["relief"] or parts["relief"]["act"] is None:
        return {}
    requests = [Request(*request) for request in parts["relief"]["requests"]]
    injected, act = parts["inject"]["at"], parts["relief"]["act"]
    settled = act + parts["begin"]["within"]
    before = slowness.latency(requests, kind, injected - series.BEFORE, injected)
    during = slowness.latency(requests, kind, parts["symptom"]["at"], parts["real"]["began"])
    after = slowness.latency(requests, kind, settled, settled + SPAN)
    milliseconds = {
        name: seconds and round(1000 * seconds, 1)
        for name, seconds in (("before", before), ("during", during), ("after", after))
    }
    return {"kind": kind, **milliseconds, "ratio": round(after / before, 2) if before and after else None}


def late(parts: dict[str, dict[str, Any]]) -> list[str]:
    """What speaks against the day by the clock: how soon users were back, and how long they wait."""
    begin, relief, wrong = parts["begin"], parts["relief"], []
    within = begin.get("within", WITHIN)
    if relief and begin.get("relief", True):
        if relief["act"] is not None and (relief["back"] is None or relief["back"] - relief["act"] > within):
            wrong.append(f"users were not back within {within:g} s of the act")
        if relief["success_after"] <= SERVED:
            wrong.append(f"after {within:g} s only {relief['success_after']:.1%} of what users asked was served")
    waited = latencies(parts)
    if waited and waited["ratio"] is None:
        wrong.append("too few requests were made to tell how long users wait beside before the fault")
    elif waited and waited["ratio"] > SLOWER:
        wrong.append(f"users wait {waited['ratio']:g} times as long as before the fault")
    return wrong


def faults_of(parts: dict[str, dict[str, Any]], harm: dict[str, int], healed: str, cause: str = "") -> list[str]:
    """Everything that speaks against the day, in words; nothing means passed."""
    relief, real, error = parts["relief"], parts["real"], parts["trouble"].get("said")
    wrong = [error] if error else [f"it did not come to {name}" for name in PARTS if not parts[name]]
    wanted = parts["begin"].get("cause", "")
    if real and wanted and cause != wanted:
        wrong.append(f"the runbook named {cause or 'no cause'}, and it was {wanted}")
    if relief and not parts["begin"].get("relief", True):
        if relief["act"] is not None:
            wrong.append("the runbook acted, and nothing that it could do relieves this")
        wrong += [f"the runbook changed something: {change}" for change in real.get("changed", [])]
    elif relief:
        if relief["act"] is None:
            wrong.append("the runbook did nothing: its incident log tells of no act")
        if relief["failed_by_the_act"]:
            wrong.append(f"{relief['failed_by_the_act']} requests failed because of the act itself")
    if harm.get("sessions_ended"):
        wrong.append(f"{harm['sessions_ended']} sessions were ended or cancelled that had no part in it")
    if harm.get("containers_restarted"):
        wrong.append(f"{harm['containers_restarted']} containers were stopped, restarted or replaced")
    if parts["begin"].get("timed", True):
        wrong += late(parts)
    kinds, allowed = ("settings", "objects", "roles"), tuple(parts["begin"].get("changes", ()))
    changed = [change for change in real.get("changed", []) if change.startswith(kinds)]
    wrong += [f"the runbook changed {change}" for change in changed if not (allowed and change.startswith(allowed))]
    return [*wrong, healed] if healed else wrong


def day(parts: dict[str, dict[str, Any]], healed: str, incidents: Path) -> dict[str, Any]:
    """The day's result. ``passed`` only when every part was reached, the runbook acted, and nobody was harmed."""
    begin, inject, symptom, real, relief = (parts[name] for name in ("begin", "inject", "symptom", "real", "relief"))
    seen = series.of(parts, [Request(*request) for request in relief.get("requests", [])])
    found = series.balance(seen)
    harm = collateral(parts, incidents, found.cost if found else 0) if real and relief else {}
    cause = cause_named(incidents)
    wrong = faults_of(parts, harm, healed, cause)

    def between(start: float | None, end: float | None) -> float | None:
        return round(end - start, 1) if start and end else None

    return {
        "fault": begin.get("fault"),
        "playbook": begin.get("playbook"),
        "passed": not wrong,
        "seconds_to_symptom": between(inject.get("at"), symptom.get("felt") or symptom.get("at")),
        "seconds_to_recovery": between(real.get("began"), relief.get("back")),
        "seconds_after_act": between(relief.get("act"), relief.get("back")),
        "success_after": relief.get("success_after"),
        "latency_ms": latencies(parts),
        "missing_mib": missing_mib(incidents),
        "series": seen,
        "cause": cause,
        "collateral": harm,
        "done": done(incidents),
        "wrong": wrong,
        "at": datetime.datetime.fromtimestamp(begin.get("at", 0), datetime.UTC).isoformat(timespec="seconds"),
        "versions": begin.get("versions", {}),
    }
