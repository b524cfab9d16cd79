# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of pg_activity_info, besides those of the connection."""

from __future__ import annotations

from typing import Any

from ..._core.module import at_least
from ..io.activity import Wanted
from .io.background import SUBJECTS

ACTIVITY_ARGS: dict[str, Any] = {
    "min_waiting": {"type": "float", "default": 30.0},
    "long_running": {"type": "float", "default": 60.0},
    "statements": {"type": "str", "default": "normalized", "choices": ["normalized", "full", "none"]},
    "max_rows": {"type": "int", "default": 100},
    "patience": {"type": "float", "default": 0.0},
    "expected": {"type": "int", "default": 0},
    "also": {"type": "list", "elements": "str", "default": [], "choices": list(SUBJECTS)},
    "interval": {"type": "float", "default": 1.0},
}


def wanted_of(params: dict[str, Any]) -> Wanted:
    at_least(params, "max_rows", 1)
    for name in ("min_waiting", "long_running", "patience"):
        at_least(params, name, 0, "s")
    at_least(params, "interval", 0.1, "s")
    names = ("statements", "max_rows", "min_waiting", "long_running", "patience", "expected", "also", "interval")
    return Wanted(*(params[name] for name in names))
