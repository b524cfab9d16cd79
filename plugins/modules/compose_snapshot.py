# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_snapshot
short_description: Record the running release of a compose project
version_added: 0.1.0
description:
  - Records image ids, replicas, the rendered configuration and the git revision in a file with mode 0600.
  - Tags every image with C(incident-rollback/PROJECT-SERVICE), and creates a container C(incident-rollback-PROJECT-IMAGE)
    of it that is never started, so that C(docker image prune), also with C(--all), does not remove it. The container has
    no network and no volume, and goes with the snapshot.
  - C(docker container prune) and C(docker system prune) remove such containers like all that do not run. Exclude them
    with C(--filter label!=pafar.runbook.keep).
  - Run it before every deploy, before the checkout and the build. A state that is already recorded is not recorded again.
  - C(revision) is the one that was checked out when the newest image came to run. It is empty, since it is not known, where
    a newer image is built or named by the files and does not run yet.
  - A snapshot is good when no container was unhealthy at the time of the snapshot.
options:
  state_dir:
    description:
      - Directory of the snapshots on the host. The configuration in them contains the secrets of the compose files, so
        only the owner can read them.
    type: path
    default: ~/.local/state/pafar-runbook/releases
  label:
    description: A name for the snapshot, such as the version.
    type: str
    default: ""
  keep:
    description: Number of snapshots to keep, at least 1. Older ones are removed, except the newest good one.
    type: int
    default: 10
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.compose_rollback
"""

EXAMPLES = r"""
- name: Record the release before the deploy
  pafar.runbook.compose_snapshot:
    project: pafar
    label: v1.1.0
"""

RETURN = r"""
plan:
  description: What to record, and which images to tag and to keep. C(verb), C(digest), C(actions), C(excluded).
  returned: success
  type: dict
  sample: {"verb": "snapshot", "digest": "9f86d081884c7d65", "actions": [], "excluded": []}
snapshot:
  description:
    - The recorded release. C(at) is the name of the snapshot. C(good), C(label), C(revision), C(dirty), C(subject),
      and C(services) with C(image), C(reference), C(replicas), C(hash), C(created) and C(mixed).
  returned: success
  type: dict
  sample: {"at": "20261123T211500.000000Z", "good": true, "revision": "1c2d3e", "services": {}}
path:
  description: File of the snapshot.
  returned: success
  type: str
  sample: /var/lib/pafar-runbook/releases/pafar/20261123T211500.000000Z.json
protected:
  description: Image tags that protect the images from a prune.
  returned: success
  type: list
  elements: str
  sample: ["incident-rollback/pafar-backend:fd54a4e22bb7"]
not_kept:
  description: Images for which no container could be created, and why. C(docker image prune --all) may remove them.
  returned: success
  type: list
  elements: str
  sample: []
unread:
  description: Snapshot files that could not be read, and why.
  returned: success
  type: list
  elements: str
  sample: []
undo:
  description: That a snapshot needs no undo.
  returned: success
  type: dict
  sample: {"reversible": false, "why": "a snapshot changes nothing that runs"}
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
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.rollback import take
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import COMPOSE_ARGS, snapshot_order_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "keep", 1)
    request = snapshot_order_of(params, module.check_mode)
    return take(request, params["state_dir"], params["label"], params["keep"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            "state_dir": {"type": "path", "default": "~/.local/state/pafar-runbook/releases"},
            "label": {"type": "str", "default": ""},
            "keep": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
