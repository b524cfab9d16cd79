# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the sessions of an application were opened and used: what tells a leak from a pool. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Collection, Iterable

from .session import CLIENT, Session

_STEADY, _PAUSES = 30.0, 10  # seconds, and average pauses, without a new session after which a pool grows no more
_RENEWED = 6  # average pauses within which a pool that renews its sessions opens the next one, nearly always
_TURNS, _BESIDE = 4, 2  # changes of the application in the order of opening, and sessions of others
_AT_ONCE = 0.5  # seconds in which no pool renews half of its sessions
_LATE, _MORE = 10, 3  # of so many sessions one may be opened late; pauses for each
_LEAST, _BURST = 3, 5.0  # sessions; and seconds within which a pool opens half of its own
_USED_AT_FIRST = 60.0  # seconds after its login in which a session is used that is then forgotten
_CLIENT_WAIT = 10.0  # seconds of a statement from which on a wait for its client is none in passing
LASTS = 900.0  # seconds from which on an outage would have been noticed


def is_forgotten(session: Session, now: datetime) -> bool:
    """Whether an idle session was used at first only: the last use came within a minute after its login, or it has been
    idle for longer than it was ever used. A session of a pool is used again and again."""
    if session.backend_start is None or session.state_change is None:
        return True
    used = (session.state_change - session.backend_start).total_seconds()
    return used <= max(_USED_AT_FIRST, session.seconds_in_state(now))


def is_stalled(session: Session, now: datetime) -> bool:
    """Whether a statement that has run for long waits for its client. A client that reads slowly looks the same."""
    waits = session.backend_type == CLIENT and session.waits_for_client
    return waits and session.seconds_in_state(now) >= _CLIENT_WAIT


def is_steady(sessions: Collection[Session], now: datetime) -> bool:
    """Whether an application has stopped opening sessions: its newest one is half a minute old, and ten times as old as
    the pause that it made between two on average. A leak goes on while there are slots; a pool of a fixed size does
    not."""
    opened = [session.backend_start for session in sessions if session.backend_start]
    return (
        len(opened) > 1 and (now - max(opened)).total_seconds() >= _STEADY and _pauses_since(sessions, now) >= _PAUSES
    )


def _pauses_since(sessions: Collection[Session], now: datetime) -> float:
    """The age of the newest session, in average pauses between two; 0 for fewer than two sessions."""
    opened = [session.backend_start for session in sessions if session.backend_start]
    if len(opened) < 2:
        return 0.0
    pace = (max(opened) - min(opened)).total_seconds() / (len(opened) - 1)
    return (now - max(opened)).total_seconds() / pace if pace else math.inf


def opened_one_by_one(sessions: Collection[Session], now: datetime) -> bool:
    """Whether the idle sessions of an application that were used at first only were opened one after the other, as a
    leak opens them: no five seconds have half of them. A pool opens many at once, at its start or for a burst.

    A pool that renews its sessions, each after a time of its own, opens them one after the other too, and goes on. A
    leak that has reached its limit cannot: its newest session is six times as old as the pause between two."""
    return half_opened_within(sessions, now) > _BURST and _pauses_since(sessions, now) >= _RENEWED


def half_opened_within(sessions: Collection[Session], now: datetime) -> float:
    """The fewest seconds in which half of the idle sessions that were used at first only were opened; 0 where they are
    too few for that to mean anything."""
    opened = sorted(
        session.backend_start
        for session in sessions
        if session.backend_start and session.state == "idle" and is_forgotten(session, now)
    )
    half = max(_LEAST, math.ceil(len(opened) / 2))
    return min(
        ((later - first).total_seconds() for first, later in zip(opened, opened[half - 1 :])),
        default=0.0,
    )


def filled_for(sessions: Collection[Session], now: datetime) -> float | None:
    """Seconds since an application stopped opening sessions one after the other, but for a few that it opened late: a
    leak at its limit takes each slot that becomes free. None where it continues, or opens some anew long afterwards.

    Its newer half was opened at once, or the last of them is ten times as old as the pause between two,
    and three times for each late one more: random renewals hardly ever leave such a gap."""
    ages = sorted((now - session.backend_start).total_seconds() for session in sessions if session.backend_start)
    half = (len(ages) + 1) // 2
    if half < _LEAST:
        return ages[0] if ages else 0.0
    for late in range(len(ages) // _LATE + 1):
        rest = ages[late : late + half]
        if len(rest) < _LEAST:
            break
        within = rest[-1] - rest[0]
        if within <= _AT_ONCE or rest[0] >= (_PAUSES + _MORE * late) * within / (len(rest) - 1):
            return None if late and rest[0] >= LASTS else rest[0]
    return None


def may_renew(sessions: Collection[Session], now: datetime) -> bool:
    """Whether the sessions of an application may be those of a pool that renews them (max_lifetime, pool_recycle,
    server_lifetime): it opens them one after the other and continues, or uses the newest one again. A leak that has
    room continues too. Which of the two it is, its sessions do not show."""
    opened = [session for session in sessions if session.backend_start]
    if len(opened) < 2 * _LEAST - 1:
        return False
    newest = max(opened, key=lambda session: session.backend_start or now)
    return filled_for(opened, now) is None or not is_forgotten(newest, now)


def is_interleaved(sessions: Collection[Session], everywhere: Iterable[Session]) -> bool:
    """Whether others of the same role, database and client address opened sessions in between: a pooler's are named
    after the client that each served last. A leak opens its own one after the other."""
    origins = {(session.user, session.database, session.client) for session in sessions}
    if len(origins) != 1:
        return False
    own = {session.pid for session in sessions}
    beside = [
        session
        for session in everywhere
        if session.backend_start and (session.user, session.database, session.client) in origins
    ]
    beside.sort(key=lambda session: (session.backend_start, session.pid))
    is_own = [session.pid in own for session in beside]
    turns = sum(before is not after for before, after in zip(is_own, is_own[1:]))
    return turns >= _TURNS and len(beside) - len(own) >= _BESIDE
