# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_report
short_description: Count the checks of a preflight over all hosts
version_added: 0.2.0
description:
  - Counts the checks of M(pafar.runbook.host_preflight_info) and M(pafar.runbook.pg_preflight_info) over all hosts, and names
    the one to remedy first. Runs on the controller.
options:
  checks:
    description: For every host its checks, as the modules returned them.
    type: dict
    required: true
  unreached:
    description: Hosts that could not be examined.
    type: list
    elements: str
    default: []
  strict:
    description: Whether the module fails if a check is not ready or unknown, or if a host was not reached.
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
- name: Count the checks
  pafar.runbook.preflight_report:
    checks: {db1: "{{ examined.checks }}"}
"""

RETURN = r"""
ready:
  description: Whether every check is ready and every host was reached.
  returned: always
  type: bool
  sample: false
checks:
  description: Number of checks.
  returned: always
  type: int
  sample: 24
not_ready:
  description: Checks that are not ready, the most urgent first.
  returned: always
  type: list
  elements: dict
  sample: []
  contains: &HostCheck
    host: {description: "Inventory name of the host; localhost is the controller.", type: str}
    check: {description: "Name of the check.", type: str}
    found: {description: "What was found.", type: str}
    remedy: {description: "What to do.", type: str}
unknown:
  description: Checks that could not be made.
  returned: always
  type: list
  elements: dict
  sample: []
  contains: *HostCheck
unreached:
  description: Hosts that could not be examined.
  returned: always
  type: list
  elements: str
  sample: []
worst:
  description: What to remedy first; null if everything is ready.
  returned: always
  type: dict
  contains: *HostCheck
"""
