# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module on its host, and compares its clock with the controller's.

Both sides note two moments, as in NTP: a slow connection or a busy host widens what the offset may be, and is no offset.
Documentation: modules/host_preflight_info.py.
"""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import preflight_report
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check_lines import of_preflight
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.host import of_log, with_controller_clock
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, show


class ActionModule(ActionBase):
    """The module's checks and one more, where the host has a clock of its own."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        sent = time.time()
        result.update(self._checked(task_vars))
        returned = time.time()
        if self._connection.transport != "local" and "host_clock" in result:
            checked: Any = result
            result.update(with_controller_clock(checked, sent, returned))
        if not callback_is_on() and "checks" in result:
            report: Any = result
            show(self._display, str((task_vars or {}).get("inventory_hostname", "")), of_preflight(report))
        return result

    def _checked(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """What the module found. Of the incident log alone also that the task could not become the user that writes it,
        or reach its host: then no event could be recorded either."""
        areas, log, user = (self._task.args.get(name) or "" for name in ("areas", "log", "log_user"))
        if list(areas) != ["incident_log"]:
            return self._execute_module(task_vars=task_vars)  # type: ignore[no-any-return]
        try:
            found: dict[str, Any] = self._execute_module(task_vars=task_vars)
        except AnsibleError as error:
            found = {"failed": True, "msg": str(error)}
        if not found.get("failed"):
            return found
        why = " ".join(f"{found.get('msg', '')} {found.get('module_stderr', '')}".split())
        return {**preflight_report([of_log(str(log), False, why, str(user))])}
