# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statements about what a server drags along: ages, slots, temporary files, vacuums. Asked for when wanted.

As in ``queries``, functions over shared memory are read where there are any, and everything is qualified.
"""

from __future__ import annotations

AGES = """
SELECT datname::text, pg_catalog.age(datfrozenxid), pg_catalog.mxid_age(datminmxid),
       pg_catalog.current_setting('autovacuum_freeze_max_age')::int,
       pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int
  FROM pg_catalog.pg_database ORDER BY 2 DESC
"""

# Who keeps rows from being removed. A vacuum's own snapshot does not.
HORIZON_SESSIONS = """
SELECT pid, greatest(pg_catalog.age(backend_xmin), pg_catalog.age(backend_xid))
  FROM pg_catalog.pg_stat_get_activity(NULL)
 WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_catalog.pg_backend_pid()
   AND backend_type <> 'autovacuum worker'
   AND pid NOT IN (SELECT p.pid FROM pg_catalog.pg_stat_get_progress_info('VACUUM') AS p)
 ORDER BY 2 DESC LIMIT 20
"""
HORIZON_PREPARED = "SELECT gid, pg_catalog.age(transaction) FROM pg_catalog.pg_prepared_xact() ORDER BY 2 DESC LIMIT 20"

# As JSON: which columns there are depends on the version (inactive_since from 17 on, invalidation_reason too).
SLOTS = """
SELECT pg_catalog.to_jsonb(s),
       pg_catalog.pg_wal_lsn_diff(
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
              ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::bigint,
       pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)
  FROM pg_catalog.pg_get_replication_slots() AS s
"""
WALSENDERS = """
SELECT w.pid, w.state,
       pg_catalog.pg_wal_lsn_diff(
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
              ELSE pg_catalog.pg_current_wal_lsn() END, w.replay_lsn)::bigint
  FROM pg_catalog.pg_stat_get_wal_senders() AS w
"""

# A temporary file carries the pid of the session that writes it: pgsql_tmp<pid>.<n>. 1664 is pg_global.
SPILL = """
SELECT t.spcname::text, f.name, f.size
  FROM pg_catalog.pg_tablespace AS t, LATERAL pg_catalog.pg_ls_tmpdir(t.oid) AS f WHERE t.oid <> 1664
"""
VACUUMS = """
SELECT pid, datid, relid, param2, param3 FROM pg_catalog.pg_stat_get_progress_info('VACUUM')
"""
