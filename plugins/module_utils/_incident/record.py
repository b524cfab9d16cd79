# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing to the incident log, for the module (on the log's host) and for its action plugin (on the controller)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .event import KINDS, Event
from .io.log import append

RECORD_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "required": True},
    "events": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
            "note": {"type": "dict", "default": {}},
        },
    },
    "evidence": {"type": "dict"},
    "by": {"type": "str", "default": "unknown"},
    "host": {"type": "str", "default": ""},
    "opening": {"type": "dict", "default": {}},
}


def record(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Append the events; in check mode nothing is written, since a dry run is no part of an incident."""
    if check_mode:
        return {"changed": False, "path": "", "opened": False, "evidence": None, "intended": ""}
    now = datetime.now(timezone.utc)

    def event(kind: str, note: dict[str, Any]) -> Event:
        return Event(kind, now, params["by"], params["host"], note)

    written = append(
        params["log"],
        params["id"],
        lambda: event("opened", {"id": params["id"], **params["opening"]}),
        [event(given["kind"], given["note"]) for given in params["events"]],
        params["evidence"],
    )
    return {"changed": True, **written}
