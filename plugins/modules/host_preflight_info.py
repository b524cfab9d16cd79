# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_preflight_info
short_description: Check that a host is ready for incident response
version_added: 0.1.0
description:
  - Checks what an incident at night would need, in the areas that are asked for.
  - Reads only. What cannot be looked at is said to be unknown, and is no failure. An area that is asked for while nothing
    is set for it (no O(backups), no O(urls)) is not ready.
options:
  areas:
    description:
      - What to check. V(disk) space and inodes, V(clock) whether somebody sets it and whether it agrees with the controller's
        (not over a local connection, where both are one clock), V(compose) the project, its files,
        containers, logs and what an act needs, V(backups) whether O(backups) can be restored, V(reach) whether O(urls)
        answer, V(incident_log) whether a line could be added.
    type: list
    elements: str
    default: [disk, clock, compose]
    choices: [disk, clock, compose, backups, reach, incident_log]
  releases:
    description: Folder of the snapshots by M(pafar.runbook.compose_snapshot). Empty is not looked at.
    type: str
    default: ""
  backups:
    description:
      - Where backups lie, each with C(path), C(pattern) (C(*.sql.gz) by default) and C(max_age) in hours (26 by default), and
        C(service) where the path is inside of a container. The newest must be whole to its last line, young enough, and
        not much smaller than the one before it; a packed one is unpacked to prove its checksum.
    type: list
    elements: dict
    default: []
  urls:
    description: What must be reachable, by name. Only the host of an address is asked and told, since a path may be a secret.
    type: dict
    default: {}
  log:
    description: Folder of the incident log, for V(incident_log).
    type: str
    default: ""
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Is the host ready?
  pafar.runbook.host_preflight_info:
    project: pafar
    areas: [disk, clock, compose, backups]
    backups:
      - {path: /var/backups/postgresql, service: db-backup}
"""

RETURN = r"""
checks:
  description: Every check, with C(check), C(ready) (null where it could not be looked at), C(found) and the one C(remedy).
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
  description: Whether all of them are.
  returned: success
  type: bool
  sample: false
not_ready:
  description: Names of those that are not.
  returned: success
  type: list
  elements: str
  sample: [may end sessions]
unknown:
  description: Names of those that could not be looked at.
  returned: success
  type: list
  elements: str
  sample: []
host_clock:
  description:
    - This host's clock when the module began (C(received)) and when it ended (C(answered)), in seconds since 1970. The
      controller notes its own before and after, as NTP does, and reports an offset only where these four moments prove one.
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
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.io.host import host_report
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.options import HOST_ARGS, backups_of


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return {**host_report(engine_login_of(params), source_of(params), backups_of(params), params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=HOST_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
