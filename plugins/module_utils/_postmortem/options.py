# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of incident_postmortem and incident_report."""

from __future__ import annotations

from typing import Any

POSTMORTEM_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "required": True},
    "views": {
        "type": "list", "elements": "str", "default": ["internal"], "choices": ["internal", "public"],
    },
    "public_words": {"type": "dict", "default": {}},
    "public_requests": {"type": "dict", "default": {}},
    "heads": {"type": "list", "elements": "str", "default": []},
    "group": {"type": "str", "default": ""},
}  # fmt: skip
REPORT_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "month": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
}
