# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Approvals as they are given in variables.

PRIVATE to this collection.
"""

from __future__ import annotations

import re

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import SHORTEST_DIGEST


def digests_in(given: str) -> list[str]:
    """The digests of a list in text; raises AnsibleActionFail for what is none."""
    digests = [word for word in re.split(r"[\s,]+", given) if word]
    for digest in digests:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{SHORTEST_DIGEST},64}}", digest):
            raise AnsibleActionFail(
                f"gate: approved_digest: {digest!r} is no digest; give at least the first {SHORTEST_DIGEST} of the 64"
                " hexadecimal digits that the run in check mode printed. Nothing was done."
            )
    return digests
