# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_impact_info
short_description: Impact of an incident in requests, from Prometheus
version_added: 0.2.0
description:
  - Counts what users asked, what failed and what was slow while an incident lasted, and what that took of the error budget.
    Estimates from the counters when the impact began and ended. Reads series for charts.
  - Counts are differences of counters between readings, not extrapolations. A series that begins within the incident counts
    from zero.
  - What Prometheus does not have is in C(missing), and is null. The module changes nothing.
options:
  url:
    description: Base URL of Prometheus.
    type: str
    required: true
  since:
    description: Beginning of the incident as events have it, for example the first alert; a date with a time in UTC.
    type: str
    required: true
  until:
    description: End of the incident as events have it, for example the verified recovery.
    type: str
    required: true
  began_is_written:
    description: Whether O(since) is what a person wrote, which is not estimated again.
    type: bool
    default: false
  objectives:
    description:
      - Kinds of requests by name. Each has C(good) and C(all), selectors of counters without functions.
      - Optionally C(fast), a selector of those that were answered within C(limit) seconds, and C(target) (per cent that must
        be good) over C(days) (default 30), from which the error budget follows.
    type: dict
    default: {}
  business:
    description: Selectors of counters by name, for example of bookings that were paid.
    type: dict
    default: {}
  charts:
    description: Queries by name, each with C(query) and optionally C(unit); the 4 largest series of each are kept.
    type: dict
    default: {}
  margin:
    description: Most seconds before and after the incident that are read, where it lasted longer.
    type: float
    default: 1800
  headers:
    description: HTTP headers of every request, for example C(Authorization).
    type: dict
    default: {}
  timeout:
    description: Seconds for each response, from the request to its last byte.
    type: float
    default: 10
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.incident_postmortem
"""

EXAMPLES = r"""
- name: Measure the impact
  pafar.runbook.incident_impact_info:
    url: http://prometheus.example.org:9090
    since: 2026-11-23T15:00:12Z
    until: 2026-11-23T15:02:03Z
    objectives:
      bookings:
        good: http_requests_total{handler="book",code!~"5.."}
        all: http_requests_total{handler="book"}
        fast: http_request_duration_seconds_bucket{handler="book",le="0.5"}
        limit: 0.5
        target: 99.9
    charts:
      connections: {query: sum by (state) (pg_stat_activity_count)}
  delegate_to: localhost
  register: impact
"""

RETURN = r"""
note:
  description: Note of the event C(measured) that keeps it in the incident log.
  returned: success
  type: dict
  contains: &ImpactNote
    starts_at: {description: "Beginning of the impact.", type: str}
    ends_at: {description: "End of the impact.", type: str}
    estimated_by: {description: "What they were taken from: V(series), V(alert) or V(person).", type: str}
    ended_by: {description: "What its end was taken from: V(series), or V(recovery), the last event of it.", type: str}
    within: {description: "Seconds within which the counters show the beginning; 0 if they do not.", type: float}
    source: {description: "What was asked.", type: str}
    requests:
      description: "Requests by kind."
      type: list
      elements: dict
      contains: &RequestsRow
        name: {description: "Name of the objective.", type: str}
        asked: {description: "Number of requests; null if unknown.", type: int}
        failed: {description: "Those that were not good; null if unknown.", type: int}
        slow: {description: "Those that took longer than the limit; null if unknown.", type: int}
        limit: {description: "Seconds from which a request is slow.", type: float}
        failed_percent: {description: "Share of those that failed.", type: float}
        since: {description: "First reading that counts.", type: str}
        until: {description: "Last reading that counts.", type: str}
    budgets:
      description: "Error budgets of the objectives that have a target."
      type: list
      elements: dict
      contains: &BudgetRow
        name: {description: "Name of the objective.", type: str}
        target: {description: "Per cent that must be good.", type: float}
        days: {description: "Days of the budget.", type: float}
        of_days: {description: "Days of these that Prometheus still has.", type: float}
        asked: {description: "Requests of these days.", type: int}
        budget: {description: "Requests of these days that may fail.", type: float}
        used: {description: "Requests that failed in this incident; null if unknown.", type: int}
        used_percent: {description: "The same as a share of the budget.", type: float}
        failed: {description: "Requests that failed in all of these days; null if unknown.", type: int}
        failed_percent: {description: "The same as a share of the budget.", type: float}
    business:
      description: "Counts of the site's business."
      type: list
      elements: dict
      contains: &BusinessRow
        name: {description: "What is counted.", type: str}
        during: {description: "Number within the impact; null if unknown.", type: int}
        before: {description: "Number in a time of the same length before it; null if unknown.", type: int}
    times: {description: "Times of the points of the charts.", type: list, elements: str}
    charts:
      description: "Series by question."
      type: list
      elements: dict
      contains: &ChartRow
        name: {description: "Name of the chart.", type: str}
        unit: {description: "Unit of its values.", type: str}
        lines:
          description: "Its series, the largest first."
          type: list
          elements: dict
          contains: &ChartLine
            name: {description: "Labels of the series.", type: str}
            points: {description: "Value at each of the times; null for none.", type: list, elements: float}
        left_out: {description: "Number of series that are not in it.", type: int}
    missing: {description: "What Prometheus does not have, a sentence each.", type: list, elements: str}
lines:
  description: The same in sentences, with what is missing.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._impact.io.measure import measure_impact
from ansible_collections.pafar.runbook.plugins.module_utils._impact.options import IMPACT_ARGS


def work(module: AnsibleModule) -> dict[str, Any]:
    at_least(module.params, "timeout", 0.1, "s")
    at_least(module.params, "margin", 0, "s")
    return {"changed": False, **measure_impact(module.params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=IMPACT_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
