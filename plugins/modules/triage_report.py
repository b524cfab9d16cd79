# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: triage_report
short_description: Propose a severity and the playbook to run next from the surveys of all hosts
version_added: 0.1.0
description:
  - Weighs on the controller what M(pafar.runbook.triage_info) said of every host and M(pafar.runbook.prometheus_info) of
    all together. The severity is a proposal that rests on the facts it names; a person decides.
options:
  surveys:
    description: By host, what M(pafar.runbook.triage_info) returned, also where it failed.
    type: dict
    required: true
  unreached:
    description: Hosts that gave no answer at all.
    type: list
    elements: str
    default: []
  prometheus:
    description: What M(pafar.runbook.prometheus_info) returned, also where it failed.
    type: dict
    default: {}
  targets:
    description: How severe it is when a target is down, by its name (V(P0) to V(P3)). P1 where nothing is said.
    type: dict
    default: {}
  services:
    description: How severe it is when no replica of a service is well, by its name. P1 where nothing is said.
    type: dict
    default: {}
  links:
    description:
      - Addresses for the page, by name, in which C({from}) and C({to}) stand for milliseconds since 1970, and C({from_iso})
        and C({to_iso}) for dates, of the last hour.
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
- name: How severe is it?
  pafar.runbook.triage_report:
    surveys: {web1: "{{ survey }}"}
    services: {nginx: P0}
    links: {Grafana: "https://grafana.example.org/d/pafar?from={from}&to={to}"}
  register: report
"""

RETURN = r"""
severity:
  description: The proposal, V(P0) to V(P3).
  returned: success
  type: str
  sample: P1
signs:
  description: What it rests on, the most severe first. C(severity), C(text), C(host), C(scenario).
  returned: success
  type: list
  elements: dict
  sample: [{"severity": "P1", "text": "12 sessions wait for locks", "host": "db1", "scenario": "db_lock_contention"}]
  contains: &SignReport
    severity: {description: "Severity.", type: str}
    text: {description: "Text.", type: str}
    host: {description: "Host that shows the sign; empty for none.", type: str}
    scenario: {description: "Playbook that the sign points to, without .yml; empty for none.", type: str}
scenarios:
  description: Playbooks, the likeliest first, with C(weight) and the C(signs) that point to it.
  returned: success
  type: list
  elements: dict
  sample: [{"playbook": "playbooks/db_lock_contention.yml", "weight": 3.5, "signs": []}]
  contains: &ScenarioReport
    playbook: {description: "The playbook to run.", type: str}
    weight: {description: "Weight for the ranking; the largest is the most likely.", type: float}
    signs: {description: "Signs that point to it, a sentence each.", type: list, elements: str}
next:
  description: The playbook to run next; empty where nothing is wrong.
  returned: success
  type: str
  sample: playbooks/db_lock_contention.yml
page:
  description: One page for people, Markdown.
  returned: success
  type: str
  sample: "# Triage: P1 proposed"
"""
