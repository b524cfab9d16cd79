# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ending a session frees against what it loses, and the plan in its place. Pure."""

from __future__ import annotations

from typing import AbstractSet

from ..._core.plan import Item
from ..describe import describe, who_is
from ..exclusions import Exclusions
from ..snapshot import Snapshot
from .lock_table import Key
from .price import CANCEL, Bounds, at_work


def groups_of(snapshot: Snapshot, chosen: list[Key], affected: AbstractSet[Key]) -> list[tuple[list[Key], int]]:
    """Targets that share a waiter belong together; the group that holds up most comes first."""
    groups: list[tuple[list[Key], set[Key]]] = []
    for key in chosen:
        members, waiters = [key], snapshot.forest.behind([key]) & affected
        apart = []
        for other, others in groups:
            if others & waiters:
                members, waiters = members + other, waiters | others
            else:
                apart.append((other, others))
        groups = [*apart, (members, waiters)]
    groups.sort(key=lambda group: (-len(group[1]) / len(group[0]), sorted(map(str, group[0]))))
    return [(sorted(members, key=str), len(waiters)) for members, waiters in groups]


def costly_ends(
    snapshot: Snapshot, exclusions: Exclusions, chosen: list[Key], freed: AbstractSet[Key], bounds: Bounds
) -> tuple[dict[Key, str], list[Key]]:
    """Targets whose end loses more than it frees, each with the reason; and the waiters to cancel in their place."""
    costly: dict[Key, str] = {}
    to_cancel: list[Key] = []
    for group, dummy in groups_of(snapshot, chosen, freed):
        waiters = snapshot.forest.behind(group) & freed
        lost = sum(at_work(snapshot, key, bounds) for key in group)
        if lost <= len(waiters):
            continue
        others = sorted((key for key in waiters if not exclusions.why(snapshot.who(key))), key=str)
        instead = f"; the alternative is to cancel {' and '.join(who_is(snapshot, key) for key in others[:3])}"
        reason = f"cancels or terminates {lost} active sessions to free {len(waiters)}" + (instead if others else "")
        costly.update(dict.fromkeys(group, reason))
        to_cancel += others if len(others) == len(waiters) else []
    return costly, to_cancel


def blind_ends(snapshot: Snapshot, chosen: list[Key]) -> dict[Key, str]:
    """Targets that may hold a row together with sessions that the lock table does not show, each with what would show
    these: the end of one of several holders frees no waiter."""
    return {
        key: f"other sessions may lock the same row, so ending it alone may free none; {snapshot.unread_rows[key]}"
        for key in chosen
        if key in snapshot.unread_rows
    }


def giving_up(snapshot: Snapshot, key: Key) -> Item:
    """A waiter that is cancelled for its own sake, since what it waits for is worth more."""
    holder = snapshot.who(key)
    detail = {"pid": key if isinstance(key, int) else 0, "who": who_is(snapshot, key), "frees": 0, "gives_up": True}
    return Item(holder.target, describe(snapshot, key), CANCEL, detail)
