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
  - Replication, backups, concurrent index builds, maintenance (see O(maintenance)), background processes, superusers
    (see O(application_superusers)) and the listed exclusions are never terminated. Sessions that wait for a lock are
    excluded too, since their blocker is the cause (see M(pafar.runbook.pg_kill_blocking)).
  - The statement that terminates a session re-checks it. A session is terminated only if it is the same backend in the
    same transaction and state as in the plan. A running statement is cancelled first, and its session is terminated
    only if the statement still runs after O(grace) seconds.
  - In check mode the module returns the same plan and changes nothing.
  - With O(session), the module cancels or terminates that one session, and the rules are off.
options:
  session:
    description:
      - The one session to cancel or terminate, as a pid (V(4711)), as pid and backend start
        (V(4711@20261123T145635.123456Z)), or as a target of a plan. If empty, the rules select the sessions.
      - The module fails if only a pid is given and no session has it, and if it is the pid of a PostgreSQL background
        process, of a parallel worker or of the module's own session.
      - The backend start is checked again by the statement that acts. If that session no longer exists, the module
        succeeds, and does nothing to another session with the same pid.
    type: str
    default: ""
  session_action:
    description:
      - Action on O(session). V(cancel) cancels the statement that ran at the time of the plan, and never terminates the
        session. V(terminate) terminates the session, also if its state or transaction has changed since the plan.
        V(auto) cancels if a statement runs, and terminates otherwise.
    type: str
    default: auto
    choices: [auto, cancel, terminate]
  override_exclusions:
    description:
      - Whether to plan the action on O(session) even if the session is excluded (a backup, replication, autovacuum, a
        superuser, or by one of the C(exclude_) options). The action then has C(needs_approval), and
        M(pafar.runbook.gate) requires an approval. Sessions that the login role may not see or signal stay excluded.
    type: bool
    default: false
  idle:
    description:
      - Terminate sessions that have been idle for this many seconds, of applications that hold more than their share
        (see O(share) and O(shares)). If omitted, the rule is off.
      - The rule applies only where less than O(headroom) of a connection limit is free. A connection limit is that of
        the server, of a role or of a database.
      - An idle session is excluded if it holds an advisory lock or if its last statement was C(LISTEN). PostgreSQL
        shows only the last statement, so exclude other listeners with O(exclude_applications).
      - An application is a combination of role, C(application_name) and database. Numbers in the name (process id,
        thread, counter, host, UUID) and the host that PgBouncer adds are ignored. Sessions without a name are grouped
        by client address.
      - Pools that are large but do not leak are not terminated, unless O(shares) lists the application. Such a pool is
        almost the only one under the limit of its role or database, or it is one of several pools of similar size (of
        several applications, or by name or client address within one; also of many clients with one session each), or
        it is behind a connection pooler.
      - A pool that renews its sessions (C(maxLifetime), C(pool_recycle), C(server_lifetime)) looks like a leak that
        continues, so an application that opens its sessions one after the other until now, or uses the newest again,
        counts only with O(possible_leaks).
      - An application that leaks a connection uses it only at its start, while a pool reuses its sessions. A session is
        therefore excluded if it was in use for more than a minute after its login and for longer than it has been idle.
      - The sessions of the client address, then of the name, with most sessions are terminated first, and of these the
        most recently opened, since an application may still need the sessions that it opened at its start.
    type: float
  shares:
    description:
      - Maximum number of sessions of an application, by C(application_name). It replaces O(share) for the listed
        applications, and applies separately to each role and database that an application uses.
    type: dict
    default: {}
  share:
    description:
      - Largest share of a connection limit that one application may hold before its idle sessions are terminated, more
        than 0 and at most 1. If that does not free O(headroom), the largest applications are reduced further, to one
        common number of sessions.
    type: float
    default: 0.5
  headroom:
    description: Share of a connection limit that must be free. More than 0 and at most 1.
    type: float
    default: 0.2
  floor:
    description: Number of sessions that each application keeps, however small its share is. At least 0.
    type: int
    default: 2
  possible_leaks:
    description:
      - Whether O(idle) also applies to the largest of several pools of similar size under the limit of the server, and
        to those that may renew their sessions, of which it is not known whether they leak.
      - The action on such a session has C(needs_approval), and M(pafar.runbook.gate) requires an approval.
    type: bool
    default: false
  idle_in_transaction:
    description:
      - Terminate sessions that have been idle in transaction for this many seconds. If omitted, the rule is off.
    type: float
  holds_back:
    description:
      - Whether O(idle_in_transaction) applies only to sessions that affect others. Such a session holds the xmin
        horizon 1000 transactions or more behind, so that vacuum cannot remove dead rows, or other sessions wait for
        its locks.
      - The action on a session that has written, and for which no request waits, has C(needs_approval), as has that on
        a session that may be the elected leader of those that wait.
    type: bool
    default: false
  long_running:
    description: Cancel statements that have run for this many seconds. If omitted, the rule is off.
    type: float
  busy:
    description:
      - Sessions that use much CPU and whose statement must be cancelled. Each has C(pid) (from C(pg_stat_activity))
        and C(cpu) (in cores), as M(pafar.runbook.top_consumers) and M(pafar.runbook.pg_activity_info) return them.
      - The action on a statement that writes has C(needs_approval), and M(pafar.runbook.gate) requires an approval.
    type: list
    elements: dict
    default: []
  min_running:
    description: Shortest run time, in seconds, of the statement of a session in O(busy).
    type: float
    default: 10.0
  maintenance:
    description:
      - Whether the rules apply to maintenance, which usually runs long. A session counts as maintenance by its command
        (C(VACUUM), C(ANALYZE), C(CLUSTER), C(REINDEX), C(CREATE INDEX), C(COPY), C(REFRESH MATERIALIZED VIEW),
        C(ALTER TABLE), functions of pg_repack, pg_squeeze and pg_partman) or by the C(application_name) of a
        maintenance tool (C(pg_restore), C(vacuumdb), C(pg_repack) and others). Backups and concurrent index builds are
        never terminated.
    type: bool
    default: false
  dead_clients:
    description:
      - Sessions with a dead client connection, to be terminated. Each has C(target) and C(reason), as
        M(pafar.runbook.pg_activity_info) returns them.
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
      - Approved targets, from C(actions) of an earlier RV(plan). No other session is terminated. An empty list approves
        nothing.
      - The module fails if the current plan has actions, but none of them is approved.
    type: list
    elements: str
  parts:
    description:
      - Which parts of the plan to carry out. V(harmless) are idle sessions and dead client connections. V(others) are
        sessions with an open transaction or a running statement.
    type: list
    elements: str
    default: [harmless, others]
    choices: [harmless, others]
  grace:
    description:
      - Seconds to wait for a cancelled statement to end before its session is terminated. One that does end is not waited
        for any longer; on a busy server it first removes its temporary files.
    type: float
    default: 10.0
  timeout:
    description: Seconds to wait for a terminated session to disappear before it is reported in RV(still_present).
    type: float
    default: 5.0
  max_rows:
    description: Maximum number of entries in each list of RV(evidence) and RV(facts).
    type: int
    default: 200
  also:
    description:
      - Additional facts to collect with the snapshot of the plan, as for O(pafar.runbook.pg_activity_info#module:also).
        They are returned in C(background) of RV(facts). With an empty list, RV(facts) has no such facts. If the option
        is omitted, RV(facts) is empty.
      - With V(pooler), PgBouncer's console shows which sessions belong to the pooler. O(idle) does not terminate
        sessions of an application that connects through it. Without V(pooler), poolers are recognized only by their
        processes on this host.
    type: list
    elements: str
    choices: [wraparound, replication, spill, autovacuum, processes, pooler]
  measure:
    description:
      - Options for which the module measures the sessions itself, from the server's processes on this host (see
        V(processes) of O(also)), in addition to the sessions that are passed in. V(busy) adds sessions that use half a
        core or 15 % of the host's cores, whichever is less, and sessions that use as much only together with others
        that run the same statement; the action on these has C(needs_approval). V(dead_clients) adds sessions with a
        dead client connection.
      - If a fifth of the host's cores is idle, the action on a measured statement that only reads has
        C(needs_approval), too.
    type: list
    elements: str
    default: []
    choices: [busy, dead_clients]
  interval:
    description: Seconds between the two samples that V(processes) of O(also) takes.
    type: float
    default: 1.0
  min_waiting:
    description:
      - Shortest lock wait, in seconds, that counts in C(long_waiters) of RV(facts).
      - With O(also), the module takes further snapshots for this time, 5 seconds at most, if an old transaction has
        waiters that do not wait too long, or has written and no session waits too long. So clients with a short timeout,
        which fail and retry, are counted.
    type: float
    default: 30.0
  min_waiters:
    description:
      - If this many sessions wait for a blocker that has held its lock for O(min_waiting) seconds, all of them count in
        C(long_waiters) of RV(facts), however short each wait is. At least 1.
    type: int
    default: 3
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

- name: Plan to terminate one session
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
    - An action has C(action), C(worst) (the strongest action that may follow, for example terminate after cancel; it
      is part of the digest), C(rule), C(pid), C(who) and C(application). C(by_rule) counts the actions by rule.
      C(harmless) is true if all sessions of the plan are idle or have a dead client connection.
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
    - C(free), the number of free slots for ordinary roles, and C(waiters), the number of sessions that wait for a lock.
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
    - It is the number of sessions that were signalled and are still present; in check mode, of sessions in the plan.
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
    - Targets of all sessions that match the rules, including those that exceed a limit such as O(max_idle). If a later
      run finds sessions outside of this list, they have connected or changed since.
  returned: success
  type: list
  elements: str
  sample: ["87@20261123T145635.123456Z/idle-20261123T145640.000001Z"]
parts:
  description:
    - The same plan in two parts, C(harmless) (idle sessions and dead client connections) and C(others). Each part has
      its own digest, so that it can be approved and limited separately.
  returned: success
  type: dict
  sample: {"harmless": {"verb": "end_sessions", "actions": []}, "others": {"verb": "end_sessions", "actions": []}}
facts:
  description:
    - The same keys as M(pafar.runbook.pg_activity_info) returns, from the snapshot of the plan. Empty if O(also) is
      omitted.
  returned: success
  type: dict
  sample: {}
measured:
  description: The values of O(busy) and O(dead_clients) that the plan used, passed in and measured (see O(measure)).
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
    - Description of O(session), as lines of text. Pid and backend start, client, state, transaction, statement without
      literals, locks that it holds, sessions that wait for it, what is lost when it is terminated, and why it is
      excluded. Empty without O(session).
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
