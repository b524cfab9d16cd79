# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of pg_index_info."""

from __future__ import annotations

from typing import Any

from ..._core.module import at_least
from .io.advisor import AdviceOptions

ADVICE_ARGS: dict[str, Any] = {
    "window": {"type": "float", "default": 5.0},
    "top": {"type": "int", "default": 10},
    "min_rows": {"type": "int", "default": 10000},
    "hypothetical": {"type": "bool", "default": True},
    "min_unused_bytes": {"type": "int", "default": 1048576},
    "only_building": {"type": "bool", "default": False},
}


def wanted_of(params: dict[str, Any]) -> AdviceOptions:
    at_least(params, "window", 0, "s")
    for name, least in (("top", 1), ("min_rows", 0), ("min_unused_bytes", 0)):
        at_least(params, name, least)
    names = ("window", "top", "min_rows", "hypothetical", "min_unused_bytes", "only_building")
    return AdviceOptions(*(params[name] for name in names))
