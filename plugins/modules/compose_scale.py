# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_scale
short_description: Scale one compose service without touching others
version_added: 0.1.0
description:
  - Starts or removes replicas of one service. In contrast to C(docker compose up --scale), no other container is
    recreated or restarted.
  - Before it starts a replica, it checks what Compose does not check, and refuses with all reasons. It checks fixed
    container names, host ports, names in use, missing images, drift from the compose files, dependencies that do not
    run, free memory, free addresses, and the database connections that new replicas would open.
  - It waits until new replicas are ready, and removes them again if they do not become ready.
  - When it scales down, it removes first the replicas that do not run, then unhealthy ones, then those with drift,
    then those with the highest number. It drains them, so that no request is lost.
  - It reloads the proxy, so that new replicas get traffic. With the right number of replicas and a proxy that does not
    know them, the plan is the reload alone.
options:
  service:
    description: Name of the service.
    type: str
    required: true
  replicas:
    description: Number of replicas, at least 1, or a relative number (V(+2), V(-1)).
    type: str
    required: true
  max_replicas:
    description: Largest number of replicas that the module accepts. At least 1.
    type: int
    default: 20
  allow_drift:
    description: Whether to start new replicas from compose files that differ from the running replicas.
    type: bool
    default: false
  allow_shared_data:
    description: Whether a service that keeps data may get a second replica on the same data.
    type: bool
    default: false
  expected:
    description:
      - Number of replicas that must exist now. With another number the module changes nothing. An undo uses it, so
        that it does not undo a later change.
    type: int
  memory_reserve:
    description: Share of the host's memory that must stay available, from 0 to less than 1.
    type: float
    default: 0.1
  connections_per_replica:
    description: Most database connections that one replica opens (the sum of its pools). 0 disables this check.
    type: int
    default: 0
  connections_free:
    description:
      - Free connections of the database, as M(pafar.runbook.pg_activity_info) returns them. Omitted means unknown.
    type: int
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
- name: Plan
  pafar.runbook.compose_scale:
    project: pafar
    service: backend
    replicas: "5"
    proxy: nginx
  check_mode: true
  register: planned

- name: Carry out this plan
  pafar.runbook.compose_scale:
    project: pafar
    service: backend
    replicas: "5"
    proxy: nginx
    only: "{{ planned.plan.actions | map(attribute='target') }}"
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action) and C(who). C(affected_before) counts replicas that are missing, in excess or
      without traffic.
  returned: success
  type: dict
  sample: {"verb": "scale", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["started pafar-backend-4", "reloaded pafar-nginx-1"]
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
    - The service with C(running), C(healthy) and C(replicas).
  returned: success
  type: dict
  sample: {"backend": {"running": 3, "healthy": 3, "replicas": []}}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"backend": {"running": 5, "healthy": 5, "replicas": []}}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - Counts replicas that are missing, in excess, new and not ready, or without traffic.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 12.4
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
  returned: success
  type: dict
  sample: {"reversible": true, "module": "compose_scale", "options": {"project": "pafar", "service": "backend", "replicas": "3"}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The project, and the last log lines of the containers that the act removes.
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
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.scale import scale
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import (
    COMPOSE_ARGS,
    ROLLOUT_ARGS,
    SCALE_ARGS,
    bounds_of,
    request_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> Mapping[str, Any]:
    params = module.params
    return scale(request_of(params, module.check_mode), params["service"], params["replicas"], bounds_of(params))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            **ROLLOUT_ARGS,
            **SCALE_ARGS,
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
