# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking for the incident that a run belongs to. I/O; which one that is is `scope`'s.

Most runs find out before their first event. Two that begin at the same moment find nothing: then the first event of
the second one, written under the lock of the folder, goes to the incident that the first one has just opened.
"""

from __future__ import annotations

import os
import random
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Sequence

from ..._core.errors import InputError, LogError, RunbookError
from ..event import usable_id
from ..held import made_in
from ..intent import unfinished
from ..scope import NEW, NOT_THERE, SURVEY, Candidate, OpenReport, Scope, best, candidate, why_joined
from .folder import has_log, log_paths
from .log import ids, missing_incident, read
from .verify import verify

_MOST = 200  # incidents that are read for a workflow, the one that was written last first
_LONGEST = 3650 * 86400.0  # seconds
_SLACK = timedelta(minutes=1)  # between the clock of the folder's file system and ours
# What a line that was written by hand may lead to: such a log is passed over, and named where it was asked for.
_UNREADABLE = (OSError, RunbookError, TypeError, ValueError, KeyError, AttributeError)


def open_incident(
    log: str,
    id: str,
    scenario: str,
    hosts: Sequence[str],
    join_within: float,
    site: str = "",
    *,
    workflow: int = 0,
    alert: str = "",
) -> OpenReport:
    """What incident_open returns; see its documentation. What cannot be read never keeps a run from a name."""
    try:
        return _open_incident(log, id, scenario, Scope(frozenset(hosts)), join_within, site, (workflow, alert))
    except LogError as error:
        return without_log(id, scenario, str(error))


def _open_incident(
    log: str, id: str, scenario: str, scope: Scope, join_within: float, site: str, started_by: tuple[int, str]
) -> OpenReport:
    workflow, alert = started_by
    now = datetime.now(timezone.utc)
    if id and id != NEW:
        return _named(log, id, now)
    if workflow:
        name, what = incident_of_workflow(log, workflow), f"holds a plan of the workflow {workflow}"
        return _known(log, name, f"it {what}", [], now) if name else _fresh(_name(scenario, now), f"no incident {what}")
    if id == NEW:
        return _fresh(_name(scenario, now), f"incident_id={NEW} was given")
    survey = survey_of(scenario, alert)
    fitting = best(candidates(Path(log).expanduser(), now, join_within, site, survey), scope)
    if not fitting:
        return {
            **_fresh(_name(scenario, now), "no open incident has these hosts"),
            "join_within": _bounded(join_within),
        }
    chosen, others = fitting[0], fitting[1:]
    why = why_joined(chosen, scope, now, others)
    return _known(log, chosen.id, why, [each.id for each in others], now)


def _named(log: str, id: str, now: datetime) -> OpenReport:
    """The incident that was named, also where it was typed in capitals: no two are named alike but for that."""
    folder = Path(log).expanduser()
    if usable_id(id) and has_log(folder / f"{id}.jsonl"):
        return _known(log, id, "incident_id was given", [], now)
    alike = [path.stem for path in log_paths(folder) if path.stem.casefold() == id.casefold() and has_log(path)]
    if len(alike) != 1:
        return _fresh(id, NOT_THERE)
    return _known(
        log,
        alike[0],
        f"incident_id={id} was given, and it is the only one that has this name but for capitals",
        [],
        now,
    )


def incident_of_workflow(log: str, workflow: int) -> str:
    """The incident that holds a plan which a workflow of AWX has made; empty where none does."""
    for name in ids(log)[:_MOST]:
        try:
            events = read(log, name)[0]
        except _UNREADABLE:
            continue
        if any(event["kind"] == "held" and made_in(event["note"])["workflow"] == workflow for event in events):
            return name
    return ""


def without_log(id: str, scenario: str, problem: str) -> OpenReport:
    """A name where the log could not be read. The events will be printed, since they cannot be written either."""
    name = id if id and id != NEW else _name(scenario, datetime.now(timezone.utc))
    return {**_fresh(name, "no open incident was looked for"), "problem": problem}


def _name(scenario: str, now: datetime) -> str:
    """Of a new incident: the time, the scenario, and what tells it from others of the same second."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", scenario)[:60].strip("-") or "incident"
    return f"{now:%Y-%m-%d-%H%M%S}-{words}-{random.SystemRandom().randrange(1 << 24):06x}"


def survey_of(scenario: str, alert: str) -> str:
    """The alert that a survey was started for; empty for another run."""
    return alert if scenario == SURVEY else ""


def joined_at_write(folder: Path, scope: Scope, within: float, site: str = "", survey: str = "") -> tuple[str, str]:
    """The incident that a first event belongs to, and why; empty for a new one. The caller holds the lock of the
    folder."""
    now = datetime.now(timezone.utc)
    fitting = best(candidates(folder, now, within, site, survey), scope)
    writable = [each for each in fitting if os.access(folder / f"{each.id}.jsonl", os.W_OK)]
    return (writable[0].id, why_joined(writable[0], scope, now, writable[1:])) if writable else ("", "")


def existing_incident(log: str, id: str, hosts: Sequence[str], join_within: float, site: str = "") -> str:
    """The incident that is named, else the only open one that shares hosts. Raises InputError where there is none, and
    where there are several: what a person says of one incident must not be written to another."""
    folder = Path(log).expanduser()
    if id:
        if not usable_id(id) or not has_log(folder / f"{id}.jsonl"):
            raise missing_incident(folder, id)
        return id
    found = best(candidates(folder, datetime.now(timezone.utc), join_within, site), Scope(frozenset(hosts)))
    if len(found) > 1:
        raise InputError(
            f"{len(found)} open incidents have hosts of this run: {', '.join(each.id for each in found[:5])}. Name one"
            " with incident_id. Nothing was written."
        )
    if not found:
        raise InputError(
            f"No incident of {folder} is open, has one of these hosts and had an event in the last"
            f" {join_within / 3600:g} h. Name one with incident_id. Nothing was written."
        )
    return found[0].id


def _bounded(within: float) -> float:
    """A site that always joins may say so by a number of seconds that no date has; what is none joins nothing."""
    return min(within, _LONGEST) if within > 0 else 0.0


def candidates(folder: Path, now: datetime, within: float, site: str = "", survey: str = "") -> list[Candidate]:
    """Open incidents with an event within that many seconds. Files that cannot be read are passed over: an event could
    not be added to them either."""
    found: list[Candidate] = []
    span = timedelta(seconds=_bounded(within))
    if not span:
        return found
    for path in log_paths(folder):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
            events = read(str(folder), path.stem)[0] if now - written <= span + _SLACK else []
            incident = candidate(path.stem, events, now, span, site, survey)
        except _UNREADABLE:
            continue
        if incident is not None:
            found.append(incident)
    return found


def _fresh(id: str, why: str) -> OpenReport:
    return {
        "id": id, "joined": False, "why": why, "others": [], "unfinished": [], "under_way": [],
        "head": {"seq": 0, "hash": ""}, "first_break": None, "problem": "", "join_within": 0.0,
    }  # fmt: skip


def _known(log: str, id: str, why: str, others: list[str], now: datetime) -> OpenReport:
    report: OpenReport = {**_fresh(id, why), "joined": True, "others": others}
    try:
        acts = unfinished(read(log, id)[0], now)
    except _UNREADABLE as error:
        return {**report, "problem": f"{type(error).__name__}: {error}"}
    try:
        checked = verify(log, id, ())["incidents"][id]
    except _UNREADABLE as error:
        return {**report, "unfinished": acts, "problem": f"its chain could not be checked: {error}"}
    return {**report, "unfinished": acts, "head": checked["head"], "first_break": checked["first_break"]}
