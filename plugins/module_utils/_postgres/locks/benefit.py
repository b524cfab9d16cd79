# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ending a session frees against what it loses, and the plan in its place. Pure."""

from __future__ import annotations

from typing import AbstractSet, Collection, Iterable

from ..._core.plan import Item
from ..._core.text import counted, span
from ..describe import describe, who_is
from ..exclusions import Exclusions
from ..session import Prepared, Session
from ..snapshot import Snapshot
from ..sql_text import without_literals
from ..work import works_elsewhere
from .convoy import proved_holds, seconds_in_transaction, waited_for
from .election import lasts, may_lead, takes_its_turn, why_lead, why_lead_by_row, why_mutex
from .lock_table import Key
from .price import CANCEL, Bounds, act_on, at_work, has_worked, is_forgotten

_CAN_WAIT = "maintenance, a backup, replication, a change of a table or an operator's tool"
_BATCHES = 20  # times the least wait: no client takes so long for a batch of its cursor
_LONG_WORK = 600.0  # seconds of a transaction, as much work as few waiters do not outweigh
_SINCE_UNKNOWN = "since when it has held its lock is not known"


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
        urgent = sum(
            not snapshot.can_wait(key) and not snapshot.may_stand_by(key, bounds.min_waiters) for key in waiters
        )
        active = sum(at_work(snapshot, key, bounds) for key in group)
        if urgent:
            lost = sum(at_work(snapshot, key, bounds) or _rolls_back(snapshot, key) for key in group)
        else:
            lost = sum(not is_forgotten(snapshot, key, _BATCHES * bounds.min_waiting, bounds) for key in group)
        losing = [key for key in group if _loses_work(snapshot, key, bounds)] if urgent < bounds.min_waiters else []
        if lost <= urgent and not losing:
            continue
        others = sorted((key for key in waiters if not exclusions.why(snapshot.who(key))), key=str)
        if lost > urgent:
            reason = _why_costly(snapshot, group, waiters, (active, lost, urgent), bounds)
        else:
            reason = _why_work(snapshot, losing, urgent)
        if others:
            reason += f"; the alternative is to cancel {' and '.join(who_is(snapshot, key) for key in others[:3])}"
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


def _why_costly(
    snapshot: Snapshot, group: list[Key], waiters: AbstractSet[Key], counts: tuple[int, int, int], bounds: Bounds
) -> str:
    """``counts``: of the group that is active, of it that is lost, of the waiters that cannot wait."""
    active, lost, urgent = counts
    kind = f" ({_CAN_WAIT}, with no session behind it)" if waiters and not urgent else ""
    written = sum(_rolls_back(snapshot, key) for key in group)
    if active == lost:
        which = counted(lost, "active session")
    elif written:
        which = f"{counted(lost, 'session')} that " + ("has" if lost == 1 else "have") + " written,"
        which = which if written >= lost else f"{counted(lost, 'session')} that are active or have written,"
    else:
        lately = all(snapshot.held_for(key) < bounds.min_waiting for key in group)
        since = bounds.min_waiting if lately else _BATCHES * bounds.min_waiting
        which = f"{counted(lost, 'session')}, active less than {span(since)} ago,"
    return f"cancels or terminates {which} to free {len(waiters)}{kind}"


def _why_work(snapshot: Snapshot, losing: Collection[Key], urgent: int) -> str:
    """``losing``: see `_loses_work`."""
    holders = [holder for holder in map(snapshot.who, losing) if isinstance(holder, Session)]
    begun = "is active"
    if any(key in snapshot.forest.waits.waits for key in losing):
        begun = "has only begun to wait itself"
    if any(map(works_elsewhere, holders)):
        begun = "may be active, as a part of a transaction of another server"
    works = f"its transaction has written and {begun}"
    if not any(holder.has_written for holder in holders):
        longest = max(lasts(snapshot, holder) for holder in holders)
        works = f"it is active, and its transaction has run for {span(longest)}"
    return (
        f"{works}, and only {urgent} of the application's sessions {'waits' if urgent == 1 else 'wait'} too long for it"
    )


def _rolls_back(snapshot: Snapshot, key: Key) -> bool:
    """Whether the end of a root blocker rolls back what it has written, however long it has been idle."""
    holder = snapshot.who(key)
    if not isinstance(holder, Session) or key in snapshot.forest.waits.waits:
        return False
    return holder.has_written and not holder.aborted


def _loses_work(snapshot: Snapshot, key: Key, bounds: Bounds) -> bool:
    """Whether a target's end loses the work of an active transaction: what it has written, such as a batch that another
    one waits for, or a report of ten minutes or more. Between two statements it counts as active until it has been idle
    for ``min_waiting``, and so does one that has begun to wait itself."""
    holder, awaited = snapshot.who(key), snapshot.forest.wait_of(key)
    if not isinstance(holder, Session):
        return False
    if not holder.has_written:
        return lasts(snapshot, holder) >= _LONG_WORK and not is_forgotten(snapshot, key, bounds.min_waiting, bounds)
    if awaited is not None:
        return has_worked(holder, awaited) and snapshot.seconds_waiting(key) < bounds.min_waiting
    pauses = holder.seconds_in_state(snapshot.now) < bounds.min_waiting or works_elsewhere(holder)
    return act_on(holder) == CANCEL or (holder.idle_in_transaction and pauses and not holder.aborted)


def uncertain_ends(snapshot: Snapshot, chosen: list[Key], freed: AbstractSet[Key], bounds: Bounds) -> dict[Key, str]:
    """Targets of which it is not known whether they are stuck, each with the reason.

    An active session whose waiters fail and come back: since when it has its lock is not shown. A transaction that has
    written nothing, and only holds an advisory lock that others want: it may be a leader's, whose driver has begun a
    transaction that it never ends, or that holds the lock by its transaction. The statements show the latter, and then
    many waiters are a queue: an election has few members. One that is idle
    since the statement that its waiters run too has got the lock by that: they waited for others before. So may they
    have if it is one of them, and is not known to have held its lock for as long as they have waited.
    """
    uncertain: dict[Key, str] = {}
    proved = proved_holds(snapshot)
    for key in chosen:
        holder, waiters = snapshot.who(key), snapshot.forest.behind([key]) & freed
        if isinstance(holder, Prepared) or key in snapshot.forest.waits.waits:
            continue
        old = [waiter for waiter in waiters if snapshot.seconds_waiting(waiter) >= bounds.min_waiting]
        if key in snapshot.pressing and not old and snapshot.held_for(key) < bounds.min_waiting:
            uncertain[key] = f"it is not idle, and {_SINCE_UNKNOWN}"
        elif leads := may_lead(snapshot, holder, bounds.min_waiters, waiters):
            uncertain[key] = leads
        elif works := why_mutex(snapshot, holder, waiters, bounds.min_waiting):
            uncertain[key] = works
        elif proved.get(key, 0.0) < bounds.min_waiting and takes_its_turn(holder, map(snapshot.who, waiters)):
            uncertain[key] = (
                f"it ran the statement that its waiters run, {span(proved[key])} ago as far as is known: the queue may"
                " be moving"
            )
        elif _is_one_of(snapshot, holder, old) and (
            (held := _held_among_equals(snapshot, holder, proved.get(key, 0.0), old)) < bounds.min_waiting
        ):
            since = f"it has held its lock for {span(held)} as far as is known" if held else _SINCE_UNKNOWN
            uncertain[key] = f"{since}, and its waiters take turns and have waited for long: the queue may be moving"
        elif leads := why_lead_by_row(snapshot, holder, waiters, bounds.min_waiting, bounds.min_waiters):
            uncertain[key] = leads
        elif (waited := waited_for(snapshot, key)) < bounds.min_waiting:
            uncertain[key] = (
                f"no session has waited for it for longer than {span(waited)}: those that wait for too long waited for"
                " others before, so it may be about to continue"
            )
    return uncertain


def why_keep(snapshot: Snapshot, holder: Session) -> str:
    """Why a session idle in transaction that holds others back is not terminated without an approval: what it has
    written would be lost and no request waits for it, or it may be the elected leader of those that wait. Empty where
    it is to go."""
    leads = why_lead(snapshot, holder)
    waiters = snapshot.forest.waiting_for(holder.key)
    requests = not all(snapshot.can_wait(key) for key in waiters)
    part = why_part(holder)
    if not leads and part and not requests:
        return f"{part}, and no request waits for it"
    if not leads and holder.has_written and not holder.aborted and not requests:
        return (
            "its transaction has written, and no request waits for it: it may be a job that works elsewhere meanwhile"
        )
    return leads


def why_part(holder: Session) -> str:
    """Why a session idle in its transaction may not be forgotten: its statements come from another server, whose own
    transaction may be active. Empty where they do not, or where it has failed."""
    if not works_elsewhere(holder) or holder.aborted:
        return ""
    return "it is a part of a transaction of another server, which may be active"


def _is_one_of(snapshot: Snapshot, holder: Session, waiters: Collection[Key]) -> bool:
    """Whether a session holds a lock as one of its waiters wants it, as the members of a convoy do, of whatever
    application."""
    waits = snapshot.forest.waits
    return not holder.aborted and any(
        isinstance(snapshot.who(key), Session) and not snapshot.can_wait(key)
        and any(lock.kind == "tuple" or holder.key in waits.held_alike.get(lock.tag, ()) for lock in waits.waits[key])
        for key in waiters
    )  # fmt: skip


def _held_among_equals(snapshot: Snapshot, holder: Session, proved: float, waiters: Iterable[Key]) -> float:
    """Seconds for which a session has held the lock that its waiters want, at least, if it took it as they try to: not
    by a later statement than theirs."""
    asking = {who.query for who in map(snapshot.who, waiters) if isinstance(who, Session)}
    beyond = holder.state == "active" and without_literals(holder.query) not in map(without_literals, asking)
    return max(proved, seconds_in_transaction(snapshot, holder)) if beyond else proved


def giving_up(snapshot: Snapshot, key: Key) -> Item:
    """A waiter that is cancelled for its own sake, since what it waits for is worth more."""
    holder = snapshot.who(key)
    detail = {"pid": key if isinstance(key, int) else 0, "who": who_is(snapshot, key), "frees": 0, "gives_up": True}
    return Item(holder.target, describe(snapshot, key), CANCEL, detail)
