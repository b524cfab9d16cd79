# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of host_preflight_info."""

from __future__ import annotations

from typing import Any

from .._compose.options import COMPOSE_ARGS
from .._core.errors import InputError

AREAS = ("disk", "clock", "compose", "backups", "reach", "incident_log", "people")
HOST_ARGS: dict[str, Any] = {
    **COMPOSE_ARGS,
    "areas": {"type": "list", "elements": "str", "default": ["disk", "clock", "compose"], "choices": list(AREAS)},
    "releases": {"type": "str", "default": ""},
    "backups": {"type": "list", "elements": "dict", "default": []},
    "urls": {"type": "dict", "default": {}, "no_log": True},
    "log": {"type": "str", "default": ""},
    "log_group": {"type": "str", "default": ""},
    "log_user": {"type": "str", "default": ""},
    "log_users": {"type": "list", "elements": "str", "default": []},
    "people": {"type": "raw", "default": []},
    "oncall": {"type": "raw", "default": {}, "no_log": True},
    "escalate_after": {"type": "raw", "default": {}},
    "channels": {"type": "list", "elements": "str", "default": []},
}


def backups_of(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Where backups are, each with the compose project of the task where it names none."""
    for place in params["backups"]:
        if not str(place.get("path") or "").startswith("/"):
            raise InputError(f"backups: {place} needs an absolute path. Nothing was examined.")
        try:
            float(place.get("max_age") or 0)
        except (TypeError, ValueError):
            raise InputError(
                f"backups: max_age of {place['path']} is no number of hours. Nothing was examined."
            ) from None
    return [{"project": params["project"], **backup} for backup in params["backups"]]
