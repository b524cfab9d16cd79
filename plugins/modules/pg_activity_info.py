# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_activity_info
short_description: One picture of who does what, and who waits for whom, in a PostgreSQL server
version_added: 0.1.0
description:
  - Takes one look at all sessions of a server, in one connection and a handful of bounded statements.
  - Shows the forest of lock waits with every root (prepared transactions, idle holders of advisory locks
    and the replay of a standby among them) and every gate, that is a waiting session without which others
    would get their lock.
  - Never waits for a lock on a table, never leaves a transaction open, and gets in when every ordinary
    slot is taken.
options:
  min_waiting:
    description: Seconds of waiting from which on a waiter counts in RV(long_waiters).
    type: float
    default: 30.0
  long_running:
    description: Seconds from which on an active statement is listed in RV(activity).
    type: float
    default: 60.0
  statements:
    description:
      - How statement texts are returned. V(normalized) removes all literals and comments, V(full) keeps
        them (they may hold personal data), V(none) returns no text.
    type: str
    default: normalized
    choices: [normalized, full, none]
  max_rows:
    description: Longest length of each returned list. Counts are always of all.
    type: int
    default: 100
  patience:
    description:
      - Seconds to look again, five times a second, until at most O(expected) sessions have waited for
        O(min_waiting) seconds or longer. 0 looks once.
    type: float
    default: 0.0
  expected:
    description: With O(patience), how many such waiters to be content with.
    type: int
    default: 0
  also:
    description:
      - What else to look at, returned in RV(background). V(wraparound) ages and who keeps the horizon back,
        V(replication) slots and the WAL that they keep, V(spill) temporary files by session, V(autovacuum) vacuums and
        whom they hold up, V(processes) CPU, memory and vanished clients by matching the processes on this host to
        sessions (in containers too; as root, where they belong to another user), V(pooler) the pools of PgBouncer and
        who stands behind a pooled session.
    type: list
    elements: str
    default: []
    choices: [wraparound, replication, spill, autovacuum, processes, pooler]
  interval:
    description: Seconds between the two readings of V(processes).
    type: float
    default: 1.0
  pooler_host:
    description: Where PgBouncer listens, for V(pooler).
    type: str
    default: ""
  pooler_port:
    description: Its port.
    type: int
    default: 6432
  pooler_user:
    description: One of its C(stats_users) or C(admin_users). Empty means O(login_user).
    type: str
    default: ""
  pooler_password:
    description: The password of O(pooler_user). Empty means O(login_password).
    type: str
    default: ""
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._mercy
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_kill_blocking
"""

EXAMPLES = r"""
- name: Who waits for whom?
  pafar.runbook.pg_activity_info:
    login_host: db1.example.org
    login_user: oncall
    login_password: "{{ vault_oncall_password }}"
  register: activity

- name: Show the tree
  ansible.builtin.debug:
    var: activity.tree
"""

RETURN = r"""
server:
  description: Version, whether it is a standby, as whom and by which entrance the module got in.
  returned: success
  type: dict
  sample: {"version": "16.14", "in_recovery": false, "role": "oncall", "entrance": "normal"}
waiters:
  description: Number of sessions that wait for a lock.
  returned: success
  type: int
  sample: 101
long_waiters:
  description: Number of those that have waited for O(min_waiting) seconds or longer.
  returned: success
  type: int
  sample: 100
longest_wait:
  description: Seconds that the oldest lock wait has lasted.
  returned: success
  type: float
  sample: 42.3
roots:
  description: Holders of locks that others wait for and that wait for nobody, those that hold up most first.
  returned: success
  type: list
  elements: dict
  sample: [{"target": "4711@20261123T145635.123456Z/20261123T145640.000001Z", "pid": 4711, "waiters": 101,
            "state": "idle in transaction", "reason": "idle in transaction for 65 s", "protected": ""}]
gates:
  description: Waiting sessions without which others would get their lock, with the same keys as RV(roots).
  returned: success
  type: list
  elements: dict
  sample: []
blocked:
  description: The waiters, the longest wait first, at most O(max_rows).
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4712, "waits_seconds": 42.3, "waits_for": "row public.bookings (0,1)", "mode": "ShareLock"}]
cycles:
  description: Deadlocks that PostgreSQL has not broken yet, each a list of pids.
  returned: success
  type: list
  elements: list
  sample: []
tree:
  description: The forest as lines of text.
  returned: success
  type: list
  elements: str
  sample: ["1 session waits, the longest for 42 s"]
connections:
  description:
    - Slots used and free. Counts client backends alone, as C(max_connections) does.
    - C(ceilings) tells what stops a new session (all slots, a role's limit, a database's), each with C(limit), C(used)
      and C(applications) under it. C(idle_in_transaction_seconds) of those tells of sessions that may be ended alone.
  returned: success
  type: dict
  sample: {"used": 42, "limit": 100, "percent": 42.0, "ordinary_limit": 97, "by_state": {"idle": 40, "active": 2}}
activity:
  description:
    - Lists of sessions by what is the matter with them, each at most O(max_rows) long, the oldest first.
    - Keys are C(long_running), C(idle_in_transaction), C(other_waits) (what waits, but not for the lock
      manager), C(pin_suspects), C(safe_snapshot_waits) and C(protected) with the reason.
  returned: success
  type: dict
  sample: {"long_running": [], "idle_in_transaction": [], "other_waits": [], "protected": []}
prepared:
  description: All prepared transactions.
  returned: success
  type: list
  elements: dict
  sample: [{"gid": "booking-17", "target": "prepared@20261123T145635.123456Z/xid740", "seconds": 7200.0}]
background:
  description:
    - What O(also) asked for, under the names of its choices, and C(pressing), what of it a person should know now.
    - C(spill.sessions) counts what parallel workers spill for their leader; C(spill.note) says when the login may not look
      into the folders that they share.
    - C(processes.sessions) has C(pid), C(target), C(cpu) (cores), C(memory) (bytes of its own); C(processes.vanished)
      those whose client is gone, with the reason; C(pooler.clients) the real client by the pid of the session.
  returned: success
  type: dict
  sample: {"wraparound": {"databases": [], "holders": []}, "pressing": []}
visibility:
  description: Either V(full), or V(partial) when the login role may not see all sessions.
  returned: success
  type: str
  sample: full
redacted:
  description: Number of sessions of which the login role may see no more than that they exist.
  returned: success
  type: int
  sample: 0
"""

from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.options import ACTIVITY_ARGS, wanted_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.activity import activity
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    MERCY_ARGS,
    POOLER_ARGS,
    POSTGRES_ARGS,
    login_of,
    mercy_of,
    pooler_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    wanted, pooler = wanted_of(params), pooler_of(params)
    told = activity(login_of(params), partial(mercy_of, params), pooler, wanted, module.warn)
    return {"changed": False, **told}


def main() -> None:
    spec = {**POSTGRES_ARGS, **MERCY_ARGS, **ACTIVITY_ARGS, **POOLER_ARGS}
    finish(AnsibleModule(argument_spec=spec, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
