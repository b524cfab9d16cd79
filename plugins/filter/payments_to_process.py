# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payments that an operator must process, from the database and the log."""

from __future__ import annotations

DOCUMENTATION = r"""
name: payments_to_process
short_description: Payments that an operator must process, as a list and as a file
version_added: 0.1.0
description: Joins what the database and the log contain about failed payments, by their reference.
positional: _input, entries, sign
options:
  _input:
    description: Rows of the database, each with C(reference).
    type: list
    elements: dict
    required: true
  entries:
    description: Records of the log, as M(pafar.runbook.log_tail) returned them.
    type: list
    elements: dict
    default: []
  sign:
    description:
      - Regular expression that matches a failed payment in the log, with a group C(reference). Its other groups become
        columns. Empty means that the log does not show failed payments.
    type: str
    default: ""
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: List the payments to process
  ansible.builtin.debug:
    msg: "{{ (rows | pafar.runbook.payments_to_process(entries, 'booking (?P<reference>\\w+) failed: (?P<why>\\w+)')).payments }}"
"""

RETURN = r"""
_value:
  description: C(payments), a list of dicts, and C(csv), the same for a spreadsheet (RFC 4180).
  type: dict
"""

import re
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def _payments(rows: Any, entries: Any = None, sign: str = "") -> dict[str, Any]:
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payment_list import as_csv, to_process

    try:
        known = re.compile(sign).groupindex
    except re.error as error:
        raise AnsibleFilterError(
            f"payments_to_process: sign: {sign!r} is no regular expression ({error}). Correct it."
        ) from None
    if sign and "reference" not in known:
        raise AnsibleFilterError(f"payments_to_process: sign: {sign!r} has no group (?P<reference>...). Add the group.")
    payments = to_process(rows or [], entries or [], sign)
    return {"payments": payments, "csv": as_csv(payments)}


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"payments_to_process": _payments}
