# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: triage_info
short_description: Collect the first facts of an incident from one host
version_added: 0.1.0
description:
  - Reads services, recent changes, resources, logs, endpoints and the database of one host, in parallel within one
    task.
  - If a part cannot be read, it has the reason in C(trouble_reading). The other parts are not affected.
options:
  parts:
    description: Parts to read. V(database) needs O(postgres).
    type: list
    elements: str
    default: [services, changes, resources, logs, reached]
    choices: [services, changes, resources, logs, reached, database]
  compose:
    description: The compose project, with the options of M(pafar.runbook.compose_info).
    type: dict
    default: {}
    suboptions:
      docker_host:
        description: Address of the engine, as in C(DOCKER_HOST). Empty means the one that C(docker) would use.
        type: str
        default: ""
      engine_timeout:
        description: Seconds to wait for each response of the engine.
        type: float
        default: 10.0
      project:
        description: Name of the compose project. Empty means the only one that the engine has.
        type: str
        default: ""
      files:
        description: Absolute paths of the compose files.
        type: list
        elements: str
        default: []
      project_directory:
        description: Directory of the project.
        type: str
        default: ""
      env_files:
        description: Environment files in addition to C(.env).
        type: list
        elements: str
        default: []
      profiles:
        description: Active profiles.
        type: list
        elements: str
        default: []
  postgres:
    description: The PostgreSQL server, with the connection options of M(pafar.runbook.pg_activity_info).
    type: dict
    default: {}
    suboptions:
      login_host: {description: "Host of the server.", type: str, aliases: [host]}
      login_port: {description: "Port of the server.", type: int, aliases: [port]}
      login_user: {description: "Role to log in as.", type: str, aliases: [login]}
      login_password: {description: "Password of O(postgres.login_user).", type: str, default: ""}
      login_db: {description: "Database to connect to.", type: str, aliases: [db, database]}
      login_unix_socket: {description: "Directory of the Unix socket.", type: str, default: "", aliases: [unix_socket]}
      login_reserve_user: {description: "Role that can use reserved connection slots.", type: str, default: ""}
      login_reserve_password: {description: "Password of O(postgres.login_reserve_user).", type: str, default: ""}
      session_role: {description: "Role to set after the login.", type: str, default: ""}
      ssl_mode:
        description: TLS mode, as libpq's C(sslmode).
        type: str
        default: prefer
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
        aliases: [sslmode]
      ca_cert:
        description: File with the certificates of trusted authorities.
        type: path
        default: ""
        aliases: [ssl_rootcert]
      ssl_cert: {description: "File with the client certificate.", type: path, default: ""}
      ssl_key: {description: "File with the private key of O(postgres.ssl_cert).", type: path, default: ""}
      connect_params: {description: "Parameters of libpq that have no option here.", type: dict, default: {}}
      connect_timeout: {description: "Seconds to wait for a connection.", type: int, default: 5}
      statement_timeout: {description: "Seconds that one statement may take.", type: float, default: 15.0}
      lock_timeout: {description: "Seconds to wait for a lock on a catalog.", type: float, default: 1.0}
  since:
    description: Start of the time range of the logs, as a duration before now or a date.
    type: str
    default: 15m
  log_bytes:
    description: Largest number of bytes to read, over all logs.
    type: int
    default: 8388608
  log_seconds:
    description: Longest time to read logs, in seconds.
    type: float
    default: 5.0
  targets:
    description: Endpoints to probe, as in O(pafar.runbook.endpoint_probe_info#module:targets).
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: "Name of the target.", type: str, required: true}
      kind: {description: "Protocol of the target.", type: str, default: http, choices: [http, tcp, tls, postgres, redis]}
      url: {description: "Address, for V(http).", type: str, default: ""}
      host: {description: "Host name or address, for the other kinds.", type: str, default: ""}
      port: {description: "Port, for the other kinds. 0 means the default port.", type: int, default: 0}
      tls: {description: "Use of TLS, for V(postgres) and V(redis).", type: str, default: auto, choices: [auto, always, never]}
      method: {description: "HTTP method.", type: str, default: GET}
      headers: {description: "HTTP headers.", type: dict, default: {}}
      expect: {description: "HTTP statuses that count as up. Empty means 200 to 399.", type: list, elements: int, default: []}
      body: {description: "Regular expression that must match in the response body.", type: str, default: ""}
      judge: {description: "Vendor whose rules decide about the response.", type: str, default: "", choices: ["", stripe, maps, webhook]}
      key: {description: "Name of an entry of O(keys) or O(key_variables).", type: str, default: ""}
      slow: {description: "Seconds from which a response counts as slow.", type: float, default: 2.0}
      cert_days: {description: "Days for which the certificates must still be valid.", type: int, default: 14}
      cert_names: {description: "Host names that the certificate must be valid for.", type: list, elements: str, default: []}
      server_name: {description: "Name that is asked for by TLS. Empty means the host of the target.", type: str, default: ""}
      client_cert: {description: "File with the client certificate.", type: path, default: ""}
      client_key: {description: "File with its private key.", type: path, default: ""}
      queues: {description: "For V(redis), queues of tasks in database 0.", type: list, elements: str, default: []}
      redirects: {description: "Number of redirects to follow.", type: int, default: 0}
      sources: {description: "Sources of this target. Empty means O(sources).", type: list, elements: str, default: []}
  sources:
    description: Sources of the probes, V(host) or services.
    type: list
    elements: str
    default: [host]
  keys:
    description: Secrets by name.
    type: dict
    default: {}
  key_variables:
    description: Secrets in the environment of a running container, by name, each with C(service) and C(variable).
    type: dict
    default: {}
  attempts:
    description: Number of attempts for each source and target.
    type: int
    default: 2
  timeout:
    description: Seconds for one attempt.
    type: float
    default: 3.0
  interval:
    description:
      - Seconds between the two samples of resources. With a shorter interval, the load of the module itself distorts
        the result.
    type: float
    default: 1.0
  long_running:
    description: Seconds from which an active statement is listed.
    type: float
    default: 60.0
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.triage_report
"""

EXAMPLES = r"""
- name: Collect all facts
  pafar.runbook.triage_info:
    compose: {project: pafar}
    targets:
      - {name: health, url: "http://127.0.0.1/api/health/"}
  register: survey
"""

RETURN = r"""
services:
  description:
    - Result of M(pafar.runbook.compose_info), or C(trouble_reading). C(services) is empty if the engine has no
      container of the project.
  returned: when asked for
  type: dict
  sample: {"project": {"name": "pafar"}, "services": {}, "problem": []}
changes:
  description:
    - C(changes), what changed within the last day, the newest first, each with C(age) (seconds), C(what), and
      C(deploys), true for a deployment. Changes are a moved git checkout, new images, recreated containers, changed
      files, and what the engine's events say of containers - stopped, restarted, paused or removed by a request, exited, or
      out of memory. The engine keeps 256 events, and not who sent the request.
    - C(unknown), which of these could not be read. The checkout and the files are read also without an engine, if
      O(compose) names the directory or the files.
  returned: when asked for
  type: dict
  sample: {"changes": [{"age": 720, "what": "checked out 3f1c2a9b8d7e (Dear trips)", "deploys": true}], "unknown": []}
resources:
  description: Result of M(pafar.runbook.host_resources_info), or C(trouble_reading).
  returned: when asked for
  type: dict
  sample: {"host": {}, "containers": [], "findings": []}
logs:
  description:
    - Warnings and errors, as M(pafar.runbook.log_tail) returns them. New kinds are those since the last deployment.
  returned: when asked for
  type: dict
  sample: {"entries": [], "signatures": []}
reached:
  description: C(matrix) and C(lines) of M(pafar.runbook.endpoint_probe_info), or C(trouble_reading).
  returned: when asked for
  type: dict
  sample: {"matrix": [], "lines": []}
database:
  description: Result of M(pafar.runbook.pg_activity_info), or C(trouble_reading).
  returned: when asked for
  type: dict
  sample: {"connections": {"used": 12, "limit": 57}}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._triage.io.survey import surveyed
from ansible_collections.pafar.runbook.plugins.module_utils._triage.options import TRIAGE_ARGS


def work(module: AnsibleModule) -> dict[str, Any]:
    return surveyed(module)


def main() -> None:
    finish(AnsibleModule(argument_spec=TRIAGE_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
