# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an unblocking is about to destroy, and how a lock queue stands. Pure."""

from __future__ import annotations

from typing import Any, Collection

from ..._core.times import stamp
from ..activity_report import blocker_dict, waiter_dict
from ..exclusions import Exclusions
from ..server_states import server_states
from ..snapshot import Snapshot, count_connections
from .least_harm import Judgement
from .lock_table import Key
from .price import Bounds
from .returning import quiet_lines
from .tree import tree


def standing(snapshot: Snapshot, bounds: Bounds, moving: Collection[Key] = ()) -> dict[str, Any]:
    """Sessions that wait for a lock, and those of them that wait too long. ``moving``: those in a queue that moves by
    itself, which are not late."""
    affected = snapshot.affected(bounds.min_waiting, min_waiters=bounds.min_waiters)
    late = [key for key in affected if key not in moving]
    return {"waiters": len(snapshot.forest.waiters), "long_waiters": len(late)}


def facts(snapshot: Snapshot, exclusions: Exclusions, min_waiting: float) -> dict[str, Any]:
    """What was seen before anything was planned, under the names that pg_activity_info gives it; with old transactions
    that no session waits for just now."""
    return {
        "visibility": snapshot.visibility,
        "redacted": snapshot.redacted,
        "server": dict(snapshot.server),
        "connections": count_connections(snapshot),
        "waiters": len(snapshot.forest.waiters),
        "tree": [*tree(snapshot, exclusions), *quiet_lines(snapshot, min_waiting)],
        "server_states": server_states(snapshot),
    }


def evidence(judged: Judgement, exclusions: Exclusions, rows: int) -> dict[str, Any]:
    """What the act is about to destroy: the forest, the sessions in it, their statements without literals."""
    snapshot = judged.snapshot
    forest = snapshot.forest
    blockers = [*forest.root_blockers, *forest.queued_blockers]
    waiters = snapshot.waiting_at_least(0)
    return {
        "at": stamp(snapshot.now),
        "server": dict(snapshot.server),
        "tree": tree(snapshot, exclusions, rows=200, width=200),
        "plan": judged.as_dict(),
        "blockers": [blocker_dict(snapshot, key, exclusions, "normalized") for key in blockers[:rows]],
        "waiters": [waiter_dict(snapshot, key, "normalized") for key in waiters[:rows]],
        "waiters_in_all": len(waiters),
    }
