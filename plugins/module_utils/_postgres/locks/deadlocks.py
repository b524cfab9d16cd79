# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deadlocks that PostgreSQL does not end by itself, and the one session whose end breaks each at the least harm. Pure.

PostgreSQL looks for a deadlock once in each wait, after deadlock_timeout. Where that is an hour, the sessions of a
deadlock wait for an hour. It would abort whichever of them looks first; one of them has to go in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import AbstractSet, Collection

from ..._core.text import printable, span
from ..describe import who_is
from ..exclusions import Exclusions
from ..session import Session
from ..snapshot import Snapshot
from .lock_table import Key
from .price import Bounds, harm

_UNITS = {"us": 1e-6, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LOOKED_THROUGH = 24  # sessions of a deadlock up to which it is tried what the end of each would free
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


@dataclass(frozen=True)
class Broken:
    """``victims``: those that go; ``stay``: why the other members of circles stay; ``costly``: why some of the victims
    need an approval."""

    victims: list[Key]
    stay: dict[Key, str]
    costly: dict[Key, str]


def broken_deadlocks(
    snapshot: Snapshot,
    exclusions: Exclusions,
    bounds: Bounds,
    affected: AbstractSet[Key],
    removable: Collection[Key],
    approved: Collection[str],
) -> Broken:
    """Of each deadlock that stands for too long: of those that may be ended the ones that lose least, so many that one
    of the others continues; none where that is not to be had.

    ``removable``: who else may be ended, so that a victim may be of use together with these; ``approved``: targets that
    a person named."""
    forest = snapshot.forest
    limit = printable(snapshot.server["deadlock_timeout"])
    own = f"is part of a deadlock; PostgreSQL aborts one of them after deadlock_timeout ({limit})"
    circle = (
        "waits in a circle through places in a queue, or through a row that several transactions share: it is no"
        f" deadlock yet; PostgreSQL looks at it after deadlock_timeout ({limit})"
    )
    stay = {key: circle for cycle in forest.cycles for key in cycle if key in affected}
    stay.update({key: own for deadlock in forest.deadlocks for key in deadlock if key in affected})
    chosen: list[Key] = []
    costly: dict[Key, str] = {}
    for deadlock in forest.deadlocks:
        barred = {key: why for key in deadlock if (why := exclusions.why(snapshot.who(key)))}
        stay.update(barred)
        able = [key for key in deadlock if key not in barred]
        waiters = forest.behind(deadlock) & affected
        if not (able and waiters) or bounds.strategy == "root_blockers":
            continue
        if ends_itself(snapshot, deadlock, bounds.min_waiting):
            continue
        age = span(stands_for(snapshot, deadlock))
        others = [key for key in removable if key not in deadlock]
        victims = _victims(snapshot, deadlock, able, waiters, others, approved)
        if not victims:
            why = (
                f"is part of a deadlock that has stood for {age}; no session is terminated for it: no other one would"
                " continue by that, since they wait for sessions outside of it too"
            )
            stay.update(dict.fromkeys(able, why))
            continue
        freed = len(_freed(snapshot, waiters, [*victims, *others]))
        if len(victims) > freed:
            why = f"{len(victims)} sessions of one deadlock must be terminated so that {freed} can continue"
            costly.update(dict.fromkeys(victims, why))
        chosen += victims
        names = " and ".join(who_is(snapshot, victim) for victim in victims)
        why = f"is part of a deadlock that has stood for {age}; the plan breaks it by ending {names}"
        stay.update({key: why for key in able if key not in victims})
        for victim in victims:
            stay.pop(victim, None)
    return Broken(chosen, stay, costly)


def _victims(
    snapshot: Snapshot,
    deadlock: Collection[Key],
    able: Collection[Key],
    waiters: AbstractSet[Key],
    removable: Collection[Key],
    approved: Collection[str],
) -> list[Key]:
    """Those members of one deadlock whose end lets another one continue; empty where none does.

    One is enough for a circle. Where each waits for each of the others (sessions that share a table and all want it for
    themselves), all but one must go."""
    forest = snapshot.forest
    victims: list[Key] = []
    while True:
        left = [cycle for cycle in forest.deadlocks_without(victims) if set(cycle) <= set(deadlock)]
        candidates = [sorted(set(cycle).intersection(able), key=str) for cycle in left]
        todo = [members for members in candidates if members]
        if not todo:
            break
        victims += [
            min(members, key=lambda key: _price(snapshot, key, deadlock, (waiters, removable, victims), approved))
            for members in todo
        ]

    for victim in reversed(victims[:]):
        without = [other for other in victims if other != victim]
        few, many = (_freed(snapshot, waiters, [*gone, *removable]) for gone in (without, victims))
        if len(few) >= len(many):
            victims = without
    return victims


def _freed(snapshot: Snapshot, waiters: AbstractSet[Key], gone: Collection[Key]) -> AbstractSet[Key]:
    """Those of the waiters that would continue if these were gone."""
    return waiters - snapshot.forest.still_blocked(gone) - set(gone)


def _price(
    snapshot: Snapshot,
    key: Key,
    deadlock: Collection[Key],
    scene: tuple[AbstractSet[Key], Collection[Key], Collection[Key]],
    approved: Collection[str],
) -> tuple[bool, bool, bool, bool, int, float, str]:
    """Approved ones first; then one whose end frees a session, if need be together with the removable, rather by
    itself; then one without which no deadlock is left; then what has written least, as far as is known; then the
    youngest transaction. ``scene``: who waits too long, who else may be ended, and who goes already."""
    waiters, removable, gone = scene
    forest, holder = snapshot.forest, snapshot.who(key)
    began = holder.xact_start if isinstance(holder, Session) else None
    age = (snapshot.now - began).total_seconds() if began else 0.0
    ended, left, in_vain, with_others = [*gone, key], False, False, False
    if len(deadlock) - len(gone) <= _LOOKED_THROUGH:
        left = any(other in deadlock for cycle in forest.deadlocks_without(ended) for other in cycle)
        with_others = not _freed(snapshot, waiters, ended)
        in_vain = with_others and not (removable and _freed(snapshot, waiters, [*ended, *removable]))
    weight = harm(holder, forest.wait_of(key))
    return holder.target not in approved, in_vain, with_others, left, weight, age, str(key)
