# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows lines to the operator. Documentation: modules/show_text.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_text
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Text as text: a list in Ansible's own output is JSON, with quotes and escapes between the words."""

    arguments = {"lines": {"type": "list", "elements": "str", "required": True}}

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        self.host = ""  # it is of all hosts
        return {"lines": args["lines"]}

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        return of_text({"lines": result["lines"]})
