# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_report
short_description: Report the incidents of a month from their logs
version_added: 0.2.0
description:
  - Reads all logs of incidents, and writes a page about those that began in one month, as Markdown and as one HTML file
    that loads nothing and runs no script, into the folder C(reports) beside the log.
  - Has the number of incidents by severity and cause, n, median and worst of each duration with the number of incidents
    that lack it, causes that came again within 90 days, acts by mitigation with their outcomes, proposals of more than one
    incident, and the open action items of all months.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  month:
    description: The month (UTC), for example V(2026-11). Empty means the present one.
    type: str
    default: ""
  group:
    description: Group that may read and write the files. Empty means the owner alone.
    type: str
    default: ""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Returns the facts and the paths, and writes nothing.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.incident_postmortem
"""

EXAMPLES = r"""
- name: Report November
  pafar.runbook.incident_report:
    log: /var/lib/pafar-runbook/incidents
    month: 2026-11
  register: report
"""

RETURN = r"""
paths:
  description: Files of the report, also in check mode, which does not write them.
  returned: success
  type: list
  elements: str
lines:
  description: The month in sentences.
  returned: success
  type: list
  elements: str
month:
  description: The month.
  returned: success
  type: str
  sample: 2026-11
incidents:
  description: Incidents that began in the month, the oldest first.
  returned: success
  type: list
  elements: dict
  contains: &IncidentOfMonth
    id: {description: "Id of the incident.", type: str}
    opened_at: {description: "Time of its first event (UTC, ISO 8601).", type: str}
    severity: {description: "Last severity that is known.", type: str}
    cause: {description: "Last cause that was diagnosed, else the kind of incident.", type: str}
    durations: {description: "Seconds by name; null if missing.", type: dict}
    verified: {description: "Whether the log and its evidence are what was written.", type: bool}
by_severity:
  description: Number of incidents by severity.
  returned: success
  type: dict
by_cause:
  description: Number of incidents by cause, the most frequent first.
  returned: success
  type: dict
durations:
  description: Each duration over the incidents that have it.
  returned: success
  type: dict
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &DurationOfMonth
        n: {description: "Number of incidents that have the duration.", type: int}
        median: {description: "Median in seconds; null if no incident has the duration.", type: float}
        worst: {description: "Longest, in seconds; null if no incident has the duration.", type: float}
        worst_incident: {description: "Id of the incident of the longest.", type: str}
        missing: {description: "Number of incidents that lack the duration.", type: int}
repeats:
  description: Incidents whose cause another one had at most 90 days before.
  returned: success
  type: list
  elements: dict
  contains: &Repeat
    id: {description: "Id of the incident.", type: str}
    cause: {description: "The cause.", type: str}
    before: {description: "Id of the incident before it with the same cause.", type: str}
    days: {description: "Days between the two.", type: float}
budgets:
  description: Error budgets over the incidents that measured them.
  returned: success
  type: list
  elements: dict
  contains: &BudgetOfMonth
    name: {description: "Name of the objective.", type: str}
    n: {description: "Number of incidents that measured it.", type: int}
    used: {description: "Requests that failed in these incidents.", type: int}
    worst_percent: {description: "Most of the budget that one of them took, in per cent; null if unknown.", type: float}
    worst_incident: {description: "That incident.", type: str}
    missing: {description: "Number of incidents without a figure.", type: int}
acts:
  description: Number of acts by mitigation and outcome.
  returned: success
  type: dict
proposed_again:
  description: What more than one incident of the month proposes.
  returned: success
  type: list
  elements: dict
  contains: &TwiceProposed
    rule: {description: "Name of the rule.", type: str}
    subject: {description: "What it is about.", type: str}
    incidents: {description: "Ids of the incidents.", type: list, elements: str}
open_items:
  description: Action items of all months that are open.
  returned: success
  type: list
  elements: dict
  contains: &OpenItem
    incident: {description: "Id of the incident.", type: str}
    key: {description: "Key of the action item.", type: str}
    text: {description: "What is to be done.", type: str}
    owner: {description: "Who does it; empty if unknown.", type: str}
    due: {description: "Date until which it is due; empty if unknown.", type: str}
    overdue: {description: "Whether its date is past.", type: bool}
unread:
  description: Logs that could not be read, with the reason.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.months import write_month
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.options import REPORT_ARGS


def work(module: AnsibleModule) -> dict[str, Any]:
    return write_month(module.params, module.check_mode)


def main() -> None:
    finish(AnsibleModule(argument_spec=REPORT_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
