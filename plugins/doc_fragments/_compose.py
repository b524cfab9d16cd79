# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that select the compose project; twin of COMPOSE_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Which project; ENGINE says on which engine (twin of ENGINE_ARGS), ACT adds how an act is carried out (twin of TERMS_ARGS)."""

    DOCUMENTATION = r"""
options:
  project:
    description:
      - Name of the compose project. Empty means the project of O(files) or O(project_directory), or the only project
        of the engine.
    type: str
    default: ""
  files:
    description:
      - Absolute paths of the compose files, in order. Empty means the files that the labels of the containers name.
    type: list
    elements: str
    default: []
  project_directory:
    description: Directory of the project, which contains C(.env). Empty means the directory that the labels name.
    type: str
    default: ""
  env_files:
    description: Environment files in addition to C(.env). Empty means the files that the labels name.
    type: list
    elements: str
    default: []
  profiles:
    description:
      - Active profiles. Empty means those of C(COMPOSE_PROFILES) in the project's C(.env). A service of another profile
        without containers has 0 wanted replicas.
    type: list
    elements: str
    default: []
"""

    ENGINE = r"""
options:
  docker_host:
    description:
      - Address of the engine, as in C(DOCKER_HOST). Empty means the engine that the C(docker) command of the same user
        would use, in its order - C(DOCKER_HOST), C(DOCKER_CONTEXT), the context that was selected with C(docker context
        use), the local socket.
      - The API, C(docker compose) and the commands of the result use one engine. The result names it in C(engine).
      - C(DOCKER_TLS), C(DOCKER_TLS_VERIFY) and C(DOCKER_CERT_PATH) apply as they do for C(docker). An C(ssh://) address
        needs paramiko on the host of the module.
    type: str
    default: ""
  engine_timeout:
    description: Seconds to wait for each response of the engine before the module fails.
    type: float
    default: 10.0
requirements:
  - docker (Python SDK) 5.0 or newer
"""

    ACT = r"""
options:
  only:
    description:
      - Approved targets, as an earlier plan named them. Nothing else is changed. An empty list approves nothing.
      - The module fails if none of them is in the present plan although actions are needed.
    type: list
    elements: str
  ready_timeout:
    description:
      - Seconds within which a started replica must become ready. Where its health check runs less often, or has a longer
        start period, it has until then, but 900 at most.
    type: float
    default: 120.0
  stable:
    description: Seconds without a restart after which a replica without a health check counts as ready.
    type: float
    default: 10.0
  grace:
    description:
      - Seconds between SIGTERM and SIGKILL when a replica stops. Omitted means the value of the container (10 by
        default).
    type: int
  drain:
    description:
      - Whether a replica that is not the only one gets no new connections and finishes the open ones before it stops.
      - It is drained by O(drain_command) if that is given. Otherwise it refuses new connections by a rule in its own
        network namespace, which needs root, nsenter and iptables. If both are missing, the result says so, and the
        replica stops without draining.
      - When the module ends for any reason, the replica is accepting connections again.
    type: bool
    default: true
  drain_timeout:
    description: Longest time in seconds to wait for open connections to end.
    type: float
    default: 10.0
  drain_wait:
    description:
      - Least time in seconds between draining a replica and stopping it, so that every worker of a proxy notices it.
    type: float
    default: 3.0
  drain_command:
    description:
      - Command that drains a replica, without a shell, for example a call that makes its readiness check fail, or an
        administrative command of the proxy. It needs neither root nor iptables.
      - C({name}), C({id}), C({number}), C({service}) and C({address}) stand for those of the replica. Of several
        addresses it is the one in a network of the container in which the command runs.
    type: list
    elements: str
    default: []
  drain_undo:
    description:
      - Command that undoes O(drain_command). It also runs after a restart, and must succeed where nothing is drained.
      - Required with O(drain_command).
    type: list
    elements: str
    default: []
  drain_in:
    description: Where O(drain_command) and O(drain_undo) run, in the replica or in the containers of O(proxy).
    type: str
    default: replica
    choices: [replica, proxy]
  singletons:
    description:
      - Services that must never have two replicas at the same time. They are not scaled out, and a replica has stopped
        before another one starts.
      - The same holds for services with the label C(pafar.runbook.singleton) set to V(true), for services whose
        compose files ask for one replica and C(deploy.update_config.order) V(stop-first), and for a single replica that
        runs a scheduler by its command, unless that label is V(false).
    type: list
    elements: str
    default: []
  pause:
    description:
      - Seconds between two replicas if no O(proxy) can be reloaded, so that a proxy that marked a replica as failed
        tries it again. The default is slightly more than the C(fail_timeout) of nginx.
    type: float
    default: 11.0
  proxy:
    description:
      - Service that forwards requests to the replicas. It is reloaded when replicas of a service change with which it
        has a network in common. Empty for none, also where it finds replicas automatically.
    type: str
    default: ""
  proxy_reload:
    description: Command that reloads the configuration of the proxy. It runs in its containers, without a shell.
    type: list
    elements: str
    default: [nginx, -s, reload]
  proxy_test:
    description: Command that validates the configuration of the proxy. Empty for none.
    type: list
    elements: str
    default: [nginx, -t, -q]
  compose_timeout:
    description: Seconds after which C(docker compose up) is stopped.
    type: float
    default: 180.0
notes:
  - Before it acts, the module records in the engine what it wants. An act that was cut off is completed by the same act
    with the same options. M(pafar.runbook.compose_info) returns such acts.
"""
