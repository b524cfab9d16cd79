# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of announce and incident_outbox."""

from __future__ import annotations

from typing import Any

LOG_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "ids": {"type": "list", "elements": "str", "default": []},
    "by": {"type": "str", "default": "unknown"},
    "at": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
    "lease": {"type": "float", "default": 90},
    # What is none of these is said by each run; it costs no page.
    "after": {"type": "raw", "default": {}},
    "roles_from": {"type": "raw", "default": {}},
    "public_every": {"type": "raw", "default": {}},
}
# The settings without what is secret: the log's host needs to know what is to be said, not how.
OUTBOX_ARGS: dict[str, Any] = {
    **LOG_ARGS,
    "settings": {"type": "dict", "default": {}},
    "channels": {"type": "list", "elements": "str"},
    "answerers": {"type": "list", "elements": "dict", "default": []},
    "people": {"type": "list", "elements": "dict", "default": []},
}
ANNOUNCE_ARGS: dict[str, Any] = {
    **LOG_ARGS,
    "channels": {"type": "dict", "default": {}, "no_log": True},
    # What has not the form that it must have is named, and costs no message.
    "templates": {"type": "raw", "default": {}},
    "people": {"type": "raw", "default": []},
    "oncall": {"type": "raw", "default": {}},
    "feeds": {"type": "bool", "default": True},
    "copies": {"type": "path", "default": "~/.local/state/pafar-runbook/feeds"},
    "budget": {"type": "float", "default": 80},
    "public": {"type": "str", "default": "ask", "choices": ["ask", "act"]},
    "soak": {"type": "float", "default": 600},
    "archive_after": {"type": "float", "default": 86400},
    "awx_url": {"type": "str", "default": ""},
}
SECRETS = ("token", "password", "routing_key", "url", "user", "headers")  # settings that never leave the controller
