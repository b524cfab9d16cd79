# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_rollback
short_description: Roll compose services back to a recorded release
version_added: 0.1.0
description:
  - Rolls compose services back to a snapshot of M(pafar.runbook.compose_snapshot), or to a git revision for which a
    snapshot exists. The snapshot's image ids are used. The git work tree is not changed.
  - Where a second container can run, the old release starts beside the new one, and the new one is removed when the
    old release is ready, so that no request is lost. If the old release does not become ready, the module restores the
    new release.
  - The module refuses, with all reasons, when an image is missing or when database migrations lie between the
    releases. If there is nothing to roll back, it returns the reason in the plan.
options:
  to:
    description:
      - Snapshot to roll back to. V(last_good) means the newest snapshot that was taken while all containers were
        healthy and that differs from what runs now in what is rolled back. No service goes forward to it; where what
        runs was gone back to, by a rollback or by hand, nothing is done. Otherwise the name or label of a snapshot, or
        a git revision.
    type: str
    default: last_good
  services:
    description:
      - Services to roll back. Empty means all that differ from the snapshot, except those that keep data in a volume,
        or in a bind mount to which something was written since their release began.
    type: list
    elements: str
    default: []
  state_dir:
    description: Directory of the snapshots on the host.
    type: path
    default: ~/.local/state/pafar-runbook/releases
  migration_paths:
    description: Paths of the database migrations in the git checkout, as git patterns (V(**) matches directories).
    type: list
    elements: str
    default: ["**/migrations/**", "**/alembic/versions/**"]
  accept_migrations:
    description:
      - Whether to roll back although migrations lie between the releases, so that the old code runs on the newer
        schema.
    type: bool
    default: false
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._compose.act
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.compose_snapshot
"""

EXAMPLES = r"""
- name: Roll back to the release before the deploy
  pafar.runbook.compose_rollback:
    project: pafar
    services: [backend, celery-worker]
    proxy: nginx
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(who) and C(how) (C(tag) if the image tag is moved to the old image, C(file) if the old configuration
      is needed). Actions are in the order of execution. C(affected_before) counts services that are not on the release.
  returned: success
  type: dict
  sample: {"verb": "roll_back", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["started pafar-backend-2", "reloaded pafar-nginx-1", "removed pafar-backend-1"]
not_done:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
    - Always empty. A service that changes meanwhile makes the act fail.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - The services, each with C(running), C(healthy), and C(replicas) with their C(image).
  returned: success
  type: dict
  sample: {"backend": {"running": 1, "healthy": 1, "replicas": []}}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"backend": {"running": 1, "healthy": 1, "replicas": []}}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - Counts services that are not on the release, or not ready.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 14.1
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
    - The options roll forward to the release before the act.
  returned: success
  type: dict
  sample: {"reversible": true, "module": "compose_rollback", "options": {"to": "20261123T213000.000000Z"}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The services, and the last log lines of every container to remove.
  returned: success
  type: dict
  sample: {}
goal:
  description: The snapshot to roll back to, with the keys of M(pafar.runbook.compose_snapshot).
  returned: success
  type: dict
  sample: {"at": "20261123T211500.000000Z", "good": true}
next_up:
  description: What the next C(docker compose up) without options does to the rolled back services.
  returned: success
  type: str
  sample: "stays: pafar/app:latest is the old image again, until it is built or pulled again"
engine:
  description:
    - The engine that was used, with C(address), C(context) (name of the docker context; empty for none) and C(chosen_by)
      (the option, environment variable or file that selected it).
  returned: success
  type: dict
  sample: {"address": "unix:///var/run/docker.sock", "context": "", "chosen_by": "the default"}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.rollback import roll_back
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import (
    COMPOSE_ARGS,
    ROLLOUT_ARGS,
    names_in,
    request_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return roll_back(
        request_of(params, module.check_mode),
        params["state_dir"],
        params["to"],
        names_in(params["services"]),
        params["migration_paths"],
        params["accept_migrations"],
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            **ROLLOUT_ARGS,
            "to": {"type": "str", "default": "last_good"},
            "services": {"type": "list", "elements": "str", "default": []},
            "state_dir": {"type": "path", "default": "~/.local/state/pafar-runbook/releases"},
            "migration_paths": {
                "type": "list",
                "elements": "str",
                "default": ["**/migrations/**", "**/alembic/versions/**"],
            },
            "accept_migrations": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
