# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a session works on: a backup, maintenance, or a build that leaves something behind when it is cut off. Pure.

It is known by what it does (PostgreSQL's progress reports, its statement), and by its name only where that says more.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .session import CLIENT, Session
from .sql_text import without_literals

BACKUP_APPLICATIONS = re.compile(
    r"^(pg_dump|pg_dumpall|pg_basebackup|pg_receivewal|pgbackrest|pg_probackup|barman|wal-g|wal-e)\b", re.I
)
# A script's or a job's own name, where it says so as a word: backup.sh, nightly-backup, db_dump.
_BACKUP_NAME = re.compile(r"(?<![a-z])(backups?|dumps?)(?![a-z])", re.I)
MAINTENANCE_APPLICATIONS = re.compile(
    r"^(vacuumdb|reindexdb|clusterdb|pg_restore|pg_repack|pg_squeeze|pg_upgrade|pg_amcheck)\b", re.I
)
# Tools of operators, and what watches or schedules: a superuser who uses one is no application.
OPERATOR_APPLICATIONS = re.compile(
    r"^(psql|pgcli|pgadmin|dbeaver|datagrip|intellij|navicat|heidisql|tableplus|azuredatastudio|pg_activity|pg_top|pghero"
    r"|postgres_exporter|sql_exporter|pgexporter|pgwatch|pgmetrics|pganalyze|telegraf|datadog|netdata|zabbix|newrelic"
    r"|collectd|check_postgres|check_pgactivity|temboard|powa|pgmonitor|patroni|repmgr|pg_auto_failover|stolon|pgpool"
    r"|pg_cron|pgagent|pg_timetable|cloudnative-pg|cnpg)",
    re.I,
)
_BACKUP_CALL = re.compile(r"\bpg_(backup_start|start_backup)\s*\(", re.I)
# What pg_dump says whatever its name is. Between two of these it is idle in its transaction for as long as its output
# is slow, and its statement is still the last one.
_DUMP = re.compile(
    r"^\s*(COPY\b.*\bTO\s+STDOUT\b|SET\s+TRANSACTION\s+SNAPSHOT\b|SELECT\s+(pg_catalog\.)?pg_export_snapshot\s*\("
    r"|LOCK\s+TABLE\b.*\bIN\s+ACCESS\s+SHARE\s+MODE\b|EXECUTE\s+(dump|get)\w+\s*\(|FETCH\s+\d+\s+FROM\s+_pg_dump_cursor)",
    re.I | re.S,
)
_LEAVES_BEHIND = re.compile(
    r"^\s*((CREATE\s+(UNIQUE\s+)?|DROP\s+)INDEX\s+CONCURRENTLY|REINDEX\b.*\bCONCURRENTLY"
    r"|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY)\b",
    re.I | re.S,
)
_MAINTENANCE = re.compile(
    r"^\s*(VACUUM|ANALYZE|ANALYSE|CLUSTER|REINDEX|REPACK|CHECKPOINT|COPY|CREATE\s+(?:UNIQUE\s+)?INDEX"
    r"|(?:REFRESH|CREATE)\s+MATERIALIZED\s+VIEW|ALTER\s+(?:TABLE|INDEX|MATERIALIZED)|DROP\s+INDEX)\b",
    re.I,
)
# A temporary table is no definition that others share: requests make it from what they read.
_DEFINES = re.compile(
    r"^\s*(ALTER|CREATE(?!\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP(?:ORARY)?\b)|DROP|TRUNCATE|COMMENT|GRANT|REVOKE)\b", re.I
)
# What maintains by functions and tables of its own: pg_repack, pg_squeeze, pg_partman; checks and summaries of indexes
# and tables (amcheck, pg_visibility, pgstattuple, BRIN, GIN), pg_prewarm; TimescaleDB and Citus.
_MAINTAINS = re.compile(
    r"\b(?:(repack)\.\"?(?:repack_|table_|log_|create_)|(squeeze)\.squeeze_table\s*\("
    r"|(?:\w+\.)?(run_maintenance)(?:_proc)?\s*\("
    r"|(bt_index_check|bt_index_parent_check|gin_index_check|verify_heapam|pg_check_(?:visible|frozen)"
    r"|pg_truncate_visibility_map|pg_visibility(?:_map_summary)?|pgstattuple(?:_approx)?|pgstat(?:gin|hash)?index"
    r"|pg_prewarm|autoprewarm_dump_now|gin_clean_pending_list|brin_summarize_(?:new_values|range)|brin_desummarize_range"
    r"|partition_data_(?:proc|time|id)|undo_partition(?:_proc)?"
    r"|(?:re|de)?compress_chunk|reorder_chunk|move_chunk|drop_chunks|create_hypertable|refresh_continuous_aggregate"
    r"|convert_to_(?:column|row)store|create_distributed_table(?:_concurrently)?|create_reference_table"
    r"|(?:un|alter_)distribute(?:d)?_table|rebalance_table_shards|citus_(?:move|copy)_shard_placement)\"?\s*\()",
    re.I,
)
# A statement that writes rows, wherever in it; what a CALL or a DO does is not known.
_WRITES = re.compile(
    r"^\s*(?:CALL|DO|CREATE\s+(?:\w+\s+)?TABLE)\b|\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO"
    r"|UPDATE\s+(?:ONLY\s+)?(?:\"[^\"]+\"|[^\s;\"])+(?:\s+\*)?(?:\s+(?:AS\s+)?\w+)?\s+SET)\b",
    re.I,
)


# What such servers call their connections.
_OF_ANOTHER_SERVER = re.compile(r"(?:postgres_fdw|citus_internal|citus_rebalancer)\b", re.I)
# It waits until every transaction that runs now has ended.
_MAKES_SLOT = re.compile(r"\bpg_create_logical_replication_slot\s*\(", re.I)
_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*", re.S)
# What `psql -c` and migrations send in one string with the statement that then takes the time.
_SETTING = re.compile(
    r"(?:SET(?!\s+TRANSACTION\s+SNAPSHOT)|RESET|BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE"
    r"|DISCARD|LOCK(?![^;]*\bACCESS\s+SHARE\b))\b(?:'[^']*'|[^;'])*;",
    re.I,
)
_HEAD = 4096  # characters in which a statement says what it is


def _head(query: str) -> str:
    """The statement without the comments before it, and without settings, commands of transactions and locks of tables
    that were sent with it."""
    # Piece by piece: comments within a repeated pattern are tried in every division of their blanks.
    begin = _past_comments(query, 0)
    setting = _SETTING.match(query, begin)
    while setting:
        begin = _past_comments(query, setting.end())
        setting = _SETTING.match(query, begin)
    return query[begin : begin + _HEAD]


def _past_comments(query: str, begin: int) -> int:
    comments = _COMMENTS.match(query, begin)
    return comments.end() if comments else begin


@lru_cache(maxsize=1024)  # a queue is many sessions that say the same
def _is_backup(application: str, query: str, reads: bool) -> bool:
    if BACKUP_APPLICATIONS.search(application) or _BACKUP_CALL.search(query) or _BACKUP_NAME.search(application):
        return True
    return reads and bool(_DUMP.search(_head(query)))


def is_backup(session: Session) -> bool:
    """A dump or a backup, also one under another name; a transaction that has written is none."""
    in_transaction = session.xact_start is not None and not session.has_written
    return session.progress == "BASEBACKUP" or _is_backup(session.application, session.query, in_transaction)


def leaves_behind(session: Session) -> bool:
    """Whether its statement leaves something invalid when it is cut off: a build that runs in several transactions.
    What runs in one (a plain CREATE INDEX, REINDEX, CLUSTER) leaves nothing."""
    if session.progress.endswith("CONCURRENTLY"):
        return True
    return session.state == "active" and bool(_LEAVES_BEHIND.search(_head(session.query)))


def maintenance(session: Session) -> str:
    """What maintenance it does, in capitals or by the name of its tool; empty for all other work.

    A tool is active in the pauses between its statements too: its idle sessions are its workers'.
    """
    if session.progress:
        return session.progress
    tool = MAINTENANCE_APPLICATIONS.match(session.application)
    if session.state == "active":
        head = _head(session.query)
        kind = _MAINTENANCE.match(head)
        if kind:
            return " ".join(kind.group(1).upper().split())
        function = _maintaining(head)
        if function:
            return function
    return tool.group(1) if tool else ""


def _maintaining(head: str) -> str:
    """The function or the extension by which a statement maintains. One that is only named in a literal does not."""
    by_function = _MAINTAINS.search(head) and _MAINTAINS.search(without_literals(head))
    return next(name for name in by_function.groups() if name).lower() if by_function else ""


def maintains(statement: str) -> bool:
    """Whether a statement is maintenance by its text alone: it reads a table as a whole because it is meant to."""
    head = _head(statement)
    return bool(_MAINTENANCE.match(head) or _maintaining(head))


def changes_definition(session: Session) -> bool:
    """Whether its statement changes what a table or another object is, and no rows by a condition. LOCK TABLE does not:
    applications use it."""
    return bool(_DEFINES.match(_head(session.query)))


def why_ask(session: Session) -> str:
    """Why a busy statement is stopped only with an approval: its transaction has written, or it will write, since an
    INSERT ... SELECT of a job reads for long before its first row. Empty for one that reads."""
    writes = session.has_written or _WRITES.search(without_literals(_head(session.query)))
    return "its statement writes, so that it may be a job whose work would be rolled back" if writes else ""


def operates(session: Session) -> bool:
    """Whether it is an operator's tool, or one that watches or schedules, by its name."""
    return is_operators(session.application)


def is_operators(application: str) -> bool:
    """The same of the name alone."""
    return bool(OPERATOR_APPLICATIONS.match(application))


def works_elsewhere(session: Session) -> bool:
    """Whether its transaction is a part of another server's, which it serves statement by statement (postgres_fdw,
    Citus). Idle here, that one may be active."""
    return bool(_OF_ANOTHER_SERVER.match(session.application))


def can_wait(session: Session) -> bool:
    """Whether no request of the application depends on its statement while no session waits behind it: maintenance, a
    backup, a changed definition, a tool of operators, or no client's session at all (replication, an autovacuum)."""
    return (
        session.backend_type != CLIENT
        or bool(maintenance(session))
        or changes_definition(session)
        or is_backup(session)
        or operates(session)
        or bool(_MAKES_SLOT.search(_head(session.query)))
    )
