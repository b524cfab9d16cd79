# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoint_probe_info
short_description: Probe DNS, TCP, TLS and HTTP from the host and from containers
version_added: 0.1.0
description:
  - Tells for each source and target which layer fails first, the name, the connection, TLS or the protocol itself, and
    whether it fails always or now and then.
  - From inside of a container it enters that container's own network and resolves names as it does there, so that nothing
    needs to be in the image. That takes root on the host.
  - PostgreSQL and Redis are asked in their own protocols; a server that refuses a login is up. Stripe and Google Maps are
    judged by what their answers mean, a webhook by refusing an event that nobody signed.
  - Nothing is changed anywhere. A key is sent in a header, or where Google wants it, and never told.
options:
  targets:
    description: What is tried.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is called in the answer.
        type: str
        required: true
      kind:
        description: What is spoken there.
        type: str
        default: http
        choices: [http, tcp, tls, postgres, redis]
      url:
        description:
          - For V(http). A path and a query are sent as they are; redirections are not followed. One with a password, or with
            a parameter that holds a secret, is refused; give it as O(targets[].key).
        type: str
        default: ""
      host:
        description: For the other kinds.
        type: str
        default: ""
      port:
        description: For the other kinds. 0 means the usual one.
        type: int
        default: 0
      tls:
        description:
          - For V(postgres) and V(redis). V(auto) encrypts with a PostgreSQL that offers it, and with a Redis that hangs up
            without. A certificate that is not trusted here makes neither of them down, since their clients are
            told themselves whom to trust; C(trusted) and C(days_left) are told, and one that ends is degraded.
        type: str
        default: auto
        choices: [auto, always, never]
      method:
        description: HTTP method.
        type: str
        default: GET
      headers:
        description:
          - HTTP headers. Their values are never told. One whose name tells of a secret, such as C(Authorization) or
            C(X-Api-Key), is hidden also where it stands elsewhere in the answer.
        type: dict
        default: {}
      expect:
        description: HTTP statuses that are well. Empty means 200 to 399.
        type: list
        elements: int
        default: []
      body:
        description:
          - Regular expression that must be found in the first 64 KiB of the answer. A search that takes longer than O(timeout)
            leaves, and half a second at least, is ended, and the answer counts as degraded.
        type: str
        default: ""
      judge:
        description:
          - Who judges the answer. V(stripe) knows that 401 without a key is health, and with one a refused key, and 403 a key
            that lacks a permission; V(maps) that Google tells errors under a 200, and that without a key to be denied is health;
            for both an answer that is no JSON comes from something else on the way; V(webhook) sends an event without a signature, which must be refused.
        type: str
        default: ""
        choices: ["", stripe, maps, webhook]
      key:
        description: Name of one of O(keys) or O(key_variables). It goes as a bearer token; with V(maps) as the parameter C(key).
        type: str
        default: ""
      slow:
        description: Seconds from which on an answer counts as slow.
        type: float
        default: 2.0
      cert_days:
        description: Days that a certificate must be valid still.
        type: int
        default: 14
      sources:
        description: From where this one is tried. Empty means O(sources).
        type: list
        elements: str
        default: []
  sources:
    description: From where, V(host) or services of the project. V(*) stands for all of them.
    type: list
    elements: str
    default: [host]
  keys:
    description: Secrets by name, each a text.
    type: dict
    default: {}
  key_variables:
    description:
      - Secrets that are in the environment of a running container, by name, each a dict of C(service) and C(variable). That
        way the key is judged that is in use.
    type: dict
    default: {}
  project:
    description: Name of the compose project. Empty means the only one that the engine has.
    type: str
    default: ""
  attempts:
    description: How often each is tried.
    type: int
    default: 3
  pause:
    description: Seconds between two attempts.
    type: float
    default: 0.2
  timeout:
    description: Seconds for one attempt, all layers together.
    type: float
    default: 3.0
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Does the backend reach what it needs?
  pafar.runbook.endpoint_probe_info:
    sources: [backend, celery-worker]
    targets:
      - {name: database, kind: postgres, host: db}
      - {name: redis, kind: redis, host: redis}
      - {name: stripe, url: "https://api.stripe.com/v1/charges?limit=1", judge: stripe, key: stripe}
    key_variables:
      stripe: {service: backend, variable: STRIPE_SECRET_KEY}
  register: reached
"""

RETURN = r"""
matrix:
  description:
    - A row for each source and target. C(source) (V(host) or a container), C(target), C(kind), C(judge), C(address), C(state) (V(up),
      V(degraded), V(flapping), V(down), V(unknown)), C(layer) (the first that fails), C(why), C(fault_of) (V(ours), V(theirs),
      V(key), V(network)), C(layers) (of the worst attempt, each with C(ok), C(ms), C(said)), C(attempts), C(failed), C(up).
  returned: success
  type: list
  elements: dict
  sample: [{"source": "pafar-backend-1", "target": "redis", "state": "down", "layer": "tcp", "why": "redis:6379: no answer"}]
  contains: &ProbeReport
    source: {description: "Source of the probe, V(host) or a container.", type: str}
    target: {description: "Name of the endpoint.", type: str}
    kind: {description: "Kind.", type: str}
    judge: {description: "Vendor whose rules decide about the answer; empty for none.", type: str}
    address: {description: "Host and port that were probed.", type: str}
    state: {description: "State.", type: str}
    layer: {description: "First layer that fails; empty if none fails.", type: str}
    why: {description: "Reason.", type: str}
    fault_of: {description: "Responsible side (V(ours), V(theirs), V(key), V(network)); empty where it is not known.", type: str}
    layers:
      description: "Each probed layer, by name."
      type: dict
      contains:
        "<name>":
          description: "Each entry, by name."
          type: dict
          contains: &LayerReport
            ok: {description: "Whether the layer works.", type: bool}
            ms: {description: "Milliseconds.", type: float}
            said: {description: "Answer of the layer, or the error.", type: str}
            proxy: {description: "HTTP proxy in use.", type: str}
            trusted: {description: "Whether the source trusts the certificate.", type: bool}
            days_left: {description: "Days until the certificate expires.", type: int}
            expired: {description: "Whether the certificate has expired.", type: bool}
            issuer: {description: "Issuer of the certificate.", type: str}
            sqlstate: {description: "SQLSTATE of the error.", type: str}
            status: {description: "HTTP status.", type: int}
    attempts: {description: "Number of attempts.", type: int}
    failed: {description: "Attempts that failed.", type: int}
    up: {description: "Attempts that succeeded.", type: int}
lines:
  description: What is not well, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["redis is down from pafar-backend-1 (tcp): no answer in time; from pafar-celery-worker-1 it is well"]
healthy:
  description: Whether everything is up from everywhere.
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.engine_options import (
    ENGINE_ARGS,
    engine_login_of,
    named_project_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.matrix import probe_report
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.options import (
    PROBE_ARGS,
    keys_of,
    mark_not_secret,
    targets_of,
    trying_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    keys = keys_of(params)
    targets, how = targets_of(params, keys), trying_of(params)
    mark_not_secret(module)
    login, project = engine_login_of(params), named_project_of(params)
    return {"changed": False, **probe_report(login, project, params["sources"], targets, keys, how)}


def main() -> None:
    finish(AnsibleModule(argument_spec={**ENGINE_ARGS, **PROBE_ARGS}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
