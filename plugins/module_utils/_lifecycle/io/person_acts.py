# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Acts of people on an incident: the log is read, the rules are asked, the events are appended. I/O."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Sequence

from ..._core.errors import InputError
from ..._incident.event import EventReport
from ..._incident.hash_chain import break_text
from ..._incident.io.joining import existing_incident
from ..._incident.io.log import read
from ..._incident.io.verify import verify
from ..._incident.record import record
from ..acts import Said, events_of

_SAID = ("by", "text", "reason", "severity", "role", "person", "item", "audience", "status")


def act_on_incident(given: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """What incident_act returns. Raises InputError where there is no such incident, and where the act is refused."""
    name = existing_incident(given["log"], given["id"], given["hosts"], given["join_within"], given["site"])
    said = Said(**{field: str(given[field]).strip() for field in _SAID})
    broken = verify(given["log"], name, ())["incidents"][name]["first_break"] if given["act"] == "close" else None
    if broken and not said.reason:
        raise InputError(
            f"The log of the incident is {break_text(broken)}. To close it all the same, give a reason. Nothing was"
            " written."
        )
    new: list[dict[str, Any]] = []

    def decide(events: Sequence[EventReport]) -> list[dict[str, Any]]:
        new[:] = events_of(given["act"], said, events, datetime.now(timezone.utc))
        return new

    if check_mode:
        decide(read(given["log"], name)[0])
        return {"changed": False, "id": name, "events": new, "path": "", "head": {"seq": 0, "hash": ""}}
    # Asked while no one else can write: of two people who take one role at once the second one is refused.
    options = {option: given[option] for option in ("log", "by", "at", "group")}
    written = record({**options, "id": name, "events": [], "create": False}, check_mode, decide)
    return {
        "changed": written["changed"], "id": name, "events": new, "path": written["path"], "head": written["head"],
    }  # fmt: skip
