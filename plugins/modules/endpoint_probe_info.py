# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoint_probe_info
short_description: Probe DNS, TCP, TLS and HTTP from the host and from containers
version_added: 0.1.0
description:
  - Probes each target from each source and returns the first layer that fails (DNS, TCP, TLS or the protocol), and
    whether it fails always or intermittently.
  - To probe from a container, the module enters the network namespace of that container and resolves names as the
    container does. The image needs no tools. This needs root on the host.
  - PostgreSQL and Redis are probed in their own protocols; a server that refuses the login counts as up. A Redis that
    takes no writes is degraded; it is asked by C(SET) with C(XX) of a random key, which sets nothing. The answers of
    Stripe and Google Maps are checked for their meaning.
  - A webhook is up only if the view itself answered. What another part answers in its place (a firewall, a login, a
    CSRF check, a proxy without a backend, a web page) is named, with what it is recognised by.
  - A response is C(degraded) if its body is cut off, if its headers contradict each other, or if its JSON calls itself
    down or failed. It is C(down) if its header is cut off, if a maintenance page, a default page or a challenge comes in
    place of the site, or if it redirects to itself or to no address. Neither applies if O(targets[].body) is given, or if
    O(targets[].expect) names the status and it is not 200 to 299. A compressed body is read if it is gzip or deflate.
    What cannot be read (another encoding, HTTP/2 alone, a header that is too long) is C(unknown).
  - Every address of a name is tried, IPv4 and IPv6; each attempt uses another one that takes a connection. If some
    addresses fail and others do not, the target is degraded.
  - The module changes nothing. Keys are sent in a header, or as a URL parameter where Google requires it, and are
    never returned.
options:
  targets:
    description: Endpoints to probe.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the target in the results.
        type: str
        required: true
      kind:
        description:
          - Protocol of the target.
          - Of V(tcp) a connection is up that is not closed within 0.25 seconds, before a word. The engine's proxy
            accepts connections to a published port also where no program listens on it in the container.
        type: str
        default: http
        choices: [http, tcp, tls, postgres, redis]
      url:
        description:
          - Address, for V(http). Path and query are sent unchanged; redirects are followed as O(targets[].redirects)
            says.
          - A URL with a password or with a parameter that holds a secret is refused. Give the secret as
            O(targets[].key).
        type: str
        default: ""
      host:
        description: Host name or address, for the other kinds.
        type: str
        default: ""
      port:
        description: Port, for the other kinds. 0 means the default port of O(targets[].kind).
        type: int
        default: 0
      tls:
        description:
          - For V(postgres) and V(redis). V(auto) uses TLS with a PostgreSQL server that offers it, and with a Redis
            server that closes the plain connection.
          - An untrusted certificate does not make the target down, since clients choose themselves which authorities
            they trust. The result has C(trusted) and C(days_left). A certificate that expires within
            O(targets[].cert_days) makes the target degraded.
        type: str
        default: auto
        choices: [auto, always, never]
      method:
        description: HTTP method.
        type: str
        default: GET
      headers:
        description:
          - HTTP headers. Their values are never returned. If the name of a header indicates a secret, such as
            C(Authorization) or C(X-Api-Key), its value is hidden everywhere in the result.
        type: dict
        default: {}
      expect:
        description:
          - HTTP statuses that count as up. Empty means 200 to 399.
          - What comes with a status of 200 to 299 is judged all the same; O(targets[].body) says what it must be.
        type: list
        elements: int
        default: []
      body:
        description:
          - Regular expression that must match within the first 64 KiB of the response body. If it does not and the body
            is longer, the target is unknown. A search is stopped after
            the rest of O(timeout), at least 0.5 seconds; the target then counts as degraded.
        type: str
        default: ""
      judge:
        description:
          - Vendor whose rules decide about the response.
          - V(stripe) expects 401 without a key. With a key, 401 means a refused key and 403 a key without the
            permission.
          - V(maps) reads the error from the body, since Google returns errors with status 200. Without a key, a denied
            request means up.
          - For both, a response that is not JSON comes from another server on the path.
          - V(webhook) sends a request without a signature. Asked by GET, the view must refuse the method (405) or the
            request (400, 401, 403); asked by POST, it must refuse the event.
        type: str
        default: ""
        choices: ["", stripe, maps, webhook]
      key:
        description:
          - Name of an entry of O(keys) or O(key_variables). It is sent as a bearer token; with V(maps) as the
            parameter C(key); to a Redis that wants a password with C(AUTH).
        type: str
        default: ""
      slow:
        description: Seconds from which a response counts as slow.
        type: float
        default: 2.0
      cert_days:
        description: Days for which the certificate, and those that its chain needs, must still be valid.
        type: int
        default: 14
      cert_names:
        description: Host names that the certificate must be valid for. If one is missing, the target is degraded.
        type: list
        elements: str
        default: []
      server_name:
        description:
          - Name that is asked for by TLS (SNI) and in the header C(Host), and that the certificate must be valid for.
            Empty means the host of the target.
        type: str
        default: ""
      client_cert:
        description: File on this host with the client certificate that is presented, in PEM.
        type: path
        default: ""
      client_key:
        description: File with its private key. Empty means that O(targets[].client_cert) holds it.
        type: path
        default: ""
      queues:
        description:
          - For V(redis), queues of tasks that are lists in database 0, as those of Celery. The target is degraded if tasks
            wait in one and are no fewer a second later; whether its workers are busy or consume nothing is not known then.
        type: list
        elements: str
        default: []
      redirects:
        description:
          - Number of redirects to follow, each with all layers, within O(timeout). The result is that of the last
            address. Headers and keys are not sent to another host or port, nor from HTTPS to HTTP. 0 follows none; where a
            redirect leads to is reported.
            With the judge V(webhook) none is followed, as by those who send events.
        type: int
        default: 0
      sources:
        description: Sources of this target. Empty means O(sources).
        type: list
        elements: str
        default: []
  sources:
    description: Sources of the probes, V(host) or services of the project. V(*) means all services.
    type: list
    elements: str
    default: [host]
  keys:
    description: Secrets by name.
    type: dict
    default: {}
  key_variables:
    description:
      - Secrets in the environment of a running container, by name, each with C(service) and C(variable). This probes
        with the key that is in use.
    type: dict
    default: {}
  project:
    description: Name of the compose project. Empty means the only one that the engine has.
    type: str
    default: ""
  attempts:
    description: Number of attempts for each source and target.
    type: int
    default: 3
  pause:
    description: Seconds between two attempts.
    type: float
    default: 0.2
  timeout:
    description:
      - Seconds for one attempt, over all layers. If an address is silent beside one that answers, an attempt may take half
        as long again.
    type: float
    default: 3.0
extends_documentation_fragment:
  - pafar.runbook._compose.engine
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Probe the dependencies of the backend
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
    - A row for each source and target. C(state) is V(up), V(degraded), V(flapping) (fails intermittently), V(down) or
      V(unknown). C(layers) are those of the worst attempt.
  returned: success
  type: list
  elements: dict
  sample: [{"source": "pafar-backend-1", "target": "redis", "state": "down", "layer": "tcp", "why": "redis:6379: no answer"}]
  contains: &ProbeReport
    source: {description: "Source of the probe, V(host) or a container.", type: str}
    target: {description: "Name of the endpoint.", type: str}
    kind: {description: "Protocol of the target.", type: str}
    judge: {description: "Vendor whose rules decide about the answer; empty for none.", type: str}
    address: {description: "Host and port that were probed.", type: str}
    state: {description: "V(up), V(degraded), V(flapping), V(down) or V(unknown).", type: str}
    layer: {description: "First layer that fails; empty if none fails.", type: str}
    why: {description: "Reason of the state, or what a target that is up answered.", type: str}
    unasked:
      description: "What the answer of a target that is up does not show, in a clause; empty for nothing."
      type: str
    fault_of:
      description: "Responsible side (V(ours), V(theirs), V(key), V(network)); empty where it is not known."
      type: str
    layers:
      description: "Each probed layer, by name."
      type: dict
      contains:
        "<name>":
          description: "Each entry, by name."
          type: dict
          contains: &LayerReport
            ok: {description: "Whether the layer works.", type: bool}
            ms: {description: "Time that it took, in milliseconds.", type: float}
            said: {description: "Answer of the layer, or the error.", type: str}
            proxy: {description: "HTTP proxy in use.", type: str}
            address: {description: "Address that the attempt used.", type: str}
            own: {description: "Whether the address is one of this host's.", type: bool}
            trusted: {description: "Whether the source trusts the certificate.", type: bool}
            days_left: {description: "Days until the first certificate of the chain expires.", type: int}
            ends_first:
              description: "Certificate of the chain that expires first; empty where it is the server's own."
              type: str
            expired: {description: "Whether that certificate has expired.", type: bool}
            subject: {description: "Subject of the server's certificate.", type: str}
            issuer: {description: "Issuer of the certificate.", type: str}
            names:
              description: "Host names and addresses that the certificate is valid for."
              type: list
              elements: str
            chain:
              description: >-
                Certificates that the server sends, and those that clients need besides, the server's own first.
              type: list
              elements: dict
              contains: &ChainLink
                subject: {description: "Subject of the certificate.", type: str}
                issuer: {description: "Issuer of the certificate.", type: str}
                days_left: {description: "Days until it expires; less than 0 once it has.", type: int}
                sent: {description: "Whether the server sends it.", type: bool}
            chain_problems:
              description: "Problems of the chain for clients that know less than this host, a clause each."
              type: list
              elements: str
            sqlstate: {description: "SQLSTATE of the error.", type: str}
            refuses_writes:
              description: >-
                Whether a database says itself that it takes no writes, or no request at all; not of a replica that
                serves reads, by design.
              type: bool
            status: {description: "HTTP status.", type: int}
            answered_by:
              description: >-
                Kind of the part that answered in place of the site, for example V(challenge), V(password), V(csrf),
                V(no_backend), V(proxy) or V(page); empty if none is recognised.
              type: str
            request_id:
              description: >-
                Id that the other side gave to the request, by its header (Request-Id, X-Request-Id and those of large
                providers); missing where it gave none.
              type: str
    addresses:
      description: "Each address of the name that was tried."
      type: list
      elements: dict
      contains: &AddressReport
        address: {description: "The address.", type: str}
        state:
          description: >-
            V(up), V(degraded), V(flapping), V(down), or V(unknown) for an IPv6 address that does not answer beside an
            IPv4 one that does.
          type: str
        why: {description: "Reason of the state.", type: str}
    attempts: {description: "Number of attempts.", type: int}
    failed: {description: "Attempts that failed.", type: int}
    up: {description: "Attempts that succeeded.", type: int}
lines:
  description: Targets that are not up, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["redis is down from pafar-backend-1 (tcp): no answer in time; from pafar-celery-worker-1 it is up"]
healthy:
  description: Whether every target is up from every source.
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
