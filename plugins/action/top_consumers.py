# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is behind it, weighed on the controller. Documentation: modules/top_consumers.py."""

from __future__ import annotations

from typing import Any, cast

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.diagnosis_lines import of_top_consumers
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.top_consumers import (
    CPU,
    MEMORY,
    weigh_cpu,
    weigh_memory,
)
from ansible_collections.pafar.runbook.plugins.module_utils._resources.cpu_verdict import (
    IDLE,
    OF_BUSIEST,
    WARM_UP,
    CpuRules,
)
from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_report import ResourcesReport
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Ranks consumers from facts; no connection to the host."""

    arguments = {
        "of": {"type": "str", "required": True, "choices": [CPU, MEMORY]},
        "resources": {"type": "dict", "required": True},
        "sessions": {"type": "list", "elements": "dict", "default": []},
        "project": {"type": "str", "default": ""},
        "cores": {"type": "float", "default": 0.5},
        "idle": {"type": "float", "default": IDLE},
        "of_busiest": {"type": "float", "default": OF_BUSIEST},
        "warm_up": {"type": "float", "default": WARM_UP},
        "restart_busiest": {"type": "bool", "default": False},
        "services": {"type": "dict", "default": {}},
        "near": {"type": "float", "default": 0.9},
        "keep": {"type": "list", "elements": "str", "default": []},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        resources = cast(ResourcesReport, args["resources"])
        missing = {"host", "containers", "processes", "source", "engine", "engine_problem"} - set(resources)
        if missing:
            raise AnsibleActionFail(
                f"top_consumers: resources lacks {', '.join(sorted(missing))}; pass the whole result of host_resources_info."
                " Nothing was done."
            )
        if args["of"] == CPU:
            sessions: Any = args["sessions"]
            rules = CpuRules(args["idle"], args["of_busiest"], args["warm_up"], args["restart_busiest"])
            weighed = weigh_cpu(
                resources, sessions, args["project"], args["cores"], args["keep"], rules, args["services"]
            )
            return {**weighed}
        return {**weigh_memory(resources, args["project"], args["near"], args["keep"])}

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        report: Any = result
        return of_top_consumers(report)
