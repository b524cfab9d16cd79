# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans that a gate has held, from the events of an incident: what an approval may still carry out. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from .._run.known_names import KNOWN
from .event import EventReport, HeldPlan, MadeIn

HELD = "held"
# Mitigations that are a part of a role of another name.
_ROLES = {"end_idle_sessions": "end_sessions", "end_session": "end_sessions"}
# Options of modules that have another name as a variable of their role.
_VARIABLES = {"build_index_table_database": "build_index_database", "build_index_build_timeout": "build_index_timeout"}
_NO_APPROVAL = ("denied", "timed_out", "canceled", "not_asked")
_AFTER = (HELD, "intended", "mitigated")  # an event of the same mitigation and host after which a plan is out of date


def held_plans(events: Sequence[EventReport]) -> list[HeldPlan]:
    """All plans that were held, the oldest first; each alternative of a plan is one of its own."""
    return [
        plan
        for number, event in enumerate(events)
        if event["kind"] == HELD
        for plan in _of(event, events[number:], _fixed(event, events[:number]))
    ]


def _fixed(event: EventReport, before: Sequence[EventReport]) -> dict[str, Any]:
    """The variables by which a plan undoes its act, of which the inventory may have others since."""
    undoes = str(event["note"].get("undoes", ""))
    acts = [each["note"] for each in before if undoes and each["at"] == undoes and each["host"] == event["host"]]
    undo: Mapping[str, Any] = next((note["undo"] for note in acts if note.get("undo")), {})
    return undo_variables(str(event["note"].get("mitigation", "")), undo, undoes) if undo else {}


def _of(event: EventReport, since: Sequence[EventReport], fixed: dict[str, Any]) -> list[HeldPlan]:
    note = event["note"]
    mitigation = str(note.get("mitigation", ""))
    place = made_in(note)
    undoes = str(note.get("undoes", ""))
    pending = not is_out_of_date(event, since[1:])
    whole: Mapping[str, Any] = note.get("plan") or {}
    plans = [plan for plan in (whole, *(whole.get("alternatives") or ())) if plan.get("actions")]
    role = _ROLES.get(mitigation, mitigation)
    return [
        {
            "at": event["at"],
            "by": event["by"],
            "host": event["host"],
            "mitigation": mitigation,
            "role": role,
            "digest": str(plan["digest"]),
            "targets": [str(action["target"]) for action in plan["actions"]],
            "actions": [_words(action) for action in plan["actions"]],
            "reasons": [str(reason) for reason in note.get("reasons") or ()],
            "variables": {
                **variables_of(role, note.get("options") or {}),
                **({f"{role}_undoes": undoes} if undoes else {}),
            },
            "alternative": plan is not whole,
            "made_in": place,
            "pending": pending,
            "undoes": undoes,
            "fixed": fixed,
            "outdated": "",
        }
        for plan in plans
    ]


def made_in(note: Mapping[str, Any]) -> MadeIn:
    """The workflow of AWX of an event."""
    given: Mapping[str, Any] = note.get("made_in") or {}
    workflow, job = given.get("workflow"), given.get("job")
    return {"workflow": workflow if isinstance(workflow, int) else 0, "job": job if isinstance(job, int) else 0}


def workflow_address(site: str, workflow: int) -> str:
    """The page of a workflow job of AWX, on which its approval is given; empty without the address of AWX.

    >>> workflow_address("https://awx.example.org/", 41)
    'https://awx.example.org/#/jobs/workflow/41/output'
    """
    return f"{site.rstrip('/')}/#/jobs/workflow/{workflow}/output" if site else ""


def is_out_of_date(event: EventReport, since: Iterable[EventReport]) -> bool:
    """Whether the plan of an event of kind held waits no more: it was carried out, refused, or made anew since."""
    mitigation, place = str(event["note"].get("mitigation", "")), made_in(event["note"])
    return any(_replaces(later, event["host"], mitigation) or _denies(later, place) for later in since)


def _replaces(event: EventReport, host: str, mitigation: str) -> bool:
    return event["kind"] in _AFTER and event["host"] == host and event["note"].get("mitigation") == mitigation


def _words(action: Mapping[str, Any]) -> str:
    # Its rules take long to import, and the end of each run imports this file without a plan.
    from .._core.redaction import redacted  # noqa: PLC0415 - see above

    # Before they are joined: what stands at the beginning of a text is known as a secret by that.
    who = redacted(str(action.get("who") or action["target"]))
    return f"{str(action.get('action', '')).replace('_', ' ')} {who}".strip()


def _denies(event: EventReport, place: MadeIn) -> bool:
    """Whether a workflow of AWX ended without an approval of its plan, which a digest can still approve."""
    note = event["note"]
    ended = event["kind"] == "handed_over" and note.get("approval") in _NO_APPROVAL
    return ended and bool(place["workflow"]) and made_in(note)["workflow"] == place["workflow"]


def variables_of(role: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The role's variables by which its module makes the same plan. The connection comes from the inventory."""
    named = {_VARIABLES.get(f"{role}_{name}", f"{role}_{name}"): value for name, value in options.items()}
    return {name: value for name, value in named.items() if name in KNOWN and value is not None}


def undo_variables(role: str, undo: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The variables by which an act of a role is undone; of the engine's variable the project alone is of the act."""
    options: Mapping[str, Any] = undo.get("options") or {}
    of_project = {"runbook_compose": {"project": options["project"]}} if options.get("project") else {}
    return {**variables_of(role, options), f"{role}_undoes": at, **of_project}


def approved_plans(plans: Iterable[HeldPlan], digests: Sequence[str]) -> list[HeldPlan]:
    """The plans with one of these digests, of each the newest, in the order in which they were held."""
    found = [plan for plan in plans if any(plan["digest"].startswith(digest.lower()) for digest in digests)]
    newest = {plan["digest"]: plan for plan in found}
    return [plan for plan in found if plan is newest[plan["digest"]]]


def plans_of_workflow(plans: Iterable[HeldPlan], workflow: int, digests: Sequence[str]) -> list[HeldPlan]:
    """The plans that a workflow of AWX has made, of each mitigation and host the last one; with ``digests`` those among
    them. An alternative is only taken by its digest: an approval of a workflow is of what was planned."""
    own = [plan for plan in plans if workflow and plan["made_in"]["workflow"] == workflow]
    if digests:
        return approved_plans(own, digests)
    last = {(plan["host"], plan["mitigation"]): plan for plan in own if not plan["alternative"]}
    return list(last.values())
