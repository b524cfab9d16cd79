# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: outcome
short_description: Compare a count before and after an act
version_added: 0.2.0
description:
  - Compares a count before and after an act and returns the outcome. Runs on the controller.
  - Fails if the result is worse than the plan said, so that the operator takes over.
options:
  before:
    description: Count before the act.
    type: int
    required: true
  after:
    description: Count after the act.
    type: int
    required: true
  remaining:
    description: Count that the plan expected to remain.
    type: int
    default: 0
  seconds:
    description:
      - Seconds from the act to recovery. Null or empty means that a session which the plan was to free still waits.
    type: raw
  stopped:
    description: Why the act stopped early; part of the failure message.
    type: str
    default: ""
  what:
    description: What is counted; part of the failure message. Empty means sessions that wait too long.
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
- name: Compare the number of waiters before and after
  pafar.runbook.outcome:
    before: 101
    after: "{{ activity.long_waiters }}"
    seconds: "{{ applied.seconds_to_recovery }}"
"""

RETURN = r"""
outcome:
  description: V(recovered), V(improved), V(unchanged) or V(worse).
  returned: always
  type: str
  sample: recovered
kept:
  description: Whether the result is at least as good as the plan said.
  returned: always
  type: bool
  sample: true
seconds_to_recovery:
  description: Seconds from the act to recovery, or null.
  returned: always
  type: float
  sample: 0.08
before:
  description: "The count before the act."
  returned: success
  type: int
after:
  description: "The count after it."
  returned: success
  type: int
what:
  description: "What it is, in a sentence."
  returned: success
  type: str
"""
