# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of an incident, and the newest mitigation that can be undone. I/O."""

from __future__ import annotations

from typing import Any

from ..recording import last_undoable
from .log import read


def history(log: str, id: str, host: str) -> dict[str, Any]:
    """What incident_info returns; see its documentation."""
    events, torn = read(log, id)
    found, why = last_undoable(events, host)
    undoable: dict[str, Any] = {}
    if found is not None:
        note = found["note"]
        undoable = {"at": found["at"], "mitigation": note.get("mitigation", ""), **note["undo"]}
    return {"events": events, "torn": torn, "undoable": undoable, "why_not": why}
