# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: show_text
short_description: Show lines of text to the operator
version_added: 0.2.0
description:
  - Prints lines below the task, wrapped at the width of the terminal, without control characters. A playbook that such a line
    names is shown as the command that starts it.
  - With an output callback for programs, such as V(ansible.posix.json), nothing is printed and the lines are in the result.
  - Runs on the controller.
options:
  lines:
    description: The lines. Foreign text stays text.
    type: list
    elements: str
    required: true
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
- name: Show who is on call
  pafar.runbook.show_text:
    lines: "{{ oncall_read.lines }}"
"""

RETURN = r"""
lines:
  description: The lines as they were given.
  returned: success
  type: list
  elements: str
  sample: ["primary: ada until 2026-11-30 08:00 UTC (week), by slack, phone"]
"""
