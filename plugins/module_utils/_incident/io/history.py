# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of an incident, and the newest mitigation that can be undone. I/O."""

from __future__ import annotations

from datetime import datetime, timezone

from ..event import IncidentReport
from ..recording import incident_report
from .log import read


def history(log: str, id: str, host: str) -> IncidentReport:
    """What incident_info returns; see its documentation."""
    events, torn = read(log, id)
    return incident_report(events, torn, host, datetime.now(timezone.utc))
