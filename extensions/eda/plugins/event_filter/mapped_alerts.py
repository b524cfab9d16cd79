# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of what Alertmanager sends, the names of the scenarios that the site maps, and nothing else.

ansible-rulebook gives an event to the playbook as extra variables, which Ansible takes for templates of the site. The
labels and annotations of an alert are text of others: a database, a container, a client. So no text of an alert goes
on.
"""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
---
short_description: The mapped scenarios of alerts that fire
description:
  - Makes of a message of Alertmanager's webhook one event C(runbook) for each scenario that an alert which fires names
    in its label, and that the site has mapped. Everything else of the message is left out. A message of another form
    makes no event.
options:
  scenarios:
    description: The scenarios that start something.
    type: list
    elements: str
    required: true
  label:
    description: Label of the alert that names its scenario.
    type: str
    default: scenario
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    host: 127.0.0.1
    port: 5000
  filters:
    - pafar.runbook.mapped_alerts:
        scenarios: [db_lock_contention]
"""


def main(event: Any, scenarios: list[str], label: str = "scenario") -> list[dict[str, Any]]:
    """The events that go on: one for each scenario, however many alerts of it fire."""
    payload = event.get("payload") if isinstance(event, dict) else None
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    named = [_scenario(alert, label) for alert in alerts] if isinstance(alerts, list) else []
    return [{"runbook": scenario} for scenario in scenarios if scenario in named]


def _scenario(alert: Any, label: str) -> str:
    """The scenario of an alert that fires; empty for what is none, or has ended. A group that fires may have both."""
    labels = alert.get("labels") if isinstance(alert, dict) and alert.get("status") == "firing" else None
    scenario = labels.get(label) if isinstance(labels, dict) else None
    return scenario if isinstance(scenario, str) else ""
