# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_switch
short_description: Start or stop named containers of a compose project
version_added: 0.2.0
description:
  - Starts or stops exactly the containers that are named, in the order of what they depend on, and touches no other one.
    A container that stops is drained first where another replica of its service is healthy. One that starts must become
    ready.
  - Refuses to stop a container whose namespaces a container that is not named lives in, and to start one that lives in a
    namespace of a container that does not run. A paused container is neither started nor stopped.
  - Needs no compose files. A container that exists is started as it was created; a changed configuration is not applied.
options:
  containers:
    description:
      - Names of the containers. A target as another module returns it (C(NAME@ID)) means no container that has taken that
        name since.
    type: list
    elements: str
    required: true
  state:
    description: The state in which they are wanted.
    type: str
    required: true
    choices: [started, stopped]
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._compose.act
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.compose_restart
"""

EXAMPLES = r"""
- name: Stop the worker that fills the queue
  pafar.runbook.compose_switch:
    project: pafar
    containers: [pafar-worker-1]
    state: stopped
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action) (C(start) or C(stop)), C(who) and C(service). Actions are in the order of execution.
      C(affected_before) counts containers that are not in the wanted state.
  returned: success
  type: dict
  sample: {"verb": "stop", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["stopped pafar-worker-1"]
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
    - Counts named containers that are not in the wanted state.
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
  sample: {"reversible": true, "module": "compose_switch", "options": {"containers": ["pafar-worker-1@3f2c1a9b8d7e"], "state": "started"}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The services, and the last log lines of every container to start or stop.
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
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import (
    COMPOSE_ARGS,
    ROLLOUT_ARGS,
    SWITCH_ARGS,
    names_in,
    request_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.switch.io.switching import switch
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> Mapping[str, Any]:
    params = module.params
    return switch(request_of(params, module.check_mode), names_in(params["containers"]), params["state"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            **ROLLOUT_ARGS,
            **SWITCH_ARGS,
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
