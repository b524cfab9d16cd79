# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an unblocking is about to destroy, and how a lock queue stands. Pure."""

from __future__ import annotations

from typing import Any

from ..._core.times import stamp
from ..activity_report import blocker_dict, waiter_dict
from ..exclusions import Mercy
from ..snapshot import Picture, count_connections
from .least_harm import Judgement
from .tree import tree


def standing(picture: Picture, min_waiting: float) -> dict[str, Any]:
    """Sessions that wait for a lock, and those of them that have waited for ``min_waiting`` seconds or longer."""
    return {"waiters": len(picture.forest.waiters), "long_waiters": len(picture.waiting_at_least(min_waiting))}


def facts(picture: Picture, mercy: Mercy) -> dict[str, Any]:
    """What was seen before anything was planned, under the names that pg_activity_info gives it."""
    return {
        "visibility": picture.visibility,
        "redacted": picture.redacted,
        "server": dict(picture.server),
        "connections": count_connections(picture),
        "waiters": len(picture.forest.waiters),
        "tree": tree(picture, mercy),
    }


def evidence(judged: Judgement, mercy: Mercy, rows: int) -> dict[str, Any]:
    """What the act is about to destroy: the forest, the sessions in it, their statements without literals."""
    picture = judged.picture
    forest = picture.forest
    blockers = [*forest.roots, *forest.gates]
    waiters = picture.waiting_at_least(0)
    return {
        "at": stamp(picture.now),
        "server": dict(picture.server),
        "tree": tree(picture, mercy, rows=200, width=200),
        "plan": judged.as_dict(),
        "blockers": [blocker_dict(picture, key, mercy, "normalized") for key in blockers[:rows]],
        "waiters": [waiter_dict(picture, key, "normalized") for key in waiters[:rows]],
        "waiters_in_all": len(waiters),
    }
