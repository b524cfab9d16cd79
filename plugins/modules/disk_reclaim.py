# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_reclaim
short_description: Free disk space up to a target, least harmful first
version_added: 0.1.0
description:
  - Frees disk space in the order of O(kinds), the largest items first, until O(free) is met.
  - Order of the default kinds. Large json-file logs of containers are truncated after their end was saved. The build
    cache follows, then images and containers that nothing needs, then the journal, and backups last.
  - Each item is re-checked just before its action, and is left alone if it changed.
  - Volumes are never changed. Deleted files that are still open, inodes and large volumes are explained in
    RV(explained).
  - In check mode it returns the same plan, with the bytes of each item, and changes nothing.
options:
  mount:
    description:
      - Path on the file system that is short of space. Only items on this file system are considered.
      - Empty means the fullest file system of the host, by bytes or inodes, which M(pafar.runbook.triage_report) names.
        If O(free) is a size, the fullest of those with less free space than that.
    type: path
    default: /
  free:
    description: Free space to reach, as a share like V(20%) or a size like V(10G) (powers of 1024).
    type: str
    default: 20%
  kinds:
    description: Kinds of items that may be freed, in this order.
    type: list
    elements: str
    default: [container_logs, build_cache, dangling_images, exited_containers, journald, backups]
    choices: [container_logs, build_cache, dangling_images, exited_containers, journald, backups]
  scope:
    description:
      - Whose containers and logs are considered. V(all) means all of the engine's, V(project) those of O(project)
        alone.
    type: str
    default: all
    choices: [all, project]
  log_size:
    description: Size in MiB from which the log of a container is truncated.
    type: int
    default: 100
  log_keep:
    description: MiB at the end of each log that are saved first.
    type: int
    default: 4
  saved_dir:
    description:
      - Directory on the host for the saved ends of logs, compressed, readable for the owner alone.
      - On ext4 and XFS no line is lost. Elsewhere a log is truncated, and RV(done) states of which milliseconds lines
        may be missing.
      - If the end of a log does not fit there and both are on one file system, the part before that end is dropped;
        otherwise the log is left alone.
    type: path
    default: ~/.local/state/pafar-runbook/saved
  image_age:
    description:
      - Age in hours up to which an untagged image is kept.
      - An image is always kept if a container uses it, if a recorded release needs it, or if it is the previous image
        of a service or of a repository that services use.
      - An image is also kept if a container, a compose file of a project that has a container, or a file under
        O(releases) names it by digest, or if such a file may not be read. Where a compose file is not on this host,
        what was pulled by digest is kept, unless an image of its repository has a tag or a container.
    type: float
    default: 24.0
  container_age:
    description:
      - Hours for which a container that exited with code 0 is kept.
      - A container is always kept if it exited with another code, belongs to a service, or will be restarted; if
        another container uses its volumes or a namespace of it, if it has a volume without a name, if it was started
        again since it was created, if cron, at, systemd or a script of these names it, if these may not be read, or if
        one of them starts a container that it does not name, as C(docker start "$X") does.
    type: float
    default: 72.0
  journal_keep:
    description: MiB of the journal to keep.
    type: int
    default: 512
  journal_directory:
    description: Directory of the journal. Empty means the journal of the host.
    type: path
    default: ""
  backups:
    description:
      - Locations of backups, each with C(path), C(pattern) (default V(*.sql.gz)), C(keep) (default V(7)), C(max_age)
        in hours (default V(26)), and C(service) with C(project) if the path is in a container.
      - C(keep_daily), C(keep_weekly), C(keep_monthly) and C(keep_yearly) keep the newest valid backup of so many more
        periods, as C(borg prune) counts them. If none of them is set, old backups that lie much farther apart than
        the newest are kept as archives.
      - C(database) names the database that a dump must be of, if the dump names one.
      - Of each series the newest C(keep) valid backups are kept. No backup is removed while the newest valid one is
        older than C(max_age). What one entry keeps, no other entry removes.
      - A series is what differs by its date and time alone. A number in a name separates series unless it is a valid
        date or time by its form or follows the times of change of the files. With C(dated_by=name) valid dates and
        epochs in names count although the files were copied. If a series is not certain, nothing of it is removed.
      - A date of which either number may be the day (V(05-11-2026)) counts only where the whole series shows the order,
        by a day after the twelfth or by the times of change. Where it does not, and where names hold two dates (from one
        to another), files are judged by their times of change, no file is removed for another, and a note says so.
      - A backup is valid if it is complete to the last line that pg_dump writes, holds tables and rows, and has at
        least half of the usual size and half of the size of the largest older complete one. While the newest C(keep)
        are all smaller, or lack half of the tables of an older one, none is removed. So dumps of one partition or of
        certain rows each are kept. Compared are the oldest and the newest that would go, and those where sizes leap.
      - One that lacks half of the tables of the newest, which lacks half of its tables, is of another database, stays and
        does not count.
      - An incremental base backup (C(pg_basebackup --incremental)) restores nothing without those before it. Of a series
        with such ones, or with one that they need, none is removed; nor of a series whose name has the word
        C(incremental), C(incr) or C(differential).
      - Archives of pg_dump are read to their end by pg_restore. Without it they never justify the removal of another
        backup. Directories, a backup with a date in the future, one that cannot be read, and one that could not be
        checked in time (300 seconds for all) are kept and do not count.
      - If an entry cannot be judged (its service does not run), no other entry removes a file that matches its
        pattern from the same folder, as the mounts of its container show it. If a file of these folders cannot be
        read, no base backup is removed, since that file may be an incremental one.
    type: list
    elements: dict
    default: []
  project:
    description:
      - Compose project, for O(scope=project) and for O(backups) that name a service and no project. RV(explained)
        names the services of this project whose restart closes a deleted file.
    type: str
    default: ""
  releases:
    description: Directory of the snapshots of M(pafar.runbook.compose_snapshot).
    type: path
    default: ~/.local/state/pafar-runbook/releases
  only:
    description:
      - Approved targets, as an earlier plan named them. Nothing else is freed. An empty list approves nothing.
      - The module fails if none of them is in the present plan although space must still be freed.
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
- name: Plan what to free
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
    - An action has C(kind), C(bytes) and C(who). C(affected_before) and C(affected_after) are in MiB. C(frees_bytes) is
      the sum of the actions.
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
    - The file system with C(mount), C(free_bytes), C(used_bytes), C(free_share) and C(inodes_used_share).
  returned: success
  type: dict
  sample: {"mount": "/", "free_bytes": 1073741824, "used_bytes": 9663676416, "free_share": 0.1}
  contains: &RoomReport
    mount: {description: "Mount point.", type: str}
    free_bytes: {description: "Bytes that an ordinary user can still write.", type: int}
    used_bytes: {description: "Used bytes.", type: int}
    free_share: {description: "The same as a share, 0 to 1.", type: float}
    inodes_used_share:
      description: "Used share of the inodes; null for a file system without a fixed number of inodes."
      type: float
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
    - Here, the MiB that are missing to O(free).
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
  sample: {"reversible": false, "why": "freed data cannot be restored, except the saved ends of logs"}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The use of the file system by kind, and the last lines of the logs to truncate.
  returned: success
  type: dict
  sample: {}
freed_bytes:
  description: Bytes by which the free space grew during the act.
  returned: success
  type: int
  sample: 2147483648
left_alone:
  description: Planned targets that were not needed to reach O(free).
  returned: success
  type: list
  elements: str
  sample: []
problem:
  description: Actions that failed, a paragraph each. The module continued with the next item.
  returned: success
  type: list
  elements: str
  sample: []
explained:
  description:
    - What uses space and is not freed by this module, each with C(kind) (V(deleted_open), V(inodes), V(folder) or V(volume)),
      C(what), C(bytes) and C(remedy).
    - A deleted file also has C(pids), C(service) and C(project) of the process that holds it open, and C(services),
      the services of O(project) whose restart closes it; empty if a process outside of the project holds it.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &Explained
    kind: {description: "V(deleted_open), V(inodes) or V(volume).", type: str}
    what: {description: "Description of the item.", type: str}
    bytes: {description: "Size in bytes.", type: int}
    remedy: {description: "Next step.", type: str}
    pids: {description: "Processes that hold the file open.", type: list, elements: int}
    service: {description: "Name of the service; empty for none.", type: str}
    project: {description: "Name of the compose project; empty for none.", type: str}
    services: {description: "Services whose restart closes the file.", type: list, elements: str}
notes:
  description: What could not be read, and further findings, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["no backup of /var/backups (pafar-#.sql.gz) may be removed: none of them is valid"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import ENGINE_ARGS, engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.reclaim import reclaim
from ansible_collections.pafar.runbook.plugins.module_utils._disk.options import RECLAIM_ARGS, wanted_of


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return reclaim(engine_login_of(params), wanted_of(params), params["only"], module.check_mode)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE_ARGS,
            **RECLAIM_ARGS,
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
