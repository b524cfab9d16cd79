# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: triage_info
short_description: Collect the first facts of an incident from one host
version_added: 0.1.0
description:
  - Services, recent changes, resources, logs, endpoints and the database, beside each other in one process, since a
    task costs as much as all of them together.
  - A part that cannot be looked at says why in C(trouble_reading) and takes nothing from the others.
options:
  parts:
    description: What to look at. V(database) needs O(postgres).
    type: list
    elements: str
    default: [services, changes, resources, logs, reached]
    choices: [services, changes, resources, logs, reached, database]
  compose:
    description: Which project, with the options of M(pafar.runbook.compose_info).
    type: dict
    default: {}
    suboptions:
      docker_host:
        description: Where the engine is, as C(DOCKER_HOST) has it.
        type: str
        default: ""
      engine_timeout:
        description: Seconds that the engine gets for each answer.
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
        description: Folder of the project.
        type: str
        default: ""
      env_files:
        description: Environment files beside C(.env).
        type: list
        elements: str
        default: []
      profiles:
        description: Profiles in use.
        type: list
        elements: str
        default: []
  postgres:
    description: How to reach PostgreSQL, with the connection options of M(pafar.runbook.pg_activity_info).
    type: dict
    default: {}
    suboptions:
      login_host: {description: "Host.", type: str, default: localhost}
      login_port: {description: "Port.", type: int, default: 5432}
      login_user: {description: "Role.", type: str, default: postgres}
      login_password: {description: "Its password.", type: str, default: ""}
      login_db: {description: "Database.", type: str, default: postgres}
      login_unix_socket: {description: "Folder of a socket.", type: str, default: ""}
      login_reserve_user: {description: "Role for the slots in reserve.", type: str, default: ""}
      login_reserve_password: {description: "Its password.", type: str, default: ""}
      ssl_mode:
        description: How the connection is protected.
        type: str
        default: prefer
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
      ca_cert: {description: "Certificate of the authority.", type: path, default: ""}
      connect_timeout: {description: "Seconds to connect.", type: int, default: 5}
      statement_timeout: {description: "Seconds for a statement.", type: float, default: 15.0}
      lock_timeout: {description: "Seconds to wait for a lock.", type: float, default: 1.0}
  since:
    description: From when on logs are read, a length of time or a date.
    type: str
    default: 15m
  log_bytes:
    description: Most bytes that are read of all logs together.
    type: int
    default: 8388608
  log_seconds:
    description: Most seconds that logs are read for.
    type: float
    default: 5.0
  targets:
    description: What must be reached, as M(pafar.runbook.endpoint_probe_info) takes it.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: "Name.", type: str, required: true}
      kind: {description: "Protocol.", type: str, default: http, choices: [http, postgres, redis, tcp, tls]}
      url: {description: "Address, for HTTP.", type: str, default: ""}
      host: {description: "Host.", type: str, default: ""}
      port: {description: "Port.", type: int, default: 0}
      tls: {description: "Encryption of the databases.", type: str, default: auto, choices: [auto, always, never]}
      method: {description: "Method.", type: str, default: GET}
      headers: {description: "Headers.", type: dict, default: {}}
      expect: {description: "Statuses that are well.", type: list, elements: int, default: []}
      body: {description: "What the body must match.", type: str, default: ""}
      judge: {description: "Whose answers they are.", type: str, default: "", choices: ["", stripe, maps, webhook]}
      key: {description: "Name of the key.", type: str, default: ""}
      slow: {description: "Seconds from which it is degraded.", type: float, default: 2.0}
      cert_days: {description: "Days from which a certificate is told.", type: int, default: 14}
      sources: {description: "From where it is asked.", type: list, elements: str, default: []}
  sources:
    description: From where targets are asked, V(host) or services.
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
    description: How often each target is tried.
    type: int
    default: 2
  timeout:
    description: Seconds for one attempt.
    type: float
    default: 3.0
  interval:
    description: Seconds between the two samples of resources; over less the looking itself is seen.
    type: float
    default: 1.0
  long_running:
    description: Seconds from which a statement runs for long.
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
- name: Everything at once
  pafar.runbook.triage_info:
    compose: {project: pafar}
    targets:
      - {name: the front door, url: "http://127.0.0.1/api/health/"}
  register: survey
"""

RETURN = r"""
services:
  description:
    - What M(pafar.runbook.compose_info) returns, or C(trouble_reading). Without any service where the engine has no
      container of the project.
  returned: when asked for
  type: dict
  sample: {"project": {"name": "pafar"}, "services": {}, "problem": []}
changes:
  description:
    - C(changes), what is another than a day ago, the newest first, each with C(age) (seconds), C(what), and C(deploys)
      where it is a deployment's doing. Where a checkout was moved, images, containers made anew, files.
    - C(unknown), what of these could not be looked at. The checkout and files are looked at also without an engine, where
      O(compose) says the folder or the files.
  returned: when asked for
  type: dict
  sample: {"changes": [{"age": 720, "what": "checked out 3f1c2a9b8d7e (Dear trips)", "deploys": true}], "unknown": []}
resources:
  description: What M(pafar.runbook.host_resources_info) returns, or C(trouble_reading).
  returned: when asked for
  type: dict
  sample: {"host": {}, "containers": [], "findings": []}
logs:
  description: What M(pafar.runbook.log_tail) returns of warnings and errors, new ones being those since the last deploy.
  returned: when asked for
  type: dict
  sample: {"entries": [], "signatures": []}
reached:
  description: C(matrix) and C(lines) of M(pafar.runbook.endpoint_probe_info), or C(trouble_reading).
  returned: when asked for
  type: dict
  sample: {"matrix": [], "lines": []}
database:
  description: What M(pafar.runbook.pg_activity_info) returns, or C(trouble_reading).
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
