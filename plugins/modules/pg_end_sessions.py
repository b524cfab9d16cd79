# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_end_sessions
short_description: Terminate excess, idle or runaway PostgreSQL sessions by rule, or one chosen session
version_added: 0.1.0
description:
  - Terminates sessions by rule. The rules cover dead client connections, idle sessions of an application that holds
    more than its share of the connections, sessions idle in transaction, and statements that run too long or use too
    much CPU. Each rule is off until its option is given.
  - The least harmful action comes first. The order is dead client connections, idle sessions (the pool reconnects),
    sessions idle in transaction (their transaction is rolled back), and running statements (their result is lost).
  - Replication, backups, index builds, maintenance, PostgreSQL's own processes, superusers (see
    O(application_superusers)) and the listed exclusions are never terminated. Sessions that wait for a lock are excluded
    too, since their blocker is the cause (see M(pafar.runbook.pg_kill_blocking)).
  - The statement that terminates a session re-checks it. A session is terminated only if it is the same backend in the
    same transaction and state as in the plan. A running statement is cancelled first, and its session is terminated
    only if the statement continues.
  - In check mode the module returns the same plan and changes nothing.
  - With O(session) the module ends one chosen session and no other, and the rules are off.
options:
  session:
    description:
      - One session to end, by its pid (V(4711)), its identity (V(4711@20261123T145635.123456Z), pid and start of the
        backend) or a target of a plan. The identity is checked again by the statement that acts. Empty chooses none.
      - A pid without a session, a process of PostgreSQL itself and the module's own session are refused. An identity
        that is gone is no error, and nothing is done to another session with that pid.
    type: str
    default: ""
  session_action:
    description:
      - What to do to O(session). V(cancel) cancels the statement that the plan saw, and never terminates. V(terminate)
        terminates the session, whatever it does by then. V(auto) cancels if a statement runs, and terminates otherwise.
    type: str
    default: auto
    choices: [auto, cancel, terminate]
  override_exclusions:
    description:
      - Whether O(session) may be terminated although it is excluded (a backup, replication, autovacuum, a superuser, the
        O(exclude_roles) and their like). The plan then has C(needs_approval), so that M(pafar.runbook.gate) opens for an
        approval only. What the login may not see or signal stays excluded.
    type: bool
    default: false
  idle:
    description:
      - Seconds for which a session of an application over its share must have been idle. Omitted disables the rule.
      - The rule applies only under a connection limit (all slots, the limit of a role or of a database) of which less
        than O(headroom) is free.
      - An idle session is excluded if it holds an advisory lock or if its last statement was C(LISTEN). PostgreSQL
        shows only the last statement, so exclude other listeners with O(exclude_applications).
      - An application is a role, an application name and a database. Numbers in the name (process id, thread, counter, host,
        UUID) and the host that PgBouncer adds are ignored. Sessions without a name are grouped by client address.
      - A leak is uneven. A pool that is nearly alone under its role's or its database's limit, pools of about one size (of
        several applications, or of the names or clients of one), and sessions that come through a pooler are left alone,
        unless O(shares) names the application.
      - A leaked session was used at first only. One that was used for more than a minute after its login, and for longer than
        it has been idle, is excluded, since a pool uses its sessions again.
      - The last opened sessions go first, since an application may still need what it opened at its start.
    type: float
  shares:
    description:
      - Largest number of sessions of an application, by C(application_name), instead of the share that O(share) gives.
        It applies to each role and database that the application uses.
    type: dict
    default: {}
  share:
    description:
      - Largest share of a connection limit that one application may hold before its idle sessions are terminated, more
        than 0 and at most 1. If that does not free O(headroom), the largest applications are reduced further, to a
        common level.
    type: float
    default: 0.5
  headroom:
    description: Share of a connection limit that must be free. More than 0 and at most 1.
    type: float
    default: 0.2
  floor:
    description: Number of sessions that each application keeps, whatever its share. At least 0.
    type: int
    default: 2
  idle_in_transaction:
    description: Seconds for which a session must have been idle in transaction. Omitted disables the rule.
    type: float
  holds_back:
    description:
      - Whether O(idle_in_transaction) names only sessions that hold others back. They keep the dead rows of 1000 transactions
        or more (xmin horizon), or other sessions wait for their locks.
    type: bool
    default: false
  long_running:
    description: Seconds for which a statement must have run. Omitted disables the rule.
    type: float
  busy:
    description:
      - Sessions that use much CPU, with C(pid) (as the database reports it) and C(cpu) (cores), as
        M(pafar.runbook.top_consumers) and M(pafar.runbook.pg_activity_info) return them.
    type: list
    elements: dict
    default: []
  min_running:
    description: Seconds for which the statement of a session in O(busy) must have run.
    type: float
    default: 10.0
  maintenance:
    description:
      - Whether maintenance may be terminated, which takes its time by nature. Known by what it does (VACUUM, ANALYZE, CLUSTER,
        REINDEX, CREATE INDEX, COPY, REFRESH, changes of tables, calls of pg_repack, pg_squeeze and pg_partman), or by the name
        of its tool (pg_restore, vacuumdb, pg_repack and their like). What builds an index concurrently, and backups, are
        never ended.
    type: bool
    default: false
  dead_clients:
    description:
      - Sessions with a dead client connection, with C(target) and C(reason), as M(pafar.runbook.pg_activity_info)
        returns them.
    type: list
    elements: dict
    default: []
  max_terminations:
    description: Largest number of sessions with an open transaction or a running statement to terminate. At least 1.
    type: int
    default: 10
    aliases: [max_victims]
  max_share:
    description:
      - Largest share of all client sessions to terminate with an open transaction or a running statement, more than 0
        and at most 1. One session is always allowed.
    type: float
    default: 0.2
  max_idle:
    description: Largest number of idle sessions and dead client connections to terminate. At least 1.
    type: int
    default: 100
  only:
    description:
      - Approved targets, as an earlier plan named them. No other session is terminated. An empty list approves
        nothing.
      - The module fails if none of them is in the present plan although other sessions are.
    type: list
    elements: str
  parts:
    description:
      - Which part of the plan to use. V(harmless) are idle sessions and dead client connections. V(others) are
        sessions with an open transaction or a running statement.
    type: list
    elements: str
    default: [harmless, others]
    choices: [harmless, others]
  grace:
    description: Seconds to wait for a cancelled statement to end before its session is terminated.
    type: float
    default: 2.0
  timeout:
    description: Seconds to wait for a terminated session to disappear before it is reported in RV(still_present).
    type: float
    default: 5.0
  max_rows:
    description: Largest length of the lists in RV(evidence) and RV(facts).
    type: int
    default: 200
  also:
    description:
      - Return RV(facts) from the snapshot of the plan, with these subjects in C(background), as
        O(pafar.runbook.pg_activity_info#module:also) describes them. An empty list returns the facts without a
        background; omitted returns no facts.
      - With V(pooler), an application of which a session serves a client of the pooler is one behind a pooler. Poolers on this
        host are known by their processes.
    type: list
    elements: str
    choices: [wraparound, replication, spill, autovacuum, processes, pooler]
  measure:
    description:
      - Measure the sessions of these options, in addition to those given, by the server's processes on this host (see
        V(processes) of O(also)). V(busy) are sessions that use half a core or 15 % of the host's cores, whichever is less.
    type: list
    elements: str
    default: []
    choices: [busy, dead_clients]
  interval:
    description: Seconds between the two samples of V(processes).
    type: float
    default: 1.0
  min_waiting:
    description: Seconds of waiting for a lock from which a waiter counts in C(long_waiters) of RV(facts).
    type: float
    default: 30.0
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._exclusions
  - pafar.runbook._pooler
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_kill_blocking
  - module: pafar.runbook.pg_activity_info
"""

EXAMPLES = r"""
- name: Plan to terminate the idle sessions of a leaking pool
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle: 30
    shares: {pafar-backend: 32}
  check_mode: true
  register: planned

- name: Terminate exactly these sessions
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle: 30
    shares: {pafar-backend: 32}
    only: "{{ planned.plan.actions | map(attribute='target') }}"

- name: Plan to end one session
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    session: "4711"
    session_action: terminate
  check_mode: true
  register: planned

- name: Terminate sessions idle in transaction and runaway statements
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    idle_in_transaction: 300
    busy: "{{ consumers.sessions }}"
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(action), C(worst) (the harshest act that may follow it, which the digest names), C(rule), C(pid),
      C(who) and C(application). C(by_rule) counts the actions by rule. C(harmless) is
      true if all sessions of the plan are idle or have a dead client connection.
  returned: success
  type: dict
  sample: {"verb": "end_sessions", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["terminated 87 app@shop feed"]
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
    - C(free) slots for ordinary roles, and C(waiters), sessions that wait for a lock.
  returned: success
  type: dict
  sample: {"free": 0, "waiters": 0}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
  returned: success
  type: dict
  sample: {"free": 17, "waiters": 0}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - Counts sessions that were signalled and are still present; in check mode, sessions of the plan.
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
    - The sessions, their statements without literals, and the use of the connection slots.
  returned: success
  type: dict
  sample: {}
affected:
  description:
    - Targets of all sessions that match the rules, also those that a bound leaves alone. In a later snapshot, the
      sessions of this list are those that the act left; other sessions were added since.
  returned: success
  type: list
  elements: str
  sample: ["87@20261123T145635.123456Z/idle-20261123T145640.000001Z"]
parts:
  description:
    - The same plan in two parts, C(harmless) (idle sessions and dead client connections) and C(others). Each part has
      its own digest, so that each can have its own limit.
  returned: success
  type: dict
  sample: {"harmless": {"verb": "end_sessions", "actions": []}, "others": {"verb": "end_sessions", "actions": []}}
facts:
  description:
    - What M(pafar.runbook.pg_activity_info) returns, from the snapshot of the plan. Empty unless O(also) is given.
  returned: success
  type: dict
  sample: {}
measured:
  description: C(busy) and C(dead_clients) of the plan, given and measured (see O(measure)), as the options take them.
  returned: success
  type: dict
  sample: {"busy": [{"pid": 87, "cpu": 0.98}], "dead_clients": []}
acted_on:
  description: Terminated sessions and cancelled statements.
  returned: success
  type: list
  elements: dict
  sample:
    - target: 87@20261123T145635.123456Z/idle-20261123T145640.000001Z
      pid: 87
      who: 87 app@shop feed
      action: terminated
      reason: idle for 4 min; feed (app@shop) holds 45 of 57 slots for ordinary roles, its share is 28
still_present:
  description: Sessions that were signalled and are still present.
  returned: success
  type: list
  elements: dict
  sample: []
seconds_to_recovery:
  description: Seconds from the first signal until all signalled sessions were gone. Null while one is present.
  returned: success
  type: float
  sample: 0.08
about:
  description:
    - What is known of O(session), in lines. Identity, client, state, transaction, statement without literals, locks that
      it holds, sessions that wait for it, what is lost when it ends, and why it is excluded. Empty without O(session).
  returned: success
  type: list
  elements: str
  sample: ["4711 app@booking pafar-web from 10.0.0.7, connected for 12 min (4711@20261123T145635.123456Z)"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.io.end import end_sessions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.options import (
    CHOSEN_ARGS,
    LOOK_ARGS,
    RULE_ARGS,
    choice_of,
    look_of,
    rules_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Patience
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    EXCLUSION_ARGS,
    POOLER_ARGS,
    POSTGRES_ARGS,
    exclusions_of,
    login_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    rules, look, chosen = rules_of(params), look_of(params), choice_of(params)
    with connect(login_of(params)) as postgres:
        return end_sessions(
            postgres,
            exclusions_of(params, postgres.pid),
            rules,
            Bounds(params["max_terminations"], params["max_share"], params["max_idle"]),
            Patience(grace=params["grace"], timeout=params["timeout"]),
            parts=params["parts"],
            rows=params["max_rows"],
            only=params["only"],
            check_mode=module.check_mode,
            look=look,
            chosen=chosen,
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            **EXCLUSION_ARGS,
            **RULE_ARGS,
            **CHOSEN_ARGS,
            **LOOK_ARGS,
            **POOLER_ARGS,
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
