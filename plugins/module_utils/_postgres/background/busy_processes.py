# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which session a busy process of PostgreSQL's is, and why that is not known. Pure.

A host may have several servers (another project's, a standby), and the database may run on another host: a pid in a
container is a session's only if its process and the session began at the same time. A wrong match would end the
statement of a session that does nothing wrong.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple

from ..._system.counters import BusyProcess
from ..activity_report import SessionReport
from ..session import backend_start_of
from .backends import NAMES, SAME_START


class Match(NamedTuple):
    """``session`` None: the process is not shown to be one; ``why``: a clause, empty where no session has its pid."""

    session: SessionReport | None
    why: str = ""


def is_postgres(process: BusyProcess) -> bool:
    """By its whole name: an exporter, a backup tool or a proxy may be called postgres_something."""
    return process["name"] in NAMES


def session_of(process: BusyProcess, sessions: Mapping[int, SessionReport]) -> Match:
    """The session that a process of PostgreSQL's is. ``sessions``: by pid."""
    session = sessions.get(process["inside_pid"])
    if session is None:
        return Match(None)
    # What an older version of the collection had read has neither key.
    began, twins = process.get("started"), process.get("twins")
    start = backend_start_of(session["target"])
    if began is None or start is None or twins is None:
        return Match(None, "its start is not known")
    if abs(began - start) > SAME_START:
        return Match(None, f"it was started {abs(began - start):.0f} s {'after' if began > start else 'before'} it")
    if twins:
        return Match(None, "a process of another server has the same pid and start")
    return Match(session)
