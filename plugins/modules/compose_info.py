# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_info
short_description: State of the services and containers of a compose project
version_added: 0.1.0
description:
  - Finds the containers of a compose project by their labels and returns, for each service, the wanted, running and
    healthy replicas. Returns for each container its state, health, last health check output, restarts, exit code and
    its meaning, image, and drift from the compose files.
  - The state is read from the engine's API. C(docker compose) only renders the compose files. When the files cannot be
    read, the module returns the reason in C(project.why_unreadable) and all other facts.
options:
  services:
    description: Services to return. Empty means all.
    type: list
    elements: str
    default: []
  configuration:
    description: Whether to read the compose files. Without them RV(services) has no wanted replicas and no drift.
    type: bool
    default: true
  interval:
    description:
      - Seconds between two reads of a container that may be in a restart loop. The second read takes place only if a
        container restarted within the last minute. 0 disables it.
    type: float
    default: 1.0
  log_lines:
    description: Lines from the end of the log of each unhealthy container, with secrets hidden. 0 returns none.
    type: int
    default: 10
  proxy:
    description:
      - Service of the proxy in front. RV(stale_proxies) then has its containers that read their configuration before a
        replica was started, for services with which they have a network in common. Of nginx only names count whose
        address it asks for once, not those behind a variable or C(resolve). Traefik, Caddy and Envoy find replicas
        automatically. Empty means none.
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
- name: Read the state of the project
  pafar.runbook.compose_info:
    project: pafar
  register: services_state
"""

RETURN = r"""
project:
  description: The project, and whether its compose files could be read.
  returned: success
  type: dict
  sample: {"name": "pafar", "directory": "/srv/pafar", "files": ["/srv/pafar/docker-compose.prod.yml"], "readable": true}
  contains: &ProjectFiles
    name: {description: "Name of the project.", type: str}
    directory: {description: "Directory of the project.", type: str}
    files: {description: "Compose files.", type: list, elements: str}
    env_files: {description: "Environment files.", type: list, elements: str}
    at: {description: "Time at which the state was read.", type: str}
    readable: {description: "Whether the compose files could be read.", type: bool}
    why_unreadable: {description: "Why the compose files could not be read; empty if they could.", type: str}
services:
  description:
    - Each service, by name. C(wanted) is null if the compose files cannot be read. C(most) is the number of replicas
      that the published host ports allow.
    - Times of a container (C(age), C(uptime), C(image_age)) are in seconds, C(memory_limit) is in bytes.
  returned: success
  type: dict
  sample: {"backend": {"wanted": 3, "running": 3, "healthy": 2}}
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &ServiceReport
        wanted: {description: "Replicas that the compose files ask for; null where that is not known.", type: int}
        running: {description: "Running containers.", type: int}
        healthy: {description: "Healthy containers.", type: int}
        unknown: {description: "Number of containers that run and whose health check cannot be carried out.", type: int}
        looping: {description: "Containers that restart repeatedly.", type: int}
        drifted: {description: "Containers that differ from the compose files.", type: int}
        image: {description: "Name of the image.", type: str}
        image_id: {description: "Image id to which the name points now.", type: str}
        stateful: {description: "Whether the service keeps data.", type: bool}
        maybe_tool:
          description: >-
            Whether it has no container, and may be a program that a person runs when it is needed (C(docker compose
            run)): by the files it serves nothing, no service needs it, and nothing starts it again.
          type: bool
        needs: {description: "Services that it depends on.", type: list, elements: str}
        profiles: {description: "Profiles of the service.", type: list, elements: str}
        most: {description: "Largest number of containers that the compose files allow; null for no bound.", type: int}
        notes: {description: "Further findings, a sentence each.", type: list, elements: str}
        containers:
          description: "The containers."
          type: list
          elements: dict
          contains: &ContainerReport
            name: {description: "Name of the container.", type: str}
            id: {description: "Full id of the container.", type: str}
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            number: {description: "Number of the container within its service.", type: int}
            state: {description: "State, as the engine reports it.", type: str}
            health:
              description: "Result of the health check; V(none) for a container without a health check."
              type: str
            health_output: {description: "Last output of the health check.", type: str}
            restarts: {description: "Restarts by the engine.", type: int}
            restarted_now: {description: "Restarts while this module ran.", type: int}
            loops: {description: "Whether the container restarts repeatedly.", type: bool}
            exit_code: {description: "Exit code; null while the container runs.", type: int}
            exit_meaning: {description: "Meaning of the exit code.", type: str}
            oom_flag: {description: "Whether the engine reports that the container was OOM-killed.", type: bool}
            started_at: {description: "Time of the start.", type: str}
            uptime: {description: "Seconds since the start.", type: float}
            created_at: {description: "Time of creation.", type: str}
            age: {description: "Seconds since it was created.", type: int}
            image: {description: "Id of the image.", type: str}
            image_ref: {description: "Name of the image.", type: str}
            image_made_at: {description: "Time at which the image was built.", type: str}
            image_age: {description: "Seconds since the image was built; null where that is not known.", type: int}
            image_tagged:
              description: "Seconds since this engine tagged the image; null where that is not known."
              type: int
            drift:
              description: "Differences between the container and the compose files, a sentence each."
              type: list
              elements: str
            ports: {description: "Published ports.", type: list, elements: str}
            memory_limit: {description: "Memory limit in bytes; 0 for no limit.", type: int}
            cpus: {description: "CPU limit, in cores; 0 for no limit.", type: float}
            restart_policy: {description: "Restart policy.", type: str}
            networks: {description: "IP address by network.", type: dict}
            internal: {description: "Whether all of its networks are internal, by the compose files.", type: bool}
            listens:
              description: >-
                TCP ports on which it listens for connections from outside; null where that is not known (an engine on
                another machine, a container that does not run or lives in the network of another one).
              type: list
              elements: int
            problem: {description: "What is wrong, in a sentence; empty for nothing.", type: str}
            note:
              description: >-
                A state that is neither healthy nor a problem (paused or stopped on purpose, health unknown or not
                checked yet, ended and perhaps a job); empty for none.
              type: str
            waits_for:
              description: >-
                Of a container with a problem, on what it depends that does not serve (it starts, was paused or stopped
                on purpose, has ended), in a clause; its own restart does not help then. Empty for nothing.
              type: str
            shares:
              description: "Namespaces and volumes that belong to another container, a clause each."
              type: list
              elements: str
            log: {description: "Last lines of the log of a container that is not healthy.", type: list, elements: str}
problem:
  description: What is wrong, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["pafar-backend-2 loops: the engine restarted it 7 times; its last exit was 1, failed with 1"]
unhealthy:
  description: Number of unhealthy containers in the selected services.
  returned: success
  type: int
  sample: 1
stale_proxies:
  description: "Containers of the proxy that do not know every replica of a service."
  returned: success
  type: list
  elements: dict
  contains: &StaleProxy
    proxy: {description: "Container of the proxy.", type: str}
    service: {description: "Service whose replicas it does not know.", type: str}
    seconds: {description: "Seconds since it read its configuration.", type: float}
    replicas: {description: "Replicas that were started since.", type: list, elements: str}
drains:
  description:
    - Replicas with a drain rule, which refuse new connections. C(run) is V(runs) while the run that drains them is at
      work, V(ended) if it left the rule behind, and V(unknown) if its process cannot be seen from this host.
    - A rule that was left behind is removed by the next compose_restart, compose_scale or compose_rollback of the
      project. Rules are only visible to root, on the host of the engine.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &DrainReport
    container: {description: "Name of the container.", type: str}
    service: {description: "Its service.", type: str}
    since: {description: "Time at which the rule was set.", type: str}
    pid: {description: "Process id of the run that set the rule.", type: int}
    run: {description: "Whether that run V(runs), has V(ended) and left the rule behind, or V(unknown).", type: str}
    explanation: {description: "State of the replica, in a sentence.", type: str}
unfinished:
  description:
    - Acts that were cut off before they reached the planned state. The same act with the same options completes it.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &UnfinishedReport
    module: {description: "Module that was cut off.", type: str}
    at: {description: "Time at which the act began.", type: str}
    pid: {description: "Process id of the run.", type: int}
    run: {description: "Whether its process has V(ended), or V(unknown).", type: str}
    services: {description: "Services on which the planned state is not reached.", type: list, elements: str}
    explanation: {description: "What is left to do, in a sentence.", type: str}
engine:
  description: "The container engine that was used."
  returned: success
  type: dict
  contains: &EngineReport
    address: {description: "Address of the engine, as in C(DOCKER_HOST).", type: str}
    context: {description: "Name of the docker context; empty for none.", type: str}
    chosen_by: {description: "The option, environment variable or file that selected the engine.", type: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import engine_login_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.request import project_report
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import COMPOSE_ARGS, source_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "interval", 0, "s")
    at_least(params, "log_lines", 0)
    login, source = engine_login_of(params), source_of(params)
    names = ("services", "configuration", "interval", "log_lines", "proxy")
    return {"changed": False, **project_report(login, source, *(params[name] for name in names))}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **COMPOSE_ARGS,
            "services": {"type": "list", "elements": "str", "default": []},
            "configuration": {"type": "bool", "default": True},
            "interval": {"type": "float", "default": 1.0},
            "log_lines": {"type": "int", "default": 10},
            "proxy": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
