# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Check a plan against its limit and the operator's approval
version_added: 0.1.0
description:
  - Weighs a plan against the site's limit and against what a person approved, on the controller and
    without a trip to the host.
  - Exports the plan's digest and targets as custom stats, so that the next job of a workflow can be given
    the approval (C(incident_plans), C(incident_plan_digest), C(incident_plan_targets)).
  - A shut gate is not a failure.
options:
  plan:
    description: The plan, as a module of this collection returned it.
    type: dict
    required: true
  mitigation:
    description: Name under which the plan is exported.
    type: str
    default: plan
  limit:
    description: Most actions without an approval. At least 1.
    type: int
    default: 5
  approval:
    description:
      - V(over_limit) wants an approval for plans over O(limit), V(always) for every plan, and V(never) takes
        the limit as final, whatever is approved.
    type: str
    default: over_limit
    choices: [over_limit, always, never]
  approved_targets:
    description:
      - Targets that a person approved. Only those of the plan that are among them are let through. Not given
        or an empty string means that nobody approved anything, an empty list that nothing was approved.
      - A string is split at white space and commas, or read as JSON if it begins with a bracket, since a
        survey can hand over no list.
    type: raw
  approved_digest:
    description:
      - Digest that a person approved, or its first 12 characters or more. The plan must be that very one.
      - Several, separated by commas or white space, approve the plans of several hosts.
    type: str
    default: ""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: May it be done?
  pafar.runbook.gate:
    plan: "{{ planned.plan }}"
    limit: 3
    approved_targets: "{{ incident_approved_targets | default(omit) }}"
  register: verdict
"""

RETURN = r"""
open:
  description: Whether the plan, or the approved part of it, may be carried out.
  returned: success
  type: bool
  sample: true
reasons:
  description: Why.
  returned: success
  type: list
  elements: str
  sample: ["1 planned, within the limit of 5"]
targets:
  description: The targets that may be acted on, empty when the gate is shut.
  returned: success
  type: list
  elements: str
  sample: ["4711@20261123T145635.123456Z/20261123T145640.000001Z"]
approved:
  description: Whether a person approved this plan or these targets, so that nothing else may follow.
  returned: success
  type: bool
  sample: false
digest:
  description: The plan's digest.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""
