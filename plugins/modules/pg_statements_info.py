# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_statements_info
short_description: Top PostgreSQL statements and waits over a short window
version_added: 0.1.0
description:
  - Takes two snapshots of C(pg_stat_statements) and returns the statements that took most time between them. Running
    statements, which the extension counts only when they end, are included.
  - Samples wait events during the window. Time spent waiting for a lock is separated from execution time, so that a
    blocked statement is not mistaken for an expensive one.
  - Works with the extension of PostgreSQL 14 and newer, also if it was not updated after an upgrade of the server.
  - If the extension is not available, RV(why) and RV(remedy) give the reason and the next step. The samples and the
    running statements are still returned.
options:
  window:
    description:
      - Seconds between the two snapshots. 0 returns the counters over their whole life, with C(lifetime) true in
        RV(window).
    type: float
    default: 5.0
  top:
    description: Number of statements to return. At least 1.
    type: int
    default: 10
  statements:
    description:
      - How the texts of statements are returned. V(normalized) removes all literals and comments. V(full) returns the
        text that the server has (with literals of utility statements and of running statements). V(none) returns no
        text.
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
  description: Why it is not available; empty otherwise.
  returned: success
  type: str
  sample: ""
remedy:
  description: What makes it available.
  returned: success
  type: str
  sample: ""
notes:
  description: Problems of the extension with the next step, and figures that may be incomplete.
  returned: success
  type: list
  elements: str
  sample: ["the extension is of version 1.4, the server has 1.10: ALTER EXTENSION pg_stat_statements UPDATE"]
window:
  description:
    - Window of the figures. C(entries) is the number of entries in the extension. C(renewed) is true if the counters
      were reset during the window.
  returned: success
  type: dict
  sample: {"seconds": 5.01, "lifetime": false, "entries": 312, "evictions": 0, "renewed": false}
  contains: &WindowReport
    seconds: {description: "Length of the window in seconds; null where there was none.", type: float}
    lifetime: {description: "Whether the counters cover their whole life instead of a window.", type: bool}
    since: {description: "Time from which the counters count; null for a window.", type: str}
    entries: {description: "Entries in pg_stat_statements.", type: int}
    evictions: {description: "How often pg_stat_statements removed entries during the window.", type: int}
    renewed: {description: "Whether the counters were reset during the window.", type: bool}
statements:
  description:
    - Statements that took most time, including running ones. C(seconds) is the time in the window, C(share) the share
      of all statements, C(lock_share) the share of that time spent waiting for locks, C(work_seconds) the rest,
      C(sessions) the mean number of sessions that run it, C(running) the sessions that run it now.
  returned: success
  type: list
  elements: dict
  sample: [{"query_id": "-8351", "database": "shop", "statement": "SELECT * FROM bookings WHERE customer = $1",
            "seconds": 9.8, "share": 0.91, "lock_share": 0.0, "calls": 104, "mean_ms": 94.2, "running": []}]
  contains: &StatementReport
    query_id: {description: "PostgreSQL's id of the statement.", type: str}
    role: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    statement: {description: "Text of the statement.", type: str}
    seconds: {description: "Execution time in the window, in seconds.", type: float}
    share: {description: "Share of the whole, 0 to 1.", type: float}
    sessions: {description: "Mean number of sessions that run the statement; null without a window.", type: float}
    lock_share: {description: "Share of the time that was spent waiting for locks.", type: float}
    work_seconds: {description: "Execution time without waiting for locks, in seconds.", type: float}
    calls: {description: "Executions that ended in the window.", type: int}
    mean_ms: {description: "Mean milliseconds of one execution; null where none ended.", type: float}
    rows: {description: "Returned rows.", type: int}
    read_blocks: {description: "Blocks of 8 KiB that were read from outside of shared buffers.", type: int}
    spilled_blocks: {description: "Blocks of 8 KiB that were written to temporary files.", type: int}
    lifetime_mean_ms: {description: "Mean milliseconds of one execution over the life of the counters.", type: float}
    renewed: {description: "Whether the counters were reset during the window.", type: bool}
    running:
      description: "Sessions that run the statement now."
      type: list
      elements: dict
      contains: &RunningStatement
        pid: {description: "Process id; 0 for none.", type: int}
        who: {description: "Description for people, for example process id, role, database and application.", type: str}
        target: {description: "Unique identifier of the object at this moment. It is what the option C(only) takes.", type: str}
        seconds: {description: "Seconds since the statement began.", type: float}
        wait: {description: "Wait event; empty for none.", type: str}
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
    role: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    deadlock_timeout: {description: "The server's setting, as a text.", type: str}
    synchronous_standby_names: {description: "The server's setting, as a text.", type: str}
    login_path: {description: "Login path, V(normal), V(reserve), V(replication) or V(reserve replication).", type: str}
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
