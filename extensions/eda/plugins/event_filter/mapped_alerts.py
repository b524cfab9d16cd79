# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of what Alertmanager sends, the scenarios and severities that the site maps, and nothing else.

ansible-rulebook gives an event to the playbook as extra variables, which Ansible takes for templates of the site. The
labels and annotations of an alert are text of others: a database, a container, a client. So no text of an alert goes
on.
"""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
---
short_description: The mapped scenarios of alerts that fire, each with its severity
description:
  - Makes of a message of Alertmanager's webhook one event for each scenario that an alert which fires names in its
    label, and that the site has mapped. C(runbook) is the scenario, C(severity) the worst one of its alerts by the
    table of the site, V(unknown) for a word that is not in it. Everything else of the message is left out. A message of
    another form makes no event.
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
  severities:
    description: Severity, V(P0) to V(P3), of an alert by the word in its label C(severity), C(sev), C(priority),
      C(urgency) or C(level), in small letters.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    host: 127.0.0.1
    port: 5000
  filters:
    - pafar.runbook.mapped_alerts:
        scenarios: [db_lock_contention]
        severities: {critical: P1, warning: P2}
"""


KNOWN = ("P0", "P1", "P2", "P3", "unknown")  # the worst first; nothing else goes on
LABELS = ("severity", "sev", "priority", "urgency", "level")


def main(
    event: Any, scenarios: list[str], label: str = "scenario", severities: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """The events that go on: one for each scenario, however many alerts of it fire."""
    payload = event.get("payload") if isinstance(event, dict) else None
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    found: dict[str, list[str]] = {}
    for alert in alerts if isinstance(alerts, list) else ():
        labels = _labels(alert)
        scenario = labels.get(label)
        if isinstance(scenario, str):
            found.setdefault(scenario, []).append(_severity(labels, severities or {}))
    return [
        {"runbook": scenario, "severity": min(found[scenario], key=KNOWN.index)}
        for scenario in scenarios
        if scenario in found
    ]


def _labels(alert: Any) -> dict[str, Any]:
    """Of an alert that fires; empty for what is none, or has ended. A group that fires may have both."""
    labels = alert.get("labels") if isinstance(alert, dict) and alert.get("status") == "firing" else None
    return labels if isinstance(labels, dict) else {}


def _severity(labels: dict[str, Any], severities: dict[str, str]) -> str:
    """By the first label that is there and not empty."""
    lower = {name.lower(): word for name, word in labels.items() if isinstance(word, str) and word.strip()}
    words = [lower[name] for name in LABELS if name in lower]
    severity = severities.get(words[0].strip().lower()) if words else None
    return severity if severity in KNOWN else "unknown"
