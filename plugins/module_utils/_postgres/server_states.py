# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""States of the whole server that no session's lock explains, and what to do about each. Pure.

Sessions that wait for such a state are neither targets of a lock queue nor its culprits, and none is terminated for it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import AbstractSet, Callable, TypedDict

from .._core.text import counted, printable, span
from .._core.units import MIB
from .background.behind_slots import slots_behind
from .condition import Condition, DatabaseAges
from .describe import who_is
from .locks.lock_table import Key
from .session import Session
from .snapshot import Snapshot
from .sql_text import legible_sql, plain_identifier
from .work import BACKUP_APPLICATIONS

STANDBY_MISSING, STANDBY_SLOW = "synchronous_standby_missing", "synchronous_standby_slow"
CONVOY = "convoy"
REPLAY_PAUSED, REPLAY_CONFLICT, NO_PRIMARY = "replay_paused", "replay_conflict", "standby_without_primary"
WRAPAROUND, READ_ONLY, DISK_FULL = "wraparound", "read_only", "database_disk_full"
ARCHIVER, CHECKPOINTER, SLOT = "archiver_blocked", "checkpointer_stopped", "replication_slot_behind"
# PostgreSQL assigns no id from 3 million before the end of 2^31 on, and warns from 40 million before it on
# (varsup.c, multixact.c: xidStopLimit, multiStopLimit; the same from 14 to 18).
REFUSES_AT, NEAR_WRAPAROUND = 2**31 - 1 - 3_000_000, 2**31 - 1 - 100_000_000
_LEFT = 16 * MIB  # bytes of a disk without which not even the next file of WAL is there
_ARCHIVES = 300.0  # seconds for which a file of WAL waits for an archiver that does not fail
# Seconds after which the archiver has failed three times in a row and pauses; and for which a file waits where each new
# file makes it try again at once.
_PAUSES, _FAILS = 5.0, 60.0
_LASTS, _LASTS_LONG = 1.0, 5.0  # seconds of a commit that waits for a missing standby, and for one that is there
_NAMES = re.compile(r"\"(?:[^\"]|\"\")*\"|\*|[\w.$-]+")
# What promotes standbys and sets synchronous_standby_names: a change beside it is undone, or makes two primaries.
_MANAGERS = re.compile(r"patroni|cnpg|cloudnative|pg_?auto_?failover|stolon", re.I)
_METHOD = re.compile(r"^\s*(?:(?P<method>first|any)\s+)?(?P<number>\d+)\s*\((?P<names>.*)\)\s*$", re.I | re.S)


class ServerState(TypedDict):
    """A state of the whole server. ``sessions``: how many wait for it, the longest for ``seconds``; none in a convoy,
    whose sessions wait for each other.

    ``refuses``: the server, or a database of it, refuses writes, whichever session sends them.
    """

    cause: str
    text: str
    sessions: int
    seconds: float
    refuses: bool
    advice: str


def server_states(snapshot: Snapshot) -> list[ServerState]:
    """Every state that one snapshot shows, those in which writes are refused first."""
    states = [state for read in _STATES for state in [read(snapshot)] if state is not None]
    states.sort(key=lambda state: (not state["refuses"], not state["sessions"]))
    return [*states, *(_convoy(text) for text in snapshot.convoys)]


def _convoy(text: str) -> ServerState:
    advice = (
        "shorten the transactions that take this lock (no call to another service and no work on other tables while it"
        " is held), or spread them over more rows; ending sessions frees none"
    )
    return _state(CONVOY, text, advice)


def _commits_wait(snapshot: Snapshot) -> ServerState | None:
    waiting = [session.seconds_in_state(snapshot.now) for session in snapshot.sessions.values() if session.commit_waits]
    setting = snapshot.server["synchronous_standby_names"]
    names, needed = wanted_standbys(setting)
    # Walsenders, not names: every standby without an application_name of its own is called walreceiver.
    senders = _processes(snapshot, "walsender")
    there = [process for process in senders if _counts(process, names)]
    missing = len(there) < needed
    longest = max(waiting, default=0.0)
    if longest < (_LASTS if missing else _LASTS_LONG):
        return None
    text = (
        f"{counted(len(waiting), 'commit waits', 'commits wait')} for a synchronous standby, the longest for"
        f" {span(longest)}:"
        f" synchronous_standby_names = {printable(setting) or 'empty'},"
        f" connected: {_applications(senders) or 'none'}"
    )
    if missing:
        advice = (
            f"start the missing synchronous standby again, or stop waiting for it: {_stop_waiting(snapshot)}; leave the"
            " commits that wait alone: they are durable here, but not on a standby"
        )
        return _state(STANDBY_MISSING, text, advice, len(waiting), longest)
    advice = (
        f"check the synchronous standby {_applications(there)} and the network to it"
        " (write_lag, flush_lag and replay_lag of pg_stat_replication); leave the commits that wait alone"
    )
    return _state(STANDBY_SLOW, text, advice, len(waiting), longest)


def _manager(snapshot: Snapshot) -> str:
    """What manages the server's standbys and its settings, by the name of its sessions; empty where none is seen."""
    names = sorted(printable(client.application) for client in snapshot.client_sessions())
    return next((name for name in names if _MANAGERS.match(name)), "")


def _stop_waiting(snapshot: Snapshot) -> str:
    manager = _manager(snapshot)
    if manager:
        return (
            f"{manager} is connected, so change that by the cluster's manager (Patroni: synchronous_mode, patronictl"
            " edit-config) and not by ALTER SYSTEM, which would outlast what the manager sets"
        )
    return "ALTER SYSTEM SET synchronous_standby_names = '' (or the names that are connected); SELECT pg_reload_conf()"


def _applications(senders: list[Session]) -> str:
    """Their names, with how many have the same one."""
    numbers = Counter(printable(sender.application) for sender in senders)
    return ", ".join(
        f"{name} ({number} of this name)" if number > 1 else name for name, number in sorted(numbers.items())
    )


def _counts(sender: Session, names: AbstractSet[str]) -> bool:
    """Whether a commit may wait for what a walsender is for. A backup, and a tool that receives WAL, confirm none."""
    backup = sender.progress == "BASEBACKUP" or BACKUP_APPLICATIONS.search(sender.application)
    return sender.application.lower() in names or ("*" in names and not backup)


def wanted_standbys(setting: str) -> tuple[frozenset[str], int]:
    """The names in synchronous_standby_names, in lower case, and how many of them a commit waits for.

    >>> wanted_standbys('ANY 2 (a, "B c", d)') == (frozenset({"a", "b c", "d"}), 2)
    True
    """
    quorum = _METHOD.match(setting)
    names = _NAMES.findall(quorum.group("names") if quorum else setting)
    plain = frozenset(name.strip('"').replace('""', '"').lower() for name in names)
    return plain, int(quorum.group("number")) if quorum else min(1, len(plain))


def _replay_paused(snapshot: Snapshot) -> ServerState | None:
    if not any(process.wait_event == "RecoveryPause" for process in _processes(snapshot, "startup")):
        return None
    text = "WAL replay is paused on this standby: queries return old rows, and its WAL grows"
    advice = (
        "read the standby's log first: if it paused for insufficient parameter settings, raise the setting that the log"
        " names to the primary's value and restart the standby, since it shuts down when it is resumed; at a recovery"
        " target, resuming ends the recovery, and the server is a standby no more; if it was paused by hand, and is not"
        " to be any longer, on this standby: SELECT pg_wal_replay_resume();"
    )
    return _state(REPLAY_PAUSED, text, advice)


def _replay_conflict(snapshot: Snapshot) -> ServerState | None:
    replay = _processes(snapshot, "startup")
    # A conflict about a lock shows as the wait for it, one about a pinned page as the wait for the pin.
    if not any(
        setting.wait_event.startswith("RecoveryConflict") or setting.wait_type in ("Lock", "BufferPin", "Buffer")
        for setting in replay
    ):
        return None
    text = (
        "WAL replay waits for a query on this standby, which reads rows that the primary has removed or holds a lock"
        " that replay needs"
    )
    holders = _before_replay(snapshot, replay)
    text += f": {', '.join(who_is(snapshot, key) for key in holders[:3])}" if holders else ""
    cancel = "playbooks/db_session_cancel.yml on this standby"
    advice = (
        "PostgreSQL cancels the query (SQLSTATE 40001) when replay has been late for max_standby_streaming_delay, and"
        f" never if that is -1; to end it now run {cancel}; hot_standby_feedback = on keeps such rows on the primary"
        " instead" + ("" if holders else "; replay waits for the oldest transactions of this standby")
    )
    return _state(REPLAY_CONFLICT, text, advice)


def _before_replay(snapshot: Snapshot, replay: list[Session]) -> list[Key]:
    """Sessions that hold the lock that replay waits for, directly or before others."""
    forest = snapshot.forest
    return [key for key in forest.root_blockers if forest.behind([key]) & {process.pid for process in replay}]


def _without_primary(snapshot: Snapshot) -> ServerState | None:
    recovery = snapshot.condition.recovery
    if not snapshot.server["in_recovery"] or _processes(snapshot, "walreceiver"):
        return None
    # Without primary_conninfo it restores from an archive, or from files that are copied to it: it has no primary.
    if recovery is None or recovery.streams is False or recovery.replays or not _processes(snapshot, "startup"):
        return None  # or not asked for; or the login does not see the server's own processes
    text = (
        "this standby receives no WAL: no WAL receiver runs, so its data is as old as its last connection to the"
        " primary, and it refuses every write"
    )
    text += "; it restores none from its archive either" if recovery.restores else ""
    manager = _manager(snapshot)
    promote = f"promote it by the cluster's manager ({manager} is connected), and not by hand" if manager else ""
    promote = promote or "on this standby: SELECT pg_promote();"
    hedge = "" if recovery.streams else " (a standby that only restores from an archive has no WAL receiver)"
    advice = (
        f"check primary_conninfo and the standby's log{hedge}; if the primary is lost, and cannot start again,"
        f" {promote}"
    )
    return _state(NO_PRIMARY, text, advice)


def _wraparound(snapshot: Snapshot) -> ServerState | None:
    condition = snapshot.condition
    near = [age for age in condition.ages if age.oldest >= NEAR_WRAPAROUND]
    refused = [database for database in near if database.oldest >= REFUSES_AT]
    if not near:
        return None
    names = ", ".join(printable(database.name) for database in refused or near)
    kinds = " and ".join(_kinds(refused or near, REFUSES_AT if refused else NEAR_WRAPAROUND))
    if refused:
        text = f"PostgreSQL refuses every write (SQLSTATE 54000), to avoid wraparound of {kinds}: {names}"
    else:
        oldest = max(database.oldest for database in near)
        left = f"{REFUSES_AT - oldest:,}"
        text = f"PostgreSQL will refuse every write after {left} more {kinds}, to avoid wraparound: {names}"
    if condition.holders:
        holder = condition.holders[0]
        text += f"; the xmin horizon is held by {holder.kind} {holder.who}, {holder.age:,} transactions old"
    return _state(WRAPAROUND, text, _freeze(refused or near, condition), refuses=bool(refused))


def _kinds(databases: list[DatabaseAges], limit: int) -> list[str]:
    kinds = ["transaction ids"] if any(database.xid >= limit for database in databases) else []
    return kinds + (["multixacts"] if any(database.multixact >= limit for database in databases) else [])


def _freeze(databases: list[DatabaseAges], condition: Condition) -> str:
    """What to do, in the order in which it helps (PostgreSQL documentation, "Routine Vacuuming")."""
    first = (
        "first end what holds the xmin horizon (prepared transactions, open transactions, replication slots); then, "
        * bool(condition.holders)
    )
    within = ", ".join(printable(database.name) for database in databases if database.open)
    closed = ", ".join(printable(database.name) for database in databases if not database.open)
    said = f"as a superuser, run VACUUM in each database: {within}" if within else "keep autovacuum on"
    said += f"; autovacuum vacuums {closed}, which accepts no connection" if closed else ""
    return f"{first}{said}; do not run VACUUM FULL, which needs a transaction id; ending other sessions does not help"


def _read_only(snapshot: Snapshot) -> ServerState | None:
    condition = snapshot.condition
    databases = sorted(condition.read_only_databases)
    roles = sorted(condition.read_only_roles)
    clients = [session for session in snapshot.client_sessions() if session.user]
    setting = "default_transaction_read_only"
    if condition.read_only:
        where = "of the whole server"
        undo = f"ALTER SYSTEM RESET {setting} (or its line in the configuration); reload"
        if condition.read_only == "global":
            undo = f"ALTER ROLE ALL RESET {setting}"
    else:
        # A role without sessions is refused nothing now.
        roles = [role for role in roles if any(_is_of(client, role) for client in clients)]
        clients = [
            client for client in clients if client.database in databases or any(_is_of(client, role) for role in roles)
        ]
        parts = [f"of the database {', '.join(map(printable, databases))}"] if databases else []
        parts += [f"of the role {printable(role)}{_within(database)}" for role, database in roles]
        where = " and ".join(parts)
        resets = [f"ALTER DATABASE {plain_identifier(name)} RESET {setting}" for name in databases]
        resets += [
            f"ALTER ROLE {plain_identifier(role)}{_within(database, ' IN DATABASE ')} RESET {setting}"
            for role, database in roles
        ]
        undo = "; ".join(resets)
    if not where:
        return None
    text = (
        f"transactions {where} are read-only by default ({setting} is on): writes"
        f" are refused with SQLSTATE 25006; {counted(len(clients), 'session is', 'sessions are')} connected"
    )
    advice = f"if it remains from a failover or maintenance: {legible_sql(undo)}; then reconnect the clients"
    return _state(READ_ONLY, text, advice, refuses=bool(condition.read_only))


def _is_of(client: Session, role: tuple[str, str]) -> bool:
    return client.user == role[0] and role[1] in ("", client.database)


def _within(database: str, words: str = "") -> str:
    if not database:
        return ""
    return words + plain_identifier(database) if words else f" in the database {printable(database)}"


def _disk_full(snapshot: Snapshot) -> ServerState | None:
    full = [disk for disk in snapshot.condition.disks if disk.free < _LEFT and disk.free < disk.size / 10]
    if not full:
        return None
    named = " and ".join(
        f"{filesystem.what} ({filesystem.free // MIB} of {filesystem.size // MIB:,} MiB free)" for filesystem in full
    )
    text = f"the database's disk is full: {named}; statements that need space fail with SQLSTATE 53100"
    advice = (
        "run ansible-playbook playbooks/disk_space.yml to free space; never delete a file of pg_wal or of the data"
        " directory by hand"
    )
    return _state(DISK_FULL, text, advice, refuses=True)


def _archiver_blocked(snapshot: Snapshot) -> ServerState | None:
    archiver, wal = snapshot.condition.archiver, snapshot.condition.wal_bytes
    oldest = archiver.oldest or 0.0
    # A failure alone may be the only one: the next attempt follows after a second.
    failed = archiver.failed is not None and archiver.ready != 0 and (archiver.failed >= _PAUSES or oldest >= _FAILS)
    if not archiver.on or not (failed or oldest >= _ARCHIVES):
        return None
    if archiver.failed is not None:
        text = f"WAL is not archived: {printable(archiver.file)} failed {span(archiver.failed)} ago"
    else:
        text = f"WAL is not archived: a file has waited for {span(archiver.oldest or 0.0)}, and none has failed"
    if archiver.ready is not None:
        text += f"; {counted(archiver.ready, 'file waits', 'files wait')}"
    text += f"; pg_wal has {wal // MIB:,} MiB and grows until its disk is full" if wal is not None else ""
    advice = (
        "run the command of SHOW archive_command by hand, as the server's user, with a file of pg_wal, and check the"
        " free space of its target; PostgreSQL removes files from pg_wal once they are archived"
    )
    return _state(ARCHIVER, text, advice)


def _checkpointer_stopped(snapshot: Snapshot) -> ServerState | None:
    its = snapshot.condition.checkpoints
    waiting = [
        session.seconds_in_state(snapshot.now)
        for session in snapshot.sessions.values()
        if session.wait_event in ("CheckpointStart", "CheckpointDone")
    ]
    late = its.seconds >= 3 * its.timeout and its.written >= 2 * _LEFT
    # A bulk load writes that much within a minute, while a checkpoint is at work.
    rests = any(process.wait_event == "CheckpointerMain" for process in _processes(snapshot, "checkpointer"))
    if not late and not (its.written >= 2 * its.max_wal and (rests or its.seconds >= its.timeout)):
        return None
    text = (
        f"no checkpoint has been completed for {span(its.seconds)}, while {its.written // MIB:,} MiB of WAL were"
        f" written (checkpoint_timeout {span(its.timeout)}, max_wal_size {its.max_wal // MIB:,} MiB): pg_wal grows"
    )
    advice = (
        "check the checkpointer process (ps: T is stopped, D waits for its disk) and the server's log; a restart must"
        " replay all of that WAL"
    )
    return _state(CHECKPOINTER, text, advice, len(waiting), max(waiting, default=0.0))


def _slots_behind(snapshot: Snapshot) -> ServerState | None:
    free = min((disk.free for disk in snapshot.condition.disks), default=None)
    senders = {printable(sender.application) for sender in _processes(snapshot, "walsender")}
    found = slots_behind(snapshot.condition.slots, senders, free)
    return _state(SLOT, *found) if found else None


def _processes(snapshot: Snapshot, backend_type: str) -> list[Session]:
    return [session for session in snapshot.sessions.values() if session.backend_type == backend_type]


def _state(
    cause: str, text: str, advice: str, sessions: int = 0, seconds: float = 0.0, *, refuses: bool = False
) -> ServerState:
    return {
        "cause": cause,
        "text": text,
        "sessions": sessions,
        "seconds": round(seconds, 1),
        "refuses": refuses,
        "advice": advice,
    }


_STATES: tuple[Callable[[Snapshot], ServerState | None], ...] = (
    _wraparound,
    _disk_full,
    _read_only,
    _commits_wait,
    _checkpointer_stopped,
    _archiver_blocked,
    _replay_paused,
    _replay_conflict,
    _without_primary,
    _slots_behind,
)
