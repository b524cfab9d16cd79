# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results as a few lines of text: the kinds of line, and the lines that all acts have in common. Pure.

The lines of each report are beside it, in ``*_lines``.
"""

from __future__ import annotations

import re
from typing import Any, Sequence, Tuple, TypedDict

from .gate import GateResult
from .outcome import OutcomeReport
from .plan import PlanDict
from .result import ActResult, NotDone
from .text import shortened, some, span

Line = Tuple[str, str]  # what kind of line, text
PLAIN, GOOD, CARE, BAD, DIM = "plain", "good", "care", "bad", "dim"
_KIND = {"recovered": GOOD, "improved": CARE, "unchanged": BAD, "worse": BAD}
SHOWN = 12
TOP, WIDE = 5, 140
_FEW = 2  # sessions that are alike and still have a line each
_SESSION = re.compile(r"(\d+) (.*)\Z")  # the pid and the name of a session
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_BOUND = re.compile(r"exceeds the limit of \d+ \(((?:max_\w+ [\d.]+(?:, )?)+)\)")


class ShownAct(ActResult, total=False):
    """The result of an act; ``next_up``: what the next `up` would do to it, of a rollback alone."""

    next_up: str


class TextReport(TypedDict):
    """What show_text returns."""

    lines: list[str]


class Named(TypedDict):
    """A session or a prepared transaction, named as in the plan."""

    who: str


class Ended(Named):
    """One that was acted on."""

    action: str
    reason: str


class _Planned(TypedDict, total=False):
    plan: PlanDict


class Terminations(_Planned):
    """What pg_kill_blocking returns, as far as it is shown. Seconds."""

    acted_on: list[Ended]
    still_present: list[Named]
    not_done: list[NotDone]
    rounds: int
    seconds_to_recovery: float | None
    stopped: str


def of_text(result: TextReport) -> list[Line]:
    """Lines that are shown as they are."""
    return [(PLAIN, line) for line in result["lines"]]


def first_line(kind: str, text: str, unread: Sequence[str]) -> Line:
    """The first line of a result. Where it rests on something unread it says so there, and is no good news."""
    if not unread:
        return kind, text
    more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
    return (BAD if kind == BAD else CARE), f"not everything is known ({shortened(unread[0], WIDE)}{more}): {text}"


def of_plan(plan: PlanDict) -> list[Line]:
    """Sessions to terminate, sessions that are excluded, and how many wait before and after."""
    lines = _planned(plan)
    if not plan["actions"]:
        lines.append((CARE if plan["affected_before"] else GOOD, "no action is planned"))
    lines.append((PLAIN, f"{plan['affected_before']} wait too long; with this plan {plan['affected_after']} would"))
    return lines + _of_bound(plan)


def _planned(plan: PlanDict) -> list[Line]:
    """The actions with their targets and the excluded targets; sessions that differ in their pid alone are one line."""
    lines: list[Line] = []
    acts, excluded = _alike(plan["actions"]), _alike(plan["excluded"])
    for group in acts[:SHOWN]:
        verb = "roll back" if group[0]["action"] == "rollback_prepared" else group[0]["action"].replace("_", " ")
        freed = f"; frees {group[0]['frees']}" if len(group) == 1 and "frees" in group[0] else ""
        lines.append((CARE, f"{verb} {_named(group)}: {group[0]['reason']}{freed}"))
        lines.append((DIM, f"    target {' '.join(act['target'] for act in group)}"))
    lines += [(DIM, f"exclude {_named(group)}: {group[0]['reason']}") for group in excluded[:SHOWN]]
    hidden = sum(len(group) for group in (*acts[SHOWN:], *excluded[SHOWN:]))
    return [*lines, (DIM, f"and {hidden} more, see the result")] if hidden else lines


def _alike(items: Sequence[Any]) -> list[list[Any]]:
    """Sessions of one name and one reason together, whatever their pids and figures; all else alone."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        session = _SESSION.match(item.get("who") or "")
        key = (item.get("action"), session.group(2), _FIGURE.sub("#", item["reason"])) if session else item["target"]
        groups.setdefault(key, []).append(item)
    return [part for group in groups.values() for part in ([group] if _several(group) else [[item] for item in group])]


def _several(group: Sequence[Any]) -> bool:
    """Whether these are different sessions, and enough for one line together."""
    return len({item["target"] for item in group}) == len(group) > _FEW


def _named(group: Sequence[Any]) -> str:
    if len(group) == 1:
        return str(group[0].get("who") or group[0]["target"])
    matches = [match for match in (_SESSION.match(item["who"]) for item in group) if match]
    return f"{len(group)} sessions {matches[0].group(2)} (pid {some([match.group(1) for match in matches], SHOWN)})"


def _of_bound(plan: PlanDict) -> list[Line]:
    """What a bound of the run leaves undone, and which variable raises it."""
    bounds = [match for match in (_BOUND.search(item["reason"]) for item in plan["excluded"]) if match]
    role = {"unblock": "unblock_sessions", "end_sessions": "end_sessions"}.get(plan["verb"]) if bounds else ""
    if not role:
        return []
    raised = " or ".join(f"{role}_{part.split()[0]}" for part in bounds[0].group(1).split(", "))
    return [(CARE, f"{len(bounds)} left by the limit ({bounds[0].group(1)}): run it again, or raise {raised}")]


def of_gate(result: GateResult) -> list[Line]:
    """Open or held, why, and how the operator approves exactly this plan. Of a plan without an action: why."""
    exported = result["ansible_stats"]["data"]["incident_plan_targets"]
    why = "; ".join(result["reasons"])
    if not exported and not result["open"]:
        return [(CARE, f"no plan: {why}")]
    word = "gate open" if result["open"] else "gate held"
    kind = GOOD if result["open"] else CARE
    lines = [(kind, f"{word}: {why} (plan {result['digest'][:12]})")]
    if exported and not result["open"]:
        lines.append((DIM, f"to approve exactly this plan: -e incident_approved_digest={result['digest'][:12]}"))
    return lines


def of_terminations(result: Terminations) -> list[Line]:
    """Sessions that were terminated, sessions that were not, and the seconds to recovery."""
    plan = result.get("plan")
    planned = [*plan["actions"], *plan["excluded"]] if plan else []
    names = {item["target"]: item.get("who") for item in planned}
    lines = [(CARE, f"{entry['action']} {entry['who']}: {entry['reason']}") for entry in result["acted_on"]]
    lines += [(BAD, f"signalled, and still connected: {entry['who']}") for entry in result["still_present"]]
    lines += [
        (DIM, f"left alone: {names.get(entry['target']) or entry['target']}: {entry['reason']}")
        for entry in result["not_done"]
    ]
    if not result["acted_on"] and not result["still_present"]:
        moved = (GOOD, "no session waits too long any more: the queue moved before the act")
        lines.append((DIM, "no session was terminated") if not plan or plan["affected_before"] else moved)
    rounds = "1 round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    if result["seconds_to_recovery"] is not None:
        seconds = result["seconds_to_recovery"]
        # Others may have queued up since: what was planned is freed then, and the server has not recovered.
        freed = "the waiters of the plan were freed" if result["stopped"] else "recovered"
        lines.append((CARE if result["stopped"] else GOOD, f"{freed} after {seconds:.2f} s ({rounds})"))
    if result["stopped"]:
        lines.append((BAD, f"stopped: {result['stopped']}"))
    return lines


def of_outcome(result: OutcomeReport) -> list[Line]:
    """The same count as in the facts, before and after, and the seconds to recovery."""
    seconds = result["seconds_to_recovery"]
    freed = "recovered" if result["outcome"] == "recovered" else "the waiters of the plan were freed"
    recovery = f"; {freed} after {seconds:.2f} s" if seconds is not None and seconds < 10 else ""
    recovery = recovery or (f"; {freed} after {span(seconds)}" if seconds is not None else "; not recovered")
    counted = f"{result['before']} waited too long, {result['after']} do now"
    if result["what"]:
        counted = f"{result['what']}: {result['before']} before, {result['after']} now"
        recovery = f"; {span(seconds)} after the act began" if seconds is not None else ""
    text = f"{result['outcome']}: {counted}{recovery}"
    return [(_KIND[result["outcome"]], text)]


def of_act_plan(plan: PlanDict) -> list[Line]:
    """The planned actions with their targets, the excluded targets, or why there is no action."""
    lines = _planned(plan)
    if not plan["actions"]:
        lines.append((CARE if plan["affected_before"] else GOOD, plan["no_action_reason"] or "nothing is to be done"))
    return lines + _of_bound(plan)


def of_any_plan(plan: PlanDict) -> list[Line]:
    """The plan of any mitigation."""
    return of_plan(plan) if plan.get("verb") == "unblock" else of_act_plan(plan)


def of_act(result: ShownAct, undoes: bool = False) -> list[Line]:
    """What was done, how long it took, and whether it can be undone; ``undoes``: it was an undo, which cannot."""
    lines = [(CARE, text) for text in result["done"][:SHOWN]]
    if len(result["done"]) > SHOWN:
        lines.append((CARE, f"and {len(result['done']) - SHOWN} more of the same kind"))
    lines += [(DIM, f"skipped, it has changed since: {entry['target']}") for entry in result["not_done"]]
    if result["done"] and result["seconds"] is not None:
        lines.append((GOOD if not result["remaining"] else BAD, f"done in {result['seconds']:.1f} s"))
    if result.get("next_up") and result["done"]:
        lines.append((DIM, f"the next `up`: {result['next_up']}"))
    if result["done"] and result["undo"].get("reversible") and not undoes:
        lines.append((DIM, "can be undone: playbooks/undo.yml -e incident_id=... --check --diff"))
    return lines or [(DIM, "nothing was done")]
