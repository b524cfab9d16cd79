# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The forest as lines of text. Pure.

All text that comes from the server (statements, names) is stripped of control characters here.
"""

from __future__ import annotations

from typing import Collection

from ..._core.text import shortened, span
from ..describe import describe, who_is
from ..exclusions import Exclusions
from ..session import Session
from ..snapshot import Snapshot
from ..sql_text import legible_statement
from .lock_table import Key


def tree(snapshot: Snapshot, exclusions: Exclusions, rows: int = 40, width: int = 110) -> list[str]:
    """Waiters below their holders, at most ``rows`` lines; equal leaves of one branch share a line."""
    forest = snapshot.forest
    if not forest.waiters:
        return ["no session waits for a lock"]
    children: dict[Key | None, list[Key]] = {}
    for key in sorted(forest.parent, key=lambda k: (-snapshot.seconds_waiting(k), str(k))):
        children.setdefault(forest.parent[key], []).append(key)
    agreed = by_design_lines(snapshot)
    rows -= len(agreed)
    longest = snapshot.seconds_waiting(snapshot.waiting_at_least(0)[0])
    lines = [f"{waiting(len(forest.waiters))}, the longest for {span(longest)}"]
    lines += _deadlocks(snapshot)
    tops = sorted(children.get(None, []), key=lambda k: (k in forest.waits.waits, -forest.reach.get(k, 0), str(k)))
    for key in tops:
        if len(lines) <= rows:
            _branch(snapshot, exclusions, key, children, lines, rows)
    if len(lines) > rows:
        lines = [*lines[: rows - 1], "... more lines are not shown"]
    return [shortened(line, width) for line in (*lines, *agreed)]


def _deadlocks(snapshot: Snapshot) -> list[str]:
    return [
        "deadlock: " + " and ".join(who_is(snapshot, key) for key in cycle) + " wait for each other"
        for cycle in snapshot.forest.cycles
    ]


def by_design_lines(snapshot: Snapshot, min_waiting: float = 0.0, approved: Collection[str] = ()) -> list[str]:
    """A line for each lock that sessions wait for by design: how many wait, and for which session."""
    waiters: dict[tuple[str, frozenset[Key]], int] = {}
    for key, holders in snapshot.waits_by_design(min_waiting, approved).items():
        by_row = key in snapshot.elections
        lock = (snapshot.wanted(key) if by_row else snapshot.object_of(snapshot.forest.wait_of(key)), holders)
        waiters[lock] = waiters.get(lock, 0) + 1
    return [
        f"by design: {waiting(number)} for {lock}, held by "
        + " and ".join(f"{who_is(snapshot, key)} ({describe(snapshot, key)})" for key in sorted(holders, key=str)[:3])
        + "; the application uses the lock in this way: no incident, unless its requests wait there"
        for (lock, holders), number in sorted(waiters.items(), key=lambda item: -item[1])
    ]


def _branch(
    snapshot: Snapshot,
    exclusions: Exclusions,
    key: Key,
    children: dict[Key | None, list[Key]],
    lines: list[str],
    rows: int,
) -> None:
    """One node and what hangs below it; iterative, since a chain may be longer than Python's stack."""
    todo = [(key, "", "", 0)]
    while todo and len(lines) <= rows:
        node, first, rest, more = todo.pop()
        if more:
            lines.append(first + _crowd(snapshot, node, more))
            continue
        lines.append(first + _line(snapshot, exclusions, node))
        holder = snapshot.who(node)
        below = _bundled(snapshot, children.get(node, []), children)
        if isinstance(holder, Session) and holder.query and (below or node in snapshot.forest.root_blockers):
            indent = "│    " if below else "     "
            lines.append(rest + indent + legible_statement(holder.query))
        for place, (child, count) in reversed(list(enumerate(below))):
            last = place == len(below) - 1
            todo.append((child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), count))


def _bundled(snapshot: Snapshot, keys: list[Key], children: dict[Key | None, list[Key]]) -> list[tuple[Key, int]]:
    """Each node with 0, or the first of several equal leaves followed by (first, how many more)."""
    bundles: dict[tuple[str, str], list[Key]] = {}
    shown: list[tuple[Key, int]] = []
    for key in keys:
        if children.get(key):
            shown.append((key, 0))
        else:
            bundles.setdefault(("leaf", snapshot.wanted(key)), []).append(key)
    for leaves in bundles.values():
        shown.append((leaves[0], 0))
        if len(leaves) == 2:
            shown.append((leaves[1], 0))
        elif len(leaves) > 2:
            shown.append((leaves[1], len(leaves) - 1))
    return shown


def _line(snapshot: Snapshot, exclusions: Exclusions, key: Key) -> str:
    forest = snapshot.forest
    parts = [who_is(snapshot, key), describe(snapshot, key)]
    if key in forest.root_blockers:
        parts.append(f"blocks {forest.reach.get(key, 0)}")
    elif forest.alone.get(key):
        parts.append(f"queued blocker of {forest.alone[key]}")
    if key in forest.waits.waits and forest.parent.get(key) is None:
        parts.append("behind several blockers")
    why = exclusions.why(snapshot.who(key)) if key in forest.root_blockers or key in forest.queued_blockers else ""
    if why:
        parts.append(f"protected: {why}")
    return " · ".join(parts)


def _crowd(snapshot: Snapshot, first: Key, count: int) -> str:
    wait = span(snapshot.seconds_waiting(first))
    return f"{count} more wait for the same ({snapshot.wanted(first)}), the longest for {wait}"


def waiting(count: int) -> str:
    """``1 session waits``, ``12 sessions wait``."""
    return "1 session waits" if count == 1 else f"{count} sessions wait"
