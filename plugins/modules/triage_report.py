# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: triage_report
short_description: Propose a severity and the playbook to run next from the surveys of all hosts
version_added: 0.1.0
description:
  - Proposes a severity and the next playbook, from the results of M(pafar.runbook.triage_info) of all hosts and of
    M(pafar.runbook.prometheus_info). Runs on the controller. The severity is a proposal with its signs; the operator
    decides.
options:
  surveys:
    description: Result of M(pafar.runbook.triage_info) by host, also if it failed.
    type: dict
    required: true
  unreached:
    description: Hosts that could not be reached.
    type: list
    elements: str
    default: []
  prometheus:
    description: Result of M(pafar.runbook.prometheus_info), also if it failed.
    type: dict
    default: {}
  targets:
    description: Severity of a target that is down, by its name (V(P0) to V(P3)). The default is P1.
    type: dict
    default: {}
  services:
    description: Severity of a service without a healthy replica, by its name. The default is P1.
    type: dict
    default: {}
  alert_severities:
    description:
      - Severity of an alert by the word in its label C(severity), else C(sev), C(priority), C(urgency) or C(level), the
        first whose word is known. V(P0) to V(P3), or V(none) for alerts that are no sign. Case is ignored, and V(SEV-2)
        and V(sev2) are one word.
      - Extends a table of usual words, such as V(critical), V(page) and V(high) (P1), V(warning) and V(sev2) (P2),
        V(info) and V(ticket) (P3), digits (V(0) to V(3) as P0 to P3, V(4) to V(7) as P3) and V(none). The severity of a word that is in
        neither is C(unknown).
    type: dict
    default: {}
  always_firing:
    description:
      - Names of alerts that fire by design, such as a dead man's switch. They are no sign. Case and punctuation are
        ignored, and C(*) at the start is for any words, unless these say that such an alert is missing, or its own
        severity is P0 to P2.
    type: list
    elements: str
    default:
      - Watchdog
      - InfoInhibitor
      - PrometheusAlertmanagerE2eDeadManSwitch
      - "*DeadMansSwitch"
      - "*DeadManSwitch"
      - "*DeadMansSnitch"
      - "*AlwaysFiring"
  links:
    description:
      - Addresses for the page, by name. C({from}) and C({to}) are replaced by the start and the end of the last hour
        in milliseconds since 1970, C({from_iso}) and C({to_iso}) by the same as dates.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.triage_info
  - module: pafar.runbook.prometheus_info
"""

EXAMPLES = r"""
- name: Propose a severity
  pafar.runbook.triage_report:
    surveys: {web1: "{{ survey }}"}
    services: {nginx: P0}
    links: {Grafana: "https://grafana.example.org/d/pafar?from={from}&to={to}"}
  register: report
"""

RETURN = r"""
severity:
  description:
    - Proposed severity, V(P0) to V(P3). V(unknown) where nothing above P3 is known and an alert fires whose severity
      is unknown.
  returned: success
  type: str
  sample: P1
signs:
  description: Signs behind the severity, the most severe first.
  returned: success
  type: list
  elements: dict
  sample: [{"severity": "P1", "text": "12 sessions wait for locks", "host": "db1", "scenario": "db_lock_contention"}]
  contains: &SignReport
    severity: {description: "Severity that it stands for.", type: str}
    text: {description: "Description of the sign.", type: str}
    host: {description: "Host that shows the sign; empty for none.", type: str}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
scenarios:
  description: Playbooks, the most likely first, with C(weight) and the C(signs) that point to each.
  returned: success
  type: list
  elements: dict
  sample: [{"playbook": "playbooks/db_lock_contention.yml", "weight": 3.5, "signs": []}]
  contains: &ScenarioReport
    playbook: {description: "The playbook to run.", type: str}
    weight: {description: "Weight for the ranking; the largest is the most likely.", type: float}
    signs: {description: "Signs that point to it, a sentence each.", type: list, elements: str}
next:
  description: Playbook to run next; empty if nothing is wrong.
  returned: success
  type: str
  sample: playbooks/db_lock_contention.yml
page:
  description: Report as one page of Markdown.
  returned: success
  type: str
  sample: "# Triage: P1 proposed"
unread:
  description: "What could not be examined, a sentence each."
  returned: success
  type: list
  elements: str
unplayed:
  description: "Signs above P3 for which there is no playbook."
  returned: success
  type: list
  elements: str
"""
