# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The event of a mitigation that is about to act."""

from __future__ import annotations

DOCUMENTATION = r"""
name: intended_events
short_description: Event that a mitigation records before it acts
version_added: 0.2.0
description:
  - Builds the event of kind C(intended) for the incident log, with the targets that the gate allows. If the run is
    cut off before its outcome is recorded, the next run completes it.
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
  undoes:
    description: Time of the event that this act undoes.
    type: str
    default: ""
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Show the event to record
  ansible.builtin.debug:
    msg: "{{ planned | pafar.runbook.intended_events('restart_services', gate=gate) }}"
"""

RETURN = r"""
_value:
  description: Events with C(kind) and C(note), for M(pafar.runbook.incident_event); none if nothing is to be done.
  type: list
  elements: dict
"""

from typing import Any, Callable


def _events(planned: Any, mitigation: str, gate: Any = None, undoes: str = "") -> list[dict[str, Any]]:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.intent import intended

    return intended(planned or {}, mitigation, gate or {}, undoes)


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"intended_events": _events}
