# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An incident that users reported and no alert saw. Pure.

That the monitoring was silent is work that remains after the incident, so it becomes an action item at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping, Sequence

from .._core.errors import InputError
from .._core.redaction import redacted
from .._incident.note import when
from .._incident.severity import severity_given
from .._incident.stamps import stamp

SCENARIO = "user_report"
KEY = "alert-for-user-report"
_MOST, _PLACE = 4000, 200  # characters
_NOTHING = "Nothing was written."


def opening_of(
    text: str,
    reported_by: str,
    noticed_at: str,
    severity: str,
    hosts: Sequence[str],
    site: str,
    now: datetime,
    *,
    where: str = "",
) -> dict[str, Any]:
    """The note with which the incident opens. Raises InputError for a report without a text or without a reporter."""
    if not text or len(text) > _MOST:
        raise InputError(f"text: say what users cannot do, in 1 to {_MOST} characters. {_NOTHING}")
    if len(where) > _PLACE:
        raise InputError(f"where: say where users saw it, in at most {_PLACE} characters. {_NOTHING}")
    if not reported_by:
        raise InputError(f"reported_by: say who reported it, as a customer, the support or a name. {_NOTHING}")
    note: dict[str, Any] = {
        "scenario": SCENARIO, "severity": severity_given(severity), "hosts": list(hosts), "site": site,
        "reported_by": redacted(reported_by), "text": redacted(text),
    }  # fmt: skip
    if where:
        note["where"] = redacted(where)
    return {**note, "noticed_at": stamp(when(noticed_at, now, "noticed_at"))} if noticed_at else note


def action_item(opening: Mapping[str, Any]) -> dict[str, Any]:
    """The work that the silence of the monitoring leaves."""
    text = f"Users reported it before any alert did: {opening['text']}. Find the alert that is missing."
    return {"kind": "action_item", "note": {"key": KEY, "text": text, "state": "open"}}


def noted(opening: Mapping[str, Any]) -> dict[str, Any]:
    """The same report as a note of an incident that is open already: who reported it, where users saw it, and when it
    was noticed, are fields as in an opening, since nothing was done by hand at that time."""
    at = str(opening.get("noticed_at") or "")
    since = f", noticed at {at[:10]} {at[11:16]} UTC" if at else ""
    where = f", seen at {opening['where']}" if opening.get("where") else ""
    note = {
        "text": f"reported by {opening['reported_by']}{where}{since}: {opening['text']}",
        "reported_by": opening["reported_by"],
        **({"where": opening["where"]} if where else {}),
    }
    return {"kind": "noted", "note": {**note, "noticed_at": at} if at else note}
