# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base of the action plugins that read the incident log, on its host.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import runnable
from ansible_collections.pafar.runbook.plugins.plugin_utils._host_action import of_unreached, was_unreached
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, invocation, show


class LogReader(ActionBase):
    """The module, whose host does not know how the run was called."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def said(self, result: Any) -> list[Line]:  # noqa: ARG002 - of those that say something
        """What the operator reads, where the callback is not enabled."""
        return []

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            result.update(self._execute_module(task_vars=task_vars))
        except AnsibleError as error:
            if not was_unreached(error):
                raise
            result.update(of_unreached(self, error, task_vars))
        if "lines" in result:
            call = invocation()
            result["lines"] = [runnable(line, call) for line in result["lines"]]
        if not callback_is_on() and not result.get("failed"):
            show(self._display, str(self._task.args.get("host") or ""), self.said(result))
        return result
