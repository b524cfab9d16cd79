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
# What the workers of a parallel query share lies in a folder that carries the pid of their leader, and pg_ls_tmpdir
# skips folders: pgsql_tmp<pid>.<n>.fileset (.sharedfileset before 15).
MAY_LIST = """
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_ls_dir(text,boolean,boolean)', 'EXECUTE')
   AND pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE')
"""
SHARED_SPILL = """
SELECT s.spcname, s.folder, f.size
  FROM (SELECT t.spcname, t.path || '/' || d.name AS path, d.name AS folder
          FROM (SELECT spcname::text,
                       CASE oid WHEN 1663 THEN 'base/pgsql_tmp'
                                ELSE 'pg_tblspc/' || oid || '/PG_'
                                     || pg_catalog.current_setting('server_version_num')::int / 10000 || '_'
                                     || c.catalog_version_no || '/pgsql_tmp' END AS path
                  FROM pg_catalog.pg_tablespace, pg_catalog.pg_control_system() AS c WHERE oid <> 1664) AS t,
               LATERAL pg_catalog.pg_ls_dir(t.path, true, false) AS d(name)
         WHERE d.name ~ '^pgsql_tmp[0-9]+[.][0-9]+[.](shared)?fileset$' OFFSET 0) AS s,
       LATERAL pg_catalog.pg_ls_dir(s.path, true, false) AS n(name),
       LATERAL pg_catalog.pg_stat_file(s.path || '/' || n.name, true) AS f
 WHERE f.size IS NOT NULL
"""
VACUUMS = """
SELECT pid, datid, relid, param2, param3 FROM pg_catalog.pg_stat_get_progress_info('VACUUM')
"""

ARCHIVER = """
SELECT pg_catalog.current_setting('archive_mode'), last_failed_time > coalesce(last_archived_time, '-infinity'),
       last_failed_time::text
  FROM pg_catalog.pg_stat_get_archiver()
"""
