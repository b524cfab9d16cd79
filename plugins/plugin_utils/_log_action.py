# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base of the action plugins that write the incident log.

A module run on localhost costs as much as one on a remote host, and an incident needs several: where the log is on the
controller it is written directly. PRIVATE to this collection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Mapping

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_record
from ansible_collections.pafar.runbook.plugins.plugin_utils._host_action import of_unreached, was_unreached
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, show


class LogAction(ActionBase, ABC):
    """Writes directly where the log is on the controller, and runs the module elsewhere."""

    _supports_check_mode = True
    TRANSFERS_FILES = False
    arguments: Mapping[str, Any] = {}

    @abstractmethod
    def write(self, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """What the module returns. Raises RunbookError."""

    def said(self) -> list[Line]:
        """What the operator reads before where it was written, where the callback is not enabled."""
        return []

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        here = self._connection.transport == "local" and self._connection.become is None
        if here:
            result.update(self._here())
        else:
            result.update(self._there(task_vars))
        if not callback_is_on() and "path" in result and not result.get("failed"):
            written: Any = result
            host, incident = (
                str(self._task.args.get("host") or ""),
                str(written.get("id") or self._task.args.get("id") or ""),
            )
            show(self._display, host, [*self.said(), *of_record(written)], incident)
        return result

    def _there(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """On the log's host. Where that is away, Ansible would take the host that is worked on out of the play: it is a
        failed step, so that the caller can print what was to be kept."""
        try:
            return self._execute_module(task_vars=task_vars)  # type: ignore[no-any-return]
        except AnsibleError as error:
            if not was_unreached(error):
                raise
            return of_unreached(self, error, task_vars)

    def _here(self) -> dict[str, Any]:
        dummy, params = self.validate_argument_spec(argument_spec=dict(self.arguments))
        try:
            return self.write(params, bool(self._task.check_mode))
        except RunbookError as error:
            return {"failed": True, "msg": str(error), "error": type(error).__name__, **error.details}
