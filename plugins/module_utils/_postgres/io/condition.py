# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts about a server as a whole, for ``server_states``. I/O.

Each part is a statement of its own: what this login may not see, or what waits for a lock, costs only that part.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Sequence

from ..._core.text import printable
from ..background.background_report import holder_kind
from ..background.io.backends import data_disks
from ..background.io.background_queries import HORIZON_PREPARED, HORIZON_SESSIONS
from ..condition import Archiver, Checkpoints, Condition, DatabaseAges, Disk, Holder, Recovery, Slot
from ..describe import who_is
from ..server_states import NEAR_WRAPAROUND
from ..snapshot import Snapshot
from .server import Postgres

AGES = """
SELECT datname::text, pg_catalog.age(datfrozenxid), pg_catalog.mxid_age(datminmxid), datallowconn
  FROM pg_catalog.pg_database ORDER BY greatest(pg_catalog.age(datfrozenxid), pg_catalog.mxid_age(datminmxid)) DESC
"""
# What holds for sessions without a value of their own, as far as this session can derive it from its own.
READ_ONLY = """
SELECT source, reset_val FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'
"""
READ_ONLY_DATABASES = """
SELECT d.datname::text, pg_catalog.split_part(c.setting, '=', 2)
  FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase,
       LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
 WHERE s.setrole = 0 AND pg_catalog.split_part(c.setting, '=', 1) = 'default_transaction_read_only'
"""
# A role that owns tables is one that writes. One that may only read is often read-only on purpose, and is left out.
READ_ONLY_ROLES = """
SELECT r.rolname::text, coalesce(d.datname::text, ''), pg_catalog.split_part(c.setting, '=', 2)
  FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
  LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase,
       LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
 WHERE pg_catalog.split_part(c.setting, '=', 1) = 'default_transaction_read_only'
   AND EXISTS (SELECT FROM pg_catalog.pg_shdepend AS o
                WHERE o.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND o.refobjid = r.oid
                  AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.deptype = 'o')
"""
# Whether it is set, and no more: primary_conninfo may hold a password.
RECOVERY = """
SELECT pg_catalog.bool_or(setting <> '') FILTER (WHERE name = 'primary_conninfo'),
       coalesce(pg_catalog.bool_or(setting <> '') FILTER (WHERE name = 'restore_command'), false)
  FROM pg_catalog.pg_show_all_settings() WHERE name IN ('primary_conninfo', 'restore_command')
"""
REPLAYED = "SELECT pg_catalog.pg_last_wal_replay_lsn()::text"
_LOOK = 1.0  # seconds in which a standby that restores from an archive replays something
ARCHIVER = """
SELECT pg_catalog.current_setting('archive_mode') IN ('on', 'always'),
       CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity')
            THEN extract(epoch FROM pg_catalog.clock_timestamp() - last_failed_time)::float8 END,
       coalesce(last_failed_wal, '')
  FROM pg_catalog.pg_stat_get_archiver()
"""
READY = """
SELECT pg_catalog.count(*)::int,
       extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.min(modification))::float8
  FROM pg_catalog.pg_ls_archive_statusdir() WHERE pg_catalog.right(name, 6) = '.ready'
"""
WAL_BYTES = "SELECT pg_catalog.sum(size)::bigint FROM pg_catalog.pg_ls_waldir()"
CHECKPOINTS = """
SELECT extract(epoch FROM pg_catalog.clock_timestamp()
                          - greatest(c.checkpoint_time, pg_catalog.pg_postmaster_start_time()))::float8,
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), c.redo_lsn)::bigint,
       extract(epoch FROM pg_catalog.current_setting('checkpoint_timeout')::interval)::float8,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))
  FROM pg_catalog.pg_control_checkpoint() AS c
"""
# As JSON: which columns there are depends on the version. Bytes kept, bytes that the consumer has not confirmed, ages.
SLOTS = """
SELECT pg_catalog.to_jsonb(s), pg_catalog.pg_wal_lsn_diff(l.now, s.restart_lsn)::bigint,
       pg_catalog.pg_wal_lsn_diff(l.now, s.confirmed_flush_lsn)::bigint,
       greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))
  FROM pg_catalog.pg_get_replication_slots() AS s,
       (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                    ELSE pg_catalog.pg_current_wal_lsn() END AS now) AS l
"""
# Where a value comes from that holds for the whole server.
_SERVER_WIDE = ("default", "environment variable", "configuration file", "command line", "global")
_ON = ("on", "true", "yes", "1", "t", "y", "tr", "tru", "ye")


def with_condition(postgres: Postgres, snapshot: Snapshot, disks: bool = False) -> Snapshot:
    """A snapshot with the condition of the server. ``disks``: also how much room its file systems have."""
    return replace(snapshot, condition=read_condition(postgres, snapshot, disks))


def read_condition(postgres: Postgres, snapshot: Snapshot, disks: bool = False) -> Condition:
    """The condition of a server; on a standby only what is a standby's own."""
    disks_by_path = data_disks(snapshot, postgres.pid) if disks else {}
    condition = Condition(
        slots=tuple(_slot(row) for row in postgres.names(SLOTS)),
        disks=tuple(Disk(what, room["size"], room["free"]) for what, room in disks_by_path.items()),
    )
    if postgres.in_recovery:
        return condition._replace(recovery=_recovery(postgres, snapshot))
    ages = tuple(DatabaseAges(*row) for row in postgres.names(AGES))
    near = [age for age in ages if age.oldest >= NEAR_WRAPAROUND]
    archiver = _archiver(postgres)
    wal = postgres.names(WAL_BYTES) if archiver.ready or condition.slots else []
    own = postgres.names(READ_ONLY)
    return condition._replace(
        ages=ages,
        holders=_holders(postgres, snapshot) if near else (),
        read_only=own[0][0] if own and own[0][0] in _SERVER_WIDE and own[0][1] == "on" else "",
        read_only_databases=tuple(name for name, value in postgres.names(READ_ONLY_DATABASES) if value.lower() in _ON),
        read_only_roles=tuple(
            (role, database) for role, database, value in postgres.names(READ_ONLY_ROLES) if value.lower() in _ON
        ),
        archiver=archiver,
        wal_bytes=wal[0][0] if wal else None,
        checkpoints=next((Checkpoints(*row) for row in postgres.names(CHECKPOINTS)), Checkpoints()),
    )


def _recovery(postgres: Postgres, snapshot: Snapshot) -> Recovery:
    """A second look at what is replayed only where that decides: no WAL receiver runs, and there is an archive."""
    streams, restores = next(iter(postgres.names(RECOVERY)), (None, False))
    replays = False
    if (
        streams is not False
        and restores
        and not any(session.backend_type == "walreceiver" for session in snapshot.sessions.values())
    ):
        before = postgres.names(REPLAYED)
        time.sleep(_LOOK)
        replays = before != postgres.names(REPLAYED)
    return Recovery(streams, restores, replays)


def _archiver(postgres: Postgres) -> Archiver:
    row = next(iter(postgres.names(ARCHIVER)), None)
    if row is None or not row[0]:
        return Archiver()
    ready = postgres.names(READY)
    return Archiver(True, row[1], row[2], *(ready[0] if ready else (None, None)))


def _holders(postgres: Postgres, snapshot: Snapshot) -> tuple[Holder, ...]:
    """What keeps old rows, the oldest first."""
    holders = [
        Holder(holder_kind(snapshot, pid), who_is(snapshot, pid), age) for pid, age in postgres.names(HORIZON_SESSIONS)
    ]
    holders += [Holder("prepared transaction", printable(gid), age) for gid, age in postgres.names(HORIZON_PREPARED)]
    holders += [
        Holder("replication slot", printable(slot["slot_name"]), age)
        for slot, dummy, dummy2, age in postgres.names(SLOTS)
        if age
    ]
    return tuple(sorted(holders, key=lambda holder: -holder.age)[:3])


def _slot(row: Sequence[Any]) -> Slot:
    slot, kept, behind, dummy = row
    return Slot(
        printable(slot["slot_name"]),
        slot["slot_type"] == "logical",
        bool(slot["active"]),
        kept or 0,
        behind or 0,
        slot.get("wal_status") or "",
        slot.get("safe_wal_size"),
    )
