# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: run_summary
short_description: Show what a run did, and warn of approvals that had no effect
version_added: 0.2.0
description:
  - Shows the outcome of every host, what changed, the incident, what is held and why, and the next command, from the results
    that the run has registered. Where the callback P(pafar.runbook.summary#callback) is enabled, it shows the same after
    the recap, and this module shows nothing.
  - Warns if an approved digest is of no plan of the run.
  - Runs on the controller, without a connection to the host.
options:
  approved_digest:
    description: Digests that an operator approved, separated by commas or white space.
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
- name: Show what this run did
  pafar.runbook.run_summary:
    approved_digest: "{{ incident_approved_digest | default('') }}"
  run_once: true
"""

RETURN = r"""
unmatched:
  description: Approved digests that are of no plan of this run.
  returned: success
  type: list
  elements: str
  sample: []
workflow:
  description: "Where the plans of a job of a workflow of AWX are approved; else empty."
  returned: success
  type: str
  sample: ""
held_plans:
  description: "Plans of such a job that were held, in lines."
  returned: success
  type: list
  elements: str
  sample: []
"""
