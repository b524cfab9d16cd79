# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_preflight_info
short_description: Check that a host is ready for incident response
version_added: 0.1.0
description:
  - Checks, in the selected areas, that a host has what the mitigations of this collection need during an incident.
  - The module changes nothing. A check that cannot be made is returned in RV(unknown) and is no failure. An area
    without its settings (no O(backups), no O(urls)) is not ready.
options:
  areas:
    description:
      - Areas to check.
      - V(disk) checks free space and inodes.
      - V(clock) checks that the clock is synchronized and that it agrees with the controller's clock. The comparison
        is skipped for a local connection, which has only one clock.
      - V(compose) checks the project, its compose files, containers and logs, and what the mitigations need.
      - V(backups) checks that O(backups) can be restored.
      - V(reach) checks that the hosts of O(urls) answer.
      - V(incident_log) checks that the incident log is writable, by this login and by O(log_users).
      - V(people) checks that each of O(people) can be reached, and that O(oncall) leaves no gap in the next 30 days.
    type: list
    elements: str
    default: [disk, clock, compose]
    choices: [disk, clock, compose, backups, reach, incident_log, people]
  releases:
    description: Directory of the snapshots of M(pafar.runbook.compose_snapshot). Empty skips the check.
    type: str
    default: ""
  backups:
    description:
      - Locations of backups, each with C(path), C(pattern) (default C(*.sql.gz)), C(max_age) in hours (default 26),
        C(service) if the path is in a container, C(database) that a dump must be of if it names one, and C(dated_by)
        as in M(pafar.runbook.disk_reclaim), which has the same series.
      - Of each series the newest backup must be complete to its last line, not older than C(max_age), hold tables and
        rows, and not much less than the one before it. A compressed backup is decompressed to verify its checksum, an
        archive of pg_dump is read to its end by pg_restore, and a base backup is compared with its manifest. If what
        a file holds is not known, the check is in RV(unknown). All files are read in 300 seconds.
      - Files named as segments of write-ahead log are one archive, which must be young and without a gap.
    type: list
    elements: dict
    default: []
  urls:
    description:
      - URLs that must be reachable, by name. Only the host is probed and returned, since a path may be a secret.
    type: dict
    default: {}
  log:
    description: Directory of the incident log, for V(incident_log).
    type: str
    default: ""
  log_group:
    description: Group that writes the incident log. It must exist, and O(log_users) must be members.
    type: str
    default: ""
  log_user:
    description: User of the log's host that writes the log for all. The task becomes it, so that the check shows whether this
      login may. Empty where each login writes itself.
    type: str
    default: ""
  log_users:
    description: Logins of the people who work incidents, each of which must be able to write the incident log. The mode of
      the directory and of every log is examined; where access control lists decide, the check is in RV(unknown).
    type: list
    elements: str
    default: []
  people:
    description: People of the site, as M(pafar.runbook.oncall_info) has them.
    type: raw
    default: []
  oncall:
    description: Who is on call, as M(pafar.runbook.oncall_info) has it.
    type: raw
    default: {}
  escalate_after:
    description: Minutes after which each step is paged, as C(incident_escalate_after).
    type: raw
    default: {}
  channels:
    description: Names of the channels of C(runbook_announce). Each person who is on call must have one of those by which pages go,
      V(slack) or V(mail); empty takes both for configured.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Check the host
  pafar.runbook.host_preflight_info:
    project: pafar
    areas: [disk, clock, compose, backups]
    backups:
      - {path: /var/backups/postgresql, service: db-backup}
"""

RETURN = r"""
checks:
  description: Every check, with C(check), C(ready) (null if the check could not be made), C(found) and C(remedy).
  returned: success
  type: list
  elements: dict
  sample: [{"check": "may end sessions", "ready": false, "found": "oncall may not", "remedy": "GRANT pg_signal_backend TO oncall"}]
  contains: &CheckReport
    check: {description: "What was checked.", type: str}
    ready: {description: "Whether the check passed; null where it could not be made.", type: bool}
    found: {description: "Result of the check.", type: str}
    remedy: {description: "Next step.", type: str}
ready:
  description: Whether all checks passed.
  returned: success
  type: bool
  sample: false
not_ready:
  description: Names of the checks that failed.
  returned: success
  type: list
  elements: str
  sample: [may end sessions]
unknown:
  description: Names of the checks that could not be made.
  returned: success
  type: list
  elements: str
  sample: []
host_clock:
  description:
    - Clock of the host when the module began (C(received)) and when it ended (C(answered)), in seconds since 1970.
    - The controller records its own clock before and after. As in NTP, it reports an offset only if these four times
      prove one.
  returned: when O(areas) has V(clock)
  type: dict
  sample: {"received": 1790000000.1, "answered": 1790000000.4}
  contains: &HostClock
    received: {description: "Clock when the module began, in seconds since 1970.", type: float}
    answered: {description: "Clock when the module ended, in seconds since 1970.", type: float}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import source_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.options import mark_secrets
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.io.host import host_report
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.options import HOST_ARGS, backups_of


def work(module: AnsibleModule) -> dict[str, Any]:
    mark_secrets(module)
    params = module.params
    return {**host_report(engine_login_of(params), source_of(params), backups_of(params), params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=HOST_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
