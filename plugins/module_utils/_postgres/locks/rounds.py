# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carrying out an unblocking plan, as a machine of transitions. Pure: the driver acts and answers.

``unblocking`` yields what to do next and is sent what came of it:

    Signal(...)  -> True when the guarded statement signalled, False when its guard no longer held
    Watch(...)   -> Seen: how many promised waiters still wait, which targets are still present
    Reread(...)  -> the same transaction as it is now, or None when it is gone or another one
    Look(...)    -> Judgement of a new snapshot

Invariants: it signals only targets of a judgement it was sent; after the first round only
sessions that the first snapshot held already, none that waited there and has just got its lock, and
never more than ``room`` in all; it stops as soon as no session waits, when the queue moves, when
waiters do not fall, when the queue fills up again, after ``max_rounds``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Callable, Generator, Iterable, Mapping, Tuple, Union

from ..._core.plan import Item
from ..._core.text import counted
from ..session import Holder, Session
from ..snapshot import Snapshot
from .least_harm import Judgement
from .lock_table import Key
from .price import CANCEL, TERMINATE, act_on


@dataclass(frozen=True)
class Patience:
    """Seconds: ``grace`` a cancelled session gets before it is terminated, ``settle`` without progress
    before the queue counts as standing, ``timeout`` for a terminated session to be gone."""

    max_rounds: int = 5
    room: int = 10  # most targets in all rounds together
    grace: float = 2.0
    settle: float = 2.0
    timeout: float = 5.0


@dataclass(frozen=True)
class Signal:
    """End ``holder`` by ``action`` if it is still itself and still holds up one of ``waiters`` (pids); None:
    whichever session it holds up. ``escalated``: its state may have changed since, by our own cancel. ``chosen``: by an
    operator, of whichever kind it is; a holder without a transaction and a state is meant as a whole. ``shared``: its
    transactions that hold a row together with others; a waiter waits for one of all these at a time."""

    holder: Holder
    action: str
    waiters: tuple[int, ...] | None
    escalated: bool = False
    chosen: bool = False
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Watch:
    """Look until no promised waiter waits and no target is present, or for ``seconds`` without progress."""

    waiters: tuple[Statement, ...]
    targets: tuple[tuple[Holder, str], ...]  # with the act that was tried last
    seconds: float


@dataclass(frozen=True)
class Reread:
    """Read one session again, the whole row: it may have gone on within its transaction, which is still the one to end.
    ``escalated``: its transaction may have ended by our own cancel."""

    holder: Session
    escalated: bool = False


@dataclass(frozen=True)
class Remeasure:
    """Take a new snapshot and judge it, with ``room`` for that many more targets. A statement in ``affected``
    has waited too long even if its wait has just begun again: a session that moves up in a row's queue waits
    for another lock."""

    affected: tuple[Statement, ...]
    room: int


@dataclass(frozen=True)
class Observation:
    """What a watch ended with; ``seconds`` since the first signal."""

    waiting: int
    standing: frozenset[str]
    seconds: float


@dataclass
class Outcome:
    """What was done. ``seconds_to_recovery`` is None while a waiter that the plan promised to free still waits."""

    acted_on: list[dict[str, Any]] = field(default_factory=list)
    still_present: list[dict[str, Any]] = field(default_factory=list)
    not_done: list[dict[str, Any]] = field(default_factory=list)
    rounds: int = 0
    seconds_to_recovery: float | None = None
    stopped: str = ""
    after: Snapshot | None = None
    moving: int = 0

    @property
    def sentences(self) -> list[str]:
        """What was done."""
        moves = f"the lock queue is moving: {self.moving} wait behind sessions that have got their lock since"
        return [*(f"{entry['action']} {entry['who']}" for entry in self.acted_on), *([moves] if self.moving else [])]


Statement = Tuple[int, Union[datetime, None]]  # pid and query_start
Step = Union[Signal, Watch, Reread, Remeasure]
Answer = Union[bool, Observation, Session, Judgement, None]
_PAST = {"cancel": "cancelled", "terminate": "terminated", "rollback_prepared": "rolled back"}
# Each confirmation takes all of the lock manager's partitions, so a few waiters speak for the queue.
_SAMPLE_WAITERS = 8
_TRIES = 2  # at a session that changes its state within its transaction
# A row that several sessions share shows its holders one by one, so one round may bring nothing.
_USELESS_ROUNDS = 1


def unblocking(
    first: Judgement, patience: Patience, why: Callable[[Holder], str] = lambda _holder: ""
) -> Generator[Step, Any, Outcome]:
    """Carry ``first`` out; see the module's docstring for the protocol. ``why`` returns why a session is excluded,
    empty if it is not: a row that has changed since the plan is checked again before it is signalled."""
    done = Outcome(after=first.snapshot)
    judged = first
    at_work = sum(bool(item.detail.get("at_work")) for item in first.plan.actions)
    useless_rounds = 0
    while judged.plan.actions:
        done.rounds += 1
        is_free, seconds = yield from _one_round(judged, patience, done, why)
        room = max(0, patience.room - len(done.acted_on) - len(done.still_present))
        fresh: Judgement = yield Remeasure(_statements(first, first.affected), room)
        done.after = fresh.snapshot
        moving = first.moving(fresh.snapshot) & fresh.affected
        if done.acted_on and not done.still_present and moving and len(fresh.affected - moving) <= first.left:
            done.moving = len(moving)
            done.seconds_to_recovery = done.seconds_to_recovery or round(seconds, 3)
            break
        fell = is_free or len(fresh.affected) < len(judged.affected)
        useless_rounds = 0 if fell else useless_rounds + 1
        done.stopped = _why_stop(first, fresh, useless_rounds)
        if len(fresh.affected) <= first.left or done.stopped:
            break  # done: only waiters are left that the plan said it would leave
        if done.rounds >= patience.max_rounds:
            done.stopped = f"{len(fresh.affected)} still wait after {done.rounds} rounds (max_rounds): run it again"
            break
        heirs = first.heirs(fresh.snapshot)
        tried = {entry["target"] for entry in done.acted_on + done.still_present}
        judged = fresh.narrowed_to(
            [
                target
                for target in fresh.plan.targets
                if _was_there(first.snapshot, fresh, target) and target not in tried and fresh.keys[target] not in heirs
            ]
        )
        at_work += sum(bool(item.detail.get("at_work")) for item in judged.plan.actions)
        if at_work > max(len(first.freed), 1):
            done.stopped = (
                f"{len(fresh.affected)} still wait, and stopping {at_work} active sessions to free"
                f" {len(first.freed)} would lose more than it frees"
            )
            break
        if not judged.plan.actions:
            done.stopped = f"{len(fresh.affected)} still wait, and no other session may be terminated for them"
    # A holder of a row that showed itself only after another had gone was tried in vain first and ended later.
    ended = {entry["target"] for entry in done.acted_on}
    done.not_done = [entry for entry in done.not_done if entry["target"] not in ended]
    return done


def _one_round(
    judged: Judgement, patience: Patience, done: Outcome, why: Callable[[Holder], str]
) -> Generator[Step, Any, tuple[bool, float]]:
    """Signal, watch, escalate, watch; whether every waiter that the plan promised to free is free, and the seconds."""
    promised = _statements(judged, judged.freed)
    hit: dict[str, tuple[Item, Holder, str]] = {}
    for item in judged.plan.actions:
        key = judged.keys[item.target]
        holder = judged.snapshot.who(key)
        waiters = None if item.detail.get("gives_up") else _sample_waiters(judged, key)
        shared = judged.snapshot.shared_xids.get(key, ())
        struck = yield from _signal_once(Signal(holder, item.action, waiters, shared=shared), why)
        if isinstance(struck, str):
            done.not_done.append({"target": item.target, "reason": struck})
        else:
            hit[item.target] = (item, *struck)
    done.seconds_to_recovery = None
    if not hit:
        return False, 0.0
    targets = tuple((holder, action) for dummy, holder, action in hit.values())
    cancelled = any(action == CANCEL for dummy, action in targets)
    observation: Observation = yield Watch(promised, targets, patience.grace if cancelled else patience.settle)
    if observation.waiting and cancelled:
        for target, (item, holder, action) in list(hit.items()):
            if action == CANCEL and isinstance(holder, Session):
                fresh: Session | None = yield Reread(holder, escalated=True)
                if fresh is None or why(fresh):
                    continue
                key = judged.keys[target]
                witnesses, shared = _sample_waiters(judged, key), judged.snapshot.shared_xids.get(key, ())
                if (yield Signal(_as_seen(fresh, holder), TERMINATE, witnesses, escalated=True, shared=shared)):
                    hit[target] = (item, holder, TERMINATE)
        targets = tuple((holder, action) for dummy, holder, action in hit.values())
        observation = yield Watch(promised, targets, patience.settle)
    if observation.standing:
        observation = yield Watch(promised, targets, patience.timeout)
    record_results(hit, observation, done)
    # Waiters that are cancelled for their own sake free no other: the act has succeeded when their statements are gone.
    given_up = all(item.detail.get("gives_up") for item, dummy, dummy2 in hit.values()) and not observation.standing
    if (promised or given_up) and not observation.waiting:
        done.seconds_to_recovery = round(observation.seconds, 3)
    return not observation.waiting, observation.seconds


def record_results(hit: Mapping[str, tuple[Item, Holder, str]], observation: Observation, done: Outcome) -> None:
    """Note what became of those who were signalled: ended, or stuck."""
    for target, (item, dummy, action) in hit.items():
        entry = {
            "target": target,
            "pid": item.detail["pid"],
            "who": item.detail["who"],
            "action": _PAST[action],
            "reason": item.reason,
        }
        (done.still_present if target in observation.standing else done.acted_on).append(entry)


def _signal_once(step: Signal, why: Callable[[Holder], str]) -> Generator[Step, Any, tuple[Holder, str] | str]:
    """Signal; a session that meanwhile continued within the same transaction is read and tried again.

    One that never stands still (statement after statement in one transaction) is at last terminated by its
    transaction alone: the waiters wait for that, whatever it does at the moment. Returns the session as it was
    signalled and by what, or why it was not.
    """
    moved_on = "it is no longer in the same transaction, or no longer blocks the waiters"
    holder = step.holder
    if (yield step):
        return holder, step.action
    if not isinstance(holder, Session) or holder.xact_start is None:
        return moved_on
    for dummy in range(_TRIES):
        fresh: Session | None = yield Reread(holder)
        if fresh is None:
            return moved_on
        if why(fresh):
            return f"excluded in its present state: {why(fresh)}"
        holder, action = fresh, act_on(fresh)
        if (yield replace(step, holder=holder, action=action)):
            return holder, action
    if (yield replace(step, holder=holder, action=TERMINATE, escalated=True)):
        return holder, TERMINATE
    return moved_on


def _as_seen(fresh: Session, holder: Session) -> Session:
    """The row as it was read last, under the transaction that the plan named: that one may have ended by our cancel."""
    return fresh._replace(xact_start=holder.xact_start)


def _sample_waiters(judged: Judgement, key: Key) -> tuple[int, ...] | None:
    """Pids of which one must still wait for it. None where waiters come and go, so that other ones may wait by now, or
    none for a moment: its transaction, in the same state, still holds what it held."""
    snapshot, least = judged.snapshot, judged.bounds.min_waiting
    direct = [w for w in snapshot.forest.waiting_for(key) if isinstance(w, int)]
    stuck = snapshot.held_for(key) >= least and all(snapshot.seconds_waiting(waiter) < least for waiter in direct)
    if isinstance(key, int) and (stuck or key in snapshot.pressing):
        return None
    return tuple(sorted(direct, key=lambda w: w not in judged.freed)[:_SAMPLE_WAITERS])


def _statements(judged: Judgement, keys: Iterable[Key]) -> tuple[Statement, ...]:
    sessions = judged.snapshot.sessions
    return tuple((key, sessions[key].query_start) for key in keys if isinstance(key, int) and key in sessions)


def _client(judged: Judgement, key: Key) -> tuple[str, str]:
    session = judged.snapshot.sessions.get(key) if isinstance(key, int) else None
    return (session.user, session.application) if session else ("", "")


def _was_there(first: Snapshot, fresh: Judgement, target: str) -> bool:
    key = fresh.keys[target]
    if isinstance(key, str):
        return key in first.prepared
    then, now = first.sessions.get(key), fresh.snapshot.sessions.get(key)
    return then is not None and now is not None and then.backend_start == now.backend_start


def _behind_sessions_that_move(snapshot: Snapshot, since: datetime) -> set[Key]:
    """Waiters of a hot row, which many update one after the other: the holder of now has worked since, or has ended
    between the two statements of the snapshot that read locks and sessions."""
    sessions = snapshot.sessions
    moves = [
        key
        for key in snapshot.forest.root_blockers
        if isinstance(key, int) and (key not in sessions or (sessions[key].in_state_since() or since) > since)
    ]
    return snapshot.forest.behind(moves) - snapshot.forest.still_blocked(moves) if moves else set()


def _why_stop(first: Judgement, fresh: Judgement, useless_rounds: int) -> str:
    since = first.snapshot.now
    queue = _statements(fresh, fresh.snapshot.forest.waiters)
    clients = {_client(first, key) for key in first.affected}
    moving = _behind_sessions_that_move(fresh.snapshot, since)
    again = [
        pid for pid, began in queue if began and began > since and _client(fresh, pid) in clients and pid not in moving
    ]
    if len(again) > 1 and 2 * len(again) >= len(first.affected):
        return (
            f"{counted(len(again), 'session has', 'sessions have')} queued up again since the act: the"
            " application retries and waits for "
            "the same lock; stop it or set a lock_timeout for it before you terminate more"
        )
    if useless_rounds > _USELESS_ROUNDS:
        return f"the number of waiters did not fall in {useless_rounds} rounds ({len(fresh.affected)} still wait)"
    return ""
