# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of incident_act."""

from __future__ import annotations

from typing import Any

from .._incident.kinds import ROLES
from .acts import ACTS
from .log_recovery import SOAK

ACT_ARGS: dict[str, Any] = {
    "log": {"type": "path", "required": True},
    "id": {"type": "str", "default": ""},
    "act": {"type": "str", "required": True, "choices": [*ACTS, "report"]},
    "text": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
    "severity": {"type": "str", "default": ""},
    "role": {"type": "str", "default": "", "choices": ["", *ROLES]},
    "person": {"type": "str", "default": ""},
    "item": {"type": "str", "default": ""},
    "audience": {"type": "str", "default": "inside", "choices": ["inside", "public"]},
    "status": {"type": "str", "default": "", "choices": ["", "investigating", "identified", "monitoring"]},
    "alerts": {"type": "list", "elements": "dict", "default": []},
    "reported_by": {"type": "str", "default": ""},
    "where": {"type": "str", "default": ""},
    "noticed_at": {"type": "str", "default": ""},
    "people": {"type": "raw", "default": []},
    "public_every": {"type": "raw", "default": {}},
    "public_scenarios": {"type": "list", "elements": "str", "default": []},
    "hours": {"type": "raw", "default": {}},
    "soak": {"type": "float", "default": SOAK.total_seconds()},
    "by": {"type": "str", "default": "unknown"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "join_within": {"type": "float", "default": 14400},
    "site": {"type": "str", "default": ""},
    "at": {"type": "str", "default": ""},
    "group": {"type": "str", "default": ""},
}
