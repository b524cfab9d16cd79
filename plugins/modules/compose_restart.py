# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_restart
short_description: Rolling restart of compose services
version_added: 0.1.0
description:
  - Restarts the replicas of compose services one at a time. It drains a replica, restarts it, waits until it is ready,
    and reloads the proxy before it continues with the next replica.
  - A replica in a restart loop is replaced instead. A new container of the same image starts beside it, and the old
    container is removed when the new one is ready.
  - Jobs that exited with code 0 are left alone; a container that publishes a port, or has a health check of its own by
    the compose files, is no job. A container that lives in a namespace of one that does not run or is gone is left
    alone, since it could not be started again. A configuration that changed since the start is not
    applied.
options:
  services:
    description: Services to restart. Empty with O(which=unhealthy) means every service with an unhealthy replica.
    type: list
    elements: str
    default: []
  containers:
    description:
      - Names of containers of O(services) to restart. Empty means all containers of these services. A target as another
        module returns it (C(NAME@ID/START)) means no container that has taken that name, or was started again, since.
    type: list
    elements: str
    default: []
  everything:
    description: Restart all services of the project, in the order of their dependencies. Use it as the last resort.
    type: bool
    default: false
  which:
    description:
      - V(all) restarts all replicas. V(unhealthy) restarts only replicas that are unhealthy, in a restart loop, without
        the namespace that they share, or not running. V(running) restarts all replicas that run, but none
        that has not passed its health check yet, and no job for whose end another service waits.
      - A container that was paused or stopped by a request is left alone unless its service is named with V(all)
        or V(unhealthy). It is then unpaused or started. A container whose health check cannot be carried out is left alone, too.
    type: str
    default: all
    choices: [all, running, unhealthy]
  method:
    description:
      - V(auto) replaces a replica in a restart loop if a second container can run beside it, and restarts all others.
    type: str
    default: auto
    choices: [auto, restart, replace]
  at_once:
    description: Whether to restart all replicas of a service at the same time. Requests fail meanwhile.
    type: bool
    default: false
  uncertain:
    description:
      - Containers of which the restart needs an approval, by their names, with the reason, as
        M(pafar.runbook.top_consumers) returns them.
    type: dict
    default: {}
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._compose.act
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.compose_info
"""

EXAMPLES = r"""
- name: Restart the backend, one replica at a time
  pafar.runbook.compose_restart:
    project: pafar
    services: [backend]
    proxy: nginx
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action) (C(restart) or C(replace)), C(who), C(service), and C(needs_approval) where its container
      is one of O(uncertain), says by its failed health check that it loads its data or recovers, loops where a restart
      does not help, may be a job, or may be judged by the check of another program of its image. What depends on such
      a container is not restarted. Actions are in the order of execution.
      C(affected_before) counts replicas to restart, and those that have a problem and are left alone
      (C(affected_after)).
  returned: success
  type: dict
  sample: {"verb": "restart", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["restarted pafar-backend-1", "reloaded pafar-nginx-1"]
not_done:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - The services, each with C(running), C(healthy) and C(replicas).
  returned: success
  type: dict
  sample: {"backend": {"running": 3, "healthy": 2, "replicas": []}}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"backend": {"running": 3, "healthy": 3, "replicas": []}}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - Counts replicas that were started again or left alone with a problem, and are not ready; in check mode, replicas
      that are unhealthy.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 24.8
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
  returned: success
  type: dict
  sample: {"reversible": false, "why": "a restart cannot be undone"}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The services, and the last log lines of every container to restart.
  returned: success
  type: dict
  sample: {}
engine:
  description:
    - The engine that was used, with C(address), C(context) (name of the docker context; empty for none) and C(chosen_by)
      (the option, environment variable or file that selected it).
  returned: success
  type: dict
  sample: {"address": "unix:///var/run/docker.sock", "context": "", "chosen_by": "the default"}
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.restart import restart
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import (
    COMPOSE_ARGS,
    RESTART_ARGS,
    ROLLOUT_ARGS,
    names_in,
    request_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> Mapping[str, Any]:
    params = module.params
    return restart(
        request_of(params, module.check_mode),
        names_in(params["services"]),
        containers=names_in(params["containers"]),
        everything=params["everything"],
        unhealthy_only=params["which"] == "unhealthy",
        running_only=params["which"] == "running",
        method=params["method"],
        at_once=params["at_once"],
        uncertain=params["uncertain"],
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            **ROLLOUT_ARGS,
            **RESTART_ARGS,
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
