# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_index_info
short_description: Recommend PostgreSQL indexes, tested with the planner where possible
version_added: 0.1.0
description:
  - Recommends the indexes that would save most execution time of the present workload. Returns for each the statement
    to review, the size, the lock that the build takes, and evidence. The module builds no index. The role
    P(pafar.runbook.build_index#role) does, after approval.
  - If the extension hypopg is installed, candidates for the statements that take most time during a window are tried
    as hypothetical indexes. An index is recommended if it reduces the planner's cost by at least half.
  - Also returns foreign keys without an index, large tables with sequential scans, and invalid, duplicate and unused
    indexes.
  - A comparison is used only if every row of the result must satisfy it, so comparisons under OR, NOT or FILTER are
    ignored. If several tables have the same name, the table that was read is used. If that is ambiguous, no index is
    recommended, and RV(notes) names the tables.
  - The module does not wait for table locks, and neither runs nor plans statements of applications. It parses their
    texts for comparisons and plans a query of its own in a read-only transaction. That needs the right to read the
    table (C(pg_read_all_data)). Planning can run functions that indexes, policies or statistics of the table use, so a
    table with such functions is not planned. Without a plan, the recommendation has C(proved) false.
options:
  window:
    description:
      - Seconds for which the workload is observed. 0 uses all that was counted since the last reset of the counters.
        Before PostgreSQL 15, the scans of a table are counted up to a second late, so the last ones before the window
        can be among its scans.
    type: float
    default: 5.0
  top:
    description: Number of statements to analyze, and number of recommendations to return. At least 1.
    type: int
    default: 10
  min_rows:
    description: Smallest number of rows of a table for which an index is recommended.
    type: int
    default: 10000
  hypothetical:
    description: Whether to try candidates with hypopg if it is installed.
    type: bool
    default: true
  min_unused_bytes:
    description: Smallest size, in bytes, of the unused indexes that are returned.
    type: int
    default: 1048576
  only_building:
    description: Whether to return only RV(building), the progress of index builds. The other lists are then empty.
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
- name: Find missing indexes
  pafar.runbook.pg_index_info:
    login_host: db1.example.org
    login_db: shop
    window: 10
  register: indexes

- name: Show the statement to review
  ansible.builtin.debug:
    msg: "{{ indexes.advice[0].statement }}"
  when: indexes.advice | length > 0
"""

RETURN = r"""
advice:
  description:
    - Recommended indexes, proved ones first. C(kind) is V(statement), V(foreign_key) or V(running). V(running) is an
      estimate for a statement that ran during the whole window, since PostgreSQL counts the blocks and rows that a
      statement reads only when it ends.
    - C(schema), C(table), C(columns) and C(name) have the form of the variables of the role
      P(pafar.runbook.build_index#role). C(statement) is empty for a partitioned table; C(steps) has its statements.
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
    kind: {description: "Basis of the recommendation, V(statement), V(foreign_key) or V(running).", type: str}
    schema: {description: "Schema of the table.", type: str}
    table: {description: "Name of the table.", type: str}
    columns: {description: "Columns, in the order of the index.", type: list, elements: str}
    name: {description: "Name for the index.", type: str}
    statement: {description: "Statement that builds the index, for review; empty where there is none.", type: str}
    why: {description: "Reason of the recommendation.", type: str}
    proved: {description: "Whether the planner confirmed the gain with a hypothetical index (hypopg).", type: bool}
    cost_before:
      description: "The planner's cost without the index; null if no hypothetical index was tried."
      type: float
    cost_after:
      description: "The planner's cost with the index; null if no hypothetical index was tried."
      type: float
    gain:
      description: "Share of the planner's cost that the index saves, 0 to 1; null if no hypothetical index was tried."
      type: float
    seconds:
      description: "Execution time in the window of the statements that could use the index, in seconds."
      type: float
    statements: {description: "Statements that could use the index.", type: list, elements: str}
    size_bytes: {description: "Estimated size of the index, in bytes.", type: int}
    table_bytes: {description: "Size of the table in bytes.", type: int}
    writes_per_second:
      description: "Rows of the table that are inserted, updated or deleted per second; null if not known."
      type: float
    lock: {description: "Lock that the build takes.", type: str}
    database: {description: "Database of the table.", type: str}
    steps:
      description: >-
        Statements for a partitioned table, in their order; empty for other tables. If the steps were broken off, those
        that are left.
      type: list
      elements: str
foreign_keys:
  description:
    - Foreign keys without an index, the most expensive first. C(seconds) estimates the time in the window in which the
      table was scanned because rows of the parent table were deleted.
    - A key has an index if a valid B-tree index begins with its columns, in any order, or a hash index is on its only
      column, also where the index is partial and its condition is that these columns are not NULL. So it has if an index
      of some of its columns leaves few rows.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "payments_booking_id_fkey", "table": "public.payments", "columns": ["booking_id"], "near": "", "seconds": 0.4}]
  contains: &ForeignKeyReport
    name: {description: "Name of the foreign key.", type: str}
    table: {description: "Name of the table.", type: str}
    parent: {description: "Table that the foreign key refers to.", type: str}
    columns: {description: "Columns of the key.", type: list, elements: str}
    size_bytes: {description: "Size of the table, in bytes.", type: int}
    near:
      description: >-
        Existing index with these columns that cannot be used, and why (invalid, partial by another condition, BRIN, GIN
        or the like); empty for none.
      type: str
    seconds:
      description: "Estimated time of scans in the window because the index is missing, in seconds."
      type: float
    database: {description: "Database of the table.", type: str}
seq_scans:
  description: Large tables with sequential scans during the window, the most rows read first.
  returned: success
  type: list
  elements: dict
  sample: [{"table": "public.bookings", "rows": 300000, "scans": 104, "rows_read": 31200000}]
  contains: &ScanReport
    table: {description: "Name of the table.", type: str}
    rows: {description: "Rows of the table.", type: int}
    size_bytes: {description: "Size of the table, in bytes.", type: int}
    scans: {description: "Number of sequential scans in the window.", type: int}
    rows_read: {description: "Rows that sequential scans read in the window.", type: int}
    indexes: {description: "Indexes of the table.", type: list, elements: str}
    database: {description: "Database of the table.", type: str}
invalid:
  description: >-
    Invalid indexes of failed builds, each with the statement that drops it. An index of a partition that is part of the
    partitioned table's index cannot be dropped alone: its statement rebuilds it.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &IndexReport
    index: {description: "Name of the index.", type: str}
    table: {description: "Name of the table.", type: str}
    why: {description: "Why the index can be dropped.", type: str}
    size_bytes: {description: "Size of the index, in bytes.", type: int}
    scans: {description: "Number of index scans.", type: int}
    statement:
      description: "Statement that drops the index, or rebuilds it where it cannot be dropped alone; for review."
      type: str
    database: {description: "Database of the table.", type: str}
duplicates:
  description: >-
    Indexes that are equal to another index, each with the statement that drops it. Of the indexes of partitions only the
    partitioned table's index is returned, if they are part of one.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *IndexReport
unused:
  description: >-
    Indexes that no scan has used, the largest first. C(why) has the period that the counters cover, and
    the foreign key that no other index serves. An index of a
    partitioned table counts with the size and the scans of all that are part of it; those are not returned.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *IndexReport
building:
  description: Running index builds. C(share_done) is the progress of the phase.
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4711, "table": "public.bookings", "phase": "building", "share_done": 0.42, "waits_for": null}]
  contains: &BuildProgress
    pid: {description: "Process id; 0 if there is none.", type: int}
    table: {description: "Name of the table.", type: str}
    phase: {description: "Current phase of the build.", type: str}
    share_done:
      description: "Progress of the present phase, 0 to 1; null if the phase does not report it."
      type: float
    waits_for: {description: "Process id of the session that the build waits for; null for none.", type: int}
workload:
  description: Workload of the same window, as M(pafar.runbook.pg_statements_info) returns it.
  returned: success
  type: dict
  sample: {"available": true, "statements": [], "waits": {"CPU": 3.2}}
  contains: &WorkloadReport
    available: {description: "Whether pg_stat_statements is available.", type: bool}
    why: {description: "Why pg_stat_statements is not available; empty if it is.", type: str}
    remedy: {description: "How to make pg_stat_statements available; empty if it is.", type: str}
    notes: {description: "Further findings, a sentence each.", type: list, elements: str}
    window:
      description: "Observed window."
      type: dict
      contains: &WindowReport
        seconds: {description: "Length of the window in seconds; null where there was none.", type: float}
        lifetime:
          description: "Whether the figures cover the time since the last reset of the counters instead of a window."
          type: bool
        since: {description: "Time of the last reset of the counters; null for a window.", type: str}
        entries: {description: "Number of entries in pg_stat_statements.", type: int}
        evictions: {description: "How often pg_stat_statements evicted entries during the window (dealloc).", type: int}
        renewed: {description: "Whether the counters were reset during the window.", type: bool}
        logins: {description: "New sessions per second; null without a window, or before PostgreSQL 14.", type: float}
    statements:
      description: "As M(pafar.runbook.pg_statements_info) returns them."
      type: list
      elements: dict
      contains: &StatementReport
        query_id: {description: "Column queryid of pg_stat_statements.", type: str}
        role: {description: "Name of the role.", type: str}
        database: {description: "Name of the database.", type: str}
        statement: {description: "Text of the statement.", type: str}
        seconds: {description: "Execution time in the window, in seconds.", type: float}
        share: {description: "Share of the execution time of all statements in the window, 0 to 1.", type: float}
        sessions: {description: "Mean number of sessions that run the statement; null without a window.", type: float}
        lock_share: {description: "Share of its execution time that was spent waiting for locks, 0 to 1.", type: float}
        work_seconds: {description: "Execution time without the time spent waiting for locks, in seconds.", type: float}
        calls: {description: "Executions that ended in the window.", type: int}
        mean_ms: {description: "Mean milliseconds of one execution; null if none ended in the window.", type: float}
        rows: {description: "Rows that the statement returned or changed.", type: int}
        read_blocks:
          description: "Blocks of 8 KiB that were not in shared buffers and were read (shared_blks_read)."
          type: int
        spilled_blocks:
          description: "Blocks of 8 KiB that were written to temporary files (temp_blks_written)."
          type: int
        jit_seconds:
          description: "Seconds in which the statement was compiled (JIT); 0 before version 1.10 of the extension."
          type: float
        lifetime_mean_ms:
          description: "Mean milliseconds of one execution since the last reset of the counters."
          type: float
        renewed: {description: "Whether the counters were reset during the window.", type: bool}
        running:
          description: "Sessions that run the statement now."
          type: list
          elements: dict
          contains: &RunningStatement
            pid: {description: "Process id; 0 if there is none.", type: int}
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            seconds: {description: "Seconds since the statement began.", type: float}
            wait:
              description: "Wait event, as type/event (for example Lock/transactionid); empty if it does not wait."
              type: str
    waits: {description: "Mean number of sessions, by wait event.", type: dict}
window:
  description: The observed window, or C(lifetime) true.
  returned: success
  type: dict
  sample: {"seconds": 5.02, "lifetime": false}
  contains: &IndexWindow
    seconds: {description: "Length of the window in seconds; null where there was none.", type: float}
    lifetime:
      description: "Whether the figures cover the time since the last reset of the counters instead of a window."
      type: bool
notes:
  description: What could not be read or recommended, and the next step.
  returned: success
  type: list
  elements: str
  sample: []
server:
  description: Version, whether the server is a standby, the role, and the login path.
  returned: success
  type: dict
  sample: {"version": "16.14", "in_recovery": false, "role": "oncall", "login_path": "normal"}
  contains: &ServerReport
    version: {description: "PostgreSQL's version.", type: str}
    version_num: {description: "The version as a number (server_version_num).", type: int}
    in_recovery: {description: "Whether the server is a standby.", type: bool}
    role: {description: "Role as which the module's statements run.", type: str}
    database: {description: "Database of the connection.", type: str}
    deadlock_timeout: {description: "Setting deadlock_timeout, with its unit.", type: str}
    synchronous_standby_names: {description: "Setting synchronous_standby_names.", type: str}
    login_path:
      description: >-
        How the module connected. V(normal) is login_user, V(reserve) is login_reserve_user, V(replication) and
        V(reserve replication) are the same roles over a replication connection.
      type: str
    refused_by:
      description: >-
        Connection limit that refused the ordinary login: max_connections, role or database; empty if none did, or if it
        is not known which.
      type: str
    host: {description: "Address of the server.", type: str}
    port: {description: "Port of the server.", type: int}
full_reads:
  description: "Large tables that were scanned as a whole in the window, and for which no index is recommended."
  returned: success
  type: list
  elements: dict
  contains: &FullRead
    database: {description: "Database of the table.", type: str}
    schema: {description: "Schema of the table.", type: str}
    table: {description: "Name of the table.", type: str}
    rows: {description: "Rows of the table.", type: int}
    size_bytes: {description: "Size of the table, in bytes.", type: int}
    passes:
      description: "Number of full scans in the window (rows that were read, divided by the rows of the table)."
      type: float
    seconds:
      description: >-
        Execution time of the statement in the window, in seconds; an estimate if no statement contains the name of the
        table.
      type: float
    share: {description: "Share of the execution time of all statements in the window, 0 to 1.", type: float}
    statement:
      description: >-
        The statement, without literals; empty if no statement with execution time in the window contains the name of
        the table.
      type: str
    why: {description: "Why no index is recommended, and what may make the statement faster.", type: str}
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
