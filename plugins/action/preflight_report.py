# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The total of a preflight over all hosts, on the controller. Documentation: modules/preflight_report.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.total import PreflightTotal, of_total, total_of
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Counts the checks of all hosts; no connection to any of them."""

    arguments = {
        "checks": {"type": "dict", "required": True},
        "unreached": {"type": "list", "elements": "str", "default": []},
        "strict": {"type": "bool", "default": False},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        total: PreflightTotal = total_of(args["checks"], args["unreached"])
        self.host = ""  # it is of all hosts
        result: dict[str, Any] = {**total}
        if args["strict"] and not total["ready"]:
            words = "; ".join(text for dummy, text in of_total(total))
            result.update(failed=True, msg=f"This site is not ready for an incident (preflight_strict): {words}")
        return result

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        total: Any = result
        return of_total(total)
