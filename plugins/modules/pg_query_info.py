# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_query_info
short_description: Run one read-only PostgreSQL query
version_added: 0.1.0
description:
  - Runs one SQL statement in a read-only transaction that is rolled back, limited by O(statement_timeout), and returns
    its rows. Use it for facts that only the application's tables have, for example the payments that an operator must
    process.
  - The statement runs through a server-side cursor, so it must be one statement that returns rows (C(SELECT), C(WITH),
    C(VALUES), C(TABLE), C(SHOW), C(EXPLAIN)). Several statements, transaction commands and C(COPY) are refused.
  - A read-only transaction does not restrict functions with effects outside of the transaction (terminate a session,
    write a file, take an advisory lock, open another connection). Such functions of PostgreSQL and its extensions are
    refused by name, wherever the name occurs in O(query). So are functions that run a text (C(crosstab), C(connectby),
    C(xpath_table), C(query_to_xml), C(ts_stat), C(ts_rewrite), C(dblink)) and functions in an untrusted language.
  - The module does not see what a view, a foreign table, or a function in a trusted language (C(sql), C(plpgsql)) calls,
    for example C(pg_terminate_backend), or what a foreign table runs on its own server. Use a login role that may only
    read.
  - The statement must come from the administrator. Never build it from untrusted input. Qualify tables with their
    schema, since C(search_path) is empty.
options:
  query:
    description: SQL statement, without parameters.
    type: str
    required: true
  max_rows:
    description: Largest number of rows to return.
    type: int
    default: 1000
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Read the bookings that wait for a payment
  pafar.runbook.pg_query_info:
    login_host: db1.example.org
    login_db: pafar
    query: SELECT reference, amount_cents FROM public.bookings WHERE status = 'pending'
  register: pending
"""

RETURN = r"""
rows:
  description:
    - The rows, each a dict. Integers, floating-point numbers and booleans keep their type. Timestamps are in UTC (ISO
      8601), bytes are hexadecimal. All other values are text, as the server writes them.
    - Values without a form in ISO 8601 or JSON (C(infinity), C(NaN), years BC) are text too.
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
