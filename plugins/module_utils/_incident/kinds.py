# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of event, and what the note of each may hold. Pure.

An event with a field that its kind does not have is refused when it is written: a misspelt field would be kept for ever
and read by nothing.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Mapping, NamedTuple, Tuple, Union

from .._core.times import moment_of
from .stamps import is_day, is_stamp

_Types = Union[type, Tuple[type, ...]]
_NUMBER = (int, float)
_MAYBE_NUMBER = (int, float, type(None))
TEXT, LIST, DICT, FLAG = str, list, dict, bool
SEVERITIES = ("P0", "P1", "P2", "P3", "unknown")
PHASES = ("open", "acknowledged", "identified", "monitoring", "resolved", "closed")
ROLES = ("incident_commander", "technical_lead", "communications_lead")
MESSAGE_STATES = ("queued", "sending", "sent", "failed", "in_doubt", "refused", "replaced")
CHECKLIST_STATES = ("done", "waived")  # that a person sets
POSTMORTEM_STATUSES = ("draft", "in review", "done")
_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("opened", "severity"): SEVERITIES, ("severity", "severity"): SEVERITIES, ("phase", "phase"): PHASES,
    ("role", "role"): ROLES, ("message", "state"): MESSAGE_STATES, ("silence", "state"): ("made", "expired"),
    ("checklist", "state"): CHECKLIST_STATES,
}  # fmt: skip
# Fields that are moments, in every kind; empty: not known.
MOMENTS = ("next_at", "noticed_at", "done_at", "held_at", "starts_at", "ends_at", "until")
_DAYS = ("due",)  # fields that are dates; what is none would never be over
_ROWS = ("actions", "acted_on")  # fields that are targets, each with what is done to it
_PLAIN = (str, int, float, bool)
_SHORT = 200  # characters of a key
_ITEM_AT_MOST = {"text": 10_000, "reason": 10_000, "owner": _SHORT, "reference": 2000}
_DATED = re.compile(r"\d{4}-\d\d-\d\d(?!\d)", re.ASCII)


class Kind(NamedTuple):
    """``about``: in words; ``required`` and ``optional``: the fields of its note with their types."""

    about: str
    required: Mapping[str, _Types] = {}
    optional: Mapping[str, _Types] = {}

    @property
    def fields(self) -> dict[str, _Types]:
        return {**self.required, **self.optional}


_ACT: dict[str, _Types] = {
    "mitigation": TEXT, "intended": TEXT, "undoes": TEXT, "gate": LIST, "plan": DICT, "acted_on": LIST,
    "still_present": LIST, "not_done": LIST, "rounds": int, "seconds_to_recovery": _MAYBE_NUMBER, "stopped": TEXT,
    "signalled": (list, int), "done": LIST, "remaining": _MAYBE_NUMBER, "left_alone": (list, dict),
    "seconds": _MAYBE_NUMBER,
    "before": (dict, *_NUMBER), "after": (dict, *_NUMBER), "goal": object, "next_up": object, "undo": DICT, "msg": TEXT,
}  # fmt: skip

KINDS: dict[str, Kind] = {
    "opened": Kind(
        "the incident begins; always the first event",
        {"id": TEXT},
        {"scenario": TEXT, "severity": TEXT, "facts": LIST, "alert": TEXT, "hosts": LIST, "site": TEXT,
         "reported_by": TEXT, "where": TEXT, "noticed_at": TEXT, "text": TEXT},
    ),
    "alert": Kind(
        "an alert that belongs to the incident",
        {"alertname": TEXT, "fingerprint": TEXT},
        {"status": TEXT, "labels": DICT, "annotations": DICT, "starts_at": TEXT, "ends_at": TEXT},
    ),
    "silence": Kind(
        "the alert of an incident that is acknowledged was silenced in Alertmanager, or its silence was expired",
        {"alertname": TEXT, "state": TEXT},
        {"labels": DICT, "reference": TEXT},
    ),
    "severity": Kind(
        "the severity was raised by a fact, or set by a person",
        {"severity": TEXT, "reason": TEXT},
        {"facts": LIST, "before": TEXT},
    ),
    "acknowledged": Kind("a person works on it", {}, {"text": TEXT}),
    "role": Kind(
        "a role was taken, offered, accepted or left",
        {"role": TEXT, "person": TEXT, "action": TEXT},
        {"until": TEXT, "handover": TEXT},
    ),
    "phase": Kind(
        "the phase was set by a person, or follows from facts", {"phase": TEXT}, {"reason": TEXT, "facts": LIST}
    ),
    "update": Kind(
        "what is said to an audience",
        {"text": TEXT},
        {"audience": TEXT, "next_at": TEXT, "status": TEXT, "reason": TEXT},
    ),
    "message": Kind(
        "a message of the outbox, and what became of it",
        {"key": TEXT, "state": TEXT},
        {"channel": TEXT, "audience": TEXT, "thing": TEXT, "lane": TEXT, "template": TEXT, "values": DICT,
         "reference": TEXT, "reason": TEXT, "next_at": TEXT, "agrees": FLAG, "claim": int,
         "untried": FLAG},
    ),
    "checklist": Kind(
        "an item of the checklist was done or waived by a person", {"item": TEXT, "state": TEXT}, {"reason": TEXT}
    ),
    "action_item": Kind(
        "work that remains after the incident",
        {"key": TEXT, "text": TEXT},
        {"owner": TEXT, "due": TEXT, "state": TEXT, "reference": TEXT, "reason": TEXT},
    ),
    "lock": Kind(
        "a target was reserved or released", {"target": TEXT, "state": TEXT}, {"until": TEXT, "reason": TEXT}
    ),
    "written": Kind("a passage of the post-mortem", {"section": TEXT, "text": TEXT}),
    "measured": Kind(
        "what the site's monitoring counted of the impact, and series for charts",
        {"starts_at": TEXT, "ends_at": TEXT, "source": TEXT},
        {"estimated_by": TEXT, "ended_by": TEXT, "within": _NUMBER, "requests": LIST, "budgets": LIST, "business": LIST,
         "times": LIST, "charts": LIST, "missing": LIST},
    ),
    "diagnosed": Kind(
        "the causes found in the facts, the heaviest first",
        {"cause": TEXT},
        {"causes": LIST, "lines": LIST, "advice": LIST, "scenario": TEXT},
    ),
    "evidence": Kind(
        "what an act was about to destroy, kept in a file of its own",
        {"about": TEXT},
        {"file": TEXT, "bytes": int, "sha256": TEXT},
    ),
    "held": Kind(
        "a plan was made and not approved",
        {"plan": DICT, "reasons": LIST},
        {"mitigation": TEXT, "options": DICT, "made_in": DICT, "scenario": TEXT, "undoes": TEXT},
    ),
    "approved": Kind(
        "an operator approved a plan that had been held",
        {"digest": TEXT},
        {"mitigation": TEXT, "held_at": TEXT, "made_in": DICT},
    ),
    "intended": Kind(
        "an act is about to be carried out; a later event refers to it by its time",
        {"mitigation": TEXT, "actions": LIST},
        {"verb": TEXT, "digest": TEXT, "up_to": int, "what": TEXT, "affected_before": _NUMBER, "gate": LIST,
         "undo": DICT, "seen_at": TEXT, "options": DICT, "run": TEXT, "undoes": TEXT},
    ),
    "mitigated": Kind("an act was carried out", {}, _ACT),
    "reconciled": Kind(
        "an intent without an outcome was compared with the present state",
        {"intended": TEXT},
        {"mitigation": TEXT, "verb": TEXT, "digest": TEXT, "outcome": TEXT, "gone": LIST, "standing": LIST,
         "unknown": LIST, "lines": LIST, "undo": DICT, "undoes": TEXT},
    ),
    "verified": Kind(
        "the facts were read again, with an outcome",
        {"outcome": TEXT},
        {"kept": FLAG, "before": object, "after": object, "seconds_to_recovery": _MAYBE_NUMBER, "mitigation": TEXT,
         "held_for": _NUMBER, "scenario": TEXT},
    ),
    "noted": Kind(
        "anything else worth keeping; what a person did by hand, with the time at which it was done, or what users"
        " reported of an incident that was open",
        {},
        {**_ACT, "text": TEXT, "done_at": TEXT, "reported_by": TEXT, "where": TEXT, "noticed_at": TEXT, "triage": TEXT,
         "signs": LIST, "next": TEXT},
    ),
    "handed_over": Kind(
        "no further automatic step; an operator must act",
        {"message": TEXT},
        {"task": TEXT, "made_in": DICT, "approval": TEXT},
    ),
}  # fmt: skip


def why_refused(kind: str, note: Mapping[str, Any]) -> str:
    """Why an event is not kept: a field that its kind does not have, lacks, or has with another type; else empty."""
    if kind not in KINDS:
        return f"there is no kind of event {kind!r}{_nearest(kind, KINDS)}"
    fields = KINDS[kind].fields
    for name, value in note.items():
        if name not in fields:  # in YAML also a number, or nothing
            return f"an event of kind {kind} has no field {name!r}{_nearest(name, fields)}"
        if not _has_type(value, fields[name]):
            return f"the field {name} of an event of kind {kind} is {_words(fields[name])}, not {_type(value)}"
        if name in MOMENTS and value and not is_stamp(value):
            return (
                f"the field {name} of an event of kind {kind} is a time in UTC such as 2026-11-23T14:56:35.123456Z,"
                f" not {value!r}"
            )
        if name in _DAYS and value and not is_day(value):
            return f"the field {name} of an event of kind {kind} is a date such as 2026-12-01, not {value!r}"
        choices = _CHOICES.get((kind, name), ())
        if choices and value not in choices:
            return f"the field {name} of an event of kind {kind} is one of {', '.join(choices)}, not {value!r}"
    missing = [name for name in KINDS[kind].required if name not in note]
    if missing:
        return f"an event of kind {kind} needs {', '.join(missing)}"
    if kind == "action_item":
        return _why_no_item(note)
    return _why_not_written(str(note["section"]), str(note["text"])) if kind == "written" else ""


def _why_no_item(note: Mapping[str, Any]) -> str:
    """Its key is typed to change or to close it, and its fields are cells of tables and titles of issues."""
    key = str(note["key"])
    if not key.strip() or len(key) > _SHORT or "\n" in key:
        return f"the key of an action item is one line of 1 to {_SHORT} characters"
    long = [name for name, most in _ITEM_AT_MOST.items() if len(str(note.get(name) or "")) > most]
    return f"the field {long[0]} of an action item has at most {_ITEM_AT_MOST[long[0]]} characters" if long else ""


def _why_not_written(section: str, text: str) -> str:
    """Two sections of a post-mortem hold a fact that pages are made of, and no passage: what is none would count for
    nothing. An empty beginning takes back an earlier one."""
    if section == "status" and text.strip().lower() not in POSTMORTEM_STATUSES:
        return f"the status of a post-mortem is one of {', '.join(POSTMORTEM_STATUSES)}, not {text!r}"
    first = (text.strip().splitlines() or [""])[0].strip()
    if section == "impact_began" and first and (not _DATED.match(first) or moment_of(first, 0.0) is None):
        return (
            "the first line of the section impact_began is a date with a time, and nothing else, such as"
            f" 2026-11-23T14:50:00Z, not {first!r}"
        )
    return ""


# What version 0.1.0 called what has another name now; its lines have no place in a chain.
_FORMER_FIELDS: dict[str, dict[str, str]] = {
    "verified": {"verdict": "outcome", "seconds_to_relief": "seconds_to_recovery"},
    "mitigated": {"ended": "acted_on", "stuck": "still_present", "missed": "not_done", "left": "remaining",
                  "seconds_to_relief": "seconds_to_recovery"},
}  # fmt: skip
_FORMER_PLAN = {
    "late": "affected_before", "leaves": "affected_after", "spared": "excluded", "nothing": "no_action_reason",
}  # fmt: skip
_FORMER_CAUSE = {"relief": "mitigation"}
_FORMER_VALUES = {
    "guard_roles": "role_settings", "pg_guard_role": "pg_role_settings",
    "forgotten_transactions": "idle_in_transaction", "forgotten_transaction": "idle_in_transaction",
    "service_sick": "service_unhealthy", "target_sick": "target_unhealthy", "no_way_out": "no_egress",
    "their_fault": "provider_fault", "vacuum_in_the_way": "blocking_vacuum",
}  # fmt: skip
_NAMING = ("mitigation", "cause", "module")  # fields whose value is one of these


def of_version_0_1(kind: str, note: Mapping[str, Any]) -> dict[str, Any]:
    """The note of an event of version 0.1.0 in the names of this one."""
    renamed = _renamed(note, _FORMER_FIELDS.get("mitigated" if kind == "noted" else kind, {}))
    for name, names in (("plan", _FORMER_PLAN), ("undo", {})):
        if isinstance(renamed.get(name), Mapping):
            renamed[name] = _renamed(renamed[name], names)
    options = renamed["undo"].get("options") if isinstance(renamed.get("undo"), Mapping) else None
    if isinstance(options, Mapping):
        renamed["undo"]["options"] = _renamed(options, {"guards": "settings"})
    if kind == "diagnosed" and isinstance(renamed.get("causes"), list):
        renamed["causes"] = [_cause(each) if isinstance(each, Mapping) else each for each in renamed["causes"]]
    return renamed


def _cause(cause: Mapping[str, Any]) -> dict[str, Any]:
    renamed = _renamed(cause, _FORMER_CAUSE)
    for name, names in (("rules", {"vanished": "dead_clients"}), ("detail", {"cure": "remedy"})):
        if isinstance(renamed.get(name), Mapping):
            renamed[name] = _renamed(renamed[name], names)
    return renamed


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    present = {names.get(name, name): value for name, value in values.items()}
    former = {name: present[name] for name in _NAMING if isinstance(present.get(name), str)}
    return {**present, **{name: _FORMER_VALUES.get(value, value) for name, value in former.items()}}


def readable(kind: str, note: Mapping[str, Any]) -> dict[str, Any]:
    """The note without what has not the type or the form that its field has, so that its readers need not doubt it.

    A field that this version does not know is kept where it is a text or a number. A kind that it does not know has
    only such fields.
    """
    fields: Mapping[str, _Types] = KINDS[kind].fields if kind in KINDS else {}
    return {name: _formed(name, value) for name, value in note.items() if _fits(name, value, fields.get(name, _PLAIN))}


def _fits(name: str, value: Any, types: _Types) -> bool:
    if not _has_type(value, types):
        return False
    if name == "plan":
        return _is_plan(value)
    return name not in MOMENTS or not value or is_stamp(value)


def _has_type(value: Any, types: _Types) -> bool:
    """Python takes true and false for numbers."""
    several = types if isinstance(types, tuple) else (types,)
    return isinstance(value, types) and (not isinstance(value, bool) or bool in several or object in several)


def _formed(name: str, value: Any) -> Any:
    """What stands within a field: rows with a target, and plans with a digest and rows of their own."""
    if name in _ROWS and isinstance(value, list):
        return [row for row in value if isinstance(row, Mapping) and isinstance(row.get("target"), str)]
    if name == "plan":
        others = value.get("alternatives")
        plans = [each for each in others if _is_plan(each)] if isinstance(others, list) else []
        return {
            **value,
            "actions": _formed("actions", value["actions"]) if isinstance(value.get("actions"), list) else [],
            **({"alternatives": [_formed("plan", each) for each in plans]} if "alternatives" in value else {}),
        }
    return value


def _is_plan(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("digest"), str)


def _nearest(name: Any, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(str(name), known, 1)
    return f"; did you mean {close[0]}?" if close else f". It has: {', '.join(sorted(known))}"


def _type(value: Any) -> str:
    """Without the mark that Ansible puts on what it has read."""
    return type(value).__name__.replace("_AnsibleTagged", "").casefold()


def _words(types: _Types) -> str:
    names = {str: "a text", list: "a list", dict: "a dictionary", bool: "true or false", type(None): "null"}
    several = types if isinstance(types, tuple) else (types,)
    return " or ".join(dict.fromkeys(names.get(each, "a number") for each in several))
