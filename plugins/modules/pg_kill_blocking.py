# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_kill_blocking
short_description: Cancel or terminate the least harmful set of sessions that clears a PostgreSQL lock queue
version_added: 0.1.0
description:
  - Chooses the least harmful set of actions that unblocks all sessions that have waited for O(min_waiting) seconds or
    longer. It prefers to cancel a queued C(ALTER TABLE) over terminating the long reader before it, and a transaction
    without writes over one with writes. It terminates no session whose waiters stay blocked by an excluded session.
  - In check mode the module returns the same plan and changes nothing.
  - The statement that terminates a session re-checks it. The session is terminated only if it is the same backend in
    the same transaction and state, and still blocks one of the waiters of the plan.
  - The module works in rounds if other blockers appear behind terminated ones. It stops if the number of waiters does
    not fall or if new sessions of the application queue again.
  - A session that waited in the first snapshot and has got its lock since counts as healthy. It is terminated only
    after it has held that lock for O(min_waiting) seconds.
  - A lock convoy, a queue in which one session after the other gets the lock, is no incident, and no session of it is
    terminated. To detect a convoy, the module takes further snapshots for O(min_waiting) seconds, 5 at most. It takes
    them only if the root blocker may have got its lock just before the first snapshot.
  - Several transactions can lock the same row (C(FOR SHARE), foreign keys), but the lock table shows only one of them.
    The module reads the others from the row if the login role may do so (C(GRANT SELECT (ctid, xmax))). Otherwise, a
    plan that may terminate only some of them needs an approval.
options:
  min_waiting:
    description: Shortest lock wait, in seconds, that counts as too long.
    type: float
    default: 30.0
  min_waiters:
    description:
      - If this many sessions wait for a blocker that has held its lock for O(min_waiting) seconds (a session idle in
        transaction, or a prepared transaction), all of them count as waiting too long, however short each wait is. This
        finds clients with a short timeout, which fail and retry. At least 1.
      - The action on an active transaction that has written has C(needs_approval) if fewer sessions of the application
        wait for it.
    type: int
    default: 3
  min_idle_in_transaction:
    description:
      - Seconds without a statement after which a session with an open transaction counts as idle in transaction. Before
        that it counts as active, for example between two C(FETCH) commands of a cursor.
    type: float
    default: 5.0
  max_terminations:
    description: Maximum number of sessions to terminate in all rounds together. At least 1.
    type: int
    default: 10
    aliases: [max_victims]
  max_share:
    description:
      - Maximum share of all client sessions to terminate, more than 0 and at most 1. One session is always allowed.
    type: float
    default: 0.2
  strategy:
    description:
      - V(least_harm) considers root blockers and queued blockers. V(root_blockers) terminates only sessions that do
        not wait. V(queued_blockers) only cancels waiting sessions that block others.
    type: str
    default: least_harm
    choices: [least_harm, root_blockers, queued_blockers]
  only:
    description:
      - Approved targets, from C(actions) of an earlier RV(plan). No other session is terminated, unless O(follow=true).
        An empty list approves nothing.
      - The module fails if sessions still wait too long, but the current plan has no approved target. With
        O(follow=true) it succeeds and does nothing if no session waits too long any more.
    type: list
    elements: str
  follow:
    description:
      - With O(only), whether later rounds may terminate other sessions, within O(max_terminations) and O(max_share),
        and only sessions of the first snapshot. Use it only for plans that need no approval. A target that needs one
        since is not terminated.
    type: bool
    default: false
  max_rounds:
    description:
      - Maximum number of rounds (snapshot, plan, signals). Later rounds terminate only sessions of the first snapshot.
    type: int
    default: 5
  grace:
    description: Seconds to wait for a cancelled session to release its locks before it is terminated.
    type: float
    default: 2.0
  settle:
    description: Seconds without a change in the lock queue after which the module takes a new snapshot.
    type: float
    default: 2.0
  timeout:
    description: Seconds to wait for a terminated session to disappear before it is reported in RV(still_present).
    type: float
    default: 5.0
  max_rows:
    description: Maximum number of entries in each list of RV(evidence).
    type: int
    default: 200
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._exclusions
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_activity_info
"""

EXAMPLES = r"""
- name: Plan
  pafar.runbook.pg_kill_blocking:
    login_host: db1.example.org
    min_waiting: 20
    exclude_applications: [nightly-report]
  check_mode: true
  register: planned

- name: Terminate exactly these sessions
  pafar.runbook.pg_kill_blocking:
    login_host: db1.example.org
    min_waiting: 20
    exclude_applications: [nightly-report]
    only: "{{ planned.plan.actions | map(attribute='target') }}"
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action), C(worst) (the strongest action that may follow, for example terminate after cancel; it is
      part of the digest), C(pid), C(who), and C(frees), the number of waiters that it unblocks. C(frees) of the plan is
      the number of sessions of C(affected_before) that the plan unblocks.
    - C(up_to) is the largest number of sessions that all rounds together may terminate. C(alternatives) are other plans,
      each with C(digest), C(actions) and C(reason), that can be approved instead (cancel the waiters if terminating their
      blockers would do more harm).
  returned: success
  type: dict
  sample: {"verb": "unblock", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["terminated 4711 app@booking pafar-web"]
not_done:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - C(waiters), the number of sessions that wait for a lock, and C(long_waiters), the number of those that have waited
      for O(min_waiting) seconds or longer.
  returned: success
  type: dict
  sample: {"waiters": 101, "long_waiters": 96}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"waiters": 0, "long_waiters": 0}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - It is the number of sessions of C(affected_before) that still wait in the same statement.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 0.21
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
  returned: success
  type: dict
  sample: {"reversible": false, "why": "a terminated session or a cancelled statement cannot be restored"}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The blocking trees, their sessions, and the statements without literals.
  returned: success
  type: dict
  sample: {"tree": ["1 session waits, the longest for 42 s"]}
acted_on:
  description: Terminated sessions, cancelled statements and rolled-back prepared transactions.
  returned: success
  type: list
  elements: dict
  sample:
    - target: 4711@20261123T145635.123456Z/20261123T145640.000001Z
      pid: 4711
      who: 4711 app@booking pafar-web
      action: terminated
      reason: idle in transaction for 40 s, blocks 12
still_present:
  description: Sessions that were signalled and are still present.
  returned: success
  type: list
  elements: dict
  sample: []
facts:
  description:
    - Some keys of M(pafar.runbook.pg_activity_info) from the snapshot of the plan, C(visibility), C(redacted),
      C(server), C(connections), C(waiters) and C(tree). Empty unless in check mode.
  returned: success
  type: dict
  sample: {"waiters": 101, "tree": ["101 sessions wait, the longest for 42 s"]}
waiters_before:
  description: Sessions that waited for a lock before the act.
  returned: success
  type: int
  sample: 101
waiters_after:
  description: Sessions that wait for a lock after the act; in check mode the same as RV(waiters_before).
  returned: success
  type: int
  sample: 0
rounds:
  description: Number of rounds that sent signals; 0 in check mode and if nothing was done.
  returned: success
  type: int
  sample: 1
seconds_to_recovery:
  description:
    - Seconds from the first signal until no session that the plan unblocks waited any more. Null if one still waits.
  returned: success
  type: float
  sample: 0.08
stopped:
  description: Why the module stopped before the sessions of the plan were unblocked; empty otherwise.
  returned: success
  type: str
  sample: ""
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import at_least, finish, share
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.io.unblock import unblock
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import STRATEGIES, Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Patience
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    EXCLUSION_ARGS,
    POSTGRES_ARGS,
    exclusions_of,
    login_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    for name, least in (
        ("max_terminations", 1),
        ("min_waiters", 1),
        ("max_rounds", 1),
        ("max_rows", 1),
        ("timeout", 0.001),
    ):
        at_least(params, name, least)
    for name in ("min_waiting", "min_idle_in_transaction", "grace", "settle"):
        at_least(params, name, 0, "s")
    share(params, "max_share")
    with connect(login_of(params)) as postgres:
        return unblock(
            postgres,
            exclusions_of(params, postgres.pid),
            Bounds(
                min_waiting=params["min_waiting"],
                max_terminations=params["max_terminations"],
                max_share=params["max_share"],
                strategy=params["strategy"],
                min_idle_in_transaction=params["min_idle_in_transaction"],
                min_waiters=params["min_waiters"],
            ),
            Patience(
                max_rounds=params["max_rounds"],
                grace=params["grace"],
                settle=params["settle"],
                timeout=params["timeout"],
            ),
            follow=params["follow"],
            rows=params["max_rows"],
            only=params["only"],
            check_mode=module.check_mode,
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            **EXCLUSION_ARGS,
            "min_waiting": {"type": "float", "default": 30.0},
            "min_waiters": {"type": "int", "default": 3},
            "min_idle_in_transaction": {"type": "float", "default": 5.0},
            "max_terminations": {"type": "int", "default": 10, "aliases": ["max_victims"]},
            "max_share": {"type": "float", "default": 0.2},
            "strategy": {"type": "str", "default": "least_harm", "choices": list(STRATEGIES)},
            "only": {"type": "list", "elements": "str"},
            "follow": {"type": "bool", "default": False},
            "max_rounds": {"type": "int", "default": 5},
            "grace": {"type": "float", "default": 2.0},
            "settle": {"type": "float", "default": 2.0},
            "timeout": {"type": "float", "default": 5.0},
            "max_rows": {"type": "int", "default": 200},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
