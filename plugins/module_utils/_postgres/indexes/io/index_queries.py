# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statements about tables and indexes. None waits for a lock on a table: sizes are the catalog's own figures.

pg_relation_size, pg_get_indexdef and their like open the relation, and would stand in the queue that is looked at.
"""

from __future__ import annotations

# Counters by the functions under pg_stat_user_tables: sequential scans, rows they read, writes, live and dead rows.
TABLES = """
SELECT c.oid, n.nspname::text, c.relname::text,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind::text,
       c.relpages::bigint * pg_catalog.current_setting('block_size')::int,
       greatest(c.reltuples::bigint, pg_catalog.pg_stat_get_live_tuples(c.oid)),
       pg_catalog.pg_stat_get_numscans(c.oid), pg_catalog.pg_stat_get_tuples_returned(c.oid),
       pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),
       pg_catalog.pg_stat_get_tuples_deleted(c.oid), pg_catalog.pg_stat_get_live_tuples(c.oid),
       pg_catalog.pg_stat_get_dead_tuples(c.oid)
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""

COLUMNS = """
SELECT a.attrelid, a.attnum::int, a.attname::text, pg_catalog.quote_ident(a.attname), s.stanullfrac, s.stawidth,
       s.stadistinct,
       t.typcategory <> 'G' AND t.typname NOT IN ('json', 'xml', 'jsonpath', 'aclitem', 'xid', 'cid'), s.common
  FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'p')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  LEFT JOIN LATERAL (SELECT p.null_frac AS stanullfrac, p.avg_width AS stawidth, p.n_distinct AS stadistinct,
                            p.most_common_freqs[1] AS common
                       FROM pg_catalog.pg_stats AS p
                      WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.attname = a.attname
                        AND (NOT p.inherited OR c.relkind = 'p')) AS s ON true
 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY (%(tables)s::oid[])
"""

INDEXES = """
SELECT i.indexrelid, i.indrelid, c.relname::text,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
       i.indkey::text, i.indnkeyatts::int,
       CASE pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' WHEN 'true' THEN 'nulls not distinct/' ELSE '' END
       || i.indclass::text || '/' || i.indcollation::text || '/' || i.indoption::text,
       m.amname::text, i.indisvalid, i.indisunique, i.indisprimary OR i.indisexclusion OR i.indisreplident,
       EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x', 'f')),
       i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
       c.relpages::bigint * pg_catalog.current_setting('block_size')::int, pg_catalog.pg_stat_get_numscans(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_stat_get_progress_info('CREATE INDEX') AS p
                WHERE p.relid = i.indrelid OR p.relid IS NULL),
       c.relkind = 'I',
       NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indclass::oid[]) AS o JOIN pg_catalog.pg_opclass AS k ON k.oid = o
                    WHERE NOT k.opcdefault)
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid AND t.relpersistence <> 't'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
# What distinguishes one partial or expression index from another; it may have to wait for a lock, so it is asked apart.
EXPRESSIONS = """
SELECT indexrelid, pg_catalog.pg_get_expr(indpred, indrelid), pg_catalog.pg_get_expr(indexprs, indrelid)
  FROM pg_catalog.pg_index WHERE indexrelid = ANY (%(indexes)s::oid[])
"""

PARENTS = "SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits"
# Views by name, with each relation that their rules read; a view over a view is followed on our side.
VIEWS = """
SELECT v.oid, v.relname::text, d.refobjid
  FROM pg_catalog.pg_class AS v
  JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid
  JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> v.oid
 WHERE v.relkind = 'v'
 GROUP BY 1, 2, 3
"""
# An index shares its names with these, too.
OTHER_NAMES = """
SELECT DISTINCT c.relname::text
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 WHERE c.relkind IN ('S', 'v', 'f', 'c')
"""
# Databases of other sessions, those with active sessions first.
ELSEWHERE = """
SELECT d.datname::text
  FROM pg_catalog.pg_stat_get_activity(NULL) AS a JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
 WHERE a.backend_type = 'client backend' AND d.datallowconn AND d.datname <> pg_catalog.current_database()
 GROUP BY 1
 ORDER BY pg_catalog.count(*) FILTER (WHERE a.state = 'active') DESC, pg_catalog.count(*) DESC, 1
 LIMIT 4
"""

FOREIGN_KEYS = """
SELECT conrelid, confrelid, conname::text, conkey::int[] FROM pg_catalog.pg_constraint AS k
 WHERE contype = 'f' AND conparentid = 0 AND pg_catalog.to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'
"""
STATISTICS_SINCE = """
SELECT pg_catalog.pg_stat_get_db_stat_reset_time(oid), pg_catalog.clock_timestamp(),
       (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_get_wal_senders() AS w WHERE w.state = 'streaming')
  FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
"""

HYPOPG = """
SELECT n.nspname::text FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'hypopg'
"""
TYPES = """
SELECT n.name, pg_catalog.format_type(t.oid, NULL)
  FROM pg_catalog.unnest(%(names)s::text[]) AS n (name)
  LEFT JOIN pg_catalog.pg_type AS t ON t.oid = pg_catalog.to_regtype(n.name)
       AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
 WHERE n.name <> ''
"""
# Whether planning over a table could run code of a user: a function, an operator or an operator class in
# its indexes, policies or statistics (PostgreSQL's own are pinned and not recorded), or whatever its children have.
ATTACHED = """
SELECT c.relkind NOT IN ('r', 'm') OR c.relhassubclass OR c.relrowsecurity
       OR EXISTS (SELECT FROM pg_catalog.pg_depend AS a
                    JOIN pg_catalog.pg_depend AS b ON b.classid = a.classid AND b.objid = a.objid
                   WHERE a.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.refobjid = c.oid
                     AND a.classid IN ('pg_catalog.pg_class'::pg_catalog.regclass,
                                       'pg_catalog.pg_policy'::pg_catalog.regclass,
                                       'pg_catalog.pg_statistic_ext'::pg_catalog.regclass)
                     AND b.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
                                          'pg_catalog.pg_operator'::pg_catalog.regclass,
                                          'pg_catalog.pg_opclass'::pg_catalog.regclass))
  FROM pg_catalog.pg_class AS c WHERE c.oid = %(table)s
"""
# Tables that sessions have open, and of how long a statement they show the beginning.
OPENED = """
SELECT DISTINCT l.relation FROM pg_catalog.pg_lock_status() AS l
 WHERE l.pid = ANY (%(pids)s::int[]) AND l.granted AND l.relation IS NOT NULL
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
"""
SHOWN = "SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'track_activity_query_size'"

# Transactions that a concurrent build or drop on this table would wait for: those that hold a lock of it that is in the
# way, and in the end those with an older snapshot in this database. A vacuum's does not count.
WAITED_FOR = """
SELECT a.pid FROM pg_catalog.pg_stat_get_activity(NULL) AS a
 WHERE a.pid <> pg_catalog.pg_backend_pid()
   AND (((a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.backend_type <> 'autovacuum worker'
         AND a.pid NOT IN (SELECT p.pid FROM pg_catalog.pg_stat_get_progress_info('VACUUM') AS p)
         AND a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
        OR a.pid IN (SELECT l.pid FROM pg_catalog.pg_lock_status() AS l
                      WHERE l.relation = %(table)s AND l.granted AND l.database = (
                            SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                        AND l.mode <> ALL (%(harmless)s::text[])))
"""
# Of them the prepared transactions: they have no session, and their locks no pid, but a transaction's id among them.
PREPARED_IN_THE_WAY = """
SELECT p.transaction::text FROM pg_catalog.pg_prepared_xact() AS p
  JOIN pg_catalog.pg_lock_status() AS x ON x.transactionid = p.transaction AND x.pid IS NULL
  JOIN pg_catalog.pg_lock_status() AS l ON l.virtualtransaction = x.virtualtransaction AND l.pid IS NULL
 WHERE l.relation = %(table)s AND l.granted AND l.mode <> ALL (%(harmless)s::text[])
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
 GROUP BY 1
"""

# The phases by number: src/include/commands/progress.h and the view pg_stat_progress_create_index. Blocks are counted
# while the table is read, tuples while they are loaded.
BUILDING = """
SELECT p.pid, p.relid, p.relid::pg_catalog.regclass::text,
       CASE p.param10 WHEN 0 THEN 'initializing' WHEN 1 THEN 'waiting for writers before build' WHEN 2 THEN 'building'
            WHEN 3 THEN 'waiting for writers before validation' WHEN 4 THEN 'validating: scanning index'
            WHEN 5 THEN 'validating: sorting' WHEN 6 THEN 'validating: scanning table'
            WHEN 7 THEN 'waiting for old snapshots' ELSE 'dropping' END,
       CASE WHEN p.param16 > 0 THEN p.param17 ELSE p.param13 END,
       CASE WHEN p.param16 > 0 THEN p.param16 ELSE p.param12 END, p.param6::int
  FROM pg_catalog.pg_stat_get_progress_info('CREATE INDEX') AS p
 WHERE p.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
"""
