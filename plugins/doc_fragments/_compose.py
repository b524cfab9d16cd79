# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that say which compose project; twin of COMPOSE_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Which project; ENGINE says on which engine (twin of ENGINE_ARGS), ACT adds how an act is carried out (twin of TERMS_ARGS)."""

    DOCUMENTATION = r"""
options:
  project:
    description:
      - Name of the compose project. Empty means the one of O(files) or O(project_directory), or the only one
        that the engine has.
    type: str
    default: ""
  files:
    description:
      - Absolute paths of the compose files, in order. Empty means those that the containers' labels name.
    type: list
    elements: str
    default: []
  project_directory:
    description: Folder of the project, where its C(.env) lies. Empty means the one that the labels name.
    type: str
    default: ""
  env_files:
    description: Environment files beside C(.env). Empty means those that the labels name.
    type: list
    elements: str
    default: []
  profiles:
    description: Profiles in use. A service of another profile that has no container is wanted 0 times.
    type: list
    elements: str
    default: []
"""

    ENGINE = r"""
options:
  docker_host:
    description:
      - Where the engine is, as C(DOCKER_HOST) has it. Empty means the environment, or the local socket.
    type: str
    default: ""
  engine_timeout:
    description: Seconds that the engine gets for each answer before it counts as hanging.
    type: float
    default: 10.0
requirements:
  - docker (Python SDK) 5.0 or newer
"""

    ACT = r"""
options:
  only:
    description:
      - Approved targets, as a former plan named them. Nothing else is touched. An empty list approves nothing.
      - It is an error when none of them stands any more while there is something to do.
    type: list
    elements: str
  ready_timeout:
    description: Seconds within which a started replica must be up.
    type: float
    default: 120.0
  stable:
    description: Seconds without a restart after which a replica without a health check counts as up.
    type: float
    default: 10.0
  grace:
    description: Seconds that a replica gets to stop before it is killed. Not given means its own (10 by default).
    type: int
  drain:
    description:
      - Whether a replica with siblings refuses new connections and finishes the old ones before it stops. Needs
        root, nsenter and iptables; where that is not to be had the result says so, and it stops without.
    type: bool
    default: true
  drain_timeout:
    description: Most seconds to wait for its connections to end.
    type: float
    default: 10.0
  pause:
    description:
      - Seconds between two replicas where no O(proxy) can be reloaded, so that a proxy that gave one up tries it
        again. The default is a little more than the C(fail_timeout) of nginx.
    type: float
    default: 11.0
  proxy:
    description: Service that passes requests on to the replicas, reloaded when they change. Empty for none.
    type: str
    default: ""
  proxy_reload:
    description: Command that makes it read its configuration again, run in its containers without a shell.
    type: list
    elements: str
    default: [nginx, -s, reload]
  proxy_test:
    description: Command that says whether that configuration is valid. Empty for none.
    type: list
    elements: str
    default: [nginx, -t, -q]
  compose_timeout:
    description: Seconds after which a C(docker compose up) is stopped.
    type: float
    default: 180.0
"""
