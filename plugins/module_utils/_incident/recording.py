# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events that a mitigation records, from the results of its own steps. Pure.

A step counts only if the step before it succeeded: a result that remains from an earlier use of the role is no event of
this one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping, Sequence, cast

from .event import EventReport, HeldPlan, IncidentReport, Undoable
from .held import approved_plans, held_plans, plans_of_workflow, undo_variables
from .intent import INTENDED, RECONCILED, unfinished
from .timeline import lines_of_timeline

_APPLIED = (
    "plan", "acted_on", "still_present", "not_done", "rounds", "seconds_to_recovery", "stopped", "signalled", "done",
    "remaining", "left_alone", "seconds", "before", "after", "goal", "next_up", "undo", "msg",
)  # fmt: skip
_OUTCOME = ("outcome", "kept", "before", "after", "seconds_to_recovery")
_TRACES = ("acted_on", "still_present", "signalled", "done")  # of an act: something is in one of them


def mitigation_events(
    planned: Mapping[str, Any],
    mitigation: str,
    gate: Mapping[str, Any],
    applied: Mapping[str, Any],
    outcome: Mapping[str, Any],
    undoes: str = "",
    intended: str = "",
) -> list[dict[str, Any]]:
    """Events to append: held, or mitigated (noted, if nothing was done) and verified.

    ``undoes``: the time of the event that this act undoes; ``intended``: of the event that was written before the
    act. An act that failed after it had begun has no outcome yet: it is reconciled by the next run.
    """
    if "plan" not in planned or "open" not in gate:
        return []
    who = {"mitigation": mitigation}
    if not gate["open"]:
        options = dict(gate.get("options") or {})
        held = {"plan": planned["plan"], "reasons": gate["reasons"], "options": options, **who}
        if undoes:
            held["undoes"] = undoes
        return [{"kind": "held", "note": held}] if planned["plan"].get("affected_before") else []
    refers = {**who, "intended": intended} if intended else who
    if not any(name in applied for name in _TRACES):
        refused = intended and "error" in applied and not applied.get("begun")
        note = {"msg": applied.get("msg", ""), "gate": gate["reasons"], **refers}
        return [{"kind": "noted", "note": note}] if refused else []
    acted = any(applied.get(name) for name in _TRACES)
    note = {**_kept(applied, _APPLIED), "gate": gate["reasons"], **refers}
    if not acted:
        note.pop("undo", None)
    if undoes and "msg" not in applied:  # a failed act has undone nothing
        note["undoes"] = undoes
    events = [{"kind": "mitigated" if acted else "noted", "note": note}]
    if "outcome" in outcome:
        events.append({"kind": "verified", "note": {**_kept(outcome, _OUTCOME), **who}})
    return events


def _kept(result: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: result[name] for name in names if name in result}


def incident_report(
    events: Sequence[EventReport],
    torn: int,
    host: str,
    now: datetime,
    name: str = "",
    digests: Sequence[str] = (),
    workflow: int = 0,
) -> IncidentReport:
    """The events, the host's last act that can be undone, with its ``undo``, acts of all hosts without an outcome, and
    the plans that are held. ``host`` empty: no host's acts are asked for; ``digests``: of approved plans;
    ``workflow``: of AWX, whose plans are approved."""
    held = held_plans(events)
    for plan in held:
        plan["outdated"] = _outdated(plan, events)
    own = [plan for plan in held if plan["host"] == host]
    is_approval = bool(digests or workflow)  # which asks for plans, and for no act
    event, why = (None, "") if is_approval else last_undoable(events, host)
    undoable: Undoable = {}
    if event is not None:
        note = event["note"]
        undo: dict[str, Any] = note["undo"]
        known = {"at": event["at"], "by": event["by"], "mitigation": note.get("mitigation", "")}
        variables = undo_variables(str(known["mitigation"]), undo, event["at"])
        undoable = cast(Undoable, {**known, **undo, "variables": variables})
    return {
        "events": list(events),
        "torn": torn,
        "undoable": undoable,
        "why_not": why if host else "",
        "unfinished": unfinished(events, now),
        "held": held,
        "approved": plans_of_workflow(own, workflow, digests) if workflow else approved_plans(own, digests),
        "incidents": [],
        "lines": lines_of_timeline(name, events, held),
    }


def _outdated(plan: HeldPlan, events: Sequence[EventReport]) -> str:
    """Why an undo that was held is none any more: its act was undone since, or is no longer the last one."""
    if not plan["undoes"]:
        return ""
    act, why = last_undoable(events, plan["host"])
    if act is not None and act["at"] == plan["undoes"]:
        return ""
    if any(event["note"].get("undoes") == plan["undoes"] for event in _acts(events)):
        return f"it undoes the act of {plan['undoes']}, which is already undone"
    last = f"that is {act['note'].get('mitigation', '?')} of {act['at']}" if act is not None else why
    return f"it undoes the act of {plan['undoes']}, which is not the last one that can be undone: {last}"


def last_undoable(events: Iterable[EventReport], host: str) -> tuple[EventReport | None, str]:
    """The host's last act that can be undone and was not yet; else why there is none.

    Acts before an act that cannot be undone are not undone either, since the later act rests on them.
    """
    acts = _acts([event for event in events if event["host"] == host])
    undone = {event["note"].get("undoes") for event in acts}
    for event in reversed(acts):
        note = event["note"]
        if event["at"] in undone or note.get("undoes"):
            continue
        name = f"{note.get('mitigation', '?')} at {event['at']}"
        if event["kind"] == INTENDED or note.get("unknown"):
            return (
                None,
                f"the last act was {name}, and its outcome is unknown; a run without --check asks for it",
            )
        undo = note.get("undo") or {}
        if undo.get("reversible"):
            return event, ""
        why = undo.get("why") or "it recorded no way to undo it"
        return None, f"the last act was {name}, and {why}"
    return None, "no act was carried out" if not acts else "every act is already undone"


def _acts(events: Sequence[EventReport]) -> list[EventReport]:
    """Events of acts that did something, or may have: of an intent the last event about it."""
    last = {str(event["note"]["intended"]): event["at"] for event in events if event["note"].get("intended")}

    def counts(event: EventReport) -> bool:
        note = event["note"]
        if event["kind"] == INTENDED:
            return event["at"] not in last
        if event["kind"] == RECONCILED:
            return last.get(str(note.get("intended"))) == event["at"] and bool(note.get("gone") or note.get("unknown"))
        return event["kind"] == "mitigated"

    return [event for event in events if counts(event)]
