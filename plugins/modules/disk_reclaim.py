# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_reclaim
short_description: Free disk space up to a target, least harmful first
version_added: 0.1.0
description:
  - Takes what holds space in the order of O(kinds), the biggest first, until O(free) is met, and no more.
  - Big json-file logs of containers are emptied under the engine's hands after their end was saved. What can be built
    again goes next, then images and containers that nothing needs, the journal, and backups last.
  - Each item is looked at again just before its turn and left alone when it is another by then.
  - Volumes are never touched. Deleted files that are still open, inodes and big volumes are explained.
  - In check mode it returns the very plan with the bytes of each item and changes nothing.
options:
  mount:
    description: A path on the file system that is short. Only what lies there is looked at.
    type: path
    default: /
  free:
    description: What must be free in the end, as a share like V(20%) or a size like V(10G) (powers of 1024).
    type: str
    default: 20%
  kinds:
    description: What may be freed, in order.
    type: list
    elements: str
    default: [container_logs, build_cache, dangling_images, exited_containers, journald, backups]
    choices: [container_logs, build_cache, dangling_images, exited_containers, journald, backups]
  scope:
    description: Whose containers and their logs are looked at, V(all) of the engine's, or those of O(project) alone.
    type: str
    default: all
    choices: [all, project]
  log_size:
    description: MiB from which on the log of a container is emptied.
    type: int
    default: 100
  log_keep:
    description: MiB of the end of each log that are saved first.
    type: int
    default: 4
  saved_dir:
    description:
      - Folder on the host for the ends of logs, packed, readable for their owner alone. Where it has no room for the
        end of a log, what comes before that end is given up if both are on one disk; else the log is left as it is.
    type: path
    default: ~/.local/state/pafar-runbook/saved
  image_age:
    description:
      - Hours for which an image without a name stays. One that a container was made of, that a recorded release needs,
        or that is the last of its service, or of a repository that services use, before the present one, stays in any
        case.
    type: float
    default: 24.0
  container_age:
    description:
      - Hours for which a container that ended with exit code 0 stays. One that ended otherwise, that belongs to a
        service, or that is to be restarted, stays in any case.
    type: float
    default: 72.0
  journal_keep:
    description: MiB of the journal that stay.
    type: int
    default: 512
  journal_directory:
    description: Folder of the journal. Empty means the host's own.
    type: path
    default: ""
  backups:
    description:
      - Where backups lie, each with C(path), C(pattern) (V(*.sql.gz)), C(keep) (V(7)), C(max_age) in hours (V(26)), and
        C(service) with C(project) where they lie in a container. Of each database the newest C(keep) that are valid
        stay. None goes while the newest valid one is older than C(max_age).
      - Valid is whole to the last line that pg_dump writes, and at least half of the usual size and of the biggest
        older one that is whole. While the newest C(keep) are all smaller than that, none goes.
      - Of a custom archive only the beginning can be judged, so that none goes on the strength of it. One with a date
        in the future stays and counts for nothing, as does one for which there was no time (300 seconds for all).
    type: list
    elements: dict
    default: []
  project:
    description:
      - Compose project, for O(scope=project), for those O(backups) that name a service and no project, and to know whose
        restart would close a deleted file.
    type: str
    default: ""
  releases:
    description: Folder of the recorded releases, as M(pafar.runbook.compose_snapshot) writes them.
    type: path
    default: ~/.local/state/pafar-runbook/releases
  only:
    description:
      - Approved targets, as a former plan named them. Nothing else is freed. An empty list approves nothing.
      - It is an error when none of them stands any more while there is something to do.
    type: list
    elements: str
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.host_resources_info
"""

EXAMPLES = r"""
- name: What would be freed
  pafar.runbook.disk_reclaim:
    free: 15%
    backups:
      - {path: /var/backups/postgresql, keep: 7, max_age: 26}
  check_mode: true
  register: planned
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(kind), C(bytes) and C(who). C(affected_before) and C(affected_after) are MiB, C(frees_bytes) is what the actions
      free.
  returned: success
  type: dict
  sample: {"verb": "reclaim", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["pruned the build cache, 1.2 GiB"]
missed:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - The file system with C(mount), C(free_bytes), C(used_bytes), C(free_share) and C(inodes_used_share).
  returned: success
  type: dict
  sample: {"mount": "/", "free_bytes": 1073741824, "used_bytes": 9663676416, "free_share": 0.1}
  contains: &RoomReport
    mount: {description: "Mount point.", type: str}
    free_bytes: {description: "Bytes that an ordinary user can still write.", type: int}
    used_bytes: {description: "Used bytes.", type: int}
    free_share: {description: "The same as a share, 0 to 1.", type: float}
    inodes_used_share: {description: "Used share of the inodes; null for a file system without a fixed number of inodes.", type: float}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"mount": "/", "free_bytes": 3221225472, "used_bytes": 7516192768, "free_share": 0.3}
  contains: *RoomReport
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - MiB that are missing until O(free) is met.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 1.8
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
  returned: success
  type: dict
  sample: {"reversible": false, "why": "what was freed is gone, but for the ends of logs that were saved"}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - How full it was and of what, and the last lines of the logs that go.
  returned: success
  type: dict
  sample: {}
freed_bytes:
  description: Bytes by which the free space grew during the act.
  returned: success
  type: int
  sample: 2147483648
left_alone:
  description: Targets that were planned and not needed in the end.
  returned: success
  type: list
  elements: str
  sample: []
problem:
  description: What could not be done, a paragraph each; the next item was tried.
  returned: success
  type: list
  elements: str
  sample: []
explained:
  description:
    - What holds space and is not freed here, each with C(kind) (V(deleted_open), V(inodes) or V(volume)), C(what),
      C(bytes) and C(remedy). A deleted file has also C(pids), C(service) and C(project) of who holds it, and C(services),
      those of O(project) whose restart closes it; none where somebody else holds it.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &Explained
    kind: {description: "Kind.", type: str}
    what: {description: "Description, in a sentence.", type: str}
    bytes: {description: "Size in bytes.", type: int}
    remedy: {description: "Next step.", type: str}
    pids: {description: "Processes that hold the file open.", type: list, elements: int}
    service: {description: "Name of the service; empty for none.", type: str}
    project: {description: "Name of the compose project; empty for none.", type: str}
    services: {description: "Services concerned.", type: list, elements: str}
notes:
  description: What could not be looked at, and what a person should know.
  returned: success
  type: list
  elements: str
  sample: ["no backup of /var/backups (pafar-#.sql.gz) may go, not one of them is valid"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import ENGINE_ARGS, engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.reclaim import reclaim
from ansible_collections.pafar.runbook.plugins.module_utils._disk.options import wanted_of
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import KINDS


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return reclaim(engine_login_of(params), wanted_of(params), params["only"], module.check_mode)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE_ARGS,
            "mount": {"type": "path", "default": "/"},
            "free": {"type": "str", "default": "20%"},
            "kinds": {"type": "list", "elements": "str", "default": list(KINDS), "choices": list(KINDS)},
            "scope": {"type": "str", "default": "all", "choices": ["all", "project"]},
            "log_size": {"type": "int", "default": 100},
            "log_keep": {"type": "int", "default": 4},
            "saved_dir": {"type": "path", "default": "~/.local/state/pafar-runbook/saved"},
            "image_age": {"type": "float", "default": 24.0},
            "container_age": {"type": "float", "default": 72.0},
            "journal_keep": {"type": "int", "default": 512},
            "journal_directory": {"type": "path", "default": ""},
            "backups": {"type": "list", "elements": "dict", "default": []},
            "project": {"type": "str", "default": ""},
            "releases": {"type": "path", "default": "~/.local/state/pafar-runbook/releases"},
            "only": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
