# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_query_info
short_description: Run one read-only PostgreSQL query
version_added: 0.1.0
description:
  - Runs one statement of the site's own configuration in a transaction that reads only and is rolled back, bounded by
    O(statement_timeout), and returns its rows. For what no module can know, like which payments a person must process.
  - The server opens a cursor for it, so it is one statement that returns rows (C(SELECT), C(WITH), C(VALUES), C(TABLE),
    C(SHOW), C(EXPLAIN)); a second one, a command of transactions and C(COPY) are refused.
  - A read-only transaction does not bound functions that write elsewhere (end a session, write a file, take an advisory
    lock, open another connection). Those of PostgreSQL and of extensions are refused by name, wherever the name stands in
    O(query). What cannot be known is what a function of the site's own, in SQL or another language, calls in its turn. Give
    the statement to a login that may only read.
  - The statement is the administrator's. Never build it from what somebody else wrote. Tables are named with their schema,
    since no schema is searched (what others put there must not take the place of what is meant).
options:
  query:
    description: The statement, without parameters.
    type: str
    required: true
  max_rows:
    description: Most rows that are returned.
    type: int
    default: 1000
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Which bookings wait for their payment
  pafar.runbook.pg_query_info:
    login_host: db1.example.org
    login_db: pafar
    query: SELECT reference, amount_cents FROM public.bookings WHERE status = 'pending'
  register: pending
"""

RETURN = r"""
rows:
  description:
    - The rows, each a dict. Whole numbers, floating-point numbers and booleans are such; moments are in UTC (ISO 8601),
      bytes are hexadecimal; all else is text as the server writes it.
    - What ISO 8601 or JSON does not have (C(infinity), C(NaN), years before Christ) is such a text too.
  returned: success
  type: list
  elements: dict
  sample: [{"reference": "b123", "amount_cents": 4200}]
columns:
  description: Names of the columns, in order.
  returned: success
  type: list
  elements: str
  sample: [reference, amount_cents]
truncated:
  description: Whether there are more rows than O(max_rows).
  returned: success
  type: bool
  sample: false
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.read_only_query import answer
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "max_rows", 1)
    return answer(login_of(params), params["query"], params["max_rows"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            "query": {"type": "str", "required": True},
            "max_rows": {"type": "int", "default": 1000},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
