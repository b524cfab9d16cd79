# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: prometheus_info
short_description: Firing alerts and current values of series from Prometheus
version_added: 0.1.0
description:
  - Reads pending and firing alerts from Prometheus, and evaluates queries at the present time. The module changes
    nothing.
options:
  url:
    description: Base URL of Prometheus.
    type: str
    required: true
  series:
    description: Queries to evaluate.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: "Name of the series.", type: str, required: true}
      query: {description: "PromQL query. If it returns several values, the largest is used.", type: str, required: true}
      unit: {description: "Unit of the value; V(%) for a share.", type: str, default: ""}
      severity: {description: "Threshold of each severity, for example C(P1) with 0.05.", type: dict, default: {}}
      scenario: {description: "Playbook that the series points to, without .yml.", type: str, default: ""}
  headers:
    description: HTTP headers of every request, for example C(Authorization).
    type: dict
    default: {}
  timeout:
    description: Seconds for each response, from the request to its last byte.
    type: float
    default: 5.0
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Read alerts and the share of failed requests
  pafar.runbook.prometheus_info:
    url: http://prometheus.example.org:9090
    series:
      - name: requests that fail
        query: sum(rate(http_requests_total{status=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))
        unit: "%"
        severity: {P0: 0.5, P1: 0.05, P2: 0.01}
  delegate_to: localhost
  run_once: true
  register: prometheus
"""

RETURN = r"""
alerts:
  description: Pending and firing alerts. C(state) is V(pending) or V(firing).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "UsersFail", "state": "firing", "severity": "P1", "summary": "More than a tenth fails"}]
  contains: &AlertReport
    name: {description: "Name of the alert.", type: str}
    severity: {description: "Severity that it stands for.", type: str}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
    state: {description: "V(pending) or V(firing).", type: str}
    since: {description: "Time from which the alert is active.", type: str}
    summary: {description: "Summary of the alert.", type: str}
    labels: {description: "Labels of the alert.", type: dict}
series:
  description:
    - Each entry of O(series) with its C(value) now, null if the query returns none, and with C(problem), why it could
      not be evaluated. A failure of one query does not affect the others or the alerts.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "requests that fail", "unit": "%", "value": 0.12, "infinite": false, "problem": ""}]
  contains: &SeriesReport
    name: {description: "Name of the series.", type: str}
    query: {description: "PromQL of the series.", type: str}
    unit: {description: "Unit of the value.", type: str}
    severity: {description: "Threshold of each severity.", type: dict}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
    value: {description: "Current value; null where the query returns none, or +Inf.", type: float}
    infinite: {description: "Whether the value is +Inf, for example of errors divided by no request.", type: bool}
    problem: {description: "What is wrong, in a sentence; empty for nothing.", type: str}
unread:
  description: "What of the alerts could not be read, a sentence each; such an alert may fire."
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._triage.io.prometheus import alerts_and_series

SERIES = {
    "name": {"type": "str", "required": True},
    "query": {"type": "str", "required": True},
    "unit": {"type": "str", "default": ""},
    "severity": {"type": "dict", "default": {}},
    "scenario": {"type": "str", "default": ""},
}


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "timeout", 0.1, "s")
    names = ("url", "timeout", "headers", "series")
    return {"changed": False, **alerts_and_series(*(params[name] for name in names))}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "series": {"type": "list", "elements": "dict", "default": [], "options": SERIES},
            "headers": {"type": "dict", "default": {}, "no_log": True},
            "timeout": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
