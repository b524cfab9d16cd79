# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_kill_blocking
short_description: Terminate the smallest set of sessions that clears a PostgreSQL lock queue
version_added: 0.1.0
description:
  - Chooses the least harm that frees every session that has waited too long. Cancelling a queued
    C(ALTER TABLE) is preferred to ending the long reader before it, a transaction that has written
    nothing to one that has, and nobody is ended for waiters that a protected session holds up anyway.
  - In check mode it returns the very plan and changes nothing; no statement with a side effect is sent.
  - Each act carries its guard in the same statement. The session is ended only if it is still the same
    backend in the same transaction and state, and still holds up one of the waiters that the plan named.
  - Works in rounds when ended sessions turn out to have others behind them, and stops when the waiters
    do not fall or the application queues up again. A session that waited in the first look and has got its lock since is
    healthy. It is ended only when it has held that lock for O(min_waiting) seconds.
options:
  min_waiting:
    description: Seconds that a session must have waited to be worth somebody's end.
    type: float
    default: 30.0
  min_waiters:
    description:
      - So many sessions that wait for one that has provably held its lock for O(min_waiting) seconds (idle in transaction,
        or prepared) have waited too long, however young their waits are. Clients with a short timeout fail and come back.
        At least 1.
    type: int
    default: 3
  min_idle_in_transaction:
    description:
      - Seconds between two statements of a transaction from which on its session counts as idle in transaction. Before, it
        counts as at work, like a reader of a cursor between two fetches.
    type: float
    default: 5.0
  max_victims:
    description: Most sessions to end in all rounds together. At least 1.
    type: int
    default: 10
  max_share:
    description: Largest share of all client sessions to end, more than 0 and at most 1. One session is always within it.
    type: float
    default: 0.2
  strategy:
    description:
      - V(least_harm) weighs roots and gates, V(root_blockers) ends only sessions that wait for nobody, V(queued_blockers)
        only cancels waiting sessions without which others would go on.
    type: str
    default: least_harm
    choices: [least_harm, root_blockers, queued_blockers]
  only:
    description:
      - Approved targets, as a former plan named them. Nobody else is ended, unless O(follow=true). An empty list
        approves nobody.
      - It is an error when none of them stands any more while sessions still wait too long.
    type: list
    elements: str
  follow:
    description:
      - With O(only), whether later rounds may end others than those targets, within the bounds and only sessions
        that the first look saw. For plans that no person approved.
    type: bool
    default: false
  max_rounds:
    description: Most rounds of planning and ending. Later rounds end only sessions that the first look saw.
    type: int
    default: 5
  grace:
    description: Seconds that a cancelled session gets to let go before it is terminated.
    type: float
    default: 2.0
  settle:
    description: Seconds without progress after which the queue counts as standing and is looked at again.
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

- name: End exactly those
  pafar.runbook.pg_kill_blocking:
    login_host: db1.example.org
    min_waiting: 20
    exclude_applications: [nightly-report]
    only: "{{ planned.plan.actions | map(attribute='target') }}"
"""

RETURN = r"""
plan:
  description:
    - What would be done to which target, and what is left alone, with reasons. C(verb), C(digest) (SHA-256 over verb,
      acts and targets), C(actions) and C(excluded) with C(target) and C(reason), C(affected_before) (how many of C(what)
      are not as they should be), C(affected_after) (how many of them the plan leaves so), C(no_action_reason) (why there
      is nothing to do).
    - An action has C(action), C(pid), C(who) and C(frees), how many waiters it sets free. C(frees) of the plan counts
      those of C(affected_before) that it sets free. C(at_work) says whether the session does something that its end loses.
      C(needs_approval) is there when more sessions at work are ended than go on, and says so; without O(only) such an action
      is not carried out, and is listed in RV(missed). C(alternatives) has the plan in its place, which cancels the
      waiters, with C(digest), C(actions) and C(reason). Its targets are approved like the others. C(up_to) is the most sessions that all rounds may end, the planned
      ones among them.
  returned: success
  type: dict
  sample: {"verb": "unblock", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "frees": 0, "up_to": 0, "alternatives": [], "affected_after": 0}
done:
  description:
    - What was done, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["terminated 4711 app@booking pafar-web"]
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
    - C(waiters) for a lock, and C(long_waiters), those that waited for O(min_waiting) or longer.
  returned: success
  type: dict
  sample: {"waiters": 101, "long_waiters": 96}
after:
  description:
    - How it stands after the act. The same as RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"waiters": 0, "long_waiters": 0}
remaining:
  description:
    - How many things are not as they should be after the act. In check mode, before it.
    - Counts those of C(affected_before) that wait in the same statement.
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
    - The forest, the sessions in it and their statements without literals.
  returned: success
  type: dict
  sample: {"tree": ["1 session waits, the longest for 42 s"]}
ended:
  description: Sessions and prepared transactions that were ended, and how.
  returned: success
  type: list
  elements: dict
  sample:
    - target: 4711@20261123T145635.123456Z/20261123T145640.000001Z
      pid: 4711
      who: 4711 app@booking pafar-web
      action: terminated
      reason: idle in transaction for 40 s, holds up 12
stuck:
  description: Those that were signalled and are still there.
  returned: success
  type: list
  elements: dict
  sample: []
facts:
  description:
    - What was seen before the plan, so that no other look is needed to show it. C(visibility), C(redacted), C(server),
      C(connections), C(waiters) and C(tree), as M(pafar.runbook.pg_activity_info) returns them. Empty but in check mode.
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
  description: Rounds that were needed; 0 in check mode or with nothing to do.
  returned: success
  type: int
  sample: 1
seconds_to_recovery:
  description: Seconds from the first signal until nobody to whom the plan promised relief waited. Null without relief.
  returned: success
  type: float
  sample: 0.08
stopped:
  description: Why it stopped before everybody was free, or empty.
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
    for name, least in (("max_victims", 1), ("min_waiters", 1), ("max_rounds", 1), ("max_rows", 1), ("timeout", 0.001)):
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
                max_victims=params["max_victims"],
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
            "max_victims": {"type": "int", "default": 10},
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
