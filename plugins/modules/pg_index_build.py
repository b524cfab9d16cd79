# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_index_build
short_description: Create or drop one PostgreSQL index concurrently
version_added: 0.1.0
description:
  - Builds an index with C(CREATE INDEX CONCURRENTLY), or drops one with C(DROP INDEX CONCURRENTLY).
  - It first checks that the build can complete. The disk must have free space for twice the size of the index. No
    transaction of the database may be older than O(max_transaction_age), since the build waits for all of them. No
    prepared transaction may hold a conflicting lock on the table, unless it ends within one second.
  - An invalid index of that name from an earlier build is removed first. If this build fails, its invalid index is
    removed. If a valid index already has these columns, nothing is built.
  - The statement is built from the names in the options; the module accepts no SQL. M(pafar.runbook.pg_index_info)
    recommends indexes.
  - In check mode the module returns the same plan and changes nothing.
options:
  schema:
    description: Schema of the table.
    type: str
    default: public
  table:
    description: Name of the table, in the same upper and lower case as in C(pg_class).
    type: str
    required: true
  table_database:
    description: Database of the table. Empty means O(login_db).
    type: str
    default: ""
  columns:
    description: Names of the columns, in the order of the index. Required with O(state=present).
    type: list
    elements: str
    default: []
  name:
    description: Name of the index. Empty means the name that PostgreSQL would choose. Required with O(state=absent).
    type: str
    default: ""
  state:
    description: Whether the index must exist. An index that belongs to a constraint is never dropped.
    type: str
    default: present
    choices: [present, absent]
  only:
    description:
      - Approved targets, from C(actions) of an earlier RV(plan). Nothing else is done. An empty list approves nothing.
    type: list
    elements: str
  max_transaction_age:
    description: Age, in seconds, of the oldest open transaction with which a build may start.
    type: float
    default: 60.0
  check_disk:
    description:
      - Whether to refuse the build if the disk of the data directory has too little free space, or if the module cannot
        read the free space because it does not run on the host of the server.
    type: bool
    default: true
  build_timeout:
    description:
      - Seconds after which the build is stopped. The module then has 30 more seconds to remove the invalid index. If a
        prepared transaction prevents that, the error names the transaction and the next step.
    type: float
    default: 3600.0
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_index_info
"""

EXAMPLES = r"""
- name: Plan the build
  pafar.runbook.pg_index_build:
    login_host: db1.example.org
    login_db: shop
    table: bookings
    columns: [customer_id, created_at]
  check_mode: true
  register: planned

- name: Build exactly this index
  pafar.runbook.pg_index_build:
    login_host: db1.example.org
    login_db: shop
    table: bookings
    columns: [customer_id, created_at]
    only: "{{ planned.plan.actions | map(attribute='target') }}"
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action) and C(who) (the index and its table).
  returned: success
  type: dict
  sample: {"verb": "build_index", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["built bookings_customer_id_idx on public.bookings (customer_id)"]
not_done:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
    - Always empty. An action that cannot be carried out makes the act fail.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - C(indexes), the names of the indexes of the table.
  returned: success
  type: dict
  sample: {"indexes": ["public.bookings_pkey"]}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"indexes": ["public.bookings_pkey", "public.bookings_customer_id_idx"]}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - It is the number of actions that are not done.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 41.7
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
  returned: success
  type: dict
  sample: {"reversible": true, "module": "pg_index_build", "options": {"name": "bookings_customer_id_idx", "state": "absent"}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The indexes of the table with their definitions, the client sessions, and the statements of the plan.
  returned: success
  type: dict
  sample: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.build import IndexRequest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.io.build import BuildOptions, build
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    POSTGRES_ARGS,
    at_database,
    login_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    present = params["state"] == "present"
    at_least(params, "max_transaction_age", 0, "s")
    at_least(params, "build_timeout", 1, "s")
    if present and not params["columns"]:
        raise InputError("columns is empty; an index needs at least one column. Nothing was done.")
    if not present and not params["name"]:
        raise InputError("name is empty; state=absent needs the name of the index to drop. Nothing was done.")
    wanted_index = IndexRequest(
        params["schema"], params["table"], tuple(params["columns"]), params["name"], present, params["table_database"]
    )
    terms = BuildOptions(params["max_transaction_age"], params["build_timeout"], params["check_disk"])
    with connect(at_database(login_of(params), params["table_database"])) as postgres:
        result = build(postgres, wanted_index, terms, params["only"], module.check_mode)
    for text in result.pop("unseen"):
        module.warn(text)
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            "schema": {"type": "str", "default": "public"},
            "table": {"type": "str", "required": True},
            "columns": {"type": "list", "elements": "str", "default": []},
            "table_database": {"type": "str", "default": ""},
            "name": {"type": "str", "default": ""},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
            "only": {"type": "list", "elements": "str"},
            "max_transaction_age": {"type": "float", "default": 60.0},
            "check_disk": {"type": "bool", "default": True},
            "build_timeout": {"type": "float", "default": 3600.0},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
