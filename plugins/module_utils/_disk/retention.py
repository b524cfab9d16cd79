# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups may go: the newest N that are valid stay, and nothing goes when the newest of them is too old. Pure.

Valid is whole to the last line that pg_dump writes, and plausible in size. An age alone is no rule: when a job has made
empty files for a week, everything good is old. Nor does the usual size follow the newest few: when a job has dumped the
wrong database for a week, everything good is big. Of a custom archive nothing but its beginning can be judged, so none
is removed on that evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from statistics import median
from typing import Any, Callable, Iterable, Mapping, Sequence

from .._core.text import span
from .backup import Dump, header_alone, why_not_whole

PLAUSIBLE = 0.5  # of the usual size
_SLACK = 86400.0  # seconds that zones may put a date ahead
_CUSTOM = "of a custom archive only the header can be checked, and no backup is removed on that evidence"
_SMALL = "all small beside older ones: find out whether the right database is dumped before old ones go"
_DATE = re.compile(r"(20\d{2})[-_.]?(\d{2})[-_.]?(\d{2})(?:[-_.T ]{0,3}(\d{2})[-_.:h]?(\d{2})(?:[-_.:m]?(\d{2}))?)?Z?")
_LONG = re.compile(r"\d{8,}")  # a moment as seconds since 1970, or a serial number


@dataclass(frozen=True)
class Backup:
    """One file. ``at``: seconds since 1970, by the date in its name, else by when it was changed."""

    name: str
    size: int
    blocks: int  # bytes that come free with it
    at: float
    inode: int
    changed: int  # nanoseconds


def moment_of(name: str, changed: float) -> float:
    """When a backup was made: a date in the name outlives copying, the time of the last change does not."""
    match = _DATE.search(name)
    if not match:
        return changed
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    try:
        named = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return changed
    # A name without an hour gives the day alone; one in local time is some hours off: the change decides within it.
    if abs(changed - named) < 86400:
        return changed
    return named if match.group(4) else named + 86399


def series_of(name: str) -> str:
    """Which backups belong together: those of one database, by the name without its moment.

    Short numbers stay: shard1 and shard2 are two databases, and one must not push out the other's backups.
    """
    return _LONG.sub("#", _DATE.sub("#", name))


def grouped(backups: Iterable[Backup]) -> dict[str, list[Backup]]:
    """Each series, the newest first."""
    groups: dict[str, list[Backup]] = {}
    for backup in sorted(backups, key=lambda backup: (-backup.at, backup.name)):
        groups.setdefault(series_of(backup.name), []).append(backup)
    return groups


def why_invalid(dump: Dump, usual: float) -> str:
    """Why a backup cannot be trusted; empty when it can."""
    if dump.problem:
        return dump.problem
    if dump.size < PLAUSIBLE * usual:
        return f"it is {dump.size:,} bytes, and {usual:,.0f} are usual"
    return "it" + why_not_whole(dump)[3:] if why_not_whole(dump) else ""


@dataclass(frozen=True)
class Retention:
    """``go``: the oldest first. ``stay``: name to reason. ``refused``: why nothing may go, empty where some may."""

    go: Sequence[Backup]
    stay: Mapping[str, str]
    refused: str = ""


def judge(series: Sequence[Backup], keep: int, max_age: float, now: float, read: Callable[[Backup], Any]) -> Retention:
    """``series`` newest first; ``max_age`` seconds; ``read`` looks into a file and gives a Dump.

    Files are read from the newest on until ``keep`` are valid: no more than that has to be, and bigger ones behind it.
    """
    stay = {backup.name: "its date is in the future, so it is none" for backup in series if backup.at > now + _SLACK}
    dated = [backup for backup in series if backup.name not in stay]
    middle = median(backup.size for backup in dated) if dated else 0.0
    examined: dict[str, Any] = {}

    def look(backup: Backup) -> Any:
        if backup.name not in examined:
            examined[backup.name] = read(backup)
        return examined[backup.name]

    valid, small = [], set()
    for place, candidate in enumerate(dated):
        dump, usual = look(candidate), _usual(candidate, dated[place + 1 :], middle, look)
        why = why_invalid(dump, usual)
        if candidate.size < PLAUSIBLE * usual:
            small.add(candidate.name)
        if why:
            stay[candidate.name] = f"cannot be trusted ({why}), and is newer than the {keep} that stay"
            continue
        if header_alone(dump):
            stay[candidate.name] = f"cannot be judged ({_CUSTOM}), and is newer than the {keep} that stay"
            continue
        valid.append(candidate)
        stay[candidate.name] = f"one of the newest {keep} that are valid"
        if len(valid) == 1 and now - candidate.at > max_age:
            newer = dated[:place]
            # Whole ones that are small are made each day: then it is their size that must be understood.
            if newer and all(backup.name in small and not why_not_whole(look(backup)) for backup in newer):
                return Retention((), stay, f"the newest {len(newer)} are {_SMALL}")
            age = span(now - candidate.at)
            why = f"the newest valid backup, {candidate.name}, is {age} old, and {span(max_age)} are allowed"
            return Retention((), stay, f"{why}: find out why no new one is made before old ones go")
        if len(valid) == keep:
            if all(newest.name in small for newest in dated[:keep]):
                return Retention((), stay, f"the newest {keep} are {_SMALL}")
            return Retention(tuple(reversed(dated[place + 1 :])), stay)
    few = f"only {len(valid)} of the {keep} backups that must stay are valid" if valid else "not one of them is valid"
    return Retention((), stay, few + _why_few(examined.values()))


def _usual(backup: Backup, older: Sequence[Backup], middle: float, look: Callable[[Backup], Any]) -> float:
    """What its size is measured by: the biggest older one, but for a torn one, if that makes a difference."""
    for other in sorted(older, key=lambda other: -other.size):
        if backup.size >= PLAUSIBLE * other.size:
            break
        dump = look(other)
        if dump.problem or not why_not_whole(dump):
            return max(middle, other.size)
    return middle


def _why_few(dumps: Iterable[Any]) -> str:
    """What hindered judging, so that few are valid."""
    examined = list(dumps)
    unread = [dump.problem for dump in examined if dump.problem]
    unread_note = f"; {len(unread)} could not be checked ({unread[0]})" if unread else ""
    return f"{unread_note}; {_CUSTOM}" if any(header_alone(dump) for dump in examined) else unread_note
