# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base of what runs a module on a host that may be down.

Ansible takes a host that it does not reach out of the play, and no rescue sees it: the most severe fault of all would
leave no incident. Here it is a failed step with its reason, as everything else that cannot be asked.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.pafar.runbook.plugins.module_utils._system.managed_host import (
    may_have_begun,
    refuses_user,
    unreached,
)

_READERS = ("_info", "log_tail")  # how the names of modules end that change nothing


class HostAction(NormalAction):
    """What Ansible does with a module that has no action plugin, and what it says if the host is not reached."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            result: dict[str, Any] = super().run(tmp, task_vars)
        except AnsibleError as error:
            if not was_unreached(error):
                raise
            return of_unreached(self, error, task_vars)
        return result


def was_unreached(error: AnsibleError) -> bool:
    """Whether the connection failed, or its login could not become the user of the step, which has no class."""
    return isinstance(error, AnsibleConnectionFailure) or (error.__class__ is AnsibleError and refuses_user(str(error)))


def of_unreached(action: ActionBase, error: AnsibleError, task_vars: Any) -> dict[str, Any]:
    """The result of a step whose host was not reached. The connection may have ended after an act had begun."""
    task = action._task
    host = task.delegate_to or (task_vars or {}).get("inventory_hostname") or "the host"
    reads = bool(task.check_mode) or str(task.resolved_action or task.action).endswith(_READERS)
    user = str(action.get_become_option("become_user") or "") if action._connection.become else ""
    failure = unreached(str(host), str(error), reads, user)
    begun = {"begun": True} if may_have_begun(str(error), reads) else {}
    return {"failed": True, "msg": str(failure), "error": type(failure).__name__, **begun}
