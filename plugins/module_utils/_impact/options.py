# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of incident_impact_info."""

from __future__ import annotations

from typing import Any

IMPACT_ARGS: dict[str, Any] = {
    "url": {"type": "str", "required": True},
    "since": {"type": "str", "required": True},
    "until": {"type": "str", "required": True},
    "began_is_written": {"type": "bool", "default": False},
    "objectives": {"type": "dict", "default": {}},
    "business": {"type": "dict", "default": {}},
    "charts": {"type": "dict", "default": {}},
    "margin": {"type": "float", "default": 1800.0},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "timeout": {"type": "float", "default": 10.0},
}
