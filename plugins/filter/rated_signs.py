# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe the facts are that a playbook has read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rated_signs
short_description: How severe facts are
version_added: 0.2.0
description:
  - Rates the facts that a playbook has read by the rules of M(pafar.runbook.triage_report), so that an incident gets
    its severity from them.
  - A playbook reads a part of what the triage surveys. So nothing is rated V(P3), except an alert by the table of the
    site.
positional: _input, host
options:
  _input:
    description:
      - Results of tasks. C(services) is that of M(pafar.runbook.compose_info), C(reached) of
        M(pafar.runbook.endpoint_probe_info), C(resources) of M(pafar.runbook.host_resources_info), C(database) of
        M(pafar.runbook.pg_activity_info), C(locks) of M(pafar.runbook.pg_kill_blocking), C(disk) of
        M(pafar.runbook.disk_reclaim), C(payments) of M(pafar.runbook.diagnosis).
      - C(failure) is the result of a task that failed, C(alert) an alert with C(scenario) and C(severity).
      - The result of a task that failed or was skipped has no facts and is left out.
    type: dict
    required: true
  host:
    description: Host of the facts.
    type: str
    required: true
  targets:
    description: Severity if a target is down, by its name.
    type: dict
    default: {}
  services:
    description: Severity if no replica of a service is healthy, by its name.
    type: dict
    default: {}
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Show how severe the facts are
  ansible.builtin.debug:
    msg: "{{ {'services': services} | pafar.runbook.rated_signs(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Facts with C(severity) and C(text), the most severe first.
  type: list
  elements: dict
"""

from typing import Any, Callable, Mapping

from ansible.utils.display import Display


def _signs(facts: Any, host: str, targets: Any = None, services: Any = None) -> list[Any]:
    from ansible_collections.pafar.runbook.plugins.module_utils._triage.rated import rated
    from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Importance

    try:
        importance = Importance(_severities("triage_targets", targets), _severities("triage_services", services))
        return rated(host, facts or {}, importance)
    except Exception as error:  # a severity that stays unknown reaches a person later, and keeps no mitigation up
        Display().warning(f"The facts of {host or 'the alert'} could not be rated: {type(error).__name__}: {error}.")
        return []


def _severities(variable: str, given: Any) -> dict[str, str]:
    """Those that are one. Another word must not make what is down less severe: the usual severity counts for it."""
    from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import SEVERITIES, severities_in

    severities, wrong = severities_in(given or {})
    if wrong or not isinstance(given or {}, Mapping):
        which = ", ".join(f"{variable}.{name}" for name in wrong) or f"{variable} is no dictionary, and its values"
        Display().warning(f"{which}: none of {', '.join(SEVERITIES)}, so that the usual severity counts.")
    return severities


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rated_signs": _signs}
