# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Idle sessions beyond what their application may have, under every connection limit that is tight. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Callable, Mapping, NamedTuple

from ..._core.text import span
from ..connection_limits import (
    MAY_RENEW,
    application_of,
    connection_limits,
    equal_pools,
    fair_level,
    has_stopped,
    is_pooled,
    why_no_leak,
    why_unclear,
)
from ..session import Session
from ..session_ages import is_forgotten, may_renew, opened_one_by_one
from ..snapshot import Snapshot


class Shares(NamedTuple):
    """``idle``: seconds from which an idle session counts; ``given``: most sessions of an application, by its name. For
    others ``share`` of a limit, and so many that ``headroom`` of it stays free, but ``floor`` at least. ``possible``:
    whether sessions count of which it is not known whether they leak."""

    idle: float
    given: Mapping[str, int]
    share: float
    headroom: float
    floor: int
    possible: bool


class OverShare(NamedTuple):
    """Why an idle session is one too many. ``ask``: why it may be no leak's, which needs an approval."""

    reason: str
    ask: str


def over_share(
    snapshot: Snapshot, shares: Shares, going: frozenset[int], may_end: Callable[[Session], bool]
) -> dict[int, OverShare]:
    """By pid. Of each application its largest process first, and of that the last opened: what it opened at its start
    (a listener, a cursor, a temporary table) it may still need.

    ``going``: sessions that count as gone; ``may_end``: whether an idle session may be ended at all.
    """
    found: dict[int, OverShare] = {}
    for full in connection_limits(snapshot):
        staying = tuple(session for session in full.sessions if session.pid not in going)
        connection_limit = replace(full, sessions=staying)
        if not connection_limit.is_tight(shares.headroom):
            continue  # while there is room, an idle session does no harm
        groups = connection_limit.by_application()
        room = int(connection_limit.limit * (1 - shares.headroom))
        level = min(fair_level(map(len, groups.values()), room), int(connection_limit.limit * shares.share))
        for application, sessions in groups.items():
            given = shares.given.get(application.name)
            share = level if given is None else given
            excess = len(sessions) - max(share, shares.floor)
            if excess <= 0:
                continue
            others = [len(group) for each, group in groups.items() if each != application]
            size = (full.kind, len(sessions), others, is_pooled(sessions), equal_pools(sessions))
            stopped = has_stopped(full, sessions, snapshot.now)
            sound = "" if given is not None else why_no_leak(*size, stopped)
            unclear = ""
            if sound and shares.possible:
                unclear = why_unclear(*size, stopped, opened_one_by_one(sessions, snapshot.now))
            elif not sound and given is None and may_renew(sessions, snapshot.now):
                unclear = MAY_RENEW
            if (sound and not unclear) or (unclear and not shares.possible):
                continue
            old = [
                session
                for session in sessions
                if session.state == "idle"
                and session.seconds_in_state(snapshot.now) >= shares.idle
                and (given is not None or (is_forgotten(session, snapshot.now) and not session.pooler))
                and may_end(session)
            ]
            for session in _of_the_largest(old, sessions, excess, snapshot.now):
                reason = (
                    f"idle for {span(session.seconds_in_state(snapshot.now))}; {application.words} holds"
                    f" {len(sessions)} of {connection_limit.words}, its share is {share}"
                )
                known = found.get(session.pid)
                if known is None or (known.ask and not unclear):
                    found[session.pid] = OverShare(reason, unclear)
    return found


def _of_the_largest(old: list[Session], sessions: list[Session], number: int, now: datetime) -> list[Session]:
    """So many of the old ones, each from the client that has most sessions left, then from such a name: a leak of one
    process costs the others none of theirs."""
    clients = Counter(session.client for session in sessions)
    names = Counter(application_of(session).name for session in sessions)
    left = list(old)
    chosen: list[Session] = []
    while left and len(chosen) < number:
        one = max(
            left,
            key=lambda session: (
                clients[session.client],
                names[application_of(session).name],
                session.backend_start or now,
            ),
        )
        left.remove(one)
        chosen.append(one)
        clients[one.client] -= 1
        names[application_of(one).name] -= 1
    return chosen
