# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: prometheus_info
short_description: Firing alerts and current values of series from Prometheus
version_added: 0.1.0
description:
  - Reads the alerts that are pending or fire, and evaluates queries at this moment. Reads only.
options:
  url:
    description: Where Prometheus is.
    type: str
    required: true
  series:
    description:
      - Queries to evaluate, each with C(name), C(query) (PromQL; of several values the largest is told), C(unit) (V(%) for
        a share), C(severity) (from which value on it is how severe, like C(P1) 0.05), and C(scenario).
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: "What it is called.", type: str, required: true}
      query: {description: "PromQL.", type: str, required: true}
      unit: {description: "Its unit.", type: str, default: ""}
      severity: {description: "Value from which on it is how severe.", type: dict, default: {}}
      scenario: {description: "Playbook that it points to, without .yml.", type: str, default: ""}
  headers:
    description: Headers of every request, like C(Authorization).
    type: dict
    default: {}
  timeout:
    description: Seconds for each answer.
    type: float
    default: 5.0
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What fires, and how many requests fail
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
  description: Each with C(name), C(state) (V(pending) or V(firing)), C(severity), C(scenario), C(since), C(summary), C(labels).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "UsersFail", "state": "firing", "severity": "P1", "summary": "More than a tenth fails"}]
  contains: &AlertReport
    name: {description: "Name.", type: str}
    severity: {description: "Severity.", type: str}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
    state: {description: "State.", type: str}
    since: {description: "Time from which the alert is active.", type: str}
    summary: {description: "Summary of the alert.", type: str}
    labels: {description: "Labels of the alert.", type: dict}
series:
  description:
    - As given, each with its C(value) now, null where the query gives none, and with C(problem), which says why where it
      could not be asked. One in trouble costs neither the others nor the alerts.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "requests that fail", "unit": "%", "value": 0.12, "problem": ""}]
  contains: &SeriesReport
    name: {description: "Name.", type: str}
    query: {description: "PromQL of the series.", type: str}
    unit: {description: "Unit of the value.", type: str}
    severity: {description: "Threshold of each severity.", type: dict}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
    value: {description: "Current value; null where the query returns none.", type: float}
    problem: {description: "What is wrong, in a sentence; empty for nothing.", type: str}
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
