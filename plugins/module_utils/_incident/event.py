# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of an incident. Pure.

An incident is the list of its events and nothing else; its phase, its timeline and its time to recovery are computed
from them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Iterable, Mapping, TypedDict, cast

KINDS = (
    "opened",  # the incident begins; always the first event
    "diagnosed",  # the causes found in the facts, the heaviest first
    "evidence",  # what an act was about to destroy, kept in a file of its own
    "held",  # a plan was made and not approved
    "intended",  # an act is about to be carried out; a later event refers to it by its time
    "mitigated",  # an act was carried out
    "reconciled",  # an intent without an outcome was compared with the present state
    "verified",  # the facts were read again, with an outcome
    "noted",  # anything else worth keeping
    "handed_over",  # no further automatic step; an operator must act
)
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


class EventReport(TypedDict):
    """An event as its line has it. ``note``: facts, by the kind of the event."""

    at: str
    kind: str
    by: str
    host: str
    note: dict[str, Any]


class EvidenceFile(TypedDict):
    """Evidence that was kept: the file's name within the log's folder, its size and its SHA-256."""

    file: str
    bytes: int
    sha256: str


class WrittenReport(TypedDict):
    """What was written. ``path`` empty: nothing, in check mode. ``intended``: the moment of the event of that kind, by
    which the outcome refers to it; empty where there is none."""

    path: str
    opened: bool
    evidence: EvidenceFile | None
    intended: str


class Undo(TypedDict, total=False):
    """How to undo an act, or ``why`` that is not possible; the other keys depend on the mitigation."""

    reversible: bool
    why: str


class Undoable(Undo, total=False):
    """The last act that can be undone; empty where there is none."""

    at: str
    mitigation: str


class Intent(TypedDict):
    """An act that was about to be carried out and has no outcome. ``seconds_ago``: since it was written; ``options``:
    of the module that made the plan, without what is secret; ``found``: what was seen of it before, where that left a
    target unknown."""

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
    found: list[str]
    seconds_ago: float


class IncidentReport(TypedDict):
    """What incident_info returns. ``torn``: lines that could not be read."""

    events: list[EventReport]
    torn: int
    undoable: Undoable
    why_not: str
    unfinished: list[Intent]


@dataclass(frozen=True)
class Event:
    """``at`` in UTC; ``by`` is the user or program that caused it; ``note`` are facts, never prose to be parsed."""

    kind: str
    at: datetime
    by: str
    host: str = ""
    note: Mapping[str, Any] = field(default_factory=dict)

    def as_line(self) -> str:
        """One line of JSON, keys in reading order."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    def as_dict(self) -> EventReport:
        return {
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "kind": self.kind,
            "by": self.by,
            "host": self.host,
            "note": dict(self.note),
        }


def usable_id(incident_id: str) -> bool:
    """Whether an incident's id can be the name of its file."""
    return bool(_ID.match(incident_id)) and ".." not in incident_id


def read_events(lines: Iterable[str]) -> tuple[list[EventReport], int]:
    """The events in order, and how many lines could not be read (a torn write leaves one)."""
    events: list[EventReport] = []
    torn = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError:
            torn += 1
            continue
        if isinstance(event, dict) and {"at", "kind"} <= event.keys():
            events.append(cast(EventReport, {"by": "", "host": "", "note": {}, **event}))
        else:
            torn += 1
    return events, torn
