# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the log directly when it is on the controller, else sends the module to its host.

A run is named also where the log cannot be asked: nothing of the record may keep a mitigation from its work.
Documentation: modules/incident_open.py.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_opening
from ansible_collections.pafar.runbook.plugins.module_utils._incident.intent import parted
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import (
    OPEN_ARGS,
    opening,
    opening_checked,
    opening_without_log,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.scope import NEW
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.run import state_of_run
from ansible_collections.pafar.runbook.plugins.module_utils._system.managed_host import refuses_user, why_unreached
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, show


class ActionModule(ActionBase):
    """The module, and where it cannot run a new name."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        dummy, params = self.validate_argument_spec(argument_spec=OPEN_ARGS)
        try:
            params = opening_checked(params)
        except InputError as error:
            return {**result, "failed": True, "msg": str(error), "error": type(error).__name__}
        if self._connection.transport == "local" and self._connection.become is None:
            result.update({"changed": False, **self._here(params)})
        else:
            result.update(self._of_the_logs_host(params, task_vars))
        is_named = params["id"] not in ("", NEW)
        result["unfinished"], result["under_way"] = parted(result["unfinished"], state_of_run, is_named)
        if not callback_is_on():
            show(self._display, "", of_opening(result), result["id"])
        return result

    @staticmethod
    def _here(params: dict[str, Any]) -> Any:
        try:
            return opening(params)
        except Exception as error:
            return opening_without_log(params, f"{type(error).__name__}: {error}")

    def _of_the_logs_host(self, params: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._execute_module(task_vars=task_vars)
        except AnsibleError as error:
            what = "its user could not be taken" if refuses_user(str(error)) else "its host was not reached"
            found = {"failed": True, "msg": f"{what}: {why_unreached(str(error))}"}
        if not found.get("failed"):
            return found
        return {"changed": False, **opening_without_log(params, str(found.get("msg", "")))}
