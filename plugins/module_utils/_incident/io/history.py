# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of an incident, what can be undone and what is held, and the list of incidents. I/O."""

from __future__ import annotations

from datetime import datetime, timezone

from ..._core.approval import typed_digests
from ..event import IncidentReport, IncidentSummary
from ..held import held_plans
from ..intent import unfinished
from ..recording import incident_report
from ..timeline import lines_of_list, summary_of
from .log import ids, read


def history(
    log: str, id: str, host: str, approved_digest: str = "", last: int = 20, workflow: int = 0
) -> IncidentReport:
    """What incident_info returns; see its documentation."""
    now = datetime.now(timezone.utc)
    if not id:
        incidents = [_summary(log, each, now) for each in ids(log)[:last]]
        report = incident_report([], 0, "", now)
        return {**report, "incidents": incidents, "lines": lines_of_list(incidents)}
    events, torn = read(log, id)
    return incident_report(events, torn, host, now, id, typed_digests(approved_digest), workflow)


def _summary(log: str, id: str, now: datetime) -> IncidentSummary:
    events, dummy = read(log, id)
    return summary_of(id, events, held_plans(events), len(unfinished(events, now)))
