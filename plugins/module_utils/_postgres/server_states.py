# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""States of the whole server that no session's lock explains, and what to do about each. Pure.

Sessions that wait for such a state are neither victims of a lock queue nor its culprits, and none is ended for it.
"""

from __future__ import annotations

import re
from typing import Callable, TypedDict

from .._core.text import printable, span
from .session import Session
from .snapshot import Snapshot

STANDBY_MISSING, STANDBY_SLOW = "synchronous_standby_missing", "synchronous_standby_slow"
CONVOY = "convoy"
REPLAY_PAUSED, REPLAY_CONFLICT, NO_PRIMARY = "replay_paused", "replay_conflict", "standby_without_primary"
_LASTS, _LASTS_LONG = 1.0, 5.0  # seconds of a commit that waits for a missing standby, and for one that is there
_NAMES = re.compile(r"\"(?:[^\"]|\"\")*\"|\*|[\w.$-]+")
_METHOD = re.compile(r"^\s*(?:(?P<method>first|any)\s+)?(?P<number>\d+)\s*\((?P<names>.*)\)\s*$", re.I | re.S)


class ServerState(TypedDict):
    """A state of the whole server. ``sessions``: how many wait for it, the longest for ``seconds``; none in a convoy,
    whose sessions wait for each other."""

    cause: str
    text: str
    sessions: int
    seconds: float
    advice: str


def server_states(snapshot: Snapshot) -> list[ServerState]:
    """Every state that the sessions of one look show."""
    found = [state(snapshot) for state in _STATES]
    return [*(state for state in found if state is not None), *(_convoy(text) for text in snapshot.convoys)]


def _convoy(text: str) -> ServerState:
    advice = (
        "shorten the transactions that take this lock (no call to another service and no work on other tables while it"
        " is held), or spread them over more rows; to end sessions frees none"
    )
    return _state(CONVOY, text, advice)


def _commits_wait(snapshot: Snapshot) -> ServerState | None:
    waiting = [one.seconds_in_state(snapshot.now) for one in snapshot.sessions.values() if one.commit_waits]
    setting = snapshot.server["synchronous_standby_names"]
    names, needed = wanted_standbys(setting)
    connected = sorted({one.application for one in _processes(snapshot, "walsender")})
    there = [name for name in connected if "*" in names or name.lower() in names]
    missing = len(there) < needed
    longest = max(waiting, default=0.0)
    if longest < (_LASTS if missing else _LASTS_LONG):
        return None
    text = (
        f"{len(waiting)} commits wait for a synchronous standby, the longest for {span(longest)}:"
        f" synchronous_standby_names = {printable(setting) or 'empty'},"
        f" connected: {', '.join(map(printable, connected)) or 'none'}"
    )
    if missing:
        advice = (
            "start the missing synchronous standby again, or stop waiting for it: ALTER SYSTEM SET"
            " synchronous_standby_names = '' (or the names that are connected); SELECT pg_reload_conf(); leave the"
            " commits that wait alone, since they are durable here and not on a standby"
        )
        return _state(STANDBY_MISSING, text, advice, len(waiting), longest)
    advice = (
        f"look at the synchronous standby {', '.join(map(printable, there))} and at the network to it"
        " (write_lag, flush_lag and replay_lag of pg_stat_replication); leave the commits that wait alone"
    )
    return _state(STANDBY_SLOW, text, advice, len(waiting), longest)


def wanted_standbys(setting: str) -> tuple[frozenset[str], int]:
    """The names in synchronous_standby_names, in lower case, and how many of them a commit waits for.

    >>> wanted_standbys('ANY 2 (a, "B c", d)') == (frozenset({"a", "b c", "d"}), 2)
    True
    """
    quorum = _METHOD.match(setting)
    names = _NAMES.findall(quorum.group("names") if quorum else setting)
    plain = frozenset(name.strip('"').replace('""', '"').lower() for name in names)
    return plain, int(quorum.group("number")) if quorum else min(1, len(plain))


def _replay_paused(snapshot: Snapshot) -> ServerState | None:
    if not any(one.wait_event == "RecoveryPause" for one in _processes(snapshot, "startup")):
        return None
    text = "the replay of the primary's WAL is paused: this standby answers with old rows, and its WAL grows"
    return _state(REPLAY_PAUSED, text, "where that is not wanted: SELECT pg_wal_replay_resume(); on this standby")


def _replay_conflict(snapshot: Snapshot) -> ServerState | None:
    if not any(one.wait_event.startswith("RecoveryConflict") for one in _processes(snapshot, "startup")):
        return None
    text = "the replay of the primary's WAL waits for a query of this standby, which keeps rows that were removed"
    advice = "max_standby_streaming_delay bounds it; hot_standby_feedback keeps such rows on the primary instead"
    return _state(REPLAY_CONFLICT, text, advice)


def _without_primary(snapshot: Snapshot) -> ServerState | None:
    if not snapshot.server["in_recovery"] or _processes(snapshot, "walreceiver"):
        return None
    if not _processes(snapshot, "startup"):
        return None  # the login does not see the server's own processes
    text = "this standby receives no WAL: no WAL receiver runs, so its rows are as old as its last connection"
    advice = "look at primary_conninfo and at the standby's log; one that follows an archive alone has no receiver"
    return _state(NO_PRIMARY, text, advice)


def _processes(snapshot: Snapshot, backend_type: str) -> list[Session]:
    return [one for one in snapshot.sessions.values() if one.backend_type == backend_type]


def _state(cause: str, text: str, advice: str, sessions: int = 0, seconds: float = 0.0) -> ServerState:
    return {"cause": cause, "text": text, "sessions": sessions, "seconds": round(seconds, 1), "advice": advice}


_STATES: tuple[Callable[[Snapshot], ServerState | None], ...] = (
    _commits_wait,
    _replay_paused,
    _replay_conflict,
    _without_primary,
)
