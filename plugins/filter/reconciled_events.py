# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The event that completes an act whose run was cut off."""

from __future__ import annotations

DOCUMENTATION = r"""
name: reconciled_events
short_description: Event that completes an act whose run was cut off
version_added: 0.2.0
description:
  - Compares an act without an outcome with what the modules see now, and builds the event of kind C(reconciled) for the
    incident log. It says of each target whether it is gone, still there, or unknown.
positional: _input, looks
options:
  _input:
    description: An element of RV(pafar.runbook.incident_info#module:unfinished).
    type: dict
    required: true
  looks:
    description: Results of the modules that were asked. Skipped ones are ignored.
    type: list
    elements: dict
    default: []
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Show the event to record
  ansible.builtin.debug:
    msg: "{{ incident.unfinished[0] | pafar.runbook.reconciled_events([sessions]) }}"
"""

RETURN = r"""
_value:
  description: Events with C(kind) and C(note), for M(pafar.runbook.incident_event); none if nothing new is known.
  type: list
  elements: dict
"""

from typing import Any, Callable


def _events(act: Any, looks: Any = None) -> list[dict[str, Any]]:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.intent import reconciled

    return reconciled(act, looks or [])


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"reconciled_events": _events}
