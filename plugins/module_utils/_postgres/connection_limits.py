# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops a new session: the ceilings of a server, and who fills them. Pure.

PostgreSQL has three: the slots of the whole server, a role's limit, a database's. A pooler in front has its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Collection, Iterable, NamedTuple, TypedDict

from .._core.text import printable
from .exclusions import Exclusions
from .locks.lock_table import Key
from .session import Session, name_and_host
from .snapshot import Snapshot

SLOTS, ROLE, DATABASE = "max_connections", "role", "database"
_NAMELESS = "app"  # what PgBouncer calls a client without a name when it adds the host


class ApplicationReport(TypedDict):
    """The sessions of one application under a ceiling. Seconds: the longest first."""

    role: str
    application: str
    database: str
    name: str
    sessions: int
    idle: int
    idle_seconds: list[int]
    idle_in_transaction: int
    idle_in_transaction_seconds: list[float]
    active: int
    waiting: int
    pooled: bool
    clients: dict[str, int]


class CeilingCounts(TypedDict):
    """A ceiling in numbers. ``kind``: max_connections, role or database."""

    kind: str
    name: str
    limit: int
    used: int
    free: int


class ConnectionLimitReport(CeilingCounts):
    """A ceiling with the applications under it, the largest first."""

    applications: list[ApplicationReport]


class Application(NamedTuple):
    """Who opened a session. ``client``: its address, for sessions without a name alone. It is all that tells one of
    those from another, and an innocent one must not be ended for the leak of its neighbour."""

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


def application_of(one: Session) -> Application:
    """Without the host that a pooler adds to the name, which is another one for each connection."""
    name, host = name_and_host(one.application)
    if host and name == _NAMELESS:
        return Application(one.user, name, one.database, host)
    return Application(one.user, name, one.database, "" if printable(name) else one.client)


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
        """Its sessions by who opened them, the largest group first."""
        found: dict[Application, list[Session]] = {}
        for one in self.sessions:
            found.setdefault(application_of(one), []).append(one)
        return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

    def as_dict(self) -> CeilingCounts:
        return {
            "kind": self.kind,
            "name": printable(self.name),
            "limit": self.limit,
            "used": self.used,
            "free": self.free,
        }


def connection_limits(snapshot: Snapshot) -> list[ConnectionLimit]:
    """All three kinds. Slots count everybody who has one; limits of a role or a database do not bind superusers."""
    clients = snapshot.client_sessions()
    found = [ConnectionLimit(SLOTS, "", snapshot.limits.ordinary, tuple(clients))]
    ordinary = [one for one in clients if not one.superuser]
    for name, limit in sorted(snapshot.role_limits.items()):
        found.append(ConnectionLimit(ROLE, name, limit, tuple(one for one in ordinary if one.user == name)))
    for name, limit in sorted(snapshot.database_limits.items()):
        found.append(ConnectionLimit(DATABASE, name, limit, tuple(one for one in ordinary if one.database == name)))
    return [one for one in found if one.limit > 0]


def connection_limit_dicts(snapshot: Snapshot, exclusions: Exclusions, rows: int) -> list[ConnectionLimitReport]:
    """The ceilings for machines, each with the applications under it, the largest first."""
    found: list[ConnectionLimitReport] = []
    by_design = snapshot.moving | frozenset(snapshot.waits_by_design())
    for one in connection_limits(snapshot):
        groups = list(one.by_application().items())[:rows]
        applications = [_application(snapshot, exclusions, *group, rows, by_design) for group in groups]
        found.append({**one.as_dict(), "applications": applications})
    return found


def _application(
    snapshot: Snapshot,
    exclusions: Exclusions,
    who: Application,
    sessions: list[Session],
    rows: int,
    by_design: Collection[Key],
) -> ApplicationReport:
    # That the login may not end them is no reason why they are no cause: it is said where they are to be ended.
    still = [
        one.seconds_in_state(snapshot.now)
        for one in sessions
        if one.idle_in_transaction and not exclusions.why(one._replace(signalable=True))
    ]
    idle = [one for one in sessions if one.state == "idle"]
    clients = Counter(printable(one.client) for one in sessions)
    return {
        "role": printable(who.role),
        "application": printable(who.name),
        "database": printable(who.database),
        "name": who.words,
        "sessions": len(sessions),
        "idle": len(idle),
        "idle_seconds": sorted((round(one.seconds_in_state(snapshot.now)) for one in idle), reverse=True)[:rows],
        "idle_in_transaction": sum(one.idle_in_transaction for one in sessions),
        # Of those alone who may be ended: the others cannot be anybody's plan.
        "idle_in_transaction_seconds": sorted((round(one, 1) for one in still), reverse=True)[:rows],
        "active": sum(one.state == "active" for one in sessions),
        "waiting": sum(one.wait_type == "Lock" and one.pid not in by_design for one in sessions),
        "pooled": is_pooled(sessions),
        "clients": dict(clients.most_common(rows)),
    }


def is_pooled(sessions: Iterable[Session]) -> bool:
    """Whether sessions come through a pooler that adds its clients' hosts to their names: each is a client's."""
    return any(name_and_host(one.application)[1] for one in sessions)


def why_no_leak(kind: str, idle: int, others: Collection[int], pooled: bool) -> str:
    """Why sessions over a fair share are no leak: empty where they are one.

    A leak is uneven. ``idle``: sessions of an application that have been idle for long; ``others``: the same of every
    other application under this ceiling.
    """
    if pooled:
        return "its sessions come through a pooler and are its clients'"
    if kind != SLOTS and not others:
        return "no other application is under this limit: the pool is as large as its limit"
    peers = sum(2 * other >= idle for other in others)
    if peers:
        return f"{peers + 1} pools are of about this size: they are too large in sum, and none of them stands out"
    return ""


def fair_level(counts: Iterable[int], room: int) -> int:
    """The common level to which the largest are cut so that all fit into ``room``: max-min fairness.

    Whoever uses less than an equal share leaves the rest of it to the others (Bertsekas and
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
