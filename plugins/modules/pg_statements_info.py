# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_statements_info
short_description: Top PostgreSQL statements and waits over a short window
version_added: 0.1.0
description:
  - Takes two snapshots of C(pg_stat_statements) and returns the statements that took most execution time between them.
    Running statements are included, although the extension counts a statement only when it ends.
  - Samples wait events during the window. Time spent waiting for a lock is separated from execution time, so that a
    blocked statement is not mistaken for an expensive one.
  - Works with the extension of PostgreSQL 14 and newer, also if C(ALTER EXTENSION ... UPDATE) was not run after an
    upgrade of the server.
  - If the extension is not available, RV(why) and RV(remedy) give the reason and the next step. The sampled waits and
    the running statements are still returned.
options:
  window:
    description:
      - Seconds between the two snapshots. 0 returns what was counted since the last reset of the counters, with
        C(lifetime) true in RV(window).
    type: float
    default: 5.0
  top:
    description: Number of statements to return. At least 1.
    type: int
    default: 10
  statements:
    description:
      - How statement texts are returned. V(normalized) removes all literals and comments. V(full) returns the text as
        the server shows it, with literals of utility statements and of running statements. V(none) returns no text.
    type: str
    default: normalized
    choices: [normalized, full, none]
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_activity_info
  - module: pafar.runbook.pg_index_info
"""

EXAMPLES = r"""
- name: Find the slowest statements
  pafar.runbook.pg_statements_info:
    login_host: db1.example.org
    login_db: shop
    window: 10
  register: workload

- name: Show the statements
  ansible.builtin.debug:
    msg: "{{ workload.statements | map(attribute='statement') }}"
"""

RETURN = r"""
available:
  description: Whether C(pg_stat_statements) is available.
  returned: success
  type: bool
  sample: true
why:
  description: Why C(pg_stat_statements) is not available; empty otherwise.
  returned: success
  type: str
  sample: ""
remedy:
  description: How to make C(pg_stat_statements) available; empty if it is.
  returned: success
  type: str
  sample: ""
notes:
  description: Problems of the extension, each with the next step, and reasons why figures may be incomplete.
  returned: success
  type: list
  elements: str
  sample: ["the extension has version 1.4, the server provides 1.10: ALTER EXTENSION pg_stat_statements UPDATE"]
window:
  description:
    - The observed window. C(entries) is the number of entries in C(pg_stat_statements). C(renewed) is true if the
      counters were reset during the window.
  returned: success
  type: dict
  sample: {"seconds": 5.01, "lifetime": false, "entries": 312, "evictions": 0, "renewed": false}
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
  description:
    - Statements that took most execution time, including running ones. C(seconds) is the execution time in the window,
      C(share) its share of the time of all statements, C(lock_share) the share of C(seconds) that was spent waiting
      for locks, C(work_seconds) the rest of it. C(sessions) is the mean number of sessions that ran the statement,
      C(running) lists the sessions that run it now.
  returned: success
  type: list
  elements: dict
  sample: [{"query_id": "-8351", "database": "shop", "statement": "SELECT * FROM bookings WHERE customer = $1",
            "seconds": 9.8, "share": 0.91, "lock_share": 0.0, "calls": 104, "mean_ms": 94.2, "running": []}]
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
waits:
  description: Mean number of active sessions by wait event. C(CPU) counts sessions that do not wait.
  returned: success
  type: dict
  sample: {"CPU": 3.2, "Lock": 0.4}
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
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.io.databases import statements_report


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "window", 0, "s")
    at_least(params, "top", 1)
    report = statements_report(login_of(params), params["window"], params["top"], params["statements"])
    return {"changed": False, **report}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            "window": {"type": "float", "default": 5.0},
            "top": {"type": "int", "default": 10},
            "statements": {"type": "str", "default": "normalized", "choices": ["normalized", "full", "none"]},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
