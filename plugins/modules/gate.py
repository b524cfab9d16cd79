# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Check a plan against its limit and the operator's approval
version_added: 0.1.0
description:
  - Compares a plan with the site's limit and with the operator's approval. Runs on the controller, without a
    connection to the host.
  - Exports the digest and the targets of the plan as custom stats (C(incident_plans), C(incident_plan_digest),
    C(incident_plan_targets)), so that the next job of a workflow can receive the approval.
  - The module does not fail if the plan is not approved. Check RV(open).
options:
  plan:
    description: The plan, as a module of this collection returned it in check mode.
    type: dict
    required: true
  mitigation:
    description: Name under which the plan is exported.
    type: str
    default: plan
  limit:
    description: Largest number of actions that need no approval. At least 1.
    type: int
    default: 5
  approval:
    description:
      - V(over_limit) requires an approval for plans over O(limit), V(always) for every plan. V(never) never allows
        more than O(limit), whatever is approved.
    type: str
    default: over_limit
    choices: [over_limit, always, never]
  approved_targets:
    description:
      - Targets that an operator approved. Only targets of the plan that are in this list are allowed. Omitted or an
        empty string means that there is no approval by target; an empty list approves nothing.
      - A string is split at white space and commas, or parsed as JSON if it begins with a bracket, since an AWX survey
        cannot return a list.
    type: raw
  approved_digest:
    description:
      - Digest of the plan that an operator approved, or at least its first 12 characters. Another plan is not allowed.
      - Several digests, separated by commas or white space, approve the plans of several hosts.
      - A digest binds the mitigation whose plan it is. It begins with the kind of its plan, so that the gates of other
        mitigations keep their rule.
    type: str
    default: ""
  only_approved:
    description: Whether a plan that was not approved is never allowed, whatever O(limit) and O(approval) are.
    type: bool
    default: false
  refuse_approval:
    description: Whether a run that brings an approval along is refused, since who approved is not known (C(runbook_four_eyes)).
    type: bool
    default: false
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
- name: Check whether the plan may be carried out
  pafar.runbook.gate:
    plan: "{{ planned.plan }}"
    limit: 3
    approved_targets: "{{ incident_approved_targets | default(omit) }}"
  register: gate
"""

RETURN = r"""
open:
  description: Whether the plan, or the approved part of it, may be carried out.
  returned: success
  type: bool
  sample: true
reasons:
  description: Reasons of the decision, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["1 planned, within the limit of 5"]
targets:
  description: Targets that may be acted on; empty if RV(open) is false.
  returned: success
  type: list
  elements: str
  sample: ["4711@20261123T145635.123456Z/20261123T145640.000001Z"]
approved:
  description: Whether an operator approved this plan or these targets, so that no later round may add other targets.
  returned: success
  type: bool
  sample: false
digest:
  description: Digest of the plan.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
gates:
  description: "Gates of this host in this run, this one last."
  returned: success
  type: list
  elements: dict
  contains: &PastGate
    incident: {description: "Id of the incident.", type: str}
    mitigation: {description: "Name of the mitigation.", type: str}
    digest: {description: "Digest of the plan.", type: str}
    planned: {description: "Number of planned actions.", type: int}
    open: {description: "Whether the plan, or the approved part of it, may be carried out.", type: bool}
    approved: {description: "Whether an operator approved it.", type: bool}
    reasons: {description: "Reasons of the decision.", type: list, elements: str}
    matched: {description: "Approved digests that are of this plan.", type: list, elements: str}
options:
  description: "Options by which the module of the mitigation made the plan."
  returned: success
  type: dict
"""
