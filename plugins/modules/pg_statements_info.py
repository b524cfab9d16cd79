# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_statements_info
short_description: Top PostgreSQL statements and waits over a short window
version_added: 0.1.0
description:
  - Takes two looks at C(pg_stat_statements) and returns what happened between them, the statements that took most first.
    Those that still run, which the extension counts only when they end, are joined in.
  - Samples what sessions wait for meanwhile. Time spent waiting for a lock is told apart from work, so that a victim does
    not look like the culprit.
  - Uses the columns that the installed extension has, from PostgreSQL 14 on and for extensions that were not updated.
  - Where the extension is missing, RV(why) and RV(remedy) say which of the reasons it is, and the samples and the running
    statements are returned all the same.
options:
  window:
    description: Seconds between the two looks. 0 returns the counters of their whole life, and says so.
    type: float
    default: 5.0
  top:
    description: How many statements to return. At least 1.
    type: int
    default: 10
  statements:
    description:
      - How texts are returned. V(normalized) removes all literals and comments, V(full) keeps what the server keeps
        (literals of utility statements and of running ones), V(none) returns no text.
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
- name: What is slow now?
  pafar.runbook.pg_statements_info:
    login_host: db1.example.org
    login_db: shop
    window: 10
  register: workload

- name: Show it
  ansible.builtin.debug:
    msg: "{{ workload.statements | map(attribute='statement') }}"
"""

RETURN = r"""
available:
  description: Whether the extension could be asked.
  returned: success
  type: bool
  sample: true
why:
  description: Why it could not; else empty.
  returned: success
  type: str
  sample: ""
remedy:
  description: What makes it available.
  returned: success
  type: str
  sample: ""
notes:
  description: What is not as it should be, with its cure, and what may be missing from the figures.
  returned: success
  type: list
  elements: str
  sample: ["the extension is of version 1.4, the server has 1.10: ALTER EXTENSION pg_stat_statements UPDATE"]
window:
  description:
    - What the figures are about. C(seconds), or C(lifetime) true with C(since), C(entries) in the extension,
      C(evictions) during the window, C(renewed) when the counters were reset meanwhile.
  returned: success
  type: dict
  sample: {"seconds": 5.01, "lifetime": false, "entries": 312, "evictions": 0, "renewed": false}
  contains: &WindowReport
    seconds: {description: "Length of the window; null where there was none.", type: float}
    lifetime: {description: "Whether the counters' whole life was taken instead of a window.", type: bool}
    since: {description: "From when the counters count; null for a window.", type: str}
    entries: {description: "Entries of the counters.", type: int}
    evictions: {description: "How often entries were thrown out meanwhile.", type: int}
    renewed: {description: "Whether the counters began anew meanwhile.", type: bool}
statements:
  description:
    - The statements that took most, those that still run among them. C(seconds) in the window and C(share) of all,
      C(lock_share) of it spent waiting for locks, C(work_seconds) the rest, C(sessions) at it on average, C(calls),
      C(mean_ms), C(lifetime_mean_ms), C(read_blocks), C(spilled_blocks), C(running) with who runs it now.
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
waits:
  description: Sessions at work on average, by what they waited for. C(CPU) is what waits for nothing.
  returned: success
  type: dict
  sample: {"CPU": 3.2, "Lock": 0.4}
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
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.io.window import statements_report


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "window", 0, "s")
    at_least(params, "top", 1)
    told = statements_report(login_of(params), params["window"], params["top"], params["statements"])
    return {"changed": False, **told}


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
