# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of all hosts together: how many are ready, and which one to remedy first. Pure."""

from __future__ import annotations

from typing import Iterable, Mapping, Sequence, TypedDict

from .._core.console import BAD, CARE, GOOD, PLAIN, Line, first_line
from .._core.text import some
from .check import CheckReport

# What an incident cannot be worked without comes first; a check that is named nowhere here comes last.
_URGENCY = (
    "is reached", "takes logins", "accepts writes", "incidents can be recorded", "may end sessions",
    "sees every session", "connects when it is full", "slots in reserve", "the compose project is found", "has room",
    "inodes are left", "wraparound is far", "no unused slot keeps WAL", "can be restored", "its files can be read",
    "every container is healthy", "can be rolled back", "WAL is archived",
)  # fmt: skip


class HostCheck(TypedDict):
    """A check that is not ready, and its host."""

    host: str
    check: str
    found: str
    remedy: str


class PreflightTotal(TypedDict):
    """What preflight_report returns. ``worst``: what to remedy first; ``unreached``: hosts that were not examined."""

    ready: bool
    checks: int
    not_ready: list[HostCheck]
    unknown: list[HostCheck]
    unreached: list[str]
    worst: HostCheck | None


def total_of(checks: Mapping[str, Sequence[CheckReport]], unreached: Iterable[str] = ()) -> PreflightTotal:
    """The total over all hosts; within a kind the most urgent check comes first."""
    failed, unknown, away = _of(checks, False), _of(checks, None), list(unreached)
    first = [*failed, *unknown]
    return {
        "ready": not first and not away,
        "checks": sum(len(each) for each in checks.values()),
        "not_ready": failed,
        "unknown": unknown,
        "unreached": away,
        "worst": first[0] if first else None,
    }


def _of(checks: Mapping[str, Sequence[CheckReport]], ready: bool | None) -> list[HostCheck]:
    found: list[HostCheck] = [
        {"host": host, "check": check["check"], "found": check["found"], "remedy": check["remedy"]}
        for host, each in checks.items()
        for check in each
        if check["ready"] is ready
    ]
    return sorted(found, key=lambda check: _urgency(check["check"]))


def _urgency(name: str) -> int:
    return next((rank for rank, words in enumerate(_URGENCY) if words in name), len(_URGENCY))


def of_total(result: PreflightTotal) -> list[Line]:
    """The total, and what to remedy first."""
    failed, unknown, away = len(result["not_ready"]), len(result["unknown"]), result["unreached"]
    parts = [f"{result['checks'] - failed - unknown} ready", f"{failed} NOT READY", f"{unknown} unknown"]
    kind = GOOD if result["ready"] else BAD if failed or away else CARE
    unread = [f"{host} was not reached" for host in away]
    unread += [f"{check['host']}: {check['check']}" for check in result["unknown"]]
    lines = [first_line(kind, f"{result['checks']} checks: {', '.join(parts)}", unread)]
    if away:
        lines.append((BAD, f"not reached, so not examined: {some(away)}"))
    worst = result["worst"]
    if worst:
        lines.append((CARE, f"first: {worst['host']}: {worst['check']}: {worst['found']}"))
        if worst["remedy"]:
            lines.append((PLAIN, f"remedy: {worst['remedy']}"))
    return lines
