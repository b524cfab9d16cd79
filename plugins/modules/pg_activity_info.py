# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_activity_info
short_description: Snapshot of PostgreSQL sessions, locks and connection limits
version_added: 0.1.0
description:
  - Reads all sessions of a PostgreSQL server over one connection, with a few statements that each have a timeout.
  - Returns the wait-for graph of lock waits as trees. Each tree has a root blocker, which can also be a prepared
    transaction, an idle session that holds an advisory lock, or WAL replay on a standby. A queued blocker is a waiting
    session that blocks other sessions.
  - The module does not wait for table locks and leaves no transaction open. When all ordinary connection slots are in
    use, it connects with O(login_reserve_user) or over a replication connection.
options:
  min_waiting:
    description: Shortest lock wait, in seconds, that counts in RV(long_waiters).
    type: float
    default: 30.0
  long_running:
    description: Shortest run time, in seconds, of the active statements that C(long_running) of RV(activity) lists.
    type: float
    default: 60.0
  statements:
    description:
      - How statement texts are returned. V(normalized) removes all literals and comments. V(full) returns the texts
        unchanged, including personal data. V(none) returns no text.
    type: str
    default: normalized
    choices: [normalized, full, none]
  max_rows:
    description: Maximum number of entries in each returned list. Counts always cover all sessions.
    type: int
    default: 100
  patience:
    description:
      - Longest time, in seconds, to repeat the snapshot, five times a second, until at most O(expected) sessions have
        waited for a lock for O(min_waiting) seconds or longer. 0 takes one snapshot.
    type: float
    default: 0.0
  expected:
    description: Largest number of long waiters at which O(patience) stops repeating the snapshot.
    type: int
    default: 0
  also:
    description:
      - Additional facts to collect. They are returned in RV(background).
      - V(wraparound) returns the age of the databases and the holders of the xmin horizon.
      - V(replication) returns replication slots and the WAL that they retain.
      - V(spill) returns temporary files by session.
      - V(autovacuum) returns running vacuums and the sessions that they block.
      - V(processes) returns CPU and memory of the server processes and dead client connections. The module must run on
        the host of the server, whose processes (also in containers) it matches to sessions. It needs root if the
        processes belong to another user.
      - V(pooler) returns the pools of PgBouncer and the client behind each pooled session. It needs O(pooler_host).
    type: list
    elements: str
    default: []
    choices: [wraparound, replication, spill, autovacuum, processes, pooler]
  interval:
    description: Seconds between the two samples that V(processes) of O(also) takes.
    type: float
    default: 1.0
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._exclusions
  - pafar.runbook._pooler
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_kill_blocking
"""

EXAMPLES = r"""
- name: Take a snapshot of sessions and locks
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
waiters:
  description: Number of sessions that wait for a lock.
  returned: success
  type: int
  sample: 101
waiters_by_design:
  description:
    - Number of sessions that wait for an advisory lock by design of the application, for example in a leader election
      (one session holds the lock, the others wait for it). RV(long_waiters) does not count them. RV(tree) has one line
      for each such lock.
  returned: success
  type: int
  sample: 0
long_waiters:
  description: Number of waiters that have waited for O(min_waiting) seconds or longer.
  returned: success
  type: int
  sample: 100
requests_waiting:
  description:
    - Number of the waiters that RV(long_waiters) counts, and of those that wait behind them, on which a request of the
      application may depend. Maintenance, backups, replication, changes of a definition and operators' tools are not
      counted.
  returned: success
  type: int
  sample: 99
longest_wait:
  description: Longest lock wait, in seconds.
  returned: success
  type: float
  sample: 42.3
root_blockers:
  description:
    - Sessions and prepared transactions that block other sessions and do not wait for a lock themselves. The one that
      blocks most sessions is first.
  returned: success
  type: list
  elements: dict
  sample: [{"target": "4711@20261123T145635.123456Z/20261123T145640.000001Z", "pid": 4711, "waiters": 101,
            "state": "idle in transaction", "reason": "idle in transaction for 65 s", "protected": ""}]
  contains: &SessionBlocker_PreparedBlocker
    target:
      description: >-
        Identifier of the object in its present state, for the option C(only). It changes when the object is replaced or
        its state changes.
      type: str
    pid: {description: "Process id; 0 if there is none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "Backend type, as pg_stat_activity has it.", type: str}
    state: {description: "Session state, as pg_stat_activity has it.", type: str}
    seconds_in_state: {description: "Seconds in this state.", type: float}
    transaction_seconds: {description: "Seconds since its transaction began; null without a transaction.", type: float}
    has_written: {description: "Whether its transaction has written data.", type: bool}
    wait:
      description: "Wait event, as type/event (for example Lock/transactionid); empty if it does not wait."
      type: str
    maintenance:
      description: >-
        Kind of maintenance that the session does, by the progress views, its statement or its application name; empty
        for none.
      type: str
    statement: {description: "Text of the statement.", type: str}
    waiters: {description: "Number of sessions that it blocks, directly or through other waiters.", type: int}
    frees_alone:
      description: "Number of waiters that would get their lock if only this session were terminated."
      type: int
    reason: {description: "Why it blocks, and for how long.", type: str}
    protected: {description: "Why the session may not be terminated; empty if it may.", type: str}
    behind_pooler:
      description: >-
        Client of PgBouncer that uses the session; null if the session is no server connection of PgBouncer.
      type: dict
      contains: &PoolClient
        client: {description: "Address of the client.", type: str}
        application: {description: "Name of the application.", type: str}
        user: {description: "Name of the role.", type: str}
    gid: {description: "Global id of the prepared transaction.", type: str}
queued_blockers:
  description: Sessions that wait for a lock and block other sessions, with the same keys as RV(root_blockers).
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
    target:
      description: >-
        Identifier of the object in its present state, for the option C(only). It changes when the object is replaced or
        its state changes.
      type: str
    pid: {description: "Process id; 0 if there is none.", type: int}
    user: {description: "Name of the role.", type: str}
    database: {description: "Name of the database.", type: str}
    application: {description: "Name of the application.", type: str}
    client: {description: "Address of the client.", type: str}
    backend_type: {description: "Backend type, as pg_stat_activity has it.", type: str}
    state: {description: "Session state, as pg_stat_activity has it.", type: str}
    seconds_in_state: {description: "Seconds in this state.", type: float}
    transaction_seconds: {description: "Seconds since its transaction began; null without a transaction.", type: float}
    has_written: {description: "Whether its transaction has written data.", type: bool}
    wait:
      description: "Wait event, as type/event (for example Lock/transactionid); empty if it does not wait."
      type: str
    maintenance:
      description: >-
        Kind of maintenance that the session does, by the progress views, its statement or its application name; empty
        for none.
      type: str
    statement: {description: "Text of the statement.", type: str}
    waits_seconds: {description: "Lock wait, in seconds.", type: float}
    waits_for: {description: "Object whose lock the session waits for.", type: str}
    mode: {description: "Lock mode.", type: str}
    locktype: {description: "Lock type.", type: str}
    behind:
      description: "Target of the session, or prepared transaction, that blocks it; null if several do."
      type: str
cycles:
  description: Deadlocks that PostgreSQL has not resolved yet, each a list of process ids.
  returned: success
  type: list
  elements: list
  sample: []
tree:
  description: Blocking trees as lines of text.
  returned: success
  type: list
  elements: str
  sample: ["1 session waits, the longest for 42 s"]
connections:
  description:
    - Used and free connection slots. Only client backends count, as for C(max_connections).
    - C(connection_limits) are the limits that can refuse a new session (the slots of the server, the limit of a role
      or of a database), each with the applications whose sessions count.
  returned: success
  type: dict
  sample: {"used": 42, "limit": 100, "percent": 42.0, "ordinary_limit": 97, "by_state": {"idle": 40, "active": 2}}
  contains: &Connections
    used: {description: "Number of used connection slots.", type: int}
    limit: {description: "Setting max_connections.", type: int}
    percent: {description: "Used slots, in percent of max_connections.", type: float}
    ordinary_limit: {description: "Slots for ordinary roles (max_connections without the reserved slots).", type: int}
    ordinary_free: {description: "Free slots for ordinary roles.", type: int}
    reserved:
      description: "Slots that are reserved for roles with pg_use_reserved_connections (reserved_connections)."
      type: int
    superuser_reserved:
      description: "Slots that are reserved for superusers (superuser_reserved_connections)."
      type: int
    role_limits:
      description: "Roles that have a connection limit, by name."
      type: dict
      contains:
        "<name>":
          description: "Each entry, by name."
          type: dict
          contains: &LimitUse
            limit: {description: "Connection limit.", type: int}
            used: {description: "Number of connections that count for the limit.", type: int}
    database_limits:
      description: "Databases that have a connection limit, by name."
      type: dict
      contains:
        "<name>":
          description: "Each entry, by name."
          type: dict
          contains: *LimitUse
    by_state: {description: "Number of sessions by state.", type: dict}
    by_role: {description: "Number of sessions by role.", type: dict}
    by_database: {description: "Number of sessions by database.", type: dict}
    by_application: {description: "Number of sessions by application.", type: dict}
    by_client: {description: "Number of sessions by client address.", type: dict}
    connection_limits:
      description: "Connection limits of the server, of roles and of databases."
      type: list
      elements: dict
      contains: &ConnectionLimitReport
        kind: {description: "V(max_connections), V(role) or V(database).", type: str}
        name: {description: "Name of the role or database; empty for max_connections.", type: str}
        limit: {description: "Connection limit.", type: int}
        used: {description: "Number of connections that count for the limit.", type: int}
        free: {description: "Number of connections that the limit still allows.", type: int}
        applications:
          description: "Applications whose sessions count for this limit, the largest first."
          type: list
          elements: dict
          contains: &ApplicationReport
            role: {description: "Name of the role.", type: str}
            application: {description: "Name of the application.", type: str}
            database: {description: "Name of the database.", type: str}
            name: {description: "Application name, role and database in one text.", type: str}
            family:
              description: >-
                Application name, role and database in one text, with an asterisk for the part of the name that differs
                between its sessions.
              type: str
            sessions: {description: "Number of sessions.", type: int}
            idle: {description: "Number of idle sessions.", type: int}
            idle_seconds:
              description: "Idle time of each idle session, in seconds, the longest first."
              type: list
              elements: int
            unused_seconds:
              description: >-
                Idle time, in seconds, of the idle sessions that were used only at their start, the longest first.
              type: list
              elements: int
            pools:
              description: >-
                Sizes of its pools, by application name or client address, if it has several of similar size.
              type: list
              elements: int
            opened_seconds: {description: "Seconds since its newest session connected.", type: float}
            filled_seconds:
              description: >-
                Seconds since it stopped opening sessions one after the other, a few that it opened later left out; 0 if
                it continues.
              type: float
            half_within_seconds:
              description: >-
                Fewest seconds in which half of its idle sessions that were used at first only were opened; 0 if there
                are fewer than three.
              type: float
            idle_in_transaction: {description: "Number of sessions that are idle in transaction.", type: int}
            idle_in_transaction_seconds:
              description: >-
                Idle time, in seconds, of the sessions that are idle in transaction and may be terminated, the longest
                first.
              type: list
              elements: float
            active: {description: "Number of active sessions.", type: int}
            waiting: {description: "Number of sessions that wait for a lock.", type: int}
            waiting_in_turn:
              description: "Number of sessions that wait for a lock by design or in a lock convoy."
              type: int
            waiting_for_client:
              description: >-
                Number of sessions whose statement has run for 10 seconds or longer and waits for its client
                (ClientRead, ClientWrite).
              type: int
            pooled: {description: "Whether the sessions come through a connection pooler.", type: bool}
            steady:
              description: >-
                Whether the application has opened no session for half a minute, and for ten times the average time
                between two.
              type: bool
            stopped:
              description: >-
                Whether the application stopped opening sessions while the limit had room, now or before others took a
                fifth of it.
              type: bool
            one_by_one:
              description: >-
                Whether the idle sessions that were used at first only were opened one after the other: no five seconds
                have half of them.
              type: bool
            may_renew:
              description: >-
                Whether the sessions may be of a pool that renews them: it opens them one after the other and continues,
                or uses the newest again.
              type: bool
            interleaved:
              description: >-
                Whether other applications of the same role, database and client address opened sessions between its
                own, as behind a pooler.
              type: bool
            clients: {description: "Number of sessions by client address.", type: dict}
activity:
  description:
    - Lists of sessions by problem, each at most O(max_rows) long, the oldest first.
    - C(other_waits) are waits for something other than a heavyweight lock. C(protected) lists the sessions that no
      mitigation may terminate, each with the reason.
  returned: success
  type: dict
  sample: {"long_running": [], "idle_in_transaction": [], "other_waits": [], "protected": []}
  contains: &ActivityLists
    long_running:
      description: "Active sessions whose statement has run at least as long as the option of this name."
      type: list
      elements: dict
      contains: &SessionReport
        target:
          description: >-
            Identifier of the object in its present state, for the option C(only). It changes when the object is
            replaced or its state changes.
          type: str
        pid: {description: "Process id; 0 if there is none.", type: int}
        user: {description: "Name of the role.", type: str}
        database: {description: "Name of the database.", type: str}
        application: {description: "Name of the application.", type: str}
        client: {description: "Address of the client.", type: str}
        backend_type: {description: "Backend type, as pg_stat_activity has it.", type: str}
        state: {description: "Session state, as pg_stat_activity has it.", type: str}
        seconds_in_state: {description: "Seconds in this state.", type: float}
        transaction_seconds:
          description: "Seconds since its transaction began; null without a transaction."
          type: float
        has_written: {description: "Whether its transaction has written data.", type: bool}
        wait:
          description: "Wait event, as type/event (for example Lock/transactionid); empty if it does not wait."
          type: str
        maintenance:
          description: >-
            Kind of maintenance that the session does, by the progress views, its statement or its application name;
            empty for none.
          type: str
        statement: {description: "Text of the statement.", type: str}
    idle_in_transaction:
      description: "Sessions that are idle in transaction."
      type: list
      elements: dict
      contains: *SessionReport
    other_waits:
      description: "Sessions that wait for something other than a heavyweight lock."
      type: list
      elements: dict
      contains: *SessionReport
    pin_suspects:
      description: "Sessions that may hold the buffer pin that another session waits for."
      type: list
      elements: dict
      contains: *SessionReport
    safe_snapshot_waits:
      description: "Serializable, read-only, deferrable transactions that wait for a safe snapshot."
      type: list
      elements: dict
      contains: &SnapshotWait
        pid: {description: "Process id; 0 if there is none.", type: int}
        blocked_by: {description: "Process ids of the sessions that block it.", type: list, elements: int}
    protected:
      description: "Sessions that no mitigation may terminate."
      type: list
      elements: dict
      contains: &ProtectedSession
        target:
          description: >-
            Identifier of the object in its present state, for the option C(only). It changes when the object is
            replaced or its state changes.
          type: str
        pid: {description: "Process id; 0 if there is none.", type: int}
        reason: {description: "Why the session may not be terminated.", type: str}
prepared:
  description: Prepared transactions.
  returned: success
  type: list
  elements: dict
  sample: [{"gid": "booking-17", "target": "prepared@20261123T145635.123456Z/xid740", "seconds": 7200.0}]
  contains: &PreparedReport
    target:
      description: >-
        Identifier of the object in its present state, for the option C(only). It changes when the object is replaced or
        its state changes.
      type: str
    gid: {description: "Global id of the prepared transaction.", type: str}
    owner: {description: "Role that prepared the transaction.", type: str}
    database: {description: "Name of the database.", type: str}
    seconds: {description: "Seconds since the transaction was prepared.", type: float}
    waiters: {description: "Number of sessions that it blocks, directly or through other waiters.", type: int}
background:
  description:
    - Facts selected by O(also), one key for each choice, and C(findings), the problems that need attention now.
    - C(spill.sessions) adds the files of parallel workers to their leader. C(processes.sessions) has C(cpu) in cores
      and C(memory) in bytes of private memory. C(pooler.clients) maps the process id of a session to the client of the
      pooler that uses it.
  returned: success
  type: dict
  sample: {"wraparound": {"databases": [], "holders": []}, "findings": []}
  contains: &BackgroundReport
    wraparound:
      description: "Age of the databases, and the holders of the xmin horizon."
      type: dict
      contains: &WraparoundReport
        databases:
          description: "Age of each database."
          type: list
          elements: dict
          contains: &DatabaseAge
            database: {description: "Name of the database.", type: str}
            age: {description: "Age of datfrozenxid, in transactions.", type: int}
            multixact_age: {description: "Age of datminmxid, in multixacts.", type: int}
            limit:
              description: >-
                Setting autovacuum_freeze_max_age, the age at which autovacuum starts anti-wraparound vacuums.
              type: int
            share:
              description: "Age as a share of the limit, in transactions or in multixacts, whichever is larger."
              type: float
        holders:
          description: >-
            Sessions, standbys, prepared transactions and replication slots that hold back the xmin horizon, the oldest
            first.
          type: list
          elements: dict
          contains: &HorizonHolder
            kind: {description: "V(session), V(standby), V(prepared transaction) or V(replication slot).", type: str}
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            pid: {description: "Process id; 0 if there is none.", type: int}
            age: {description: "Age of its xmin, in transactions.", type: int}
    replication:
      description: "Replication slots and WAL senders."
      type: dict
      contains: &ReplicationReport
        slots:
          description: "Replication slots, the one that retains most WAL first."
          type: list
          elements: dict
          contains: &SlotReport
            slot: {description: "Name of the replication slot.", type: str}
            kind: {description: "Type of the slot, physical or logical.", type: str}
            active: {description: "Whether a consumer is connected to the slot.", type: bool}
            pid: {description: "Process id; 0 if there is none.", type: int}
            kept_bytes: {description: "Bytes of WAL that the slot retains.", type: int}
            wal_status:
              description: >-
                Column wal_status of pg_replication_slots (V(reserved), V(extended), V(unreserved) or V(lost)).
              type: str
            safe_bytes:
              description: >-
                Bytes of WAL that can be written before the slot may lose WAL (safe_wal_size); null without a limit.
              type: int
            inactive_since:
              description: >-
                Time since which no consumer reads from the slot; null where the version does not report it.
              type: str
            temporary: {description: "Whether the slot is dropped when its session ends.", type: bool}
        walsenders:
          description: "WAL senders."
          type: list
          elements: dict
          contains: &WalsenderReport
            pid: {description: "Process id; 0 if there is none.", type: int}
            state: {description: "State, as pg_stat_replication has it.", type: str}
            behind_bytes: {description: "Bytes of WAL that the receiver has not replayed yet.", type: int}
        archiver:
          description: "State of the WAL archiver."
          type: dict
          contains: &ArchiverReport
            mode: {description: "Setting archive_mode.", type: str}
            failing: {description: "Whether the last attempt to archive a WAL file failed.", type: bool}
            failed_at: {description: "Time of the last failure; empty if none.", type: str}
    spill:
      description: "Temporary files."
      type: dict
      contains: &SpillReport
        sessions:
          description: "Sessions with temporary files, the most bytes first."
          type: list
          elements: dict
          contains: &SpillSession
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
            maintenance:
              description: >-
                Kind of maintenance that the session does, by the progress views, its statement or its application name;
                empty for none.
              type: str
            files: {description: "Number of temporary files.", type: int}
            bytes: {description: "Size of these files, in bytes.", type: int}
        other_bytes: {description: "Bytes of temporary files that belong to no session.", type: int}
        note: {description: "Why some temporary files could not be read; empty if all could be read.", type: str}
    autovacuum:
      description: "Running vacuums."
      type: dict
      contains: &AutovacuumReport
        vacuums:
          description: "Each vacuum, the one that blocks most sessions first."
          type: list
          elements: dict
          contains: &VacuumReport
            pid: {description: "Process id; 0 if there is none.", type: int}
            doing: {description: "Statement of the vacuum, with its table.", type: str}
            database: {description: "Name of the database.", type: str}
            seconds: {description: "Seconds since the vacuum began.", type: float}
            automatic: {description: "Whether autovacuum started it.", type: bool}
            against_wraparound:
              description: >-
                Whether it is an anti-wraparound vacuum. PostgreSQL starts such a vacuum again when it is cancelled.
              type: bool
            share_done:
              description: "Progress of the present phase, 0 to 1; null if the phase does not report it."
              type: float
            holds_up: {description: "Number of sessions that it blocks.", type: int}
    processes:
      description: "Server processes of the sessions on this host."
      type: dict
      contains: &ProcessesReport
        sessions:
          description: "Sessions with the resource use of their processes, the most CPU first."
          type: list
          elements: dict
          contains: &BackendUse
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            pid: {description: "Process id; 0 if there is none.", type: int}
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            state: {description: "Session state, as pg_stat_activity has it.", type: str}
            cpu: {description: "CPU use, in cores.", type: float}
            memory: {description: "Private memory of the session's processes, in bytes.", type: int}
            read_per_second: {description: "Bytes read per second.", type: int}
            written_per_second: {description: "Bytes written per second.", type: int}
        dead_clients:
          description: "Sessions whose client connection is dead."
          type: list
          elements: dict
          contains: &DeadClient
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            pid: {description: "Process id; 0 if there is none.", type: int}
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            reason: {description: "What shows that the client connection is dead.", type: str}
        cpu: {description: "CPU use of all these processes, in cores.", type: float}
        memory: {description: "Private memory of all these processes, in bytes.", type: int}
        here:
          description: "Whether the module found the server's processes on its host and can read them."
          type: bool
        why: {description: "Why the processes cannot be read; empty if they can.", type: str}
        cores: {description: "Cores of the host.", type: int}
        idle_cores: {description: "Cores of the host that no process used; V(null) if that is not known.", type: float}
        logging_in:
          description: >-
            Number of connections that have a server process and have not logged in. Until version 17 they have no
            session, and take a slot.
          type: int
    pooler:
      description: "State of PgBouncer, from its console."
      type: dict
      contains: &PoolerReport
        reachable: {description: "Whether the console of PgBouncer answers.", type: bool}
        why: {description: "Why the console does not answer; empty if it does.", type: str}
        pools:
          description: "Pools, the one with most waiting clients first."
          type: list
          elements: dict
          contains: &PoolReport
            database: {description: "Name of the database.", type: str}
            user: {description: "Name of the role.", type: str}
            mode: {description: "Pool mode (session, transaction or statement).", type: str}
            clients: {description: "Number of clients that have a server connection.", type: int}
            waiting: {description: "Number of clients that wait for a server connection.", type: int}
            longest_wait: {description: "Longest wait of a client for a server connection, in seconds.", type: float}
            active: {description: "Server connections in use.", type: int}
            idle: {description: "Number of idle server connections.", type: int}
            size: {description: "Largest number of server connections (pool_size).", type: int}
            paused: {description: "Whether the database is paused in the pooler.", type: bool}
            exhausted:
              description: "Whether clients wait and all server connections of the pool are in use."
              type: bool
        clients:
          description: "Client of PgBouncer by the process id of the session that it uses."
          type: dict
          contains:
            "<name>":
              description: "Each entry, by name."
              type: dict
              contains: *PoolClient
        sessions:
          description: >-
            Process ids of all sessions of the server that are the pooler's, also of those that serve no client now.
          type: list
          elements: int
        client_connections:
          description: "Client connections of the pooler, and their limit."
          type: dict
          contains: &ClientConnections
            used: {description: "Number of client connections.", type: int}
            limit: {description: "Largest number of client connections (max_client_conn).", type: int}
        findings: {description: "Problems that need attention now, a sentence each.", type: list, elements: str}
    findings: {description: "Problems that need attention now, a sentence each.", type: list, elements: str}
visibility:
  description: V(full), or V(partial) if the login role may not see all sessions.
  returned: success
  type: str
  sample: full
redacted:
  description: Number of sessions whose details the login role may not see.
  returned: success
  type: int
  sample: 0
server_states:
  description: "Problems of the whole server that no single session causes, for example commits that wait for a synchronous standby, or a lock convoy."
  returned: success
  type: list
  elements: dict
  contains: &ServerState
    cause: {description: "Name of the problem, for example V(wraparound) or V(convoy).", type: str}
    text: {description: "Description of the problem, with its figures.", type: str}
    sessions: {description: "Number of sessions that wait because of it.", type: int}
    seconds: {description: "Longest of these waits, in seconds.", type: float}
    refuses: {description: "Whether the server refuses the writes of all sessions.", type: bool}
    advice: {description: "What an operator must do.", type: str}
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
    report = activity(login_of(params), partial(exclusions_of, params), pooler, wanted, module.warn)
    return {"changed": False, **report}


def main() -> None:
    spec = {**POSTGRES_ARGS, **EXCLUSION_ARGS, **ACTIVITY_ARGS, **POOLER_ARGS}
    finish(AnsibleModule(argument_spec=spec, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
