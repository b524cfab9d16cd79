# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_activity_info
short_description: Snapshot of PostgreSQL sessions, locks and connection limits
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
  - pafar.runbook._exclusions
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
waiters:
  description: Number of sessions that wait for a lock.
  returned: success
  type: int
  sample: 101
waiters_by_design:
  description:
    - Waiters for an advisory lock whose holder does nothing wrong, an agreement of the application (a leader and those that
      stand by). RV(tree) has a line for each such lock, and RV(long_waiters) does not count them.
  returned: success
  type: int
  sample: 0
long_waiters:
  description:
    - Number of those that have waited for O(min_waiting) seconds or longer, or of which three or more wait for one that
      has provably held its lock for so long (idle in transaction, or prepared). Clients with a short timeout never wait for
      long, they fail and come back.
  returned: success
  type: int
  sample: 100
longest_wait:
  description: Seconds that the oldest lock wait has lasted.
  returned: success
  type: float
  sample: 42.3
root_blockers:
  description: Holders of locks that others wait for and that wait for nobody, those that hold up most first.
  returned: success
  type: list
  elements: dict
  sample: [{"target": "4711@20261123T145635.123456Z/20261123T145640.000001Z", "pid": 4711, "waiters": 101,
            "state": "idle in transaction", "reason": "idle in transaction for 65 s", "protected": ""}]
  contains: &SessionBlocker_PreparedBlocker
    target: {description: "What names it unmistakably.", type: str}
    pid: {description: "Process id; 0 for none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "What PostgreSQL calls this kind of process.", type: str}
    state: {description: "In which state it is.", type: str}
    seconds_in_state: {description: "For how many seconds it has been in this state.", type: float}
    transaction_seconds: {description: "For how many seconds its transaction has been open; null for none.", type: float}
    has_written: {description: "Whether its transaction has written.", type: bool}
    wait: {description: "What it waits for; empty for nothing.", type: str}
    maintenance: {description: "What maintenance it does, by the progress reports, its statement or the name of its tool; empty for all else.", type: str}
    statement: {description: "Text of the statement.", type: str}
    waiters: {description: "Sessions that wait for it.", type: int}
    frees_alone: {description: "Sessions that would go on if it alone ended.", type: int}
    reason: {description: "Why.", type: str}
    protected: {description: "Why it may not be terminated; empty where it may.", type: str}
    behind_pooler:
      description: "The real client, where the session is one of a pooler's connections; null elsewhere."
      type: dict
      contains: &PoolClient
        client: {description: "Address of the client.", type: str}
        application: {description: "Name of the application.", type: str}
        user: {description: "Name of the role.", type: str}
    gid: {description: "Name of the prepared transaction.", type: str}
queued_blockers:
  description: Waiting sessions without which others would get their lock, with the same keys as RV(root_blockers).
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *SessionBlocker_PreparedBlocker
blocked:
  description: The waiters, the longest wait first, at most O(max_rows).
  returned: success
  type: list
  elements: dict
  sample: [{"pid": 4712, "waits_seconds": 42.3, "waits_for": "row public.bookings (0,1)", "mode": "ShareLock"}]
  contains: &SessionWaiter_PreparedWaiter
    target: {description: "What names it unmistakably.", type: str}
    pid: {description: "Process id; 0 for none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "What PostgreSQL calls this kind of process.", type: str}
    state: {description: "In which state it is.", type: str}
    seconds_in_state: {description: "For how many seconds it has been in this state.", type: float}
    transaction_seconds: {description: "For how many seconds its transaction has been open; null for none.", type: float}
    has_written: {description: "Whether its transaction has written.", type: bool}
    wait: {description: "What it waits for; empty for nothing.", type: str}
    maintenance: {description: "What maintenance it does, by the progress reports, its statement or the name of its tool; empty for all else.", type: str}
    statement: {description: "Text of the statement.", type: str}
    waits_seconds: {description: "For how many seconds it has waited.", type: float}
    waits_for: {description: "What it waits for.", type: str}
    mode: {description: "Mode of the lock.", type: str}
    locktype: {description: "Kind of the lock.", type: str}
    behind: {description: "Target of the session that it waits for.", type: str}
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
    - C(connection_limits) tells what stops a new session (all slots, a role's limit, a database's), each with C(limit), C(used)
      and C(applications) under it. C(idle_in_transaction_seconds) of those tells of sessions that may be ended alone.
  returned: success
  type: dict
  sample: {"used": 42, "limit": 100, "percent": 42.0, "ordinary_limit": 97, "by_state": {"idle": 40, "active": 2}}
  contains: &Connections
    used: {description: "How many there are.", type: int}
    limit: {description: "The most that there may be.", type: int}
    percent: {description: "Percent of the slots that is used.", type: float}
    ordinary_limit: {description: "Slots for ordinary roles.", type: int}
    ordinary_free: {description: "Slots left for ordinary roles.", type: int}
    reserved: {description: "Slots that are kept for roles with pg_use_reserved_connections.", type: int}
    superuser_reserved: {description: "Slots that are kept for superusers.", type: int}
    role_limits:
      description: "Roles with a limit of their own."
      type: dict
      contains:
        "<name>":
          description: "By name."
          type: dict
          contains: &LimitUse
            limit: {description: "The most that there may be.", type: int}
            used: {description: "How many there are.", type: int}
    database_limits:
      description: "Databases with a limit of their own."
      type: dict
      contains:
        "<name>":
          description: "By name."
          type: dict
          contains: *LimitUse
    by_state: {description: "Sessions by state.", type: dict}
    by_role: {description: "Sessions by role.", type: dict}
    by_database: {description: "Sessions by database.", type: dict}
    by_application: {description: "Sessions by application.", type: dict}
    by_client: {description: "Sessions by client address.", type: dict}
    connection_limits:
      description: "Limits that a new session can hit, of the server, of roles and of databases."
      type: list
      elements: dict
      contains: &CeilingReport
        kind: {description: "What kind it is.", type: str}
        name: {description: "Its name.", type: str}
        limit: {description: "The most that there may be.", type: int}
        used: {description: "How many there are.", type: int}
        free: {description: "What is left of it.", type: int}
        applications:
          description: "Who is under this limit, the largest first."
          type: list
          elements: dict
          contains: &ApplicationReport
            role: {description: "Name of the role.", type: str}
            application: {description: "Name of the application.", type: str}
            database: {description: "Name of the database.", type: str}
            name: {description: "Its name.", type: str}
            sessions: {description: "Number of its sessions.", type: int}
            idle: {description: "Sessions that do nothing.", type: int}
            idle_seconds: {description: "For how long the idle ones have been so, the longest first.", type: list, elements: int}
            idle_in_transaction: {description: "Sessions that are idle in a transaction.", type: int}
            idle_in_transaction_seconds: {description: "For how long, the longest first; of those that may be terminated.", type: list, elements: float}
            active: {description: "Sessions at work.", type: int}
            waiting: {description: "How many wait.", type: int}
            pooled: {description: "Whether they come through a pooler that adds its clients' hosts to their names.", type: bool}
            clients: {description: "Sessions by client address.", type: dict}
activity:
  description:
    - Lists of sessions by what is the matter with them, each at most O(max_rows) long, the oldest first.
    - Keys are C(long_running), C(idle_in_transaction), C(other_waits) (what waits, but not for the lock
      manager), C(pin_suspects), C(safe_snapshot_waits) and C(protected) with the reason.
  returned: success
  type: dict
  sample: {"long_running": [], "idle_in_transaction": [], "other_waits": [], "protected": []}
  contains: &ActivityLists
    long_running:
      description: "Statements that have been running for long."
      type: list
      elements: dict
      contains: &SessionReport
        target: {description: "What names it unmistakably.", type: str}
        pid: {description: "Process id; 0 for none.", type: int}
        user: {description: "Name of the role.", type: str}
        database: {description: "Name of the database.", type: str}
        application: {description: "Name of the application.", type: str}
        client: {description: "Address of the client.", type: str}
        backend_type: {description: "What PostgreSQL calls this kind of process.", type: str}
        state: {description: "In which state it is.", type: str}
        seconds_in_state: {description: "For how many seconds it has been in this state.", type: float}
        transaction_seconds: {description: "For how many seconds its transaction has been open; null for none.", type: float}
        has_written: {description: "Whether its transaction has written.", type: bool}
        wait: {description: "What it waits for; empty for nothing.", type: str}
        maintenance: {description: "What maintenance it does, by the progress reports, its statement or the name of its tool; empty for all else.", type: str}
        statement: {description: "Text of the statement.", type: str}
    idle_in_transaction:
      description: "Sessions that are idle in a transaction."
      type: list
      elements: dict
      contains: *SessionReport
    other_waits:
      description: "Sessions that wait for something that is no lock."
      type: list
      elements: dict
      contains: *SessionReport
    pin_suspects:
      description: "Sessions that may keep a page pinned."
      type: list
      elements: dict
      contains: *SessionReport
    safe_snapshot_waits:
      description: "Sessions that wait for a safe snapshot."
      type: list
      elements: dict
      contains: &SnapshotWait
        pid: {description: "Process id; 0 for none.", type: int}
        blocked_by: {description: "Process ids of those that keep it waiting.", type: list, elements: int}
    protected:
      description: "Sessions that no act may terminate."
      type: list
      elements: dict
      contains: &ProtectedSession
        target: {description: "What names it unmistakably.", type: str}
        pid: {description: "Process id; 0 for none.", type: int}
        reason: {description: "Why.", type: str}
prepared:
  description: All prepared transactions.
  returned: success
  type: list
  elements: dict
  sample: [{"gid": "booking-17", "target": "prepared@20261123T145635.123456Z/xid740", "seconds": 7200.0}]
  contains: &PreparedReport
    target: {description: "What names it unmistakably.", type: str}
    gid: {description: "Name of the prepared transaction.", type: str}
    owner: {description: "Its owner.", type: str}
    database: {description: "Name of the database.", type: str}
    seconds: {description: "For how many seconds.", type: float}
    waiters: {description: "Sessions that wait for it.", type: int}
background:
  description:
    - What O(also) asked for, under the names of its choices, and C(findings), what of it a person should know now.
    - C(spill.sessions) counts what parallel workers spill for their leader; C(spill.note) says when the login may not look
      into the folders that they share.
    - C(processes.sessions) has C(pid), C(target), C(cpu) (cores), C(memory) (bytes of its own); C(processes.dead_clients)
      those whose client is gone, with the reason; C(pooler.clients) the real client by the pid of the session.
  returned: success
  type: dict
  sample: {"wraparound": {"databases": [], "holders": []}, "findings": []}
  contains: &BackgroundReport
    wraparound:
      description: "How old the databases are, and who keeps dead rows."
      type: dict
      contains: &WraparoundReport
        databases:
          description: "Each database."
          type: list
          elements: dict
          contains: &DatabaseAge
            database: {description: "Name of the database.", type: str}
            age: {description: "Transactions since its oldest row was frozen.", type: int}
            multixact_age: {description: "Age of its oldest multixact.", type: int}
            limit: {description: "Age at which autovacuum steps in.", type: int}
            share: {description: "Its age as a share of that at which autovacuum steps in.", type: float}
        holders:
          description: "Who keeps dead rows from being removed, the oldest first."
          type: list
          elements: dict
          contains: &HorizonHolder
            kind: {description: "What kind it is.", type: str}
            who: {description: "Who it is, in words.", type: str}
            pid: {description: "Process id; 0 for none.", type: int}
            age: {description: "Transactions whose dead rows it keeps.", type: int}
    replication:
      description: "Replication slots and WAL senders."
      type: dict
      contains: &ReplicationReport
        slots:
          description: "Replication slots, that which keeps most WAL first."
          type: list
          elements: dict
          contains: &SlotReport
            slot: {description: "Name of the slot.", type: str}
            kind: {description: "What kind it is.", type: str}
            active: {description: "Whether a consumer reads from it.", type: bool}
            pid: {description: "Process id; 0 for none.", type: int}
            kept_bytes: {description: "Bytes of WAL that it keeps.", type: int}
            wal_status: {description: "Whether its WAL is still there; empty where the version does not tell.", type: str}
            safe_bytes: {description: "Bytes of WAL that may still be written before the slot is lost; null for no bound.", type: int}
            inactive_since: {description: "Since when nobody reads from it; null where the version does not tell.", type: str}
            temporary: {description: "Whether it goes when its session ends.", type: bool}
        walsenders:
          description: "Who is sent WAL."
          type: list
          elements: dict
          contains: &WalsenderReport
            pid: {description: "Process id; 0 for none.", type: int}
            state: {description: "In which state it is.", type: str}
            behind_bytes: {description: "Bytes of WAL that it has not got yet.", type: int}
        archiver:
          description: "The archiver of WAL."
          type: dict
          contains: &ArchiverReport
            mode: {description: "Setting archive_mode.", type: str}
            failing: {description: "Whether it fails now.", type: bool}
            failed_at: {description: "When it last failed; empty for never.", type: str}
    spill:
      description: "Temporary files."
      type: dict
      contains: &SpillReport
        sessions:
          description: "Sessions that are concerned, the heaviest first."
          type: list
          elements: dict
          contains: &SpillSession
            pid: {description: "Process id; 0 for none.", type: int}
            who: {description: "Who it is, in words.", type: str}
            target: {description: "What names it unmistakably.", type: str}
            files: {description: "Number of files.", type: int}
            bytes: {description: "Size in bytes.", type: int}
        other_bytes: {description: "Bytes of temporary files that belong to no session.", type: int}
        note: {description: "Why some cannot be seen; empty where all can.", type: str}
    autovacuum:
      description: "Vacuums at work."
      type: dict
      contains: &AutovacuumReport
        vacuums:
          description: "Each vacuum, the one that holds most up first."
          type: list
          elements: dict
          contains: &VacuumReport
            pid: {description: "Process id; 0 for none.", type: int}
            doing: {description: "What the vacuum does.", type: str}
            database: {description: "Name of the database.", type: str}
            seconds: {description: "For how many seconds.", type: float}
            automatic: {description: "Whether autovacuum started it.", type: bool}
            against_wraparound: {description: "Whether it prevents wraparound, and would start again at once.", type: bool}
            share_done: {description: "How far it is, 0 to 1; null where it does not tell.", type: float}
            holds_up: {description: "Sessions that wait for it.", type: int}
    processes:
      description: "The processes behind the sessions."
      type: dict
      contains: &ProcessesReport
        sessions:
          description: "Sessions that are concerned, the heaviest first."
          type: list
          elements: dict
          contains: &BackendUse
            target: {description: "What names it unmistakably.", type: str}
            pid: {description: "Process id; 0 for none.", type: int}
            who: {description: "Who it is, in words.", type: str}
            state: {description: "In which state it is.", type: str}
            cpu: {description: "Cores that it uses.", type: float}
            memory: {description: "Bytes of memory.", type: int}
            read_per_second: {description: "Bytes that it reads in a second.", type: int}
            written_per_second: {description: "Bytes that it writes in a second.", type: int}
        dead_clients:
          description: "Sessions whose client is gone."
          type: list
          elements: dict
          contains: &VanishedClient
            target: {description: "What names it unmistakably.", type: str}
            pid: {description: "Process id; 0 for none.", type: int}
            who: {description: "Who it is, in words.", type: str}
            reason: {description: "Why.", type: str}
        cpu: {description: "Cores that it uses.", type: float}
        memory: {description: "Bytes of memory.", type: int}
        here: {description: "Whether the server's processes are seen from this host.", type: bool}
        why: {description: "Why.", type: str}
        cores: {description: "Cores of the host.", type: int}
    pooler:
      description: "What PgBouncer's console tells."
      type: dict
      contains: &PoolerReport
        reachable: {description: "Whether its console answers.", type: bool}
        why: {description: "Why.", type: str}
        pools:
          description: "Its pools, those in which most wait first."
          type: list
          elements: dict
          contains: &PoolReport
            database: {description: "Name of the database.", type: str}
            user: {description: "Name of the role.", type: str}
            mode: {description: "When a connection is handed on.", type: str}
            clients: {description: "Clients that are served.", type: int}
            waiting: {description: "How many wait.", type: int}
            longest_wait: {description: "Seconds that the longest has waited.", type: float}
            active: {description: "Connections in use.", type: int}
            idle: {description: "Connections that do nothing.", type: int}
            size: {description: "Connections that it may have.", type: int}
            paused: {description: "Whether the database is paused in the pooler.", type: bool}
            exhausted: {description: "Whether clients wait and every connection is in use.", type: bool}
        clients:
          description: "The real client by the process id of its session."
          type: dict
          contains:
            "<name>":
              description: "By name."
              type: dict
              contains: *PoolClient
        client_connections:
          description: "Clients of the pooler, and how many it takes."
          type: dict
          contains: &ClientConnections
            used: {description: "How many there are.", type: int}
            limit: {description: "The most that there may be.", type: int}
        findings: {description: "What a person should know now, a sentence each.", type: list, elements: str}
    findings: {description: "What a person should know now, a sentence each.", type: list, elements: str}
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
server_states:
  description: "States of the whole server that no session's lock explains, like commits that wait for a synchronous standby."
  returned: success
  type: list
  elements: dict
  contains: &ServerState
    cause: {description: "What the matter is.", type: str}
    text: {description: "The text.", type: str}
    sessions: {description: "How many sessions wait for it.", type: int}
    seconds: {description: "Seconds that the longest of them has waited.", type: float}
    advice: {description: "What to do, a sentence each.", type: str}
"""

from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.options import ACTIVITY_ARGS, wanted_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.activity import activity
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import (
    EXCLUSION_ARGS,
    POOLER_ARGS,
    POSTGRES_ARGS,
    exclusions_of,
    login_of,
    pooler_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    wanted, pooler = wanted_of(params), pooler_of(params)
    told = activity(login_of(params), partial(exclusions_of, params), pooler, wanted, module.warn)
    return {"changed": False, **told}


def main() -> None:
    spec = {**POSTGRES_ARGS, **EXCLUSION_ARGS, **ACTIVITY_ARGS, **POOLER_ARGS}
    finish(AnsibleModule(argument_spec=spec, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
