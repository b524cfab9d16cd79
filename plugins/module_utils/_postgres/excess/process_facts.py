# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the server's processes show of its sessions, as the rules that end sessions take it. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..background.backends import BackendUse, ProcessesReport

_BUSY, _BUSY_SHARE = 0.5, 0.15  # cores of one session, or that part of the host's, where many share few
_COPY = 0.05  # cores below which a session has no part in what the copies of its statement use
_SPARE = 0.2  # of the host's cores: with so many idle, no request waits for a processor


def busy_of(sessions: Iterable[BackendUse], cores: int) -> list[BackendUse]:
    """Sessions that use much of the host: half a core, or a large part of it where many share few."""
    return [session for session in sessions if session["cpu"] >= _least(cores)]


def copies_of(sessions: Iterable[BackendUse], cores: int, statements: Mapping[int, str]) -> list[BackendUse]:
    """Sessions that do not use much of the host, while all that run the same statement together do: a report that was
    begun again and again. ``statements``: what each session has run for long, without literals, by pid."""
    groups: dict[str, list[BackendUse]] = {}
    for session in sessions:
        if session["cpu"] >= _COPY and statements.get(session["pid"]):
            groups.setdefault(statements[session["pid"]], []).append(session)
    together = [copies for copies in groups.values() if sum(copy["cpu"] for copy in copies) >= _least(cores)]
    return [copy for copies in together for copy in copies if copy["cpu"] < _least(cores)]


def _least(cores: int) -> float:
    return min(_BUSY, _BUSY_SHARE * max(1, cores))


def measured(busy: Iterable[Mapping[str, Any]]) -> dict[int, float]:
    """Cores by pid, from a report that was passed in; what is no measurement is left out."""
    cores = {}
    for measurement in busy:
        try:
            cores[int(measurement["pid"])] = float(measurement.get("cpu") or 0)
        except (KeyError, TypeError, ValueError):
            continue
    return cores


def dead_clients_of(report_entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What shows that a client is gone, by ``pid@backend_start``."""
    named = [entry for entry in report_entries if entry.get("target")]
    return {str(entry["target"]).partition("/")[0]: str(entry.get("reason") or "as measured") for entry in named}


def why_room(processes: ProcessesReport) -> str:
    """Why a statement that uses much of the processor may harm no other: the host has cores to spare. Empty where it
    has none, or where that is not known."""
    idle, cores = processes.get("idle_cores"), processes["cores"]
    if idle is None or idle < _SPARE * max(1, cores):
        return ""
    return f"the host has {idle:.1f} of {cores} cores idle, so that it may slow no other session: it may be a report"
