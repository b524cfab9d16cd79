# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_index_info
short_description: Recommend PostgreSQL indexes, proved by the planner
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
  contains: &AdviceReport
    kind: {description: "What kind it is.", type: str}
    schema: {description: "Schema of the table.", type: str}
    table: {description: "Name of the table.", type: str}
    columns: {description: "Columns, in the order of the index.", type: list, elements: str}
    name: {description: "Its name.", type: str}
    statement: {description: "The statement that builds it, for review; empty where none can.", type: str}
    why: {description: "Why.", type: str}
    proved: {description: "Whether the planner was asked with the index in place.", type: bool}
    cost_before: {description: "The planner's cost without it; null where it was not tried.", type: float}
    cost_after: {description: "The planner's cost with the index; null where it was not tried.", type: float}
    gain: {description: "Share of the planner's cost that it saves; null where it was not tried.", type: float}
    seconds: {description: "Seconds of the window that it concerns.", type: float}
    statements: {description: "Statements that it would serve.", type: list, elements: str}
    size_bytes: {description: "Size in bytes.", type: int}
    table_bytes: {description: "Size of the table in bytes.", type: int}
    writes_per_second: {description: "Writes to the table in a second; null where that is not known.", type: float}
    lock: {description: "What building it locks.", type: str}
foreign_keys:
  description:
    - Foreign keys that no index serves, the dearest first. C(near) names one that only seems to, C(seconds) is roughly what
      it cost, in the window, to read the table for every row that went from its parent.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "payments_booking_id_fkey", "table": "public.payments", "columns": ["booking_id"], "near": "", "seconds": 0.4}]
  contains: &ForeignKeyReport
    name: {description: "Its name.", type: str}
    table: {description: "Name of the table.", type: str}
    parent: {description: "The table that it refers to.", type: str}
    columns: {description: "Columns of the key.", type: list, elements: str}
    size_bytes: {description: "Size in bytes.", type: int}
    near: {description: "An index that only seems to serve it; empty for none.", type: str}
    seconds: {description: "Seconds that it cost in the window.", type: float}
seq_scans:
  description: Big tables that were read from end to end during the window, the most rows first.
  returned: success
  type: list
  elements: dict
  sample: [{"table": "public.bookings", "rows": 300000, "scans": 104, "rows_read": 31200000}]
  contains: &ScanReport
    table: {description: "Name of the table.", type: str}
    rows: {description: "Rows of the table.", type: int}
    size_bytes: {description: "Size in bytes.", type: int}
    scans: {description: "How often it was read.", type: int}
    rows_read: {description: "Rows that were read.", type: int}
    indexes: {description: "Indexes of the table.", type: list, elements: str}
invalid:
  description: Indexes that a build left behind, with the statement that removes each.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &IndexReport
    index: {description: "Name of the index.", type: str}
    table: {description: "Name of the table.", type: str}
    why: {description: "Why.", type: str}
    size_bytes: {description: "Size in bytes.", type: int}
    scans: {description: "How often it was read.", type: int}
    statement: {description: "The statement that drops it, for review.", type: str}
duplicates:
  description: Indexes that are the same as another, with the statement that removes each.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *IndexReport
unused:
  description: Indexes that no read has used, the largest first, with for how long that was counted.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *IndexReport
building:
  description: Builds at work now, with C(table), C(phase), C(share_done) of that phase and C(waits_for), a pid.
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4711, "table": "public.bookings", "phase": "building", "share_done": 0.42, "waits_for": null}]
  contains: &BuildProgress
    pid: {description: "Process id; 0 for none.", type: int}
    table: {description: "Name of the table.", type: str}
    phase: {description: "What the build does now.", type: str}
    share_done: {description: "How far it is, 0 to 1; null where it does not tell.", type: float}
    waits_for: {description: "Process id that it waits for; null for none.", type: int}
workload:
  description: What took the time of the same window, as M(pafar.runbook.pg_statements_info) returns it.
  returned: success
  type: dict
  sample: {"available": true, "statements": [], "waits": {"CPU": 3.2}}
  contains: &WorkloadReport
    available: {description: "Bytes that processes can still get.", type: bool}
    why: {description: "Why.", type: str}
    remedy: {description: "What to do about it.", type: str}
    notes: {description: "What else is to be said, a sentence each.", type: list, elements: str}
    window:
      description: "What was watched."
      type: dict
      contains: &WindowReport
        seconds: {description: "Length of the window; null where there was none.", type: float}
        lifetime: {description: "Whether the counters' whole life was taken instead of a window.", type: bool}
        since: {description: "From when the counters count; null for a window.", type: str}
        entries: {description: "Entries of the counters.", type: int}
        evictions: {description: "How often entries were thrown out meanwhile.", type: int}
        renewed: {description: "Whether the counters began anew meanwhile.", type: bool}
    statements:
      description: "As M(pafar.runbook.pg_statements_info) returns them."
      type: list
      elements: dict
      contains: &StatementReport
        query_id: {description: "PostgreSQL's id of the statement.", type: str}
        role: {description: "Name of the role.", type: str}
        database: {description: "Name of the database.", type: str}
        statement: {description: "Text of the statement.", type: str}
        seconds: {description: "Seconds that it took in the window.", type: float}
        share: {description: "Share of the whole, 0 to 1.", type: float}
        sessions: {description: "Sessions at work with it on average; null without a window.", type: float}
        lock_share: {description: "Share of its time that went into waiting for locks.", type: float}
        work_seconds: {description: "Its seconds without the waiting for locks.", type: float}
        calls: {description: "Executions that ended in the window.", type: int}
        mean_ms: {description: "Milliseconds of one execution; null where none ended.", type: float}
        rows: {description: "Rows that were returned.", type: int}
        read_blocks: {description: "Blocks of 8 KiB that were read from outside of the buffers.", type: int}
        spilled_blocks: {description: "Blocks of 8 KiB that were written to temporary files.", type: int}
        lifetime_mean_ms: {description: "Milliseconds of one execution over the counters' life.", type: float}
        renewed: {description: "Whether the counters began anew meanwhile.", type: bool}
        running:
          description: "Sessions that run it now."
          type: list
          elements: dict
          contains: &RunningStatement
            pid: {description: "Process id; 0 for none.", type: int}
            who: {description: "Who it is, in words.", type: str}
            target: {description: "What names it unmistakably.", type: str}
            seconds: {description: "For how many seconds.", type: float}
            wait: {description: "What it waits for; empty for nothing.", type: str}
    waits: {description: "Sessions at work on average, by what they waited for.", type: dict}
window:
  description: Seconds that were watched, or C(lifetime) true.
  returned: success
  type: dict
  sample: {"seconds": 5.02, "lifetime": false}
  contains: &IndexWindow
    seconds: {description: "Length of the window; null where there was none.", type: float}
    lifetime: {description: "Whether the counters' whole life was taken instead of a window.", type: bool}
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
  contains: &ServerReport
    version: {description: "PostgreSQL's version.", type: str}
    version_num: {description: "The same as a number.", type: int}
    in_recovery: {description: "Whether it is a standby.", type: bool}
    role: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    deadlock_timeout: {description: "The server's setting.", type: str}
    synchronous_standby_names: {description: "The server's setting.", type: str}
    entrance: {description: "How the login got in, V(normal) or by slots that are kept for it.", type: str}
    host: {description: "Address by which it was reached.", type: str}
    port: {description: "Port by which it was reached.", type: int}
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
