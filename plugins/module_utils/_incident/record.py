# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing to the incident log, for the module (on the log's host) and for its action plugin (on the controller)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from .._core.errors import InputError
from .event import Event, moment_of
from .io.log import Share, append
from .kinds import KINDS, why_refused

_SAME_CLOCK = timedelta(seconds=2)

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
    "at": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
    "create": {"type": "bool", "default": True},
}


def record(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Append the events; in check mode nothing is written, since a dry run is no part of an incident."""
    refused = [text for given in params["events"] for text in [why_refused(given["kind"], given["note"])] if text]
    if refused:
        raise InputError(f"The event was not kept: {refused[0]}. Nothing was written.")
    if check_mode:
        nothing = {"path": "", "opened": False, "evidence": None, "intended": "", "head": {"seq": 0, "hash": ""}}
        return {"changed": False, **nothing}
    now = datetime.now(timezone.utc)
    at = _writers_clock(params["at"]) or now
    logged = now if abs(now - at) > _SAME_CLOCK else None

    def event(kind: str, note: dict[str, Any]) -> Event:
        return Event(kind, at, params["by"], params["host"], note, logged)

    written = append(
        params["log"],
        params["id"],
        lambda: event("opened", {"id": params["id"], **params["opening"]}),
        [event(given["kind"], given["note"]) for given in params["events"]],
        params["evidence"],
        Share(params["group"]),
        params["create"],
    )
    return {"changed": bool(written["path"]), **written}


def _writers_clock(text: str) -> datetime | None:
    try:
        return moment_of(text) if text else None
    except ValueError:
        raise InputError(
            f"at: {text!r} is no time in UTC such as 2026-11-23T14:56:35.123456Z. Nothing was written."
        ) from None
