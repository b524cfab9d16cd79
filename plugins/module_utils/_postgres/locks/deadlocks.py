# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deadlocks that PostgreSQL does not end by itself, and the one session whose end breaks each at the least harm. Pure.

PostgreSQL looks for a deadlock once in each wait, after deadlock_timeout. Where that is an hour, the sessions of a
deadlock wait for an hour. It would abort whichever of them looks first; one of them has to go in any case.
"""

from __future__ import annotations

import re
from typing import AbstractSet, Collection

from ..._core.text import printable, span
from ..describe import who_is
from ..exclusions import Exclusions
from ..session import Session
from ..snapshot import Snapshot
from .lock_table import Key
from .price import Bounds, harm

_UNITS = {"us": 1e-6, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SETTING = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\Z")


def seconds_of(setting: str) -> float | None:
    """Seconds of a setting of time as PostgreSQL shows it; None where it is none. Without a unit: milliseconds."""
    match = _SETTING.match(setting.strip())
    return float(match.group(1)) * _UNITS[match.group(2) or "ms"] if match else None


def stands_for(snapshot: Snapshot, cycle: Collection[Key]) -> float:
    """Seconds for which a deadlock has stood: since the last of its sessions began to wait."""
    return min(snapshot.seconds_waiting(key) for key in cycle)


def ends_itself(snapshot: Snapshot, cycle: Collection[Key], min_waiting: float) -> bool:
    """Whether PostgreSQL is about to break a deadlock, or it is younger than what counts as too long a wait."""
    age = stands_for(snapshot, cycle)
    limit = seconds_of(snapshot.server["deadlock_timeout"])
    return age < min_waiting or (limit is not None and 0 < limit - age <= min_waiting)


def victims(
    snapshot: Snapshot, exclusions: Exclusions, bounds: Bounds, affected: AbstractSet[Key], approved: Collection[str]
) -> tuple[list[Key], dict[Key, str]]:
    """One session of each deadlock that stands for too long: of those that may be ended the one that loses least; and
    of all other members of cycles, why they stay. ``approved``: targets that a person named."""
    forest = snapshot.forest
    limit = printable(snapshot.server["deadlock_timeout"])
    own = f"is part of a deadlock; PostgreSQL aborts one of them after deadlock_timeout ({limit})"
    stay = {key: own for cycle in forest.cycles for key in cycle if key in affected}
    chosen: list[Key] = []
    for deadlock in forest.deadlocks:
        barred = {key: why for key in deadlock if (why := exclusions.why(snapshot.who(key)))}
        stay.update(barred)
        able = [key for key in deadlock if key not in barred]
        waiters = forest.behind(deadlock) & affected
        if not (able and waiters) or bounds.strategy == "root_blockers":
            continue
        if ends_itself(snapshot, deadlock, bounds.min_waiting):
            continue
        victim = min(able, key=lambda key: _price(snapshot, key, deadlock, approved))
        chosen.append(victim)
        why = (
            f"is part of a deadlock that has stood for {span(stands_for(snapshot, deadlock))}; the plan breaks it by"
            f" ending {who_is(snapshot, victim)}"
        )
        stay.update({key: why for key in able if key != victim})
        stay.pop(victim, None)
    return chosen, stay


def _price(
    snapshot: Snapshot, key: Key, deadlock: Collection[Key], approved: Collection[str]
) -> tuple[bool, bool, int, float, str]:
    """Approved ones first; then one without which no deadlock is left; then what has written least, as far as is known;
    then the youngest transaction."""
    holder = snapshot.who(key)
    began = holder.xact_start if isinstance(holder, Session) else None
    age = (snapshot.now - began).total_seconds() if began else 0.0
    left = any(other in deadlock for cycle in snapshot.forest.deadlocks_without([key]) for other in cycle)
    return holder.target not in approved, left, harm(holder, snapshot.forest.wait_of(key)), age, str(key)
