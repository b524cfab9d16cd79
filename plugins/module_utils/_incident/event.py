# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of an incident. Pure.

An incident is the list of its events and nothing else; its phase, its timeline and its time to recovery are computed
from them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Iterable, Mapping, TypedDict

from .._core.text import printable, shortened
from .hash_chain import PLACE, Head, read_event
from .kinds import of_version_0_1, readable
from .stamps import is_stamp, moment_of, stamp

_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_WIDE = 120  # characters of what is no id, in its refusal


class EventReport(TypedDict):
    """An event as its line has it. ``seq``: its number within the incident, in logs of versions that had none its
    place; ``at``: by the writer's clock; ``logged``: by the clock of the log's host, where the two differ by more than
    2 s, else empty; ``note``: facts, by the kind of the event. The order of events is that of ``seq``."""

    seq: int
    at: str
    kind: str
    by: str
    host: str
    note: dict[str, Any]
    logged: str


class EvidenceFile(TypedDict):
    """Evidence that was kept: the file's name within the log's folder, its size and its SHA-256."""

    file: str
    bytes: int
    sha256: str


class WrittenReport(TypedDict):
    """What was written. ``path`` empty: nothing, in check mode. ``intended``: the moment of the event of that kind, by
    which the outcome refers to it; empty where there is none. ``head``: of the log afterwards, to keep elsewhere.
    ``id``: of the incident that was written to; ``joined``: it is not the one that was asked for, since another run had
    opened one with the same scope in the meantime; ``why``: how it was chosen then, else empty."""

    path: str
    id: str
    joined: bool
    why: str
    opened: bool
    evidence: EvidenceFile | None
    intended: str
    head: Head


class Undo(TypedDict, total=False):
    """How to undo an act, or ``why`` that is not possible; the other keys depend on the mitigation."""

    reversible: bool
    why: str


class Undoable(Undo, total=False):
    """The last act that can be undone; empty where there is none. ``variables``: those by which it is undone."""

    at: str
    by: str
    mitigation: str
    variables: dict[str, Any]


class Intent(TypedDict):
    """An act that was about to be carried out and has no outcome. ``seconds_ago``: since it was written; ``options``:
    of the module that made the plan, without what is secret; ``found``: what was seen of it before, where that left a
    target unknown; ``by``: who started its run; ``run``: the process of the run, empty in logs of older versions;
    ``undoes``: the time of the act that it was to undo, if any."""

    at: str
    host: str
    mitigation: str
    verb: str
    digest: str
    actions: list[dict[str, Any]]
    up_to: int
    seen_at: str
    undo: dict[str, Any]
    options: dict[str, Any]
    by: str
    run: str
    undoes: str
    found: list[str]
    seconds_ago: float


class MadeIn(TypedDict):
    """The workflow of AWX that made a plan, and its job; 0 without one."""

    workflow: int
    job: int


class HeldPlan(TypedDict):
    """A plan that a gate has held. ``variables``: those of its role by which it was made; ``alternative``: it is one to
    another plan; ``made_in``: where; ``pending``: no later event is of the same mitigation and host,
    and its workflow did not end without an approval; ``undoes``: the time of the act that it undoes, ``fixed``: the
    variables by which that act is undone, both empty if it is no undo; ``outdated``: why this undo is none any more."""

    at: str
    by: str
    host: str
    mitigation: str
    role: str
    digest: str
    targets: list[str]
    actions: list[str]
    reasons: list[str]
    variables: dict[str, Any]
    alternative: bool
    made_in: MadeIn
    pending: bool
    undoes: str
    fixed: dict[str, Any]
    outdated: str


class IncidentSummary(TypedDict):
    """An incident in one row. ``state``: the outcome, or what the last event says; ``held``: digests of the plans that
    are held; ``unfinished``: acts without an outcome."""

    id: str
    opened_at: str
    last_at: str
    scenario: str
    severity: str
    by: str
    hosts: list[str]
    state: str
    held: list[str]
    unfinished: int


class IncidentReport(TypedDict):
    """What incident_info returns. ``torn``: lines that could not be read; ``approved``: plans with an approved
    digest; ``incidents``: those of the log where none is named; ``lines``: the timeline or the list, in words."""

    events: list[EventReport]
    torn: int
    undoable: Undoable
    why_not: str
    unfinished: list[Intent]
    held: list[HeldPlan]
    approved: list[HeldPlan]
    incidents: list[IncidentSummary]
    lines: list[str]


@dataclass(frozen=True)
class Event:
    """``at`` in UTC, by the writer's clock; ``logged`` by that of the log's host, where it differs; ``by`` is the user
    or program that caused it; ``note`` are facts, never prose to be parsed."""

    kind: str
    at: datetime
    by: str
    host: str = ""
    note: Mapping[str, Any] = field(default_factory=dict)
    logged: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """Keys in reading order; the number is given when it is written."""
        logged = {"logged": stamp(self.logged)} if self.logged else {}
        return {
            "at": stamp(self.at),
            "kind": self.kind,
            "by": self.by,
            "host": self.host,
            "note": dict(self.note),
            **logged,
        }


def usable_id(incident_id: str) -> bool:
    """Whether an incident's id can be the name of its file."""
    return bool(_ID.match(incident_id)) and ".." not in incident_id


def why_unusable(incident_id: str) -> str:
    """The refusal of what cannot be an id, without what follows from it."""
    return (
        f"{shortened(printable(incident_id), _WIDE)!r} is no valid incident id: use letters, digits, '.', '_' and '-',"
        " at most 100 characters."
    )


def read_events(lines: Iterable[str | bytes]) -> tuple[list[EventReport], int]:
    """The events in order, and how many lines could not be read (a torn write leaves one).

    A line that was written by hand, or by a later version, may hold anything: what has not the form that its place in
    an event has is left out, so that nothing that reads events has to doubt it.
    """
    events: list[EventReport] = []
    torn = 0
    is_numbered = False  # the first line with a number goes on from the count of those before it
    for line in lines:
        if not line.strip():
            continue
        event = read_event(line)
        if event is None:
            torn += 1
            continue
        seq, logged, note = event.get("seq", 0), event.get("logged", ""), event.get("note") or {}
        if event.keys().isdisjoint(PLACE):
            note = of_version_0_1(event["kind"], note)
        is_numbered = is_numbered or bool(seq)
        events.append(
            {
                "seq": (seq if isinstance(seq, int) else 0) if is_numbered else len(events) + 1,
                "at": event["at"],
                "kind": event["kind"],
                "by": _text(event.get("by")),
                "host": _text(event.get("host")),
                "note": readable(event["kind"], note),
                "logged": logged if logged and is_stamp(logged) else "",
            }
        )
    return events, torn


def kept_at(event: EventReport) -> datetime:
    """When an event was written, by the clock of the log's host: durations of several writers are measured by it."""
    return moment_of(event["logged"] or event["at"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
