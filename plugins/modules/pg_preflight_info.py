# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_preflight_info
short_description: Check that a PostgreSQL server is ready for incident response
version_added: 0.1.0
description:
  - Checks that the mitigations of this collection will work on a PostgreSQL server during an incident.
  - It checks that the login role sees and may terminate every session. It reports applications that log in as a
    superuser, whose sessions only a superuser may terminate.
  - It checks that the login can connect when all connection slots are in use, by a connection on each login path.
  - It also checks the free slots, C(pg_stat_statements), retained WAL, wraparound, the clocks and the disk space.
  - The module changes nothing. A server that cannot be reached is a failed check, not a failure of the module.
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._exclusions
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Check the database server
  pafar.runbook.pg_preflight_info:
    login_host: db1.example.org
    login_user: oncall
    login_password: "{{ vault_oncall_password }}"
"""

RETURN = r"""
checks:
  description: Every check, with C(check), C(ready) (null if the check could not be made), C(found) and C(remedy).
  returned: success
  type: list
  elements: dict
  sample: [{"check": "may end sessions", "ready": false, "found": "oncall may not", "remedy": "GRANT pg_signal_backend TO oncall"}]
  contains: &CheckReport
    check: {description: "What was checked.", type: str}
    ready: {description: "Whether the check passed; null where it could not be made.", type: bool}
    found: {description: "Result of the check.", type: str}
    remedy: {description: "Next step.", type: str}
ready:
  description: Whether all checks passed.
  returned: success
  type: bool
  sample: false
not_ready:
  description: Names of the checks that failed.
  returned: success
  type: list
  elements: str
  sample: [may end sessions]
unknown:
  description: Names of the checks that could not be made.
  returned: success
  type: list
  elements: str
  sample: []
"""

from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    EXCLUSION_ARGS,
    POSTGRES_ARGS,
    exclusions_of,
    login_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.io.database import database_report


def work(module: AnsibleModule) -> dict[str, Any]:
    return {**database_report(login_of(module.params), partial(exclusions_of, module.params))}


def main() -> None:
    finish(AnsibleModule(argument_spec={**POSTGRES_ARGS, **EXCLUSION_ARGS}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
