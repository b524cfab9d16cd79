# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: top_consumers
short_description: Rank containers, processes and sessions by CPU or memory use
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
  pafar.runbook.top_consumers:
    of: memory
    resources: "{{ resources }}"
  register: behind
"""

RETURN = r"""
consumers:
  description: Containers that may be acted on, as M(pafar.runbook.host_resources_info) tells them.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &ContainerUse
    id: {description: "Full id of the container.", type: str}
    name: {description: "Its name.", type: str}
    project: {description: "Name of the compose project; empty for none.", type: str}
    service: {description: "Name of the service; empty for none.", type: str}
    status: {description: "What the engine says of it.", type: str}
    cpu: {description: "Cores that it uses.", type: float}
    cpu_of_quota: {description: "The same as a share of its quota; null without one.", type: float}
    throttled: {description: "Share of the time in which its CPU limit held it back.", type: float}
    memory: {description: "Bytes of memory.", type: int}
    working_set: {description: "Bytes that it cannot do without.", type: int}
    limit: {description: "Bytes that it may use; null for no limit.", type: int}
    memory_share: {description: "The working set as a share of the limit; null without one.", type: float}
    oom_kills: {description: "Kills for want of memory since it was started.", type: int}
    oom_kills_now: {description: "Kills while this module looked.", type: int}
    oom_recent: {description: "Kills within the last hour.", type: int}
    oom_killed:
      description: "The last that the kernel killed in it."
      type: list
      elements: dict
      contains: &OomKill
        container: {description: "Id of the container; empty for none.", type: str}
        task: {description: "Name of the process.", type: str}
        pid: {description: "Process id; 0 for none.", type: int}
        at: {description: "Seconds since 1970, by the kernel's log.", type: float}
    pids: {description: "Number of processes.", type: int}
    leak:
      description: "How its memory grows; null where it was not watched for long enough."
      type: dict
      contains: &LeakReport
        bytes_per_second: {description: "Bytes by which it grows in a second.", type: int}
        grows: {description: "Whether it grows at all.", type: bool}
        seconds_to_limit: {description: "Seconds until it reaches its limit; null where it does not grow, or has none.", type: float}
        samples: {description: "Number of samples.", type: int}
        window: {description: "Seconds that were watched.", type: float}
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
  contains: &SessionCpu
    target: {description: "What names it unmistakably.", type: str}
    pid: {description: "Process id; 0 for none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "What PostgreSQL calls this kind of process.", type: str}
    state: {description: "In which state it is.", type: str}
    seconds_in_state: {description: "For how many seconds it has been in this state.", type: float}
    transaction_seconds: {description: "For how many seconds its transaction has been open; null for none.", type: float}
    has_written: {description: "Whether its transaction has written.", type: bool}
    wait: {description: "What it waits for; empty for nothing.", type: str}
    maintenance: {description: "What maintenance it does, by the progress reports, its statement or the name of its tool; empty for all else.", type: str}
    statement: {description: "Text of the statement.", type: str}
    cpu: {description: "Cores that it uses.", type: float}
    container: {description: "Name of the container; empty for the host.", type: str}
may_grow_to:
  description: Of memory, what each container uses and may use at most, in bytes. A limit of null means the whole host.
  returned: of memory
  type: dict
  sample: {"pafar-backend-1": {"uses": 139472896, "limit": 268435456}}
  contains:
    "<name>":
      description: "By name."
      type: dict
      contains: &Room
        uses: {description: "Bytes that it uses.", type: int}
        limit: {description: "Bytes that it may use; null for no limit.", type: int}
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
