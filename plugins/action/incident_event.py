# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the log directly when it is on the controller, else sends the module to its host.

A module run on localhost costs as much as one on a remote host, and an incident needs several.
Documentation: modules/incident_event.py.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line, of_act, of_terminations
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import RECORD_ARGS, record
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, show


class ActionModule(ActionBase):
    """Writes directly where the log is on the controller, and runs the module elsewhere."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        here = self._connection.transport == "local" and self._connection.become is None
        if here:
            result.update(self._write())
        else:
            result.update(self._execute_module(task_vars=task_vars))
        if not callback_is_on() and "path" in result and not result.get("failed"):
            written: Any = result
            host, incident = str(self._task.args.get("host") or ""), str(self._task.args.get("id") or "")
            show(self._display, host, [*self._acted(), *of_record(written)], incident)
        return result

    def _write(self) -> dict[str, Any]:
        dummy, params = self.validate_argument_spec(argument_spec=RECORD_ARGS)
        try:
            return record(params, bool(self._task.check_mode))
        except RunbookError as error:
            return {"failed": True, "msg": str(error), "error": type(error).__name__, **error.details}

    def _acted(self) -> list[Line]:
        """What was done: the module that did it has no screen of its own."""
        lines: list[Line] = []
        for event in self._task.args.get("events") or ():
            note: Any = event.get("note") or {}
            if event.get("kind") != "mitigated":
                continue
            lines += of_terminations(note) if "rounds" in note else of_act(note)
        return lines
