# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What awx_approval takes; twin of its documentation."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.parameters import env_fallback

AWX_APPROVAL_ARGS: dict[str, Any] = {
    "job": {"type": "int", "default": 0},
    "workflow": {"type": "int", "default": 0},
    "by": {"type": "str", "default": ""},
    "requesters": {"type": "list", "elements": "str", "default": []},
    "people": {"type": "list", "elements": "dict", "default": []},
    "four_eyes": {"type": "bool", "default": False},
    "require": {"type": "bool", "default": True},
    "host": {"type": "str", "fallback": (env_fallback, ["CONTROLLER_HOST", "TOWER_HOST"])},
    "token": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["CONTROLLER_OAUTH_TOKEN", "TOWER_OAUTH_TOKEN"]),
    },
    "username": {"type": "str", "fallback": (env_fallback, ["CONTROLLER_USERNAME", "TOWER_USERNAME"])},
    "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CONTROLLER_PASSWORD", "TOWER_PASSWORD"])},
    "verify_ssl": {"type": "bool", "fallback": (env_fallback, ["CONTROLLER_VERIFY_SSL", "TOWER_VERIFY_SSL"])},
    "timeout": {"type": "float", "default": 10},
}
