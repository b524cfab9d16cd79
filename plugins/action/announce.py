# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes messages from the outbox, on the log's host, and sends them from the controller. Documentation: modules/announce.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Mapping

from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced
from ansible_collections.pafar.runbook.plugins.module_utils._announce.options import ANNOUNCE_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import command
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, invocation, show

# A job of AWX, or of a rulebook, has a copy of the inventory, in a folder of its own.
_OF_A_COPY = ("awx_job_id", "tower_job_id", "ansible_eda")


def command_for(task_vars: Mapping[str, Any] | None) -> Callable[[str], str]:
    """The command for a playbook, by its name, for the people who read a message of this run."""
    call = invocation()
    if any(name in (task_vars or {}) for name in _OF_A_COPY):
        call = replace(call, inventories=["INVENTORY"])
    return lambda playbook: command(replace(call, limit="", extra=(), access=()), playbook)


class ActionModule(ActionBase):
    """The outbox is read and written where the log is; the channels are reached from the controller."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        # Ansible loads this class in its main process, also where the task is skipped: the channels' code costs 0.1 s.
        from ansible_collections.pafar.runbook.plugins.plugin_utils._outbox_action import announced  # noqa: PLC0415

        result: dict[str, Any] = super().run(tmp, task_vars)
        dummy, params = self.validate_argument_spec(argument_spec=ANNOUNCE_ARGS)
        is_here = self._connection.transport == "local" and self._connection.become is None

        def ask_host(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            return self._execute_module(f"pafar.runbook.{name}", arguments, task_vars=task_vars)  # type: ignore[no-any-return]

        try:
            found = announced(
                params, bool(self._task.check_mode), None if is_here else ask_host, command_for(task_vars)
            )
            result.update({"changed": False, **found})
        except RunbookError as error:
            result.update({"failed": True, "msg": str(error), "error": type(error).__name__, **error.details})
        if not callback_is_on():
            show(self._display, "", of_announced(result))
        return result
