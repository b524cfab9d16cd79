# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A convoy: sessions that take one lock after the other. Each waits for long, no holder is stuck. Pure.

One snapshot cannot show it: PostgreSQL does not say since when a lock is held. It is seen in
snapshots a moment apart, by the holder that has changed.
"""

from __future__ import annotations

from collections import Counter
from typing import Collection, NamedTuple, Sequence

from ..._core.text import shortened, span
from ..session import CLIENT, Holder, Prepared, Session
from ..snapshot import Snapshot
from ..sql_text import legible_statement
from . import graph as algorithms
from .lock_table import Key, Tag

WATCHED = 5.0  # seconds at most for which a queue is watched that may move
SLOWEST = 20.0  # and one whose members take turns, since each of them may hold its lock for so long
_WIDE = 100


class Convoy(NamedTuple):
    """A queue that moves. ``changes``: how often its holder was seen to change within ``seconds``;
    ``same``: how many of its waiting ``sessions`` run ``statement``."""

    lock: str
    waiters: int
    longest: float
    changes: int
    seconds: float
    statement: str
    same: int
    sessions: int


def proved_holds(snapshot: Snapshot) -> dict[Key, float]:
    """Seconds for which root blockers have held what others wait for, at least, as far as one snapshot shows it.

    Known are: a wait for its transaction, which it has run since before; the time since it went idle, in which no
    lock is taken; and of an active one the age of its statement, if a waiter had come before it.
    """
    waits = snapshot.forest.waits
    oldest: dict[Tag, float] = {}
    for locks in waits.waits.values():
        for lock in locks:
            age = max(0.0, (snapshot.now - lock.since).total_seconds()) if lock.since else 0.0
            oldest[lock.tag] = max(age, oldest.get(lock.tag, 0.0))
    proved = {key: snapshot.held_for(key) for key in snapshot.forest.root_blockers}
    for tag, age in oldest.items():
        for key in waits.held_by.get(tag, set()) & proved.keys():
            proved[key] = max(
                proved[key], age if tag[0] == "transactionid" else _in_statement(snapshot.who(key), age, snapshot)
            )
    return proved


def waited_for(snapshot: Snapshot, key: Key) -> float:
    """Seconds for which a root blocker has kept a session from its lock, at least: it has been idle since, or one waits
    for so long that wants what it holds, or stands in the row's queue behind that one. Who waits for a session that
    waits for the root in its turn has waited for that other one before. No transaction is older than what it does."""
    waits = snapshot.forest.waits
    tags = {tag for tag, owners in waits.held_by.items() if key in owners}
    direct = {waiter for waiter, locks in waits.waits.items() if any(lock.tag in tags for lock in locks)}
    rows = {tag for tag, owners in waits.held_by.items() if tag[0] == "tuple" and owners & direct}
    queue = {waiter for waiter, locks in waits.waits.items() if any(lock.tag in rows for lock in locks)}
    waited = max((snapshot.seconds_waiting(waiter) for waiter in direct | queue), default=0.0)
    holder = snapshot.who(key)
    if isinstance(holder, Session) and holder.xact_start is not None:
        waited = min(waited, max(0.0, (snapshot.now - holder.xact_start).total_seconds()))
    return max(waited, snapshot.held_for(key))


def _in_statement(holder: Holder, oldest: float, snapshot: Snapshot) -> float:
    if isinstance(holder, Prepared) or holder.state == "":
        return 0.0
    if holder.state == "active" and oldest <= holder.seconds_in_state(snapshot.now):
        return 0.0
    return seconds_in_transaction(snapshot, holder)


def seconds_in_transaction(snapshot: Snapshot, holder: Session) -> float:
    """Seconds of its present state within its transaction: a procedure that commits between its steps gives its locks
    back, and runs on as one statement."""
    seconds = holder.seconds_in_state(snapshot.now)
    if holder.xact_start is None:
        return seconds
    return min(seconds, max(0.0, (snapshot.now - holder.xact_start).total_seconds()))


def unproved_roots(snapshot: Snapshot, seconds: float, settled: Collection[str], late: Collection[Key]) -> set[Key]:
    """Root blockers of late waiters that may have got their lock a moment ago, as far as this look shows. ``settled``:
    targets that are known to have held it; ``seconds``: after which a holder is none of a convoy."""
    roots = _roots_over(snapshot, late)
    if not roots:
        return set()
    proved = proved_holds(snapshot)
    return {
        key
        for key in roots
        if isinstance(key, int) and proved[key] < seconds
        and snapshot.sessions.get(key, Session(key)).backend_type == CLIENT
        and snapshot.who(key).target not in settled
    }  # fmt: skip


def turn_takers(snapshot: Snapshot, roots: Collection[Key]) -> set[Key]:
    """Those of the roots that hold a lock as their waiters want it, as members of a convoy of any application do."""
    waits = snapshot.forest.waits
    tags = {lock.tag for locks in waits.waits.values() for lock in locks}
    return {key for tag in tags for key in waits.held_alike.get(tag, ())}.intersection(roots)


def watched_waiters(snapshot: Snapshot, min_waiting: float, min_waiters: int, settled: Collection[str]) -> set[Key]:
    """Waiters of which one snapshot does not show whether they are stuck, wait by design, or wait in a convoy: the late
    ones, and those for an advisory lock that is held in a transaction, as a leader's seldom is."""
    by_design = snapshot.waits_by_design(min_waiting, settled)
    in_transaction = {
        waiter
        for waiter, holders in by_design.items()
        if snapshot.seconds_waiting(waiter) >= min_waiting
        and any(
            isinstance(key, int) and snapshot.sessions[key].xact_start for key in holders & snapshot.sessions.keys()
        )
    }
    return in_transaction.union(snapshot.affected(min_waiting, settled, min_waiters))


def _roots_over(snapshot: Snapshot, waiters: Collection[Key]) -> set[Key]:
    nodes = snapshot.forest.waits.node_of
    starts = [nodes[key] for key in waiters if key in nodes]
    over = algorithms.reachable(snapshot.forest.waits.all_edges(), starts) if starts else set()
    return {key for key in snapshot.forest.root_blockers if nodes[key] in over}


def moving_waiters(snapshot: Snapshot, unproved: Collection[Key], before: Collection[str]) -> frozenset[Key]:
    """Waiters behind roots alone that were no roots ``before`` (targets of an earlier look), and are not proved to have
    held their lock since."""
    forest = snapshot.forest
    healthy = [key for key in unproved if snapshot.who(key).target not in before]
    return frozenset(forest.behind(healthy) - forest.still_blocked(healthy)) if healthy else frozenset()


def convoys_of(looks: Sequence[Snapshot], moving: Collection[Key]) -> tuple[Convoy, ...]:
    """The queues of the waiters that move, in words, from all looks at them; the last is the present one."""
    last = looks[-1]
    queues: dict[str, list[Key]] = {}
    for key in moving:
        lock = last.forest.wait_of(key)
        name = last.object_of(lock) if lock is not None and lock.kind == "relation" else last.wanted(key)
        queues.setdefault(name, []).append(key)
    return tuple(_convoy(looks, lock, keys) for lock, keys in sorted(queues.items(), key=lambda item: -len(item[1])))


def _convoy(looks: Sequence[Snapshot], lock: str, keys: Sequence[Key]) -> Convoy:
    last = looks[-1]
    holders = {look.who(root).target for look in looks for root in _roots_over(look, keys)}
    statements = Counter(
        legible_statement(last.sessions[key].query) for key in keys if isinstance(key, int) and key in last.sessions
    )
    statement, same = statements.most_common(1)[0] if statements else ("", 0)
    longest = max(last.seconds_waiting(key) for key in keys)
    lasted = (last.now - looks[0].now).total_seconds()
    return Convoy(lock, len(keys), longest, len(holders) - 1, lasted, statement, same, sum(statements.values()))


def convoy_text(convoy: Convoy) -> str:
    """A convoy in one sentence."""
    many = "1 session waits" if convoy.waiters == 1 else f"{convoy.waiters} sessions wait"
    changes = "once" if convoy.changes == 1 else f"{convoy.changes} times"
    run = "all run" if convoy.same == convoy.sessions else f"{convoy.same} of them run"
    return (
        f"a lock convoy on {convoy.lock}: {many}, the longest for {span(convoy.longest)}; the holder changed {changes}"
        f" within {span(convoy.seconds)}, so no session is stuck; {run}: {shortened(convoy.statement, _WIDE)}"
    )
