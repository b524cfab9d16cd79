# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: offenders
short_description: Weigh who is behind a host that is short of CPU or memory
version_added: 0.1.0
description:
  - Names the containers, the processes in them and, with the database's own view, the sessions that use what is short,
    and what to do about each. It looks at what M(pafar.runbook.host_resources_info) returned, on the controller and
    without a trip to the host.
options:
  of:
    description: What is short.
    type: str
    required: true
    choices: [cpu, memory]
  resources:
    description: What M(pafar.runbook.host_resources_info) returned.
    type: dict
    required: true
  sessions:
    description: For V(cpu), active sessions of the database, as M(pafar.runbook.pg_activity_info) returned them.
    type: list
    elements: dict
    default: []
  project:
    description: Compose project whose containers may be acted on. Empty means all.
    type: str
    default: ""
  cores:
    description: For V(cpu), the cores from which on a container or a process counts as busy.
    type: float
    default: 0.5
  near:
    description: For V(memory), the share of its memory limit from which on a container is named.
    type: float
    default: 0.9
  keep:
    description: Services that are never restarted for it, since they keep data.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Who is behind it
  pafar.runbook.offenders:
    of: memory
    resources: "{{ resources }}"
  register: behind
"""

RETURN = r"""
offenders:
  description: Containers that may be acted on, as M(pafar.runbook.host_resources_info) tells them.
  returned: success
  type: list
  elements: dict
  sample: []
services:
  description: Their services.
  returned: success
  type: list
  elements: str
  sample: [backend]
sessions:
  description: Sessions of the database that use the CPU, with C(pid), C(cpu) (cores) and C(container).
  returned: success
  type: list
  elements: dict
  sample: []
may_grow_to:
  description: Of memory, what each container uses and may use at most, in bytes. A limit of null means the whole host.
  returned: of memory
  type: dict
  sample: {"pafar-backend-1": {"uses": 139472896, "limit": 268435456}}
lines:
  description: What was found, a line each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 uses 1.92 cores"]
advice:
  description: What only a person can do, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 grows: a higher limit only buys time, find what it keeps"]
"""
