# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of oncall_info."""

from __future__ import annotations

from typing import Any

ONCALL_ARGS: dict[str, Any] = {
    "people": {"type": "list", "elements": "dict", "default": []},
    "oncall": {"type": "dict", "default": {}},
    "at": {"type": "str", "default": ""},
    "ahead": {"type": "float", "default": 30},
    "copies": {"type": "path", "default": "~/.local/state/pafar-runbook/feeds"},
    "timeout": {"type": "float", "default": 10},
}
