# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_resources_info
short_description: Look at what a host and its containers use, in one look
version_added: 0.1.0
description:
  - Tells what a person asks with free, df, uptime and docker stats. Memory that is available, pressure, load, file
    systems with their inodes; of every container CPU, working set against its limit, throttling and kills for want of
    memory; the processes that use most.
  - Reads the kernel's files for all containers at once (cgroup version 1 and 2), in two samples. Of an engine on
    another machine the engine's own counters are read instead, which takes two seconds.
options:
  project:
    description: Compose project whose containers are told of. Empty means all containers.
    type: str
    default: ""
  interval:
    description: Seconds between the two samples from which rates are computed.
    type: float
    default: 0.25
  leak_window:
    description:
      - Seconds for which working sets are watched for a leak, with a sample each half second. 0 for no estimate.
      - The slope is the median of those between pairs of samples (Theil and Sen).
    type: float
    default: 0.0
  processes:
    description: How many processes to tell of, by CPU and by memory.
    type: int
    default: 5
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What is short, and who uses it
  pafar.runbook.host_resources_info:
    leak_window: 10
  register: seen
"""

RETURN = r"""
host:
  description:
    - C(memory) (bytes), C(cores), C(load), C(load_per_core), C(cpu_used) (share of all cores), C(pressure) (percent of
      the time that work stood still), C(oom_kills) since boot, C(uptime) (seconds), C(filesystems).
  returned: success
  type: dict
  sample: {"cores": 2, "load": [0.8, 0.9, 0.9], "cpu_used": 0.1}
containers:
  description:
    - Those that run, nearest to their limit first. C(name), C(project), C(service), C(status), C(cpu) (cores), C(cpu_of_quota),
      C(throttled) (share of the time), C(memory), C(working_set) and C(limit) (bytes), C(memory_share), C(oom_kills)
      since its start, C(oom_recent) (within the last hour, as far as the kernel's log tells), C(oom_kills_now),
      C(oom_killed) (who, by the kernel's log), C(pids), and C(leak) with
      C(bytes_per_second), C(grows) and C(seconds_to_limit).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "pafar-backend-1", "cpu": 0.05, "working_set": 139472896, "limit": 268435456, "memory_share": 0.5196}]
processes:
  description: C(pid), C(inside_pid) (in its container), C(name), C(container) (its name), C(cpu) (cores), C(resident) (bytes).
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4711, "inside_pid": 7, "name": "gunicorn", "container": "pafar-backend-1", "cpu": 0.9}]
stopped:
  description: Containers that do not run, with C(name), C(project), C(service), C(state) and C(status).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "pafar-migrate-1", "service": "migrate", "state": "exited", "status": "Exited (0) 2 hours ago"}]
pressing:
  description: What is short, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-1 uses 250 of 256 MiB (98%)"]
source:
  description: V(cgroup) for the kernel's files, V(api) for the engine's counters.
  returned: success
  type: str
  sample: cgroup
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
    told = used(login, params["interval"], params["leak_window"], params["project"], params["processes"])
    return {"changed": False, **told}


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
