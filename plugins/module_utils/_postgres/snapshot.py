# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One moment of a PostgreSQL server: its sessions, its limits, and which session waits for which. Pure.

Everything that a module reports or decides is a view of this one value, taken in one connection.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Collection, Mapping, TypedDict

from .._core.text import printable
from .condition import Condition
from .locks.lock_table import Key, Lock, Tag
from .locks.wait_forest import Forest
from .session import CLIENT, IDLE_AFTER, Holder, Prepared, Session
from .session_ages import is_stalled
from .sql_text import locks_until_commit
from .work import can_wait

MIN_WAITERS = 3  # waiters for one that has held its lock for long, from which on they count however young they are
MANY = 2  # times the waiters that make a queue: more than an election by an advisory lock has members
# Waits that no lock table knows. Activity, Timeout and Extension mean: nothing to do.
_OTHER_WAITS = ("BufferPin", "Buffer", "LWLock", "IO", "IPC")


@dataclass(frozen=True)
class Limits:
    """Connection slots. Only client backends take one; replication and workers have slots of their own."""

    max_connections: int
    superuser_reserved: int = 0
    reserved: int = 0

    @property
    def ordinary(self) -> int:
        """What roles without any privilege can use together."""
        return self.max_connections - self.superuser_reserved - self.reserved


class ServerReport(TypedDict):
    """The server that was looked at, and the login that looked."""

    version: str
    version_num: int
    in_recovery: bool
    role: str
    database: str
    deadlock_timeout: str
    synchronous_standby_names: str
    login_path: str
    refused_by: str
    host: str
    port: int


class LimitUse(TypedDict):
    """Connections that a role or a database may have, and has."""

    limit: int
    used: int


class ConnectionCounts(TypedDict):
    """Slots used and free, and by which roles."""

    used: int
    limit: int
    percent: float
    ordinary_limit: int
    ordinary_free: int
    reserved: int
    superuser_reserved: int
    role_limits: dict[str, LimitUse]
    database_limits: dict[str, LimitUse]
    by_state: dict[str, int]
    by_role: dict[str, int]
    by_database: dict[str, int]
    by_application: dict[str, int]
    by_client: dict[str, int]


@dataclass(frozen=True)
class Snapshot:
    """``now`` is the server's clock. ``names`` gives lock tags a readable object, where it was to be had."""

    now: datetime
    server: ServerReport
    limits: Limits
    sessions: Mapping[int, Session]
    prepared: Mapping[str, Prepared]
    forest: Forest
    names: Mapping[Tag, str] = field(default_factory=dict)
    rows: Mapping[int, str] = field(default_factory=dict)  # waiter's pid -> the row it wants
    snapshot_blockers: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    # The transactions by which a holder shares a row with others; and holders of a row that others may hold too, with
    # the right that would show these.
    shared_xids: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    unread_rows: Mapping[Key, str] = field(default_factory=dict)
    moving: frozenset[Key] = frozenset()  # waiters in a queue that was seen to move
    convoys: tuple[str, ...] = ()  # such queues, a sentence each
    elections: Mapping[Key, frozenset[Key]] = field(default_factory=dict)  # standbys of leaders by a row or a table
    mutexes: frozenset[Key] = frozenset()  # holders of advisory locks behind which requests pile up
    pressing: Mapping[Key, str] = field(default_factory=dict)  # root blockers whose waiters fail and come back, and how
    role_limits: Mapping[str, int] = field(default_factory=dict)  # connections, where a role has a limit
    database_limits: Mapping[str, int] = field(default_factory=dict)
    condition: Condition = field(
        default_factory=Condition
    )  # of the server as a whole; empty where it was not asked for

    def who(self, key: Key) -> Holder:
        """The owner of a lock; one that ended during the snapshot is a session of unknown kind."""
        if isinstance(key, str):
            return self.prepared.get(key) or Prepared(int(key.split(":")[1]), "", None, allowed=False)
        return self.sessions.get(key) or Session(key, backend_type="ended during the snapshot")

    @property
    def redacted(self) -> int:
        """Sessions of which the login role may see no more than that they exist."""
        return sum(1 for session in self.sessions.values() if session.redacted)

    @property
    def visibility(self) -> str:
        return "partial" if self.redacted else "full"

    def with_poolers(self, poolers: Mapping[int, str]) -> Snapshot:
        """The same, with the pooler that each session comes through, by pid."""
        marked = {
            pid: session._replace(pooler=poolers[pid]) if pid in poolers else session
            for pid, session in self.sessions.items()
        }
        return replace(self, sessions=marked)

    def client_sessions(self) -> list[Session]:
        """Those that take a slot of max_connections. A redacted row counts if it belongs to a role."""
        return [s for s in self.sessions.values() if s.backend_type == CLIENT or (s.redacted and s.user)]

    @cached_property
    def _ages(self) -> dict[Key, float]:
        """Seconds that each waiter has waited, the longest wait first. They are asked for in many places."""
        ages = {
            key: max(0.0, (self.now - locks[0].since).total_seconds()) if locks[0].since else 0.0
            for key, locks in self.forest.waits.waits.items()
        }
        return {key: ages[key] for key in sorted(ages, key=lambda key: (-ages[key], str(key)))}

    def seconds_waiting(self, key: Key) -> float:
        """How long the owner has waited for its lock; 0 when it does not wait."""
        return self._ages.get(key, 0.0)

    def waiting_at_least(self, seconds: float) -> list[Key]:
        """Waiters for a lock that have waited so long, the longest first."""
        return [key for key, age in self._ages.items() if age >= seconds]

    def waits_by_design(self, min_waiting: float = 0.0, approved: Collection[str] = ()) -> dict[Key, frozenset[Key]]:
        """Waiters for an advisory lock whose holders do nothing wrong, each with these holders; and the standbys of
        leaders by a row or a table.

        Such a lock is an agreement of the application (a leader and those that stand by), not a queue. A holder does
        something wrong that waits itself (where its waiters may be standbys, for ``min_waiting`` seconds), is prepared,
        or has been idle in its transaction for as long and for `IDLE_AFTER`. Who only waits since another one stands
        before it in the queue (a shared lock behind a request for an exclusive one) has no such agreement with the
        holder, nor have requests that pile up behind an old transaction. ``approved``: targets that a person wants to
        end, so that their locks count like all others.
        """
        waits = self.forest.waits
        advisory = {key: locks for key, locks in waits.waits.items() if all(lock.kind == "advisory" for lock in locks)}
        by_design: dict[Key, frozenset[Key]] = {}
        for key, locks in advisory.items():
            if key in self.moving:
                continue  # a convoy, and no leader
            holders = frozenset(holder for lock in locks for holder in waits.held_by.get(lock.tag, ()))
            if key in waits.only_queued or not holders or holders & self.mutexes:
                continue
            if holders & waits.waits.keys() and not self.may_stand_by(key):
                continue
            if all(self._holds_by_design(holder, min_waiting, approved) for holder in holders):
                by_design[key] = holders
        for key, holders in self.elections.items():
            if key not in self.moving and not any(self.who(holder).target in approved for holder in holders):
                by_design[key] = holders
        return by_design

    def _holds_by_design(self, key: Key, min_waiting: float, approved: Collection[str]) -> bool:
        holder = self.who(key)
        if isinstance(holder, Prepared) or holder.target in approved:
            return False
        if key in self.forest.waits.waits:
            return self.seconds_waiting(key) < min_waiting
        idle_after = max(min_waiting, IDLE_AFTER)
        return not (holder.idle_in_transaction and holder.seconds_in_state(self.now) >= idle_after)

    def may_stand_by(self, key: Key, min_waiters: int = MIN_WAITERS) -> bool:
        """Whether a waiter may be the standby of an elected leader by an advisory lock that waits itself: what ends the
        leader's wait does not end the standby's. So many that they are a queue are requests, also where a statement
        shows that the lock ends with the transaction."""
        waits = self.forest.waits
        locks = waits.waits.get(key, [])
        holders = frozenset(holder for lock in locks for holder in waits.held_by.get(lock.tag, ()))
        if not holders or not holders <= waits.waits.keys() or any(lock.kind != "advisory" for lock in locks):
            return False
        if holders not in self._behind:  # a thousand may wait for the same
            self._behind[holders] = len(self.forest.behind(holders))
        texts = [who.query for who in map(self.who, {key, *holders}) if isinstance(who, Session)]
        return self._behind[holders] < MANY * min_waiters and not any(map(locks_until_commit, texts))

    @cached_property
    def _behind(self) -> dict[frozenset[Key], int]:
        return {}

    def affected(self, min_waiting: float, approved: Collection[str] = (), min_waiters: int = MIN_WAITERS) -> list[Key]:
        """Waiters for a lock that wait too long, the longest first. Those that wait by design are none of them, nor
        those in a queue that moves.

        A wait is too long after ``min_waiting`` seconds, or when ``min_waiters`` sessions wait for one that has held
        its lock for so long, or wait only because a session waits before them that has waited for so long: clients with
        short timeouts never wait for long themselves, they fail and come back. Further looks show that fewer wait at
        a time, or that the session before them is active (see `returning`). Those that wait only because maintenance or
        a changed definition waits before them do not wait for the holder: their wait ends when that one gives way, as
        a migration with a short lock_timeout is meant to.
        """
        by_design = self.waits_by_design(min_waiting, approved)
        forest = self.forest
        pressing = [
            *(
                key
                for key in forest.root_blockers
                if key in self.pressing or self._is_stuck(key, min_waiting, min_waiters)
            ),
            *(
                key
                for key in forest.queued_blockers
                if forest.alone[key] >= min_waiters and self.seconds_waiting(key) >= min_waiting
            ),
        ]
        behind = self.forest.behind(pressing) if pressing else set()
        return [
            key
            for key, age in self._ages.items()
            if (age >= min_waiting or key in behind) and key not in by_design and key not in self.moving
        ]

    def requests_waiting(self, min_waiting: float, min_waiters: int = MIN_WAITERS) -> list[Key]:
        """Waiters that wait too long, and those behind them, but for what no request of the application depends on."""
        late = self.affected(min_waiting, min_waiters=min_waiters)
        return [key for key in {*late, *self.forest.behind(late)} if not self.can_wait(key)] if late else []

    def can_wait(self, key: Key) -> bool:
        """Whether no request depends on a waiter: maintenance, a changed definition, a backup, replication, a tool of
        operators; also one that asked to wait (SERIALIZABLE READ ONLY DEFERRABLE)."""
        holder, awaited = self.who(key), self.forest.wait_of(key)
        deferrable = awaited is not None and awaited.kind == "safe snapshot"
        return isinstance(holder, Session) and (deferrable or can_wait(holder))

    def _is_stuck(self, key: Key, min_waiting: float, min_waiters: int) -> bool:
        if self.forest.reach.get(key, 0) < min_waiters or self.held_for(key) < min_waiting:
            return False
        held_by_roots = self._held_by_roots
        if held_by_roots is None:
            return True
        # Walking the graph behind each of a thousand readers takes time: mostly none is left to be counted.
        return len(held_by_roots) >= min_waiters and len(self.forest.behind([key]) & held_by_roots) >= min_waiters

    @cached_property
    def _held_by_roots(self) -> set[Key] | None:
        """Waiters that would still wait if no maintenance and no change of a definition waited before them; None: none
        does."""
        giving_way = [key for key in self.forest.queued_blockers if self.can_wait(key)]
        return self.forest.still_blocked(giving_way) if giving_way else None

    def held_for(self, key: Key) -> float:
        """Seconds for which a session has held every lock that it holds, at least: none is taken while it is idle in
        its transaction, also if that has failed and keeps the locks of before a savepoint. Of an active one that is not
        known."""
        holder = self.who(key)
        if isinstance(holder, Prepared):
            return (self.now - holder.prepared_at).total_seconds() if holder.prepared_at else 0.0
        return holder.seconds_in_state(self.now) if holder.idle_in_transaction else 0.0

    def longest_wait(self) -> float:
        """Seconds that the oldest lock wait has lasted, waits by design left out; 0 when there is none."""
        longest = self.affected(0)[:1]
        return self.seconds_waiting(longest[0]) if longest else 0.0

    def object_of(self, lock: Lock | None) -> str:
        """What a lock is about, in words."""
        if lock is None:
            return ""
        if lock.tag in self.names:
            return self.names[lock.tag]
        dummy, database, relation, page, tuple_, virtualxid, xid, classid, objid, objsubid = lock.tag
        if lock.kind == "safe snapshot":
            return "a safe snapshot"
        if lock.kind == "transactionid":
            return f"transaction {xid}"
        if lock.kind == "virtualxid":
            return f"virtual transaction {virtualxid}"
        if lock.kind == "advisory":
            return f"advisory lock {advisory_key(classid, objid, objsubid)}"
        if lock.kind == "object":
            return object_words(database, classid, objid)
        if relation is not None:
            place = f" ({page},{tuple_})" if tuple_ is not None else ""
            return f"relation {relation}{place} of database {database}"
        return f"{lock.kind} {classid or ''} {objid or ''}".strip()

    def wanted(self, key: Key) -> str:
        """What a waiter wants: the row if it is after one, else the object and the mode."""
        lock = self.forest.wait_of(key)
        row = self.rows.get(key) if isinstance(key, int) else None
        if row and lock and lock.kind in ("transactionid", "tuple"):
            return f"row {row}"
        mode = lock.mode if lock else ""
        return f"{mode} on {self.object_of(lock)}" if lock and lock.kind == "relation" else self.object_of(lock)

    def other_waits(self) -> list[Session]:
        """Active, but waiting for something that is not in the lock table."""
        waits = [s for s in self.sessions.values() if s.wait_type in _OTHER_WAITS and s.state == "active"]
        return [*waits, *(s for s in self.sessions.values() if is_stalled(s, self.now))]

    def pin_suspects(self) -> list[Session]:
        """A BufferPin wait names no holder; open transactions are those who may keep a page pinned."""
        if not any(s.wait_type in ("BufferPin", "Buffer") for s in self.other_waits()):
            return []
        return [s for s in self.sessions.values() if s.idle_in_transaction]


# Kinds of objects by the oid of their catalog, which no version changes.
_OBJECTS = {
    1213: "tablespace", 1247: "type", 1255: "function", 1260: "role", 1262: "database", 2606: "constraint",
    2615: "schema", 3079: "extension", 6100: "subscription", 6104: "publication",
}  # fmt: skip


def object_words(database: int | None, classid: int | None, objid: int | None) -> str:
    """What a lock of an object that is no relation is about. Every commit of a transaction with a NOTIFY takes the lock
    of database 0, one after the other on the whole server."""
    if classid == 1262 and not objid:
        return "the lock of NOTIFY, which one commit on the whole server has at a time"
    kind = _OBJECTS.get(classid or 0, f"object of catalog {classid or 0}")
    return f"{kind} {objid or 0}" + (f" of database {database}" if database else "")


def advisory_key(classid: int | None, objid: int | None, objsubid: int | None) -> str:
    """As it was given to pg_advisory_lock: one bigint (objsubid 1) or two integers (objsubid 2)."""
    high, low = classid or 0, objid or 0
    if objsubid == 1:
        value = (high << 32) | low
        return str(value - (1 << 64) if value >= 1 << 63 else value)
    return f"({high}, {low})"


def count_connections(snapshot: Snapshot) -> ConnectionCounts:
    """Slots used and free, and by which roles. Unknown (redacted) values are counted as ``unknown``."""
    clients = snapshot.client_sessions()
    limits = snapshot.limits

    def by(attribute: str) -> dict[str, int]:
        counted = Counter(getattr(s, attribute) for s in clients)
        counts: Counter[str] = Counter()
        for value, number in counted.items():
            counts[printable(value) or "unknown"] += number
        return dict(counts.most_common())

    return {
        "used": len(clients),
        "limit": limits.max_connections,
        "percent": round(100.0 * len(clients) / limits.max_connections, 1),
        "ordinary_limit": limits.ordinary,
        "ordinary_free": max(0, limits.ordinary - len(clients)),
        "reserved": limits.reserved,
        "superuser_reserved": limits.superuser_reserved,
        # A third way to be full, with free slots left; superusers are not counted by it.
        "role_limits": {
            name: {"limit": limit, "used": sum(1 for s in clients if s.user == name)}
            for name, limit in snapshot.role_limits.items()
        },
        "database_limits": {
            name: {"limit": limit, "used": sum(1 for s in clients if s.database == name)}
            for name, limit in snapshot.database_limits.items()
        },
        "by_state": by("state"),
        "by_role": by("user"),
        "by_database": by("database"),
        "by_application": by("application"),
        "by_client": by("client"),
    }
