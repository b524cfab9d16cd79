# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is the matter with the database, weighed on the controller. Documentation: modules/diagnosis.py."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._domain.degradation import degraded
from ansible_collections.pafar.runbook.plugins.module_utils._domain.exhaustion import exhausted

CONNECTIONS = "connections"
PERFORMANCE = "performance"


class ActionModule(ActionBase):
    """Weigh what the facts say; no trip to the host."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        dummy, args = self.validate_argument_spec(
            argument_spec={
                "of": {"type": "str", "required": True, "choices": [CONNECTIONS, PERFORMANCE]},
                "activity": {"type": "dict", "required": True},
                "indexes": {"type": "dict", "default": {}},
                "idle": {"type": "float", "default": 30.0},
                "idle_in_transaction": {"type": "float", "default": 60.0},
                "min_running": {"type": "float", "default": 10.0},
                "share": {"type": "float", "default": 0.5},
                "headroom": {"type": "float", "default": 0.2},
                "shares": {"type": "dict", "default": {}},
            }
        )
        _require(args["activity"], "activity", ("connections", "server", "activity"), "pg_activity_info")
        if args["of"] == CONNECTIONS:
            shares = {str(name): int(most) for name, most in args["shares"].items()}
            found = exhausted(
                args["activity"], args["idle"], args["idle_in_transaction"], args["share"], args["headroom"], shares
            )
        else:
            _require(args["indexes"], "indexes", ("advice", "workload"), "pg_index_info")
            found = degraded(args["activity"], args["indexes"], args["min_running"], args["idle_in_transaction"])
        result.update(changed=False, **found.as_dict())
        return result


def _require(given: dict[str, Any], name: str, keys: tuple[str, ...], module: str) -> None:
    missing = set(keys) - set(given)
    if missing:
        raise AnsibleActionFail(
            f"diagnosis: {name} lacks {', '.join(sorted(missing))}; give it as {module} returned it. Nothing was done."
        )
