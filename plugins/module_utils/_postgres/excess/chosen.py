# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One session that an operator chose: what is known of it, and the plan to cancel or to terminate it. Pure.

A statement is cancelled as the plan saw it: its target names the transaction. A session is terminated whatever it does
by then: its target names the backend alone, so that an approval stays good while transactions come and go. An exclusion
stands until the operator says that it does not, and then the plan needs an approval whatever the limit is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple, Sequence

from ..._core.errors import InputError
from ..._core.plan import Item, Plan
from ..._core.text import printable, shortened, some, span
from ..._core.times import stamp
from ..describe import describe, who_is
from ..exclusions import Exclusions
from ..locks.price import CANCEL, TERMINATE
from ..session import CLIENT, Session
from ..snapshot import Snapshot
from ..sql_text import legible_statement
from ..work import leaves_behind, maintenance
from .excess_plan import CHOSEN, VERB, Excess

AUTO = "auto"
ACTIONS = (AUTO, CANCEL, TERMINATE)
_WALSENDER, _AUTOVACUUM, _PARALLEL = "walsender", "autovacuum worker", "parallel worker"
_IDENTITY = re.compile(r"(\d{1,9})(?:@(\d{8}T\d{6}\.\d{6}Z)(?:/\S*)?)?\Z", re.ASCII)
_SHOWN, _WIDE = 4, 160


class HeldLock(NamedTuple):
    """Locks of one kind on one object. ``name`` empty: it has none that could be read."""

    kind: str
    mode: str
    name: str
    number: int


@dataclass(frozen=True)
class Chosen:
    """``began``: when the backend started, as targets have it; empty: whichever session has that pid now. ``action``:
    `AUTO` cancels a statement that runs, else terminates. ``override``: exclusions are no bar."""

    pid: int
    began: str = ""
    action: str = AUTO
    override: bool = False

    def of(self, session: Session | None) -> Chosen:
        """The same, meaning the session that has the pid now and no later one."""
        return self if self.began or session is None else replace(self, began=stamp(session.backend_start))

    @property
    def words(self) -> str:
        return f"{self.pid}@{self.began}" if self.began else str(self.pid)


def chosen_of(text: str, action: str = AUTO, override: bool = False) -> Chosen:
    """From a pid, ``pid@backend_start`` or a whole target."""
    identity = _IDENTITY.match(text.strip())
    if not identity or not int(identity.group(1)):
        raise InputError(
            f"session: {text!r} is neither a pid (4711) nor a pid with the start of its backend"
            " (4711@20261123T145635.123456Z). Nothing was done."
        )
    return Chosen(int(identity.group(1)), identity.group(2) or "", action, override)


def backend_of(session: Session) -> str:
    """The session whatever it does: a pid alone may be another one tomorrow."""
    return f"{session.pid}@{stamp(session.backend_start)}"


def as_a_whole(session: Session) -> Session:
    """The same with a target that names the backend alone."""
    return session._replace(xact_start=None, state_change=None)


def plan_chosen(snapshot: Snapshot, exclusions: Exclusions, chosen: Chosen, held: Sequence[HeldLock] = ()) -> Excess:
    """What would be done to the session that was chosen. ``held``: its locks.

    Refuses (InputError) a pid without a session, and what no operator may end. An identity that is gone is no error:
    there is nothing to do.
    """
    session = snapshot.sessions.get(chosen.pid)
    if session is None and not chosen.began:
        raise InputError(
            f"There is no session with pid {chosen.pid} on this server. It may have ended. List the sessions"
            " with the module pg_activity_info, and choose one. Nothing was done."
        )
    if session is None:
        return _nothing(snapshot, f"nothing to do: the session {chosen.words} has ended")
    who = who_is(snapshot, session.pid)
    if chosen.began and stamp(session.backend_start) != chosen.began:
        return _nothing(
            snapshot,
            f"nothing to do: the session {chosen.words} has ended. Its pid now belongs to another session: {who},"
            f" connected since {stamp(session.backend_start)}. To end that session, choose {backend_of(session)}",
        )
    _refuse_processes(session, exclusions)
    action = chosen.action
    if action == AUTO:
        action = CANCEL if session.state == "active" else TERMINATE
    facts = tuple(about(snapshot, session, exclusions, held))
    if action == CANCEL and session.backend_type == CLIENT and session.state != "active":
        idle = f"nothing to do: {who} runs no statement that could be cancelled ({describe(snapshot, session.pid)})"
        return _nothing(snapshot, f"{idle}. session_action=terminate terminates the session", facts)
    target = session.target if action == CANCEL else as_a_whole(session).target
    detail = {"pid": session.pid, "who": who, "rule": CHOSEN}
    reason = f"{describe(snapshot, session.pid)}; {cost(snapshot, session)}"
    why = exclusions.why(session)
    barred = session.redacted or not session.signalable
    if why and (barred or not chosen.override):
        item = Item(target, why, "", {"pid": session.pid, "who": who})
        hint = "" if barred else "; override_exclusions=true plans it, and an approval is needed"
        return _excess(snapshot, session, Plan(VERB, (), (item,)), f"{who} is excluded: {why}{hint}", facts)
    if why:
        detail["needs_approval"] = f"{who} is excluded: {why}"
    return _excess(snapshot, session, Plan(VERB, (Item(target, reason, action, detail),)), "", facts)


def _refuse_processes(session: Session, exclusions: Exclusions) -> None:
    kind = session.backend_type
    if session.pid == exclusions.own_pid:
        raise InputError(f"session: pid {session.pid} is the connection of this run. Nothing was done.")
    if kind == _PARALLEL and session.leader_pid:
        raise InputError(
            f"session: pid {session.pid} is a parallel worker of the session {session.leader_pid}, and ends with its"
            f" statement. Choose session {session.leader_pid}. Nothing was done."
        )
    if kind and kind not in (CLIENT, _WALSENDER, _AUTOVACUUM) and not session.redacted:
        raise InputError(
            f"session: pid {session.pid} is a background process of PostgreSQL ({printable(kind)}), not a session."
            " Terminating it would harm the server, and PostgreSQL would start it again. Nothing was done."
        )


def _excess(snapshot: Snapshot, session: Session, plan: Plan, nothing: str, facts: tuple[str, ...]) -> Excess:
    target = (*plan.actions, *plan.excluded)[0].target
    what = "chosen statement" if plan.actions and plan.actions[0].action == CANCEL else "chosen session"
    return Excess(snapshot, plan, {target: session}, frozenset({target}), what=what, nothing=nothing, about=facts)


def _nothing(snapshot: Snapshot, why: str, facts: tuple[str, ...] = ()) -> Excess:
    return Excess(snapshot, Plan(VERB), {}, frozenset(), what="chosen session", nothing=why, about=facts)


def about(snapshot: Snapshot, session: Session, exclusions: Exclusions, held: Sequence[HeldLock]) -> list[str]:
    """Who it is, what it does, what it holds, who waits for it, and what its end costs: a line each."""
    client = printable(session.client) or "a local socket"
    age = span((snapshot.now - session.backend_start).total_seconds()) if session.backend_start else "unknown"
    lines = [f"{who_is(snapshot, session.pid)} from {client}, connected for {age} ({backend_of(session)})"]
    state = describe(snapshot, session.pid)
    if session.xact_start:
        written = "has written" if session.has_written else "has written nothing"
        state += f"; its transaction is {span((snapshot.now - session.xact_start).total_seconds())} old and {written}"
    lines.append(state)
    kind = maintenance(session)
    if kind:
        lines.append(f"does maintenance: {printable(kind)}")
    if session.query:
        ran = "runs" if session.state == "active" else "ran last"
        lines.append(f"{ran}: {shortened(legible_statement(session.query), _WIDE)}")
    lines.append(f"holds {some([_lock_words(lock) for lock in held], _SHOWN)}" if held else "holds no lock")
    waiters = sorted(snapshot.forest.behind([session.pid]), key=lambda key: (-snapshot.seconds_waiting(key), str(key)))
    names = [f"{who_is(snapshot, key)} for {span(snapshot.seconds_waiting(key))}" for key in waiters]
    verb = "session waits" if len(waiters) == 1 else "sessions wait"
    lines.append(f"{len(waiters)} {verb} for it: {some(names, _SHOWN)}" if waiters else "no session waits for it")
    lines.append(cost(snapshot, session))
    why = exclusions.why(session)
    return [*lines, f"excluded: {why}"] if why else lines


def _lock_words(lock: HeldLock) -> str:
    words = f"{lock.mode} on {printable(lock.name)}" if lock.name else f"{lock.mode} ({lock.kind})"
    return f"{words}, {lock.number} times" if lock.number > 1 else words


def cost(snapshot: Snapshot, session: Session) -> str:
    """What is lost when it ends."""
    if session.backend_type == _WALSENDER:
        return "ending it disconnects a replica or a backup, which starts again if it can"
    if session.backend_type == _AUTOVACUUM:
        return "ending it loses the work of a vacuum, which starts again"
    if leaves_behind(session):
        return "ending it leaves an invalid index"
    if session.commit_waits:
        return "ending it loses nothing: the transaction is committed here and waits for a standby"
    if session.aborted:
        return "ending it loses nothing: its transaction has already failed"
    age = span((snapshot.now - session.xact_start).total_seconds()) if session.xact_start else ""
    if session.has_written:
        return f"ending it rolls back what its transaction wrote in {age}" if age else "ending it rolls back its work"
    if session.state == "active":
        return "ending it loses the work of its statement; it has written nothing"
    if session.idle_in_transaction:
        return "ending it loses a transaction that has written nothing"
    return "ending it loses its connection and session state (session-level locks, temporary tables)"
