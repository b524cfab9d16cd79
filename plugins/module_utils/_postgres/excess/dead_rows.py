# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which transaction keeps dead rows from being removed, and what keeps them as well. Pure.

The horizon is the oldest of all: the end of one transaction lets vacuum remove nothing while a dump, a prepared
transaction or a replication slot is as old.
"""

from __future__ import annotations

from typing import Collection, Iterable, Mapping, NamedTuple

from ..._core.text import printable
from ..describe import who_is
from ..locks.election import standbys
from ..session import Session
from ..snapshot import Snapshot

DEAD_ROWS = 1000  # transactions whose dead rows are kept, from which on that is holding others back


class RowKeeper(NamedTuple):
    """What keeps dead rows and is no session of a client. ``age`` in transactions; ``database``: the only one that it
    concerns, empty for all."""

    kind: str
    name: str
    age: int
    database: str = ""


def held_back(snapshot: Snapshot, session: Session, horizon: Mapping[int, int]) -> str:
    """What a transaction holds back, as the end of a reason: dead rows, or sessions that wait for its locks. Those that
    may be the standbys of an election wait by design.

    ``horizon``: of how many transactions each session keeps the dead rows, by pid."""
    rows, waiters = horizon.get(session.pid, 0), snapshot.forest.reach.get(session.key, 0)
    if waiters and snapshot.forest.behind([session.key]) <= standbys(snapshot):
        waiters = 0
    said = f", holds back the xmin horizon by {rows:,} transactions" if rows >= DEAD_ROWS else ""
    return said + (f", blocks {waiters}" if waiters else "")


def why_in_vain(
    snapshot: Snapshot,
    session: Session,
    horizon: Mapping[int, int],
    others: Iterable[RowKeeper],
    going: Collection[int],
) -> str:
    """What keeps nearly as many dead rows as a transaction on which no session waits, so that its end frees none;
    empty where nothing does. ``going``: sessions that end with it."""
    if snapshot.forest.reach.get(session.key):
        return ""
    known = [(age, f"session {who_is(snapshot, pid)}") for pid, age in horizon.items() if pid not in going
             and pid in snapshot.sessions and snapshot.sessions[pid].database == session.database]  # fmt: skip
    known += [
        (keeper.age, f"{keeper.kind} {printable(keeper.name)}")
        for keeper in others
        if keeper.database in ("", session.database)
    ]
    age, who = max(known, default=(0, ""))
    if horizon.get(session.pid, 0) - age >= DEAD_ROWS:
        return ""
    return f"its end alone would free no dead row: {who} holds back the xmin horizon by {age:,} transactions too"
