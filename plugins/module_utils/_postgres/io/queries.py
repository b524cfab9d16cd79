# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every statement that this collection sends to PostgreSQL, 14 and newer.

The snapshot reads functions over shared memory, not the views over them: pg_stat_activity and the
progress views join pg_authid and pg_database and would wait behind a lock on those. Catalogs are
asked only for names, in statements of their own that may fail without spoiling the snapshot.
Everything is qualified, so that no search_path can slip another function in.
"""

from __future__ import annotations

# Who answers? A pooler shows another backend pid than the one it gave out on connecting. This comes before
# SETTINGS, so that nothing is set in a session of a pooler's; and it reads no catalog, so it cannot wait.
PID = "SELECT pg_catalog.pg_backend_pid()"
IDENTIFY = """
SELECT pg_catalog.version(), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('server_version_num')::int, current_user::text,
       pg_catalog.current_setting('max_connections')::int,
       pg_catalog.current_setting('superuser_reserved_connections')::int,
       coalesce(nullif(pg_catalog.current_setting('reserved_connections', true), ''), '0')::int,
       pg_catalog.current_setting('deadlock_timeout'),
       pg_catalog.current_setting('synchronous_standby_names'),
       pg_catalog.current_database()::text
"""

# Every timeout that the server, the database or the role may have is the session's own: the two that bound each
# statement, and those that would end the session between two of them, or within a long build (which leaves an invalid
# index). transaction_timeout is there from version 17 on.
SETTINGS = """
SELECT pg_catalog.set_config('search_path', '', false),
       pg_catalog.set_config('statement_timeout', %(statement_timeout)s, false),
       pg_catalog.set_config('lock_timeout', %(lock_timeout)s, false),
       pg_catalog.set_config('timezone', 'UTC', false),
       (SELECT pg_catalog.count(pg_catalog.set_config(s.name, '0', false)) FROM pg_catalog.pg_show_all_settings() AS s
         WHERE s.name IN ('transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'))
"""

# A session as shared memory knows it; names of roles and databases are added on our side.
ACTIVITY = """
SELECT pid, backend_type, state, usesysid, datid, application_name,
       coalesce(host(client_addr), CASE WHEN backend_type = 'client backend' THEN 'local' END),
       query, wait_event_type, wait_event,
       backend_start, xact_start, query_start, state_change, leader_pid, backend_xid IS NOT NULL,
       pg_catalog.clock_timestamp(), client_port, query_id
  FROM pg_catalog.pg_stat_get_activity(NULL)
"""

# Only what concerns waiters: locks on contended objects, whole; the row that a waiter is
# after (its own tuple lock); and the transaction ids of prepared transactions, to give them a name. Asking
# for an AccessExclusiveLock takes a transaction id before the lock is there, so that an id is no proof of
# work; locks of tables that the transaction wrote to or changed before are (tables of users from 16384 on).
# A session waits for one lock at most. A join of l with itself is a nested loop, since the planner takes 1,000 rows for
# granted: 1,000 waiters cost 60 plain reads. IS TRUE keeps the IN from becoming such a join.
LOCKS = """
WITH l AS MATERIALIZED (SELECT * FROM pg_catalog.pg_lock_status()),
tag AS (
  SELECT DISTINCT locktype, coalesce(database, 0) AS database, coalesce(relation, 0) AS relation,
         coalesce(page, -1) AS page, coalesce(tuple, -1::int2) AS tuple, coalesce(virtualxid, '') AS virtualxid,
         coalesce(transactionid, '0'::xid) AS transactionid, coalesce(classid, 0) AS classid,
         coalesce(objid, 0) AS objid, coalesce(objsubid, -1::int2) AS objsubid
    FROM l WHERE NOT granted
),
waiter AS (SELECT DISTINCT pid FROM l WHERE NOT granted),
wrote AS (
  SELECT DISTINCT held.pid
    FROM (SELECT pid, granted, locktype, relation, mode, max(CASE WHEN NOT granted AND locktype = 'relation'
                 AND mode = 'AccessExclusiveLock' THEN relation END) OVER (PARTITION BY pid) AS awaited
            FROM l WHERE (pid IN (SELECT pid FROM l WHERE NOT granted AND locktype = 'relation'
                                                          AND mode = 'AccessExclusiveLock')) IS TRUE) AS held
   WHERE held.awaited IS NOT NULL AND held.granted AND held.locktype = 'relation' AND held.relation >= 16384
     AND (held.mode = 'RowExclusiveLock'
          OR held.relation <> held.awaited
             AND held.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
)
SELECT l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid::text,
       l.classid, l.objid, l.objsubid, l.pid, l.virtualtransaction, l.mode, l.granted, l.waitstart,
       tag.locktype IS NOT NULL AS contended, l.pid IN (SELECT pid FROM wrote) AS wrote
  FROM l
  LEFT JOIN tag ON tag.locktype = l.locktype AND tag.database = coalesce(l.database, 0)
       AND tag.relation = coalesce(l.relation, 0) AND tag.page = coalesce(l.page, -1)
       AND tag.tuple = coalesce(l.tuple, -1::int2) AND tag.virtualxid = coalesce(l.virtualxid, '')
       AND tag.transactionid = coalesce(l.transactionid, '0'::xid) AND tag.classid = coalesce(l.classid, 0)
       AND tag.objid = coalesce(l.objid, 0) AND tag.objsubid = coalesce(l.objsubid, -1::int2)
 WHERE tag.locktype IS NOT NULL
    OR (l.locktype = 'tuple' AND l.pid IN (SELECT pid FROM waiter))
    OR (l.pid IS NULL AND l.locktype = 'transactionid')
"""

PREPARED = """
SELECT transaction::text, gid, prepared, ownerid, dbid,
       ownerid = pg_catalog.to_regrole(pg_catalog.quote_ident(current_user))::oid
  FROM pg_catalog.pg_prepared_xact()
"""

SAFE_SNAPSHOT = "SELECT p, pg_catalog.pg_safe_snapshot_blocking_pids(p) FROM pg_catalog.unnest(%(pids)s::int[]) p"

# The progress views join pg_database; the function under them does not. param1 of a build says which one it is.
PROGRESS = """
SELECT p.pid, c.command, p.param1
  FROM pg_catalog.unnest(%(commands)s::text[]) AS c(command),
       LATERAL pg_catalog.pg_stat_get_progress_info(c.command) AS p
"""

ROLES = """
SELECT oid, rolname::text, rolsuper,
       pg_catalog.pg_has_role(current_user, oid, 'USAGE'),
       pg_catalog.pg_has_role(current_user, 'pg_signal_backend', 'USAGE'),
       rolconnlimit
  FROM pg_catalog.pg_roles
"""
DATABASES = "SELECT oid, datname::text, datconnlimit FROM pg_catalog.pg_database"

# regclass reads the catalog and takes no lock on the table itself.
RELATIONS = """
SELECT r, r::pg_catalog.regclass::text FROM pg_catalog.unnest(%(oids)s::oid[]) AS r
"""

# A row that sessions wait for, and who holds it. row_security_active: a policy is a function of the application's,
# which would run as the login. SELECT of these two columns is enough, and shows no row.
ROW_TABLES = """
SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
       pg_catalog.has_schema_privilege(n.oid, 'USAGE')
       AND pg_catalog.has_column_privilege(c.oid, 'ctid', 'SELECT')
       AND pg_catalog.has_column_privilege(c.oid, 'xmax', 'SELECT') AND NOT pg_catalog.row_security_active(c.oid)
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = ANY (%(oids)s::oid[]) AND c.relkind IN ('r', 'm')
"""
ROW_XMAX = "SELECT xmax::text FROM ONLY {table} WHERE ctid = '({page:d},{tuple:d})'::pg_catalog.tid"
ROW_MEMBERS = "SELECT xid::text, mode FROM pg_catalog.pg_get_multixact_members(%(multixact)s::pg_catalog.xid)"
# Subtransactions too, which have no lock of their own once they are released. An xid8 is made of an xid by its distance
# from a present one; a number that was not given out yet is an error.
IN_PROGRESS = """
SELECT x.xid FROM (
  SELECT pg_catalog.unnest(%(xids)s::text[]) AS xid,
         pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint AS present) AS x
 WHERE pg_catalog.pg_xact_status(
         (x.present + ((x.xid::bigint - x.present + 2147483648) & 4294967295) - 2147483648)::text::xid8) = 'in progress'
"""
XID_OWNERS = """
SELECT transactionid::text, pid, virtualtransaction FROM pg_catalog.pg_lock_status()
 WHERE locktype = 'transactionid' AND granted AND transactionid::text = ANY (%(xids)s)
"""
TABLE_LOCKS = """
SELECT database, relation, pid, virtualtransaction, mode FROM pg_catalog.pg_lock_status()
 WHERE locktype = 'relation' AND granted AND relation = ANY (%(oids)s::oid[])
   AND mode IN ('RowShareLock', 'RowExclusiveLock')
"""

# The last look before the act is in the act's own statement: the very session, in the very
# transaction and state, of the very name by which it was judged, still in the way of one of the waiters that the plan
# named (NULL: it is terminated for its own sake), or still in a transaction by which it shares the row that one of them
# waits for: such a waiter waits for one of the holders at a time. A row that differs is read again and judged again, as
# a whole.
_GUARDED = """
WITH target AS MATERIALIZED (
  SELECT a.pid
    FROM pg_catalog.pg_stat_get_activity(%(pid)s) AS a
   WHERE a.pid = %(pid)s AND a.pid <> pg_catalog.pg_backend_pid()
     AND a.backend_type = 'client backend' AND a.wait_event IS DISTINCT FROM 'SyncRep'
     AND a.backend_start = %(backend_start)s
     AND (a.xact_start IS NOT DISTINCT FROM %(xact_start)s OR (%(escalated)s AND a.xact_start IS NULL))
     AND (a.state_change = %(state_change)s OR (%(escalated)s AND a.state_change IS NOT NULL))
     AND a.application_name = coalesce(%(application)s, a.application_name)
     AND (%(waiters)s::int[] IS NULL
          OR EXISTS (SELECT FROM pg_catalog.unnest(%(waiters)s::int[]) AS w
                      WHERE a.pid = ANY (pg_catalog.pg_blocking_pids(w))
                         OR a.pid = ANY (pg_catalog.pg_safe_snapshot_blocking_pids(w)))
          OR %(shared)s::text[] IS NOT NULL
             AND EXISTS (SELECT FROM pg_catalog.pg_lock_status() AS l
                          WHERE l.pid = a.pid AND l.locktype = 'transactionid' AND l.granted
                            AND l.transactionid::text = ANY (%(shared)s::text[]))
             AND EXISTS (SELECT FROM pg_catalog.pg_lock_status() AS r JOIN pg_catalog.pg_lock_status() AS l USING (pid)
                          WHERE r.pid = ANY (%(waiters)s::int[]) AND r.locktype = 'tuple' AND r.granted
                            AND l.locktype = 'transactionid' AND NOT l.granted))
)
SELECT {function}(pid) FROM target
"""
# Escalated: after our own cancel its state has changed, and it may hold on without a transaction (a
# session-level advisory lock); it still has to be in the way.
CANCEL = _GUARDED.format(function="pg_catalog.pg_cancel_backend")
TERMINATE = _GUARDED.format(function="pg_catalog.pg_terminate_backend")

# The same for the one session that an operator chose: of the kind that was shown, and of a session that is terminated
# (no transaction, no state is given) the backend as a whole.
_CHOSEN = """
WITH target AS MATERIALIZED (
  SELECT a.pid
    FROM pg_catalog.pg_stat_get_activity(%(pid)s) AS a
   WHERE a.pid = %(pid)s AND a.pid <> pg_catalog.pg_backend_pid()
     AND a.backend_type = %(backend_type)s AND a.backend_start = %(backend_start)s
     AND (%(state_change)s::timestamptz IS NULL
          OR (a.xact_start IS NOT DISTINCT FROM %(xact_start)s AND a.state_change = %(state_change)s))
     AND a.application_name = coalesce(%(application)s, a.application_name)
)
SELECT {function}(pid) FROM target
"""
CANCEL_CHOSEN = _CHOSEN.format(function="pg_catalog.pg_cancel_backend")
TERMINATE_CHOSEN = _CHOSEN.format(function="pg_catalog.pg_terminate_backend")
# What one session holds. Names are resolved in the database of the login.
HELD = """
SELECT l.locktype, l.mode,
       CASE WHEN l.relation IS NULL THEN ''
            WHEN l.database IN (0, (SELECT oid FROM pg_catalog.pg_database
                                     WHERE datname = pg_catalog.current_database()))
            THEN l.relation::pg_catalog.regclass::text
            ELSE 'relation ' || l.relation || ' of another database' END,
       pg_catalog.count(*)
  FROM pg_catalog.pg_lock_status() AS l
 WHERE l.pid = %(pid)s AND l.granted AND l.locktype NOT IN ('virtualxid', 'transactionid')
 GROUP BY 1, 2, 3
 ORDER BY 4 DESC, 3, 2
 LIMIT 200
"""

# ROLLBACK PREPARED is a utility statement and cannot carry its guard; this comes just before it.
PREPARED_STANDS = """
SELECT gid FROM pg_catalog.pg_prepared_xact()
 WHERE transaction::text = %(xid)s AND prepared = %(prepared)s
   AND EXISTS (SELECT FROM pg_catalog.unnest(%(waiters)s::int[]) AS w
                WHERE 0 = ANY (pg_catalog.pg_blocking_pids(w)))
"""

# One glance while the queue drains; it does not touch the lock manager. (unnest of several arrays is
# syntax and cannot be qualified; search_path is empty.)
GLANCE = """
WITH a AS MATERIALIZED (
  SELECT pid, backend_start, query_start, state,
         wait_event_type = 'Lock' OR wait_event = 'SafeSnapshot' AS waits
    FROM pg_catalog.pg_stat_get_activity(NULL)
)
SELECT (SELECT count(*) FROM unnest(%(pids)s::int[], %(began)s::timestamptz[]) AS w(pid, began)
          JOIN a ON a.pid = w.pid AND a.query_start = w.began
         WHERE a.waits AND a.state = 'active'),
       ARRAY(SELECT v.pid FROM unnest(%(targets)s::int[], %(starts)s::timestamptz[],
                    %(queries)s::timestamptz[], %(terminated)s::bool[]) AS v(pid, started, began, terminated)
               JOIN a ON a.pid = v.pid AND a.backend_start = v.started
              WHERE v.terminated OR (a.state = 'active' AND a.query_start = v.began))
"""
PREPARED_LEFT = "SELECT transaction::text FROM pg_catalog.pg_prepared_xact()"

# One act at a time on one server: held by this session, gone with it, whatever happens to us.
ACT_LOCK_KEY = 0x70616661720001
ACT_LOCK = "SELECT pg_catalog.pg_try_advisory_lock(%(key)s)"
ACT_LOCK_OWNER = """
SELECT a.pid, a.application_name, host(a.client_addr), a.backend_start,
       (a.backend_start, a.pid) > (me.backend_start, me.pid) AS younger
  FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS me,
       pg_catalog.pg_lock_status() AS l JOIN pg_catalog.pg_stat_get_activity(l.pid) AS a ON true
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_catalog.pg_backend_pid()
   AND ((l.classid::bigint << 32) | l.objid::bigint) = %(key)s
"""
ACT_LOCK_BACK = "SELECT pg_catalog.pg_advisory_unlock(%(key)s)"
# The whole row of one session: what may exclude it is judged again.
AGAIN = """
SELECT state, backend_start, xact_start, query_start, state_change, application_name, query,
       wait_event_type, wait_event, backend_xid IS NOT NULL, p.command, p.param1
  FROM pg_catalog.pg_stat_get_activity(%(pid)s) AS a
  LEFT JOIN LATERAL (
    SELECT c.command, i.param1
      FROM pg_catalog.unnest(%(commands)s::text[]) AS c(command),
           LATERAL pg_catalog.pg_stat_get_progress_info(c.command) AS i
     WHERE i.pid = a.pid
     LIMIT 1) AS p ON true
 WHERE a.pid = %(pid)s
"""
UPSTREAM = "SELECT sender_host, sender_port FROM pg_catalog.pg_stat_wal_receiver"

# What a pool would not give back to a client that opens a new session.
ADVISORY = """
SELECT DISTINCT pid FROM pg_catalog.pg_lock_status() WHERE locktype = 'advisory' AND granted AND pid IS NOT NULL
"""

# Of how many transactions each session keeps the dead rows. A vacuum's own snapshot keeps none.
HORIZON = """
SELECT pid, greatest(pg_catalog.age(backend_xmin), pg_catalog.age(backend_xid))
  FROM pg_catalog.pg_stat_get_activity(NULL)
 WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND backend_type = 'client backend'
   AND pid NOT IN (SELECT p.pid FROM pg_catalog.pg_stat_get_progress_info('VACUUM') AS p)
"""

# The same of what is no client's session. A slot keeps rows of all databases, and so does what a standby asks for
# (hot_standby_feedback); catalog_xmin keeps rows of catalogs alone.
ROW_KEEPERS = """
SELECT 'prepared transaction', p.gid, pg_catalog.age(p.transaction), coalesce(d.datname::text, '')
  FROM pg_catalog.pg_prepared_xact() AS p LEFT JOIN pg_catalog.pg_database AS d ON d.oid = p.dbid
UNION ALL
SELECT 'replication slot', s.slot_name::text, pg_catalog.age(s.xmin), ''
  FROM pg_catalog.pg_get_replication_slots() AS s WHERE s.xmin IS NOT NULL
UNION ALL
SELECT 'standby', application_name, pg_catalog.age(backend_xmin), ''
  FROM pg_catalog.pg_stat_get_activity(NULL) WHERE backend_type = 'walsender' AND backend_xmin IS NOT NULL
"""
