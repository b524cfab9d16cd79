# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: top_consumers
short_description: Rank containers, processes and sessions by CPU or memory use
version_added: 0.2.0
description:
  - Ranks the containers, their processes and, with the view of the database, the sessions that use most of a scarce
    resource, with advice for each. Runs on the controller, on the result of M(pafar.runbook.host_resources_info).
options:
  of:
    description: Resource that is scarce.
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
    description: For V(cpu), number of cores from which a container or a process counts as busy.
    type: float
    default: 0.5
  idle:
    description: For V(cpu), share of the host's cores. While so many are idle, no busy container is restarted without an approval.
    type: float
    default: 0.2
  of_busiest:
    description: For V(cpu), share of what the busiest container or process uses, below which a busy container is left alone.
    type: float
    default: 0.5
  warm_up:
    description: For V(cpu), seconds from its start in which a busy container is not restarted without an approval.
    type: float
    default: 120.0
  restart_busiest:
    description: For V(cpu), whether a container that uses up the cores of the host is restarted without an approval also where
      its health check passes. It may serve its requests.
    type: bool
    default: false
  services:
    description: For V(cpu), the services that M(pafar.runbook.compose_info) returned. By the health of their containers it is known
      which of the busy ones is broken. Without them it is the word of the engine.
    type: dict
    default: {}
  near:
    description: For V(memory), share of its memory limit from which a container is returned.
    type: float
    default: 0.9
  keep:
    description: Services that must not be restarted, since they keep data.
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
- name: Rank the consumers of memory
  pafar.runbook.top_consumers:
    of: memory
    resources: "{{ resources }}"
  register: consumers
"""

RETURN = r"""
consumers:
  description: Containers that may be acted on, as M(pafar.runbook.host_resources_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &ContainerUse
    id: {description: "Full id of the container.", type: str}
    name: {description: "Name of the container.", type: str}
    project: {description: "Name of the compose project; empty for none.", type: str}
    service: {description: "Name of the service; empty for none.", type: str}
    status: {description: "Status, as the engine reports it.", type: str}
    cpu: {description: "CPU use, in cores.", type: float}
    cpu_of_quota: {description: "CPU use as a share of the CPU quota; null without a quota.", type: float}
    throttled: {description: "Share of the time in which the CPU limit throttled it.", type: float}
    memory: {description: "Bytes of memory.", type: int}
    working_set: {description: "Working set in bytes (memory without the reclaimable page cache).", type: int}
    limit: {description: "Memory limit in bytes; null for no limit.", type: int}
    memory_share:
      description: "What the kernel cannot reclaim of the working set, as a share of the limit; null without one."
      type: float
    oom_kills: {description: "OOM kills since the start.", type: int}
    oom_kills_now: {description: "OOM kills while this module ran.", type: int}
    oom_recent: {description: "OOM kills within the last hour.", type: int}
    oom_own:
      description: >-
        How many of them were for its own memory limit, and not because the host, or a group that it is in, ran out of
        memory; null where that is not known.
      type: int
    oom_age:
      description: >-
        Seconds since the last of them that was for its own limit, or else since the last one; null where that is not
        known.
      type: float
    oom_killed:
      description: "Latest OOM kills in the container, from the kernel's log."
      type: list
      elements: dict
      contains: &OomKill
        container: {description: "Id of the container; empty for none.", type: str}
        task: {description: "Name of the process.", type: str}
        pid: {description: "Process id; 0 if there is none.", type: int}
        exhausted:
          description: >-
            What ran out of memory: V(container) for its own limit, V(group) for the limit of a group that it is in,
            V(host); empty where that is not known.
          type: str
        at: {description: "Time in the kernel's log, in seconds since 1970.", type: float}
    pids: {description: "Number of processes.", type: int}
    leak:
      description: "Memory growth; null where the working set was not sampled for long enough."
      type: dict
      contains: &LeakReport
        bytes_per_second: {description: "Growth in bytes per second.", type: int}
        grows: {description: "Whether its memory grows.", type: bool}
        seconds_to_limit:
          description: "Seconds until it reaches its limit; null where it does not grow or has no limit."
          type: float
        samples: {description: "Number of samples.", type: int}
        window: {description: "Observed seconds.", type: float}
    reclaimable:
      description: >-
        File pages and the like, in bytes, that the kernel reclaims from the working set when it needs them.
      type: int
    memory_stall:
      description: >-
        Share of the last ten seconds in percent in which all of its work waited for memory; null where it is not
        counted (cgroup v1, or a kernel without pressure stall information).
      type: float
    age: {description: "Seconds that it has run; null where it does not grow, or memory was not sampled.", type: float}
    refills:
      description: >-
        Share of the growth of its processes by which they only fill up to what they have had before; null where none
        grows, or memory was not sampled.
      type: float
    in_files:
      description: >-
        Share of its growth that is files in memory (tmpfs, shared memory); null where it does not grow, or memory was
        not sampled.
      type: float
services:
  description: Services of these containers.
  returned: success
  type: list
  elements: str
  sample: [backend]
sessions:
  description: Database sessions that use the CPU, with C(pid), C(cpu) (cores) and C(container).
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &SessionCpu
    target:
      description: >-
        Identifier of the object in its present state, for the option C(only). It changes when the object is replaced or
        its state changes.
      type: str
    pid: {description: "Process id; 0 if there is none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "Backend type, as pg_stat_activity has it.", type: str}
    state: {description: "Session state, as pg_stat_activity has it.", type: str}
    seconds_in_state: {description: "Seconds in this state.", type: float}
    transaction_seconds: {description: "Seconds since its transaction began; null without a transaction.", type: float}
    has_written: {description: "Whether its transaction has written data.", type: bool}
    wait:
      description: "Wait event, as type/event (for example Lock/transactionid); empty if it does not wait."
      type: str
    maintenance:
      description: >-
        Kind of maintenance that the session does, by the progress views, its statement or its application name; empty
        for none.
      type: str
    statement: {description: "Text of the statement.", type: str}
    cpu: {description: "CPU use, in cores.", type: float}
    container: {description: "Name of the container; empty for the host.", type: str}
may_grow_to:
  description:
    - For memory, what each container uses and its limit, in bytes. A limit of null means all memory of the host.
  returned: of memory
  type: dict
  sample: {"pafar-backend-1": {"uses": 139472896, "limit": 268435456}}
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &Room
        uses: {description: "Memory use in bytes.", type: int}
        limit: {description: "Memory limit in bytes; null for no limit.", type: int}
lines:
  description: Findings, a line each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 uses 1.92 cores"]
advice:
  description: What the operator must do, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 leaks memory: a higher limit only delays the failure; find the leak"]
uncertain:
  description: Why the restart of a container needs an approval, by its name.
  returned: success
  type: dict
"""
