# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_end_sessions
short_description: Terminate excess, idle or runaway PostgreSQL sessions by rule
version_added: 0.1.0
description:
  - Ends whose client is gone, idle sessions of an application that holds more than its fair share of the slots,
    transactions in which nothing happens, and statements that run too long or use too much CPU. Each rule is off until
    it is given.
  - The least harm comes first. Whose client is gone is missed by nobody, an idle session is opened again by its pool,
    an idle transaction loses its work, and a statement that runs its result.
  - Replication, backups, index builds, PostgreSQL's own processes, superusers and whoever is listed are spared, and so
    are sessions that wait for a lock, which are victims themselves (see M(pafar.runbook.pg_kill_blocking)).
  - Each act carries its guard in the same statement. A session is ended only if it is still the same backend in the
    same transaction and state that the plan saw. A statement is cancelled first, and its session terminated if it goes on.
  - In check mode it returns the very plan and changes nothing; no statement with a side effect is sent.
options:
  idle:
    description:
      - Seconds for which a session of an application over its fair share must have been idle. Not given means that idle
        sessions are left alone.
      - Counts only under a ceiling (all slots, a role's limit, a database's) of which less than O(headroom) is free.
      - A leak is uneven. Left alone are a pool that is alone under its role's or database's limit, pools of about one size, and
        sessions that come through a pooler, unless O(shares) names the application.
      - An idle session that holds an advisory lock is spared, and one whose last statement was C(LISTEN). More than the last
        statement cannot be seen, so that other listeners (after a C(COMMIT)) need O(exclude_applications).
      - An application is a role, a name and a database. The host that PgBouncer adds to a name does not count; sessions
        without a name are told apart by their address.
    type: float
  shares:
    description:
      - Most sessions of an application, by its C(application_name), where the fair share is not right for it. It counts for
        each role and database in which the application works.
    type: dict
    default: {}
  share:
    description:
      - Largest part of a ceiling that one application may hold with its idle sessions, more than 0 and at most 1. The
        largest are cut further, to a common level, until O(headroom) is free.
    type: float
    default: 0.5
  headroom:
    description: Part of a ceiling that is to be free. More than 0 and at most 1.
    type: float
    default: 0.2
  floor:
    description: Idle sessions of an application are not ended below that many. At least 0.
    type: int
    default: 2
  idle_in_transaction:
    description: Seconds for which nothing must have happened in an open transaction. Not given means the rule is off.
    type: float
  long_running:
    description: Seconds for which a statement must have run. Not given means the rule is off.
    type: float
  busy:
    description:
      - Sessions that were measured as busy, with C(pid) (as the database knows it) and C(cpu) (cores), as
        M(pafar.runbook.top_consumers) and M(pafar.runbook.pg_activity_info) return them.
    type: list
    elements: dict
    default: []
  min_running:
    description: Seconds for which the statement of one of O(busy) must have run.
    type: float
    default: 10.0
  maintenance:
    description:
      - Whether O(long_running) and O(busy) may end maintenance, which takes its time by nature. Known by what it does
        (VACUUM, ANALYZE, CLUSTER, REINDEX, CREATE INDEX, COPY, REFRESH, changes of tables), or by the name of its tool
        (pg_restore, vacuumdb, pg_repack and their like). What builds an index concurrently, and backups, are never ended.
    type: bool
    default: false
  dead_clients:
    description:
      - Sessions whose client is gone, with C(target) and C(reason), as M(pafar.runbook.pg_activity_info) returns them.
    type: list
    elements: dict
    default: []
  max_victims:
    description: Most sessions to end that do something. At least 1.
    type: int
    default: 10
  max_share:
    description: Largest share of all client sessions to end that do something, more than 0 and at most 1.
    type: float
    default: 0.2
  max_idle:
    description: Most sessions to end that do nothing (idle, or without a client). At least 1.
    type: int
    default: 100
  only:
    description:
      - Approved targets, as a former plan named them. Nobody else is ended. An empty list approves nobody.
      - It is an error when none of them stands any more while others are still too many.
    type: list
    elements: str
  parts:
    description: Of whom the plan is made, of those who do nothing (V(harmless)), of those who do something (V(others)), or both.
    type: list
    elements: str
    default: [harmless, others]
    choices: [harmless, others]
  grace:
    description: Seconds that a cancelled statement gets to end before its session is terminated.
    type: float
    default: 2.0
  timeout:
    description: Seconds to wait for a terminated session to be gone before it is reported as stuck.
    type: float
    default: 5.0
  max_rows:
    description: Longest length of the lists in RV(evidence).
    type: int
    default: 200
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._exclusions
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_kill_blocking
  - module: pafar.runbook.pg_activity_info
"""

EXAMPLES = r"""
- name: A leaking pool has taken every slot
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle: 30
    shares: {pafar-backend: 32}
  check_mode: true
  register: planned

- name: End exactly those
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle: 30
    shares: {pafar-backend: 32}
    only: "{{ planned.plan.actions | map(attribute='target') }}"

- name: Transactions that were forgotten, and the statements that run away with the CPU
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle_in_transaction: 300
    busy: "{{ behind.sessions }}"
"""

RETURN = r"""
plan:
  description:
    - What would be done to which target, and what is left alone, with reasons. C(verb), C(digest) (SHA-256 over verb,
      acts and targets), C(actions) and C(excluded) with C(target) and C(reason), C(affected_before) (how many of C(what)
      are not as they should be), C(affected_after) (how many of them the plan leaves so), C(no_action_reason) (why there
      is nothing to do).
    - An action has C(action), C(rule), C(pid) and C(who). C(by_rule) counts the actions, C(harmless) says that no
      session among them does anything.
  returned: success
  type: dict
  sample: {"verb": "end_sessions", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - What was done, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["terminated 87 app@shop feed"]
missed:
  description:
    - Approved targets that had changed when their turn came, with C(target) and C(reason). Nothing was done to them.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - How that which the plan is about stood before the act.
    - C(free) slots for ordinary roles, and C(waiters) for a lock.
  returned: success
  type: dict
  sample: {"free": 0, "waiters": 0}
after:
  description:
    - How it stands after the act. The same as RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"free": 17, "waiters": 0}
remaining:
  description:
    - How many things are not as they should be after the act. In check mode, before it.
    - Counts sessions that were signalled and are still there, in check mode those of the plan.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Seconds that the act took. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 0.21
undo:
  description:
    - How to take the act back. C(reversible), and C(module) and C(options), or C(why) it cannot be.
  returned: success
  type: dict
  sample: {"reversible": false, "why": "a session or a statement that was ended does not come back"}
evidence:
  description:
    - What the act destroys or changes, as it was before.
    - The sessions, what they ran without literals, and how the slots were used.
  returned: success
  type: dict
  sample: {}
affected:
  description:
    - Targets of all sessions that are too many by the rules, also of those that a bound leaves alone. Of a later look those
      that are among them still are what the act left; others are too many because of what came since.
  returned: success
  type: list
  elements: str
  sample: ["87@20261123T145635.123456Z/idle-20261123T145640.000001Z"]
parts:
  description:
    - The same plan in two, C(harmless) of those who do nothing and C(others), each with a digest of its own, so that each
      can be held against a limit of its own.
  returned: success
  type: dict
  sample: {"harmless": {"verb": "end_sessions", "actions": []}, "others": {"verb": "end_sessions", "actions": []}}
ended:
  description: Sessions that were ended, and how.
  returned: success
  type: list
  elements: dict
  sample:
    - target: 87@20261123T145635.123456Z/idle-20261123T145640.000001Z
      pid: 87
      who: 87 app@shop feed
      action: terminated
      reason: idle for 4 min; feed (app@shop) holds 45 of 57 slots for ordinary roles, its share is 28
stuck:
  description: Those that were signalled and are still there.
  returned: success
  type: list
  elements: dict
  sample: []
seconds_to_recovery:
  description: Seconds from the first signal until none of those that were signalled stood. Null while one does.
  returned: success
  type: float
  sample: 0.08
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.io.end import end_sessions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.options import RULE_ARGS, rules_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Patience
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    EXCLUSION_ARGS,
    POSTGRES_ARGS,
    exclusions_of,
    login_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    rules = rules_of(params)
    with connect(login_of(params)) as postgres:
        return end_sessions(
            postgres,
            exclusions_of(params, postgres.pid),
            rules,
            Bounds(params["max_victims"], params["max_share"], params["max_idle"]),
            Patience(grace=params["grace"], timeout=params["timeout"]),
            parts=params["parts"],
            rows=params["max_rows"],
            only=params["only"],
            check_mode=module.check_mode,
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            **EXCLUSION_ARGS,
            **RULE_ARGS,
            "only": {"type": "list", "elements": "str"},
            "parts": {
                "type": "list",
                "elements": "str",
                "default": ["harmless", "others"],
                "choices": ["harmless", "others"],
            },
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
