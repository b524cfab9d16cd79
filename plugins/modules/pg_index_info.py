# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_index_info
short_description: Index advice that can be trusted, for one PostgreSQL database
version_added: 0.1.0
description:
  - Tells which index would help most right now, with the exact statement to review, its size, the lock that building
    takes, and the evidence. It never creates one; the role P(pafar.runbook.build_index#role) does, when approved.
  - Candidates for the statements that take most during a window are tried as hypothetical indexes, where the extension
    hypopg is there. One is advised when the planner's cost falls by half or more.
  - Names foreign keys without an index, big tables that are read from end to end, and invalid, duplicate and unused
    indexes.
  - A comparison counts only where it must hold for every row, so one under OR, NOT or FILTER does not. Of several tables
    of one name the one that was read is meant; where that is not clear, nothing is advised and a note says so.
  - Waits for no lock on a table, and neither runs nor plans a statement of anybody. Texts are read for what they compare, and
    a question of the module's own about that table is planned, in a transaction that reads only. That needs the right to
    read the table (C(pg_read_all_data)), and a table to which no function of its owner is attached. Without, advice for
    statements is not proved, and says so.
options:
  window:
    description: Seconds for which the work is watched. 0 takes the counters of their whole life.
    type: float
    default: 5.0
  top:
    description: How many statements to look at, and how much advice to return. At least 1.
    type: int
    default: 10
  min_rows:
    description: Rows from which a table is big enough for an index to matter.
    type: int
    default: 10000
  hypothetical:
    description: Whether to try candidates by hypopg, where it is there.
    type: bool
    default: true
  min_unused_bytes:
    description: Size from which an unused index is told.
    type: int
    default: 1048576
  only_building:
    description: Whether to tell nothing but RV(building), how far builds are. The other lists are empty then.
    type: bool
    default: false
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_statements_info
"""

EXAMPLES = r"""
- name: Which index is missing?
  pafar.runbook.pg_index_info:
    login_host: db1.example.org
    login_db: shop
    window: 10
  register: indexes

- name: The statement to review
  ansible.builtin.debug:
    msg: "{{ indexes.advice[0].statement }}"
  when: indexes.advice | length > 0
"""

RETURN = r"""
advice:
  description:
    - The indexes that would help most, proved ones first. C(kind), V(statement), V(foreign_key), or V(running), a guess
      about a statement that has been running for the whole window, since what it reads is counted when it ends.
      C(statement) to review (empty for a partitioned table), C(why),
      C(proved), C(cost_before) and C(cost_after) of the planner, C(seconds) of the window that it concerns,
      C(size_bytes), C(table_bytes), C(writes_per_second) that would maintain it, C(lock), and C(schema), C(table),
      C(columns) and C(name) as the role build_index takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: statement
      table: bookings
      columns: [customer_id, created_at]
      statement: CREATE INDEX CONCURRENTLY bookings_customer_id_created_at_idx ON public.bookings (customer_id, created_at)
      proved: true
      cost_before: 8543.1
      cost_after: 12.4
foreign_keys:
  description:
    - Foreign keys that no index serves, the dearest first. C(near) names one that only seems to, C(seconds) is roughly what
      it cost, in the window, to read the table for every row that went from its parent.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "payments_booking_id_fkey", "table": "public.payments", "columns": ["booking_id"], "near": "", "seconds": 0.4}]
seq_scans:
  description: Big tables that were read from end to end during the window, the most rows first.
  returned: success
  type: list
  elements: dict
  sample: [{"table": "public.bookings", "rows": 300000, "scans": 104, "rows_read": 31200000}]
invalid:
  description: Indexes that a build left behind, with the statement that removes each.
  returned: success
  type: list
  elements: dict
  sample: []
duplicates:
  description: Indexes that are the same as another, with the statement that removes each.
  returned: success
  type: list
  elements: dict
  sample: []
unused:
  description: Indexes that no read has used, the largest first, with for how long that was counted.
  returned: success
  type: list
  elements: dict
  sample: []
building:
  description: Builds at work now, with C(table), C(phase), C(share_done) of that phase and C(waits_for), a pid.
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4711, "table": "public.bookings", "phase": "building", "share_done": 0.42, "waits_for": null}]
workload:
  description: What took the time of the same window, as M(pafar.runbook.pg_statements_info) returns it.
  returned: success
  type: dict
  sample: {"available": true, "statements": [], "waits": {"CPU": 3.2}}
window:
  description: Seconds that were watched, or C(lifetime) true.
  returned: success
  type: dict
  sample: {"seconds": 5.02, "lifetime": false}
notes:
  description: What could not be looked at, and its cure.
  returned: success
  type: list
  elements: str
  sample: []
server:
  description: Version, whether it is a standby, as whom and by which entrance the module got in.
  returned: success
  type: dict
  sample: {"version": "16.14", "in_recovery": false, "role": "oncall", "entrance": "normal"}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.io.advisor import index_report
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.options import ADVICE_ARGS, wanted_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return {"changed": False, **index_report(login_of(params), wanted_of(params))}


def main() -> None:
    finish(AnsibleModule(argument_spec={**POSTGRES_ARGS, **ADVICE_ARGS}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
