# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base of the action plugins that work on facts on the controller.

PRIVATE to this collection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Mapping, Sequence

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._core.text import printable
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, incident_of, show


class ControllerAction(ActionBase, ABC):
    """An action that needs no connection to the host, runs in check mode too, and changes nothing.

    ``arguments``: its argument spec; ``required_if``: which argument needs which others, as in a module.
    """

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False
    arguments: Mapping[str, Any] = {}
    required_if: Sequence[Sequence[Any]] = ()
    host = ""  # of the inventory, for which the task runs
    task_vars: Mapping[str, Any] = {}  # what the task knows, templates not yet resolved

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        """What the operator reads of it where the callback that shows all results is not enabled."""
        return []

    @abstractmethod
    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        """The result of the task, from its checked arguments."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.host = str(self.task_vars.get("inventory_hostname", ""))
        dummy, args = self.validate_argument_spec(
            argument_spec=dict(self.arguments), required_if=[list(rule) for rule in self.required_if]
        )
        result.update({"changed": False, **self._judged(args)})
        if "msg" in result:
            result["msg"] = printable(str(result["msg"]))  # it quotes what modules returned
        if not callback_is_on():
            show(self._display, self.host, self.said(args, result), incident_of(self.task_vars))
        return result

    def _judged(self, args: dict[str, Any]) -> dict[str, Any]:
        """Facts that a playbook made by itself, or that another version returned, are an error of their own."""
        try:
            return self.judge(args)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
            raise AnsibleActionFail(
                printable(
                    f"{self._task.action.rpartition('.')[2]}: the facts that were passed do not have the form that the"
                    f" modules of this collection return ({what}). Pass the registered results unchanged, all of one"
                    " version. Nothing was done."
                )
            ) from None
