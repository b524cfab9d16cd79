# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_info
short_description: State of the services and containers of a compose project
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
  contains: &ProjectFiles
    name: {description: "Its name.", type: str}
    directory: {description: "Folder of the project.", type: str}
    files: {description: "Compose files.", type: list, elements: str}
    env_files: {description: "Its files of variables.", type: list, elements: str}
    at: {description: "When the project was looked at.", type: str}
    readable: {description: "Whether its files could be read.", type: bool}
    why_unreadable: {description: "Why its files could not be read; empty where they could.", type: str}
services:
  description:
    - By name. C(wanted) (null if the files cannot be read), C(running), C(healthy), C(looping), C(drifted), C(image),
      C(needs), C(profiles), C(most) (replicas that the host's ports allow), C(notes), and C(containers).
    - A container has C(name), C(id), C(target), C(state), C(health), C(health_output), C(restarts), C(loops),
      C(exit_code), C(exit_meaning), C(image), C(image_age) (seconds), C(drift), C(ports), C(memory_limit), C(started_at), C(uptime) (seconds),
      C(problem) and C(log).
  returned: success
  type: dict
  sample: {"backend": {"wanted": 3, "running": 3, "healthy": 2}}
  contains:
    "<name>":
      description: "By name."
      type: dict
      contains: &ServiceReport
        wanted: {description: "Containers that the files ask for; null where that is not known.", type: int}
        running: {description: "Containers that run.", type: int}
        healthy: {description: "Containers that are well.", type: int}
        looping: {description: "Containers that restart again and again.", type: int}
        drifted: {description: "Containers that differ from the files.", type: int}
        image: {description: "Name of the image.", type: str}
        image_id: {description: "Id that the name stands for now.", type: str}
        stateful: {description: "Whether it keeps data.", type: bool}
        needs: {description: "Services that it depends on.", type: list, elements: str}
        profiles: {description: "Profiles that the service belongs to.", type: list, elements: str}
        most: {description: "The most containers that its files allow; null for no bound.", type: int}
        notes: {description: "What else is to be said, a sentence each.", type: list, elements: str}
        containers:
          description: "The containers."
          type: list
          elements: dict
          contains: &ContainerReport
            name: {description: "Its name.", type: str}
            id: {description: "Full id of the container.", type: str}
            target: {description: "What names it unmistakably.", type: str}
            number: {description: "Its number among the containers of its service.", type: int}
            state: {description: "In which state it is.", type: str}
            health: {description: "Result of its health check; V(none) where it has none.", type: str}
            health_output: {description: "What the health check printed last.", type: str}
            restarts: {description: "Restarts by the engine.", type: int}
            restarted_now: {description: "Restarts while this module looked.", type: int}
            loops: {description: "Whether it restarts again and again.", type: bool}
            exit_code: {description: "What it ended with; null while it runs.", type: int}
            exit_meaning: {description: "What that means.", type: str}
            oom_flag: {description: "Whether the engine says that it was killed for want of memory.", type: bool}
            started_at: {description: "When it was started.", type: str}
            uptime: {description: "Seconds since it was started.", type: float}
            created_at: {description: "When it was made.", type: str}
            age: {description: "Seconds since it was made.", type: int}
            image: {description: "Id of the image.", type: str}
            image_ref: {description: "Name of the image.", type: str}
            image_made_at: {description: "When its image was made.", type: str}
            image_age: {description: "Seconds since its image was made; null where that is not known.", type: int}
            image_tagged: {description: "Seconds since this engine gave the image its name; null where that is not known.", type: int}
            drift: {description: "In what it differs from the files, a sentence each.", type: list, elements: str}
            ports: {description: "Published ports.", type: list, elements: str}
            memory_limit: {description: "Bytes that it may use; 0 for no limit.", type: int}
            cpus: {description: "Cores that it may use; 0 for no limit.", type: float}
            restart_policy: {description: "When the engine restarts it.", type: str}
            networks: {description: "Its address by network.", type: dict}
            problem: {description: "What is wrong, in a sentence; empty for nothing.", type: str}
            log: {description: "The last lines of its log, where it is not well.", type: list, elements: str}
problem:
  description: What is wrong, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-2 loops: the engine restarted it 7 times; its last exit was 1, failed with 1"]
unhealthy:
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
