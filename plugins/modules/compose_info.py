# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_info
short_description: Look at every service and container of a compose project
version_added: 0.1.0
description:
  - Finds the project by its labels, and tells of every service how many replicas are wanted, run and are healthy,
    and of every container its state, health and the last words of its health check, restarts and whether it loops
    now, the meaning of its exit code, image and drift against the files.
  - Everything is read from the engine's API. C(docker compose) only renders the files. Files that cannot be read are
    named with the reason, and everything else is told all the same.
options:
  services:
    description: Services to tell of. Empty means all.
    type: list
    elements: str
    default: []
  configuration:
    description: Whether the files are read, for wanted replicas and drift.
    type: bool
    default: true
  interval:
    description:
      - Seconds until containers that may be looping are looked at again. It is spent only where one was restarted
        within the last minute. 0 for one look only.
    type: float
    default: 1.0
  log_lines:
    description: Lines from the end of the log of each container that is not well, without secrets. 0 for none.
    type: int
    default: 10
extends_documentation_fragment:
  - pafar.runbook._compose
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What runs, and what is wrong with it
  pafar.runbook.compose_info:
    project: pafar
  register: seen
"""

RETURN = r"""
project:
  description: C(name), C(directory), C(files), C(env_files), C(at), C(readable) and C(why_unreadable).
  returned: success
  type: dict
  sample: {"name": "pafar", "directory": "/srv/pafar", "files": ["/srv/pafar/docker-compose.prod.yml"], "readable": true}
services:
  description:
    - By name. C(wanted) (null if the files cannot be read), C(running), C(healthy), C(looping), C(drifted), C(image),
      C(needs), C(profiles), C(most) (replicas that the host's ports allow), C(notes), and C(containers).
    - A container has C(name), C(id), C(target), C(state), C(health), C(health_output), C(restarts), C(loops),
      C(exit_code), C(exit_meaning), C(image), C(image_age) (seconds), C(drift), C(ports), C(memory_limit), C(started_at), C(uptime) (seconds),
      C(trouble) and C(log).
  returned: success
  type: dict
  sample: {"backend": {"wanted": 3, "running": 3, "healthy": 2}}
trouble:
  description: What is wrong, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-2 loops: the engine restarted it 7 times; its last exit was 1, failed with 1"]
sick:
  description: Containers of the chosen services that are not well.
  returned: success
  type: int
  sample: 1
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.report import project_report
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import COMPOSE_ARGS, source_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "interval", 0, "s")
    at_least(params, "log_lines", 0)
    login, source = engine_login_of(params), source_of(params)
    names = ("services", "configuration", "interval", "log_lines")
    return {"changed": False, **project_report(login, source, *(params[name] for name in names))}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            "services": {"type": "list", "elements": "str", "default": []},
            "configuration": {"type": "bool", "default": True},
            "interval": {"type": "float", "default": 1.0},
            "log_lines": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
