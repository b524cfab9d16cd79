# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: outcome
short_description: Compare facts before and after an act
version_added: 0.1.0
description:
  - Compares the same count before and after an act, on the controller, and names the outcome.
  - Fails when the plan did not keep its word, so that the incident is handed over to a person.
options:
  before:
    description: How many were affected before the act.
    type: int
    required: true
  after:
    description: How many are affected now.
    type: int
    required: true
  remaining:
    description: How many the plan said it would leave.
    type: int
    default: 0
  seconds:
    description: Seconds from the act to relief. Null or empty when somebody to whom relief was promised still waits.
    type: raw
  stopped:
    description: Why the act stopped early, for the message.
    type: str
    default: ""
  what:
    description: What is counted, for the message. Empty means sessions that wait too long.
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
- name: Did it help?
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
  description: Whether everybody to whom the plan promised relief has it.
  returned: always
  type: bool
  sample: true
seconds_to_recovery:
  description: Seconds from the act to relief, or null.
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
