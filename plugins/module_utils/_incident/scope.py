# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which incident a run belongs to: the open one that shares its hosts or targets. Pure.

A fault is worked on by several runs and several people. Their events belong in one log, so that the next one sees what
the others did; a run that is given no incident takes the open one of its scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import AbstractSet, Any, Iterable, Mapping, NamedTuple, Sequence, TypedDict

from .._core.errors import InputError
from .._core.text import some, span
from .event import EventReport, Intent, usable_id, why_unusable
from .hash_chain import Break, Head
from .phase import ENDED, phase_of
from .stamps import moment_of

NEW = "new"  # given in place of an id: an incident of its own in any case
SURVEY = "triage"
NOT_THERE = "incident_id was given, and the log has no such incident yet"


class OpenReport(TypedDict):
    """What incident_open returns. ``joined``: the incident existed before; ``why``: how it was chosen; ``others``: ids
    of other open incidents that share hosts; ``unfinished``: acts to complete; ``under_way``: acts without an outcome
    whose run is active, or may be; ``first_break``: of the log's chain;
    ``problem``: why the log could not be read, empty if it could; ``join_within``: seconds to pass on with the first
    event, which joins an incident that another run has opened in the meantime; 0: it joins none."""

    id: str
    joined: bool
    why: str
    others: list[str]
    unfinished: list[Intent]
    under_way: list[Intent]
    head: Head
    first_break: Break | None
    problem: str
    join_within: float


@dataclass(frozen=True)
class Scope:
    """What a run or an incident is about: hosts of the inventory, and targets of plans and acts."""

    hosts: frozenset[str]
    targets: frozenset[str] = frozenset()

    def shared(self, other: Scope) -> list[str]:
        """Hosts, then targets, that both have. Without a common host a target counts only if it has the identity of a
        session or a container: two hosts may have a service of one name, and the same scaling."""
        hosts = sorted(self.hosts & other.hosts)
        return [*hosts, *(target for target in sorted(self.targets & other.targets) if hosts or "@" in target)]


class Candidate(NamedTuple):
    """An incident that a run could join. ``last``: its last event, by the clock of the log's host."""

    id: str
    last: datetime
    scope: Scope


def id_given(text: str) -> str:
    """The id of an incident that was typed, without the blanks around it. Raises InputError for what can be none: of
    such a run nothing could be recorded."""
    name = text.strip()
    if name.casefold() == NEW:
        return NEW
    if name and not usable_id(name):
        raise InputError(f"incident_id: {why_unusable(name)} Nothing was done.")
    return name


def scope_of(events: Iterable[EventReport]) -> Scope:
    """What an incident is about: the hosts of the run that opened it and of every event, and all recorded targets."""
    hosts: set[str] = set()
    targets: set[str] = set()
    for event in events:
        hosts.update([event["host"]] if event["host"] else ())
        if event["kind"] == "opened":
            hosts.update(str(host) for host in event["note"].get("hosts") or ())
        targets |= targets_of(event["note"])
    return Scope(frozenset(hosts), frozenset(targets))


def targets_of(note: Mapping[str, Any]) -> set[str]:
    """The targets that an event names, in its plan, its intent or its act."""
    plan = note.get("plan")
    lists = [note.get("actions"), note.get("acted_on"), plan.get("actions") if isinstance(plan, Mapping) else None]
    return {
        str(action["target"])
        for actions in lists
        if isinstance(actions, list)
        for action in actions
        if isinstance(action, Mapping) and action.get("target")
    }


def candidate(
    incident_id: str,
    events: Sequence[EventReport],
    now: datetime,
    within: timedelta,
    site: str = "",
    survey: str = "",
) -> Candidate | None:
    """The incident as one that may be joined; None where it has ended, is silent for longer than ``within``, is a
    survey of all hosts, or is of another site: two sites may have hosts of one name. ``survey``: of a survey, the
    scenario of the alert that has started it; it joins surveys for an alert of the same scenario alone, since its
    alert fires on, and another one is another matter."""
    moments = [moment for event in events for moment in [_moment(event)] if moment is not None]
    if not moments or phase_of(events) in ENDED or now - max(moments) > within:
        return None
    opening = next((event["note"] for event in events if event["kind"] == "opened"), {})
    is_survey = opening.get("scenario") == SURVEY
    if is_survey != bool(survey) or (survey and opening.get("alert") != survey):
        return None
    if site and opening.get("site", site) != site:
        return None
    return Candidate(incident_id, max(moments), scope_of(events))


def _moment(event: EventReport) -> datetime | None:
    try:
        return moment_of(event["logged"] or event["at"])
    except ValueError:  # a line that was written by hand
        return None


def best(candidates: Iterable[Candidate], scope: Scope) -> list[Candidate]:
    """Those that share something with ``scope``: the one that shares most first, of equal ones the newest."""
    fitting = [each for each in candidates if each.scope.shared(scope)]
    return sorted(fitting, key=lambda each: (len(each.scope.shared(scope)), each.last, each.id), reverse=True)


def why_joined(chosen: Candidate, scope: Scope, now: datetime, others: Sequence[Candidate]) -> str:
    """How it was chosen, in words."""
    ago = span(max(0.0, (now - chosen.last).total_seconds()))
    words = f"it is open, shares {some(_names(chosen.scope.shared(scope), scope.hosts))}, its last event was {ago} ago"
    if others:
        words += f"; {some([each.id for each in others])} would fit too"
    return f"{words}; incident_id={NEW} opens another one"


def _names(shared: Sequence[str], hosts: AbstractSet[str]) -> list[str]:
    targets = [name for name in shared if name not in hosts]
    return [name for name in shared if name in hosts] + ([f"{len(targets)} targets"] if targets else [])
