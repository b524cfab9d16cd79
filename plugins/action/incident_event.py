# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the log directly when it is on the controller, else sends the module to its host.

A module run on localhost costs as much as one on a remote host, and an incident needs several.
Documentation: modules/incident_event.py.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import RECORD_ARGS, record


class ActionModule(ActionBase):
    """Writes directly where the log is on the controller, and runs the module elsewhere."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        here = self._connection.transport == "local" and self._connection.become is None
        if not here:
            result.update(self._execute_module(task_vars=task_vars))
            return result
        dummy, params = self.validate_argument_spec(argument_spec=RECORD_ARGS)
        try:
            result.update(record(params, bool(self._task.check_mode)))
        except RunbookError as error:
            result.update(failed=True, msg=str(error), error=type(error).__name__, **error.details)
        return result
