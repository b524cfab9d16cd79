# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_rollback
short_description: Bring compose services back to the images that they ran before
version_added: 0.1.0
description:
  - Goes back to a snapshot that M(pafar.runbook.compose_snapshot) took, or to a git revision at which one was taken, by
    image id. The git work tree is never touched, since checking out an older revision changes no image.
  - The old release is started beside the new one where both can be, and the new one goes when the old one is up, so
    that no request is lost. Where the old release does not come up, everything goes forward again.
  - Refuses with all reasons when an image is gone or migrations lie between, and says when it would be a no-op and why.
options:
  to:
    description:
      - V(last_good) for the newest snapshot that was taken while all was well and of which something does not run now,
        the name or label of a snapshot, or a git revision.
    type: str
    default: last_good
  services:
    description: Services to roll back. Empty means all that differ, but none that keeps data in a volume.
    type: list
    elements: str
    default: []
  state_dir:
    description: Folder of the snapshots on the host.
    type: path
    default: ~/.local/state/pafar-runbook/releases
  migration_paths:
    description: Where migrations lie in the git checkout, as patterns of git with V(**) for folders.
    type: list
    elements: str
    default: ["**/migrations/**", "**/alembic/versions/**"]
  accept_migrations:
    description: Whether the old code may meet a newer schema.
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
- name: Back to what ran before the deploy
  pafar.runbook.compose_rollback:
    project: pafar
    services: [backend, celery-worker]
    proxy: nginx
"""

RETURN = r"""
plan:
  description:
    - Which services, in order. C(verb), C(digest), C(actions) with C(target), C(reason), C(who) and C(how) (C(tag) if the
      image's name is moved back, C(file) if the old configuration is needed), C(spared), C(late) (services not on the
      release), C(leaves), and C(nothing), which says why it would be a no-op.
  returned: success
  type: dict
  sample: {"verb": "roll_back", "digest": "9f86d081884c7d65", "actions": [], "spared": [], "late": 0, "leaves": 0}
goal:
  description: The snapshot that is gone back to, as M(pafar.runbook.compose_snapshot) tells it.
  returned: success
  type: dict
  sample: {"at": "20261123T211500.000000Z", "good": true}
before:
  description: The services before. C(running), C(healthy), C(replicas) with their C(image).
  returned: success
  type: dict
  sample: {"backend": {"running": 1, "healthy": 1, "replicas": []}}
after:
  description: The services after; in check mode the same as RV(before).
  returned: success
  type: dict
  sample: {"backend": {"running": 1, "healthy": 1, "replicas": []}}
done:
  description: What was done, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["started pafar-backend-2", "reloaded pafar-nginx-1", "removed pafar-backend-1"]
left:
  description: Services that are not on the release, or not up, after the act; in check mode those before it.
  returned: success
  type: int
  sample: 0
seconds:
  description: Seconds that the act took; null in check mode or with nothing to do.
  returned: success
  type: float
  sample: 14.1
next_up:
  description: What the next plain C(docker compose up) does with it.
  returned: success
  type: str
  sample: "stays: pafar/app:latest is the old image again, until it is built or pulled anew"
undo:
  description: How to go forward again. C(reversible), C(module) and C(options).
  returned: success
  type: dict
  sample: {"reversible": true, "module": "compose_rollback", "options": {"to": "20261123T213000.000000Z"}}
evidence:
  description: The services as they were before the act, with the end of the logs of every container that goes.
  returned: success
  type: dict
  sample: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.rollback import roll_back
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import COMPOSE_ARGS, TERMS_ARGS, order_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return roll_back(
        order_of(params, module.check_mode),
        params["state_dir"],
        params["to"],
        params["services"],
        params["migration_paths"],
        params["accept_migrations"],
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            **TERMS_ARGS,
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
