# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of triage_info."""

from __future__ import annotations

from typing import Any

from .._compose.options import COMPOSE_ARGS
from .._endpoints.options import PROBE_ARGS
from .._postgres.options import POSTGRES_ARGS

PARTS = ("services", "changes", "resources", "logs", "reached", "database")
TRIAGE_ARGS: dict[str, Any] = {
    "parts": {"type": "list", "elements": "str", "default": list(PARTS[:5]), "choices": list(PARTS)},
    "compose": {"type": "dict", "default": {}, "options": COMPOSE_ARGS},
    "postgres": {"type": "dict", "default": {}, "options": POSTGRES_ARGS},
    "since": {"type": "str", "default": "15m"},
    "log_bytes": {"type": "int", "default": 8 * 2**20},
    "log_seconds": {"type": "float", "default": 5.0},
    "targets": {**PROBE_ARGS["targets"], "required": False, "default": []},
    "sources": PROBE_ARGS["sources"],
    "keys": PROBE_ARGS["keys"],
    "key_variables": PROBE_ARGS["key_variables"],
    "attempts": {"type": "int", "default": 2},
    "timeout": {"type": "float", "default": 3.0},
    "interval": {"type": "float", "default": 1.0},
    "long_running": {"type": "float", "default": 60.0},
}
