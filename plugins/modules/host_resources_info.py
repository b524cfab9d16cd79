# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_resources_info
short_description: CPU, memory and disk use of a host and its containers
version_added: 0.1.0
description:
  - Returns what C(free), C(df), C(uptime) and C(docker stats) show. For the host, these are available memory, pressure
    (PSI), load, and file systems with their inodes. For each container, these are CPU, working set and memory limit,
    throttling and OOM kills. It also returns the processes that use most.
  - Reads the kernel's files for all containers at once (cgroup version 1 and 2), in two samples. For an engine on
    another machine it reads the engine's counters, which takes two seconds.
options:
  project:
    description: Compose project whose containers are returned. Empty means all containers.
    type: str
    default: ""
  interval:
    description: Seconds between the two samples from which rates are computed.
    type: float
    default: 0.25
  leak_window:
    description:
      - Seconds for which the working sets are sampled, twice a second, to detect a memory leak. 0 disables the
        estimate.
      - The growth is the median of the slopes between pairs of samples (Theil-Sen).
    type: float
    default: 0.0
  processes:
    description: Number of processes to return, by CPU and by memory.
    type: int
    default: 5
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Read the resources of the host and its containers
  pafar.runbook.host_resources_info:
    leak_window: 10
  register: resources
"""

RETURN = r"""
host:
  description:
    - Figures of the host. Memory and sizes are in bytes, C(uptime) is in seconds, C(cpu_used) is a share of all cores,
      C(pressure) is in percent of the time.
  returned: success
  type: dict
  sample: {"cores": 2, "load": [0.8, 0.9, 0.9], "cpu_used": 0.1}
  contains: &HostReport
    memory:
      description: "Bytes of memory."
      type: dict
      contains: &MemoryReport
        total: {description: "Total bytes.", type: int}
        available: {description: "Bytes of memory that processes can still allocate (MemAvailable).", type: int}
        available_share: {description: "The same as a share of the total, 0 to 1.", type: float}
        swap_total: {description: "Bytes of swap.", type: int}
        swap_used: {description: "Used bytes of swap.", type: int}
    cores: {description: "Cores of the host.", type: int}
    load: {description: "Load of the last 1, 5 and 15 minutes.", type: list, elements: float}
    load_per_core: {description: "The same, divided by the number of cores.", type: list, elements: float}
    cpu_used: {description: "Busy share of all cores, 0 to 1.", type: float}
    pressure:
      description: "Pressure stall information (PSI) by resource."
      type: dict
      contains:
        "<name>":
          description: "Each entry, by name."
          type: dict
          contains: &Pressure
            some:
              description: "Stall time of at least one task."
              type: dict
              contains: &Stall
                avg10: {description: "Percent of the last 10 seconds.", type: float}
                avg60: {description: "Percent of the last 60 seconds.", type: float}
                avg300: {description: "Percent of the last 300 seconds.", type: float}
            full:
              description: "Stall time of all non-idle tasks at once."
              type: dict
              contains: *Stall
    oom_kills: {description: "OOM kills since the start.", type: int}
    oom_kills_now: {description: "OOM kills while this module ran.", type: int}
    uptime: {description: "Seconds since the start.", type: int}
    filesystems:
      description: "Mounted file systems that can be written."
      type: list
      elements: dict
      contains: &Filesystem
        size: {description: "Size in bytes.", type: int}
        free: {description: "Free bytes.", type: int}
        mount: {description: "Mount point.", type: str}
        device: {description: "The device that is mounted.", type: str}
        kind: {description: "Type of the file system.", type: str}
        used_share: {description: "Used share, 0 to 1.", type: float}
        inodes_used_share:
          description: "Used share of the inodes; null for a file system without a fixed number of inodes."
          type: float
    read_only_after_errors:
      description: >-
        Mount points that are read-only and have the mount option C(errors=remount-ro), by which the kernel makes a file
        system read-only after an error of the disk.
      type: list
      elements: str
    not_answering:
      description: >-
        Mount points that did not answer within 2 seconds, as NFS whose server is gone: what opens a file there waits.
      type: list
      elements: str
    network:
      description: "Limits on connections."
      type: dict
      contains: &NetworkLimits
        conntrack_used:
          description: "Connections in the kernel's table (nf_conntrack); null where it is not known."
          type: int
        conntrack_limit: {description: "Most connections that it holds.", type: int}
        ports_used:
          description: >-
            Local ports in use to the destination with the most; while there are few connections, all of them. Null
            where it is not known.
          type: int
        ports_limit: {description: "Local ports that there are (net.ipv4.ip_local_port_range).", type: int}
        ports_to: {description: "That destination; empty while there are few connections.", type: str}
containers:
  description:
    - Running containers, the one nearest to its memory limit first. C(oom_recent) and C(oom_killed) come from the
      kernel's log and are incomplete where that log is.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "pafar-backend-1", "cpu": 0.05, "working_set": 139472896, "limit": 268435456, "memory_share": 0.5196}]
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
processes:
  description:
    - Processes that use most. C(inside_pid) is the process id in the container, C(cpu) is in cores, C(resident) is in
      bytes.
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4711, "inside_pid": 7, "name": "gunicorn", "container": "pafar-backend-1", "cpu": 0.9}]
  contains: &BusyProcess
    pid: {description: "Process id; 0 if there is none.", type: int}
    inside_pid: {description: "Process id in the container's PID namespace.", type: int}
    name: {description: "Name of the process.", type: str}
    container: {description: "Name of the container; empty for the host.", type: str}
    cpu: {description: "CPU use, in cores.", type: float}
    resident: {description: "Resident memory in bytes.", type: int}
    started: {description: "Time of its start, in seconds since 1970; null where it is not known.", type: float}
    twins:
      description: >-
        Number of other processes with this name, C(inside_pid) and start, in containers of their own; null where it is
        not known.
      type: int
stopped:
  description: Containers that do not run, with C(name), C(project), C(service), C(state) and C(status).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "pafar-migrate-1", "service": "migrate", "state": "exited", "status": "Exited (0) 2 hours ago"}]
  contains: &StoppedContainer
    name: {description: "Name of the container.", type: str}
    project: {description: "Name of the compose project; empty for none.", type: str}
    service: {description: "Name of the service; empty for none.", type: str}
    state: {description: "State, as the engine reports it.", type: str}
    status: {description: "Status, as the engine reports it.", type: str}
    id: {description: "Full id of the container.", type: str}
findings:
  description: Resources that are short, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 uses 250 of 256 MiB (98%)"]
source:
  description: V(cgroup) if the kernel's files were read, V(api) if the engine's counters were read.
  returned: success
  type: str
  sample: cgroup
engine:
  description: "The container engine that was used."
  returned: success
  type: dict
  contains: &EngineReport
    address: {description: "Address of the engine, as in C(DOCKER_HOST).", type: str}
    context: {description: "Name of the docker context; empty for none.", type: str}
    chosen_by: {description: "The option, environment variable or file that selected the engine.", type: str}
engine_problem:
  description: "Why the engine returned no names of containers; empty if it did. The figures of the host are returned in any case."
  returned: success
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import ENGINE_ARGS, engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._resources.io.usage import used


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "interval", 0.05, "s")
    at_least(params, "leak_window", 0, "s")
    at_least(params, "processes", 0)
    login = engine_login_of(params)
    report = used(login, params["interval"], params["leak_window"], params["project"], params["processes"])
    return {"changed": False, **report}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ENGINE_ARGS,
            "project": {"type": "str", "default": ""},
            "interval": {"type": "float", "default": 0.25},
            "leak_window": {"type": "float", "default": 0.0},
            "processes": {"type": "int", "default": 5},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
