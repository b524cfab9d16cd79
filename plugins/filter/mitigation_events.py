# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of a mitigation, from the results of its steps."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mitigation_events
short_description: Events that a mitigation records in the incident log
version_added: 0.1.0
description:
  - Builds the events for the incident log from the results of the steps of a mitigation role. A step counts only if
    the one before it succeeded.
positional: _input, mitigation
options:
  _input:
    description: Result of the step Plan.
    type: dict
    required: true
  mitigation:
    description: Name of the role.
    type: str
    required: true
  gate:
    description: Result of M(pafar.runbook.gate).
    type: dict
    default: {}
  applied:
    description: Result of the step Apply.
    type: dict
    default: {}
  outcome:
    description: Result of M(pafar.runbook.outcome).
    type: dict
    default: {}
  undoes:
    description: Time of the event that this act undoes.
    type: str
    default: ""
  intended:
    description: Time of the event that was written before the act, as M(pafar.runbook.incident_event) returned it.
    type: str
    default: ""
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Show the events to record
  ansible.builtin.debug:
    msg: "{{ planned | pafar.runbook.mitigation_events('restart_services', gate=gate, applied=applied) }}"
"""

RETURN = r"""
_value:
  description: Events with C(kind) and C(note), for M(pafar.runbook.incident_event).
  type: list
  elements: dict
"""

from typing import Any, Callable


def _events(
    planned: Any,
    mitigation: str,
    gate: Any = None,
    applied: Any = None,
    outcome: Any = None,
    undoes: str = "",
    intended: str = "",
) -> list[dict[str, Any]]:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import mitigation_events

    return mitigation_events(planned or {}, mitigation, gate or {}, applied or {}, outcome or {}, undoes, intended)


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"mitigation_events": _events}
