# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL: end sessions, and watch the queue drain. I/O; drives the machine of rounds."""

from __future__ import annotations

import time
from typing import Any, Generator

from ..._core.errors import BusyError, RunbookError, ServerError, StandbyError
from ..._core.text import counted, printable
from ..locks.least_harm import Judgement
from ..locks.price import CANCEL
from ..locks.rounds import Observation, Outcome, Remeasure, Reread, Signal, Watch
from ..session import LONGEST_QUERY, Prepared, Session
from . import queries
from .server import Postgres, legible_text
from .snapshot import PROGRESS, progress_of, read_snapshot

_BREATH = 0.1  # seconds before the look after an act: an application that retries shows within that
_GIVES_WAY = 10.0  # seconds within which a run that met an older one has given its lock back
_CLOSES = 2.0  # seconds within which the server notices that a client is gone, and gives its lock back
_GLANCE_FIRST, _GLANCE_LONGEST = 0.01, 0.2  # seconds between two glances at a draining queue


class Ending:
    """Acts on one server. Make one, ``refuse_on_standby``, ``claim``, ``carry_out``."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def refuse_on_standby(self) -> None:
        """Sessions of a standby hold read locks only; what stands there is corrected on the primary."""
        if not self._postgres.in_recovery:
            return
        upstream = self._postgres.names(queries.UPSTREAM)
        primary = f" (it replays from {upstream[0][0]}:{upstream[0][1]})" if upstream and upstream[0][0] else ""
        raise StandbyError(
            f"{self._postgres.login.where} is a standby{primary}, where no session blocks writers. If they wait on the "
            "primary, run this there. A query that replay waits for is cancelled after max_standby_streaming_delay, "
            "and never if that is -1: end it by playbooks/db_session_cancel.yml. Nothing was done.",
            in_recovery=True,
        )

    def claim(self) -> None:
        """Be the only one that acts on this server; given back when the connection ends.

        The lock is one database's, so that two runs may hold its like in two databases. Each looks only after it has
        taken its own, so one at least sees the other. The younger session gives way; the older one keeps its lock and
        waits for that, so that of two that meet one continues. A run that has just ended may still hold the lock, since
        the server has not noticed yet that its client is gone: who gives way tries again for ``_CLOSES`` seconds.
        """
        taken = False
        began = time.monotonic()
        while True:
            taken = taken or self._postgres.rows(queries.ACT_LOCK, key=queries.ACT_LOCK_KEY)[0][0]
            others = self._postgres.rows(queries.ACT_LOCK_OWNER, key=queries.ACT_LOCK_KEY)
            if taken and not others:
                return
            younger = taken and all(row[4] for row in others)
            if taken and not younger:
                self._postgres.rows(queries.ACT_LOCK_BACK, key=queries.ACT_LOCK_KEY)
                taken = False
            if time.monotonic() - began >= (_GIVES_WAY if younger else _CLOSES):
                break
            time.sleep(_GLANCE_LONGEST)
        if taken:
            self._postgres.rows(queries.ACT_LOCK_BACK, key=queries.ACT_LOCK_KEY)
        who = f" (pid {others[0][0]}, {printable(others[0][1])}, from {others[0][2] or 'local'})" if others else ""
        raise BusyError(
            f"Another run is terminating sessions on {self._postgres.login.where}{who}. Nothing was done. Wait"
            " until it has finished and run again; if it hangs, terminate that session."
        )

    def keepers(self) -> dict[int, str]:
        """What an idle session keeps that its pool would not give it back, by pid."""
        return {row[0]: "holds an advisory lock" for row in self._postgres.rows(queries.ADVISORY)}

    def held(self, pid: int) -> list[tuple[str, str, str, int]]:
        """Kind, mode, name and number of the locks that a session holds, by object."""
        return [(row[0], row[1], legible_text(row[2]), row[3]) for row in self._postgres.rows(queries.HELD, pid=pid)]

    def horizon(self) -> dict[int, int]:
        """Of how many transactions each session keeps the dead rows, by pid."""
        return {row[0]: row[1] for row in self._postgres.rows(queries.HORIZON)}

    def row_keepers(self) -> list[tuple[str, str, int, str]]:
        """What keeps dead rows and is no session of a client: its kind, name, age in transactions, and database."""
        return [(row[0], row[1], row[2], row[3]) for row in self._postgres.names(queries.ROW_KEEPERS)]

    def signal(self, step: Signal) -> bool:
        """End one holder if it is still what the plan saw and still in the way. True: the signal went out."""
        if isinstance(step.holder, Prepared):
            return self._roll_back(step.holder, step.waiters or ())
        session = step.holder
        cancel, terminate = queries.CANCEL, queries.TERMINATE
        if step.chosen:
            cancel, terminate = queries.CANCEL_CHOSEN, queries.TERMINATE_CHOSEN
        rows = self._postgres.rows(
            cancel if step.action == CANCEL else terminate,
            pid=session.pid,
            backend_type=session.backend_type,
            backend_start=session.backend_start,
            xact_start=session.xact_start,
            state_change=session.state_change,
            # A name that is no UTF-8 is shown with replacement characters and cannot be compared.
            application=None if "\N{REPLACEMENT CHARACTER}" in session.application else session.application,
            escalated=step.escalated,
            waiters=None if step.waiters is None else list(step.waiters),
            shared=list(step.shared) or None,
        )
        return bool(rows and rows[0][0])

    def _again(self, step: Reread) -> Session | None:
        holder = step.holder
        for row in self._postgres.rows(queries.AGAIN, pid=holder.pid, commands=PROGRESS):
            same = row[2] == holder.xact_start or (step.escalated and row[2] is None)
            if row[1] == holder.backend_start and same:
                return holder._replace(
                    state=row[0] or "",
                    xact_start=row[2],
                    query_start=row[3],
                    state_change=row[4],
                    application=legible_text(row[5]),
                    query=legible_text(row[6])[:LONGEST_QUERY],
                    wait_type=row[7] or "",
                    wait_event=row[8] or "",
                    has_written=row[9],
                    progress=progress_of(row[10], row[11]),
                )
        return None

    def _roll_back(self, prepared: Prepared, waiters: tuple[int, ...]) -> bool:
        rows = self._postgres.rows(
            queries.PREPARED_STANDS,
            xid=str(prepared.xid),
            prepared=prepared.prepared_at,
            waiters=list(waiters),
        )
        if not rows:
            return False
        self._postgres.command("ROLLBACK PREPARED %s", (rows[0][0],), prepared.database)
        return True

    def watch(self, step: Watch, since: float) -> Observation:
        """Poll until no promised waiter waits and no target is present, or nothing moves for ``step.seconds``."""
        sessions = [(h, act) for h, act in step.targets if isinstance(h, Session)]
        prepared = {str(h.xid): h.target for h, dummy in step.targets if isinstance(h, Prepared)}
        by_pid = {holder.pid: holder.target for holder, dummy in sessions}
        pause = _GLANCE_FIRST
        best: tuple[int, int] | None = None
        moved = time.monotonic()
        while True:
            waiting, standing_pids = self._postgres.rows(
                queries.GLANCE,
                pids=[pid for pid, dummy in step.waiters],
                began=[began for dummy, began in step.waiters],
                targets=[holder.pid for holder, dummy in sessions],
                starts=[holder.backend_start for holder, dummy in sessions],
                queries=[holder.query_start for holder, dummy in sessions],
                terminated=[act != CANCEL for dummy, act in sessions],
            )[0]
            standing = {by_pid[pid] for pid in standing_pids}
            if prepared:
                left = {row[0] for row in self._postgres.rows(queries.PREPARED_LEFT)}
                standing |= {target for xid, target in prepared.items() if xid in left}
            now = time.monotonic()
            progress = (waiting, len(standing))
            if best is None or progress < best:
                best, moved = progress, now
            if (not waiting and not standing) or now - moved >= step.seconds:
                return Observation(waiting, frozenset(standing), now - since)
            time.sleep(pause)
            pause = min(_GLANCE_LONGEST, pause * 1.5)

    def carry_out(self, steps: Generator[Any, Any, Outcome], judge: Any) -> Outcome:
        """Drive the machine of rounds: carry out its steps, return their results to it."""
        since: float | None = None
        answer: bool | Observation | Session | Judgement | None = None
        signalled: list[str] = []
        try:
            while True:
                step = steps.send(answer)
                if isinstance(step, Signal):
                    since = since or time.monotonic()
                    answer = self.signal(step)
                    if answer:
                        signalled.append(step.holder.target)
                elif isinstance(step, Watch):
                    answer = self.watch(step, since or time.monotonic())
                elif isinstance(step, Reread):
                    answer = self._again(step)
                elif isinstance(step, Remeasure):
                    time.sleep(_BREATH)
                    answer = judge(read_snapshot(self._postgres), step.affected, step.room)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        except RunbookError as error:
            if not signalled:
                raise
            raise ServerError(
                f"{error} Before that, {counted(len(signalled), 'session')} had been signalled:"
                f" {', '.join(signalled)}. "
                "Whether sessions still wait is not known: run again with --check.",
                signalled=signalled,
            ) from None
