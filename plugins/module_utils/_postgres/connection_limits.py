# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops a new session: the connection limits of a server, and which applications use them. Pure.

PostgreSQL has three: the slots of the whole server, a role's limit, a database's. A pooler in front has its own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Collection, Iterable, NamedTuple, Sequence, TypedDict

from .._core.text import printable
from . import session_ages
from .exclusions import Exclusions
from .locks.lock_table import Key
from .session import Session, name_and_host
from .snapshot import Snapshot

SLOTS, ROLE, DATABASE = "max_connections", "role", "database"
_NAMELESS = "app"  # what PgBouncer calls a client without a name when it adds the host
# What differs between the sessions of one application: uuid, the end of a Kubernetes pod's name, an address, a number
# in hexadecimal, and any other number (pid, thread, counter, host).
_VARIES = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"
    r"|-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}(?![0-9a-z])"
    r"|(?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{8,}(?![0-9a-z])|[0-9]+(?:[.:][0-9]+)*",
    re.I,
)
_RESET = re.compile(r"\s*DISCARD\s+ALL\s*;?\s*\Z", re.I)  # what a pooler sends when a client has gone
_TAKEN_SINCE, _LEAST_SINCE = 0.2, 5  # share and number of a limit's sessions that others opened since one had room
_CLIENTS = 5  # from which on clients with one session each are pools of one
MAY_RENEW = (
    "it opens its sessions one after the other and continues, or uses the newest again: it may leak, or be a pool that"
    " renews its sessions (maxLifetime, pool_recycle, server_lifetime)"
)
_NEARLY = 0.75  # of the largest application's sessions: from there on another one is as large


class ApplicationReport(TypedDict):
    """The sessions of one application under a connection limit. Seconds: the longest first.

    ``family``: the name with an asterisk for what differs between its sessions, by which actions of a plan are its own;
    ``unused_seconds``: how long those have been idle that were used no longer than at first (see `is_forgotten`);
    ``pools``: sessions by name and by client address, where that makes several of about one size;
    ``opened_seconds``: since the newest of them was opened, ``filled_seconds``: but for late ones (see `filled_for`);
    ``half_within_seconds``: see `half_opened_within`;
    ``waiting_in_turn``: those that wait by design or in a
    convoy, which ``waiting`` does not count; ``waiting_for_client``: see `is_stalled`;
    ``clients``: sessions by client address, without this one; ``steady``: see
    `is_steady`; ``stopped``: see `has_stopped`; ``one_by_one``: see `opened_one_by_one`;
    ``may_renew``: see there; ``interleaved``: see `is_interleaved`.
    """

    role: str
    application: str
    database: str
    name: str
    family: str
    sessions: int
    idle: int
    idle_seconds: list[int]
    unused_seconds: list[int]
    pools: list[int]
    opened_seconds: float
    filled_seconds: float
    half_within_seconds: float
    idle_in_transaction: int
    idle_in_transaction_seconds: list[float]
    active: int
    waiting: int
    waiting_in_turn: int
    waiting_for_client: int
    pooled: bool
    steady: bool
    stopped: bool
    one_by_one: bool
    may_renew: bool
    interleaved: bool
    clients: dict[str, int]


class CeilingCounts(TypedDict):
    """A connection limit in numbers. ``kind``: max_connections, role or database."""

    kind: str
    name: str
    limit: int
    used: int
    free: int


class ConnectionLimitReport(CeilingCounts):
    """A connection limit with its applications, the largest first."""

    applications: list[ApplicationReport]


class Application(NamedTuple):
    """Who opened a session. ``client``: its address, for sessions without a name alone. Nothing else distinguishes
    those, and no application may lose sessions for the leak of another."""

    role: str
    name: str
    database: str
    client: str = ""

    @property
    def words(self) -> str:
        """``pafar-web (app@booking)``."""
        name = printable(self.name) or "an application without a name"
        client = f", from {printable(self.client)}" if self.client else ""
        return f"{name} ({printable(self.role) or '?'}@{printable(self.database) or '?'}{client})"

    @property
    def family(self) -> str:
        """The words with an asterisk for whatever differs between the sessions of one application."""
        return self._replace(name=family_of(self.name)).words


def application_of(session: Session) -> Application:
    """Without the host that a pooler adds to the name, which is another one for each connection."""
    name, host = name_and_host(session.application)
    if host and name == _NAMELESS:
        return Application(session.user, name, session.database, host)
    return Application(session.user, name, session.database, "" if printable(name) else session.client)


def family_of(name: str) -> str:
    """The name with an asterisk for whatever differs between the sessions of one application.

    >>> family_of("worker-3"), family_of("puma[4711]"), family_of("web-7d9f8b6c5d-x2x4z")
    ('worker-*', 'puma[*]', 'web*')
    """
    return _VARIES.sub("*", name)


@dataclass(frozen=True)
class ConnectionLimit:
    """``limit`` sessions are let in by it; ``sessions`` are those that count."""

    kind: str
    name: str
    limit: int
    sessions: tuple[Session, ...]

    @property
    def used(self) -> int:
        return len(self.sessions)

    @property
    def free(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def words(self) -> str:
        """``57 slots for ordinary roles``, ``the limit of role app``."""
        return (
            f"{self.limit} slots for ordinary roles"
            if self.kind == SLOTS
            else f"the limit of {self.kind} {printable(self.name)}"
        )

    def is_tight(self, headroom: float) -> bool:
        """Whether less than this share of it is free."""
        return self.free < headroom * self.limit

    def by_application(self) -> dict[Application, list[Session]]:
        """Its sessions by who opened them, the largest group first. Names that differ in numbers alone are one."""
        families: dict[Application, list[Session]] = {}
        for session in self.sessions:
            application = application_of(session)
            family = application._replace(name=family_of(application.name))
            families.setdefault(family, []).append(session)
        groups = {}
        for family, sessions in families.items():
            names = {application_of(session).name for session in sessions}
            groups[family._replace(name=names.pop()) if len(names) == 1 else family] = sessions
        return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))

    def as_dict(self) -> CeilingCounts:
        return {
            "kind": self.kind,
            "name": printable(self.name),
            "limit": self.limit,
            "used": self.used,
            "free": self.free,
        }


def connection_limits(snapshot: Snapshot) -> list[ConnectionLimit]:
    """All three kinds. Every session counts for the slots; limits of a role or a database do not bind superusers."""
    clients = snapshot.client_sessions()
    limits = [ConnectionLimit(SLOTS, "", snapshot.limits.ordinary, tuple(clients))]
    ordinary = [session for session in clients if not session.superuser]
    for name, limit in sorted(snapshot.role_limits.items()):
        limits.append(
            ConnectionLimit(ROLE, name, limit, tuple(session for session in ordinary if session.user == name))
        )
    for name, limit in sorted(snapshot.database_limits.items()):
        limits.append(
            ConnectionLimit(DATABASE, name, limit, tuple(session for session in ordinary if session.database == name))
        )
    return [connection_limit for connection_limit in limits if connection_limit.limit > 0]


def connection_limit_dicts(snapshot: Snapshot, exclusions: Exclusions, rows: int) -> list[ConnectionLimitReport]:
    """The connection limits for machines, each with its applications, the largest first."""
    reports: list[ConnectionLimitReport] = []
    by_design = snapshot.moving | frozenset(snapshot.waits_by_design())
    for limit_in_use in connection_limits(snapshot):
        groups = list(limit_in_use.by_application().items())[:rows]
        applications = [_application(snapshot, exclusions, limit_in_use, *group, rows, by_design) for group in groups]
        reports.append({**limit_in_use.as_dict(), "applications": applications})
    return reports


def _application(
    snapshot: Snapshot,
    exclusions: Exclusions,
    limit_in_use: ConnectionLimit,
    who: Application,
    sessions: list[Session],
    rows: int,
    by_design: Collection[Key],
) -> ApplicationReport:
    # That this login or this site may not end them is no reason why they are no cause: it is said where they are to be
    # ended.
    able = replace(exclusions, superusers=False)
    still = [
        session.seconds_in_state(snapshot.now)
        for session in sessions
        if session.idle_in_transaction and not able.why(session._replace(signalable=True))
    ]
    idle = [session for session in sessions if session.state == "idle"]
    unused = [session for session in idle if session_ages.is_forgotten(session, snapshot.now)]
    # The connection of this collection takes a slot for a moment and is no pool that could be made smaller.
    clients = Counter(printable(session.client) for session in sessions if session.pid != exclusions.own_pid)
    newest = max((session.backend_start or snapshot.now for session in sessions), default=snapshot.now)
    return {
        "role": printable(who.role),
        "application": printable(who.name),
        "database": printable(who.database),
        "name": who.words,
        "family": who.family,
        "sessions": len(sessions),
        "idle": len(idle),
        "idle_seconds": _longest(snapshot, idle)[:rows],
        "unused_seconds": _longest(snapshot, unused)[:rows],
        "pools": equal_pools(sessions)[:rows],
        "opened_seconds": round((snapshot.now - newest).total_seconds(), 1),
        "filled_seconds": round(session_ages.filled_for(sessions, snapshot.now) or 0.0, 1),
        "half_within_seconds": round(session_ages.half_opened_within(sessions, snapshot.now), 3),
        "idle_in_transaction": sum(session.idle_in_transaction for session in sessions),
        # Without those that are excluded by what they do or by name: those are no cause.
        "idle_in_transaction_seconds": sorted((round(seconds, 1) for seconds in still), reverse=True)[:rows],
        "active": sum(session.state == "active" for session in sessions),
        "waiting": sum(session.wait_type == "Lock" and session.pid not in by_design for session in sessions),
        "waiting_in_turn": sum(session.wait_type == "Lock" and session.pid in by_design for session in sessions),
        "waiting_for_client": sum(session_ages.is_stalled(session, snapshot.now) for session in sessions),
        "pooled": is_pooled(sessions),
        "steady": session_ages.is_steady(sessions, snapshot.now),
        "stopped": has_stopped(limit_in_use, sessions, snapshot.now),
        "one_by_one": session_ages.opened_one_by_one(sessions, snapshot.now),
        "may_renew": session_ages.may_renew(sessions, snapshot.now),
        "interleaved": session_ages.is_interleaved(sessions, limit_in_use.sessions),
        "clients": dict(clients.most_common(rows)),
    }


def _longest(snapshot: Snapshot, sessions: Iterable[Session]) -> list[int]:
    return sorted((round(session.seconds_in_state(snapshot.now)) for session in sessions), reverse=True)


def has_stopped(limit_in_use: ConnectionLimit, sessions: Collection[Session], now: datetime) -> bool:
    """Whether an application stopped opening sessions while the limit had room: it has room now, or others have taken a
    fifth of it since."""
    if limit_in_use.free > 0:
        return session_ages.is_steady(sessions, now)
    newest = max((session.backend_start for session in sessions if session.backend_start), default=now)
    since = sorted(
        each.backend_start for each in limit_in_use.sessions if each.backend_start and each.backend_start > newest
    )
    taken = max(_LEAST_SINCE, math.ceil(_TAKEN_SINCE * limit_in_use.limit))
    return len(since) >= taken and session_ages.is_steady(sessions, since[taken - 1])


def equal_pools(sessions: Collection[Session]) -> list[int]:
    """Sizes of the pools that an application has, one per name or per client address, where there are at least two of
    about one size; else nothing. Many clients with a session each are pools of one: functions, forked workers. So may
    many names be: behind one address, they are those of as many clients, or of the connections of one pool."""
    by_name = Counter(application_of(session).name for session in sessions)
    by_client = Counter(session.client for session in sessions)
    for counted in (by_name, by_client):
        least = 2 if len(counted) < _CLIENTS else 1
        sizes = sorted(counted.values(), reverse=True)
        if len(sizes) > 1 and sizes[1] >= least and 2 * sizes[1] >= sizes[0]:
            return sizes
    return []


def is_pooled(sessions: Collection[Session]) -> bool:
    """Whether sessions come through a pooler: it is known to be at the other end of half of them, it adds its clients'
    hosts to their names, or it has reset one of them when its client had gone. Each is a client's.

    One of many at the end of a pooler is none: a pooler's connection to another server may have the same address and
    port as that session has to this one.
    """
    known = sum(bool(session.pooler) for session in sessions)
    return (known > 0 and 2 * known >= len(sessions)) or any(
        name_and_host(session.application)[1] or _RESET.match(session.query) for session in sessions
    )


def why_no_leak(
    kind: str, sessions: int, others: Collection[int], pooled: bool, pools: Sequence[int] = (), stopped: bool = False
) -> str:
    """Why sessions over a fair share are no leak: empty where they are one.

    A leak is uneven, and grows. ``sessions`` of an application; ``others``: those of every other application under this
    limit; ``pools``: see `equal_pools`; ``stopped``: see `has_stopped`.
    """
    if pooled:
        return "its sessions come through a connection pooler and belong to the pooler's clients"
    if kind != SLOTS and 4 * sum(others) < sessions:
        return "almost no other application uses this limit: the pool is as large as the limit allows"
    if pools:
        return (
            f"they are {len(pools)} pools of up to {pools[0]}, by name or client: too large in sum, and of similar size"
        )
    if stopped:
        return "it stopped opening sessions while the limit had room, as a pool of a fixed size does"
    peers = sum(2 * other >= sessions for other in others)
    if peers:
        return f"{peers + 1} pools are of about this size: too large in sum, and no single pool is the cause"
    return ""


def why_unclear(
    kind: str,
    sessions: int,
    others: Collection[int],
    pooled: bool,
    pools: Sequence[int] = (),
    stopped: bool = False,
    one_by_one: bool = False,
) -> str:
    """Why sessions over a fair share may leak although `why_no_leak` takes them for those of pools, so that they are
    ended with an approval only; empty where they are known not to. The same arguments.

    A leak beside a pool of half its size, and one in every process of an application, look like pools that are too
    large in sum. Of pools of several sizes only the largest are meant: what stands out is the likelier to leak. A pool
    that fills the limit of its own role is as large as it was made, unless its sessions were opened ``one_by_one``.
    """
    if pooled or stopped or sessions < _NEARLY * max(others, default=0):
        return ""
    if kind != SLOTS:
        return (
            f"its sessions were opened one after the other, and used at first only: it may leak, or be a pool that is"
            f" as large as the limit of its {kind}"
            if one_by_one
            else ""
        )
    if pools:
        return (
            f"they are {len(pools)} pools of up to {pools[0]}, by name or client, of similar size: each of them may"
            " leak, or they are too large in sum"
        )
    peers = sum(2 * other >= sessions for other in others)
    return (
        f"{peers + 1} pools are of about this size: the largest may leak, or they are too large in sum" if peers else ""
    )


def fair_level(counts: Iterable[int], room: int) -> int:
    """The common level to which the largest are cut so that all fit into ``room``: max-min fairness.

    An application that uses less than an equal share leaves the rest of it to the others (Bertsekas and
    Gallager, Data Networks, 6.5.2).

    >>> fair_level([45, 8, 2], 40)
    30
    """
    ascending = sorted(counts)
    if sum(ascending) <= room:
        return ascending[-1] if ascending else room
    left = room
    for place, count in enumerate(ascending):
        level = left // (len(ascending) - place)
        if count > level:
            return max(0, level)
        left -= count
    return ascending[-1]
