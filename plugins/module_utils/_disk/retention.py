# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups of one series may go: the newest N that are valid stay, and nothing goes when these are too old. Pure.

Valid is whole, not empty, and plausible in size. An age alone is no rule: when a job has made empty files for a week,
everything good is old. Nor does the usual size follow the newest few: when a job has dumped the wrong database for a
week, everything good is big. Of an archive that could not be read to its end nothing but its beginning can be judged,
so none is removed on that evidence. What could not be read stays, and counts for nothing.

Days, weeks, months and years are counted as by `borg prune`: of each the newest valid one, and what an earlier rule
keeps does not count for a later one. So no backup goes that `restic forget` with the same numbers keeps. Where none of
these numbers is given, old backups that lie much farther apart than the newest are archives, and stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from statistics import median
from typing import Callable, Iterable, Mapping, Sequence

from .._core.text import span
from .backup import Dump, are_others, fewer_than, header_alone, why_empty, why_not_whole
from .chains import Label, label_in, why_chained
from .series import Backup

PLAUSIBLE = 0.5  # of the usual size
_LEAP = 0.05  # of the size: nights of one database differ less
_SLACK = 86400.0  # seconds that zones may put a date ahead
_APART = 4.0  # times the usual distance: what lies so far from its neighbours was kept on purpose
_CUSTOM = "of a custom archive only the header can be checked, and no backup is removed on that evidence"
_SMALL = "all small beside older ones: find out whether the right database is dumped before old ones go"
_WHICH = ": find out which is right before old ones go"
_ARCHIVES = "lie much farther apart than the newest and stay as archives: set keep_daily, keep_weekly or keep_monthly"
_PERIODS: dict[str, str] = {"day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True)
class Rule:
    """What must stay of each series. ``periods``: number by day, week, month, year; None where the site sets none.

    ``max_age``: seconds; ``database``: what a dump must be of where it names a database.
    """

    keep: int = 7
    max_age: float = 26 * 3600.0
    periods: Mapping[str, int] | None = None
    database: str = ""


def why_invalid(dump: Dump, usual: float, database: str = "") -> str:
    """Why a backup cannot be trusted; empty when it can."""
    if dump.problem:
        return dump.problem
    if dump.size < PLAUSIBLE * usual:
        return f"it is {dump.size:,} bytes, and {usual:,.0f} are usual"
    why = why_not_whole(dump) or why_empty(dump, database)
    return "it" + why[3:] if why else ""


@dataclass(frozen=True)
class Retention:
    """``go``: the oldest first. ``stay``: name to reason. ``refused``: why nothing may go, empty where some may.

    ``note``: what a reader must know besides; ``valid``: the newest that are, on the strength of which others may go.
    """

    go: Sequence[Backup]
    stay: Mapping[str, str]
    refused: str = ""
    note: str = ""
    valid: Sequence[Backup] = ()


def agreed(entries: Iterable[tuple[Iterable[int], Iterable[int]]]) -> set[int]:
    """What may go and must not stay, of entries that may name the same files: what one keeps no other removes."""
    go: set[int] = set()
    stay: set[int] = set()
    for going, staying in entries:
        go.update(going)
        stay.update(staying)
    return go - stay


@dataclass
class _Judging:
    """One series under one rule. Files are read from the newest on, and no more of them than must be."""

    rule: Rule
    dated: Sequence[Backup]
    read: Callable[[Backup], Dump]
    why_unread: Callable[[Backup], str]
    stay: dict[str, str]
    examined: dict[str, Dump] = field(default_factory=dict)
    valid: list[Backup] = field(default_factory=list)
    small: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.middle = median(backup.size for backup in self.dated) if self.dated else 0.0

    def look(self, backup: Backup) -> Dump:
        if backup.name not in self.examined:
            self.examined[backup.name] = self.read(backup)
        return self.examined[backup.name]

    def why_not(self, place: int) -> str:
        """Why the backup at this place does not count; its size is noted."""
        backup = self.dated[place]
        dump, usual = self.look(backup), _usual(backup, self.dated[place + 1 :], self.middle, self.look)
        if backup.size < PLAUSIBLE * usual and not backup.folder:
            self.small.add(backup.name)
        return why_invalid(dump, 0.0 if backup.folder else usual, self.rule.database)

    def is_other(self, backup: Backup) -> bool:
        """Whether it is of other tables than the newest valid one, so that it does not count as one of its backups."""
        if not self.valid or not are_others(self.look(self.valid[0]), self.look(backup)):
            return False
        self.stay[backup.name] = f"of other tables than {self.valid[0].name}: it does not count as a backup of these"
        return True


def _readable(dummy: Backup) -> str:
    return ""


def judge(
    series: Sequence[Backup],
    rule: Rule,
    now: float,
    read: Callable[[Backup], Dump],
    why_unread: Callable[[Backup], str] = _readable,
) -> Retention:
    """``series`` newest first; ``read`` looks into a file and gives a Dump.

    ``why_unread``: why not even the beginning of a file can be read, at little cost; empty where it can.
    """
    stay = {backup.name: "its date is in the future, so it is none" for backup in series if backup.at > now + _SLACK}
    dated = [backup for backup in series if backup.name not in stay]
    judging = _Judging(rule, dated, read, why_unread, stay)
    valid, others = judging.valid, ""
    for place, candidate in enumerate(dated):
        why = judging.why_not(place)
        if why:
            stay[candidate.name] = f"cannot be trusted ({why}), and is newer than the {rule.keep} that stay"
            continue
        if header_alone(judging.look(candidate)):
            stay[candidate.name] = f"cannot be judged ({_CUSTOM}), and is newer than the {rule.keep} that stay"
            continue
        if judging.is_other(candidate):
            others = others or fewer_than(judging.look(valid[0]), judging.look(candidate))
            continue
        valid.append(candidate)
        stay[candidate.name] = f"one of the newest {rule.keep} that are valid"
        if len(valid) == 1 and now - candidate.at > rule.max_age:
            return Retention((), stay, _too_old(judging, place, now))
        if len(valid) == rule.keep:
            return _older_ones(judging, dated[place + 1 :])
    if others:
        return Retention((), stay, f"of {valid[0].name}, {others}{_WHICH}")
    few = f"only {len(valid)} of the {rule.keep} backups that must stay are valid" if valid else "not one is valid"
    return Retention((), stay, few + _why_few(judging.examined.values()))


def _too_old(judging: _Judging, place: int, now: float) -> str:
    newer, candidate = judging.dated[:place], judging.dated[place]
    # Whole ones that are small are made each day: then it is their size that must be understood.
    if newer and all(backup.name in judging.small and not why_not_whole(judging.look(backup)) for backup in newer):
        return f"the newest {len(newer)} are {_SMALL}"
    age = span(now - candidate.at)
    why = f"the newest valid backup, {candidate.name}, is {age} old, and {span(judging.rule.max_age)} are allowed"
    return f"{why}: find out why no new one is made before old ones go"


def _older_ones(judging: _Judging, older: Sequence[Backup]) -> Retention:
    """Which of those that are older than the newest that stay may go."""
    rule, stay = judging.rule, judging.stay
    if all(newest.name in judging.small for newest in judging.dated[: rule.keep]):
        return Retention((), stay, f"the newest {rule.keep} are {_SMALL}")
    if rule.periods is None:
        archives = _archives(judging.dated, rule.keep, older)
        stay.update({backup.name: "it lies far from its neighbours, as an archive does" for backup in archives})
        note = f"{len(archives)} {_ARCHIVES}" if archives else ""
    else:
        _keep_periods(judging, rule.periods)
        note = ""
    stay.update(
        {backup.name: "it is a folder, and folders are never removed here" for backup in older if backup.folder}
    )
    going = [backup for backup in older if backup.name not in stay]
    labels = {name: label for name, label in _labels(judging.examined) if label is not None}
    chained = why_chained(labels, labels.values())
    if chained:
        return Retention((), stay, chained)
    lost = _lost(judging, going)
    if lost:
        return Retention((), stay, f"of {lost}{_WHICH}")
    for backup in going:
        _keep_unread(judging, backup, "" if backup.name in stay else judging.why_unread(backup))
    going = [backup for backup in going if backup.name not in stay]
    return Retention(tuple(reversed(going)), stay, "", note, tuple(judging.valid))


def _lost(judging: _Judging, going: Sequence[Backup]) -> str:
    """What the newest valid one lacks beside one that would go; what is unread stays. Of those that would go the oldest
    and the newest are compared, and both sides of each leap in size: there another database may begin."""
    if not going or judging.look(judging.valid[0]).contents is None:
        return ""
    newest = judging.look(judging.valid[0])
    leaping = [
        backup
        for newer, older in zip(going, going[1:])
        if abs(newer.size - older.size) > _LEAP * max(newer.size, older.size)
        for backup in (newer, older)
    ]
    for ordered, every in ((going, False), (going[::-1], False), (leaping, True)):
        for backup in ordered:
            other = judging.look(backup)
            if other.problem or header_alone(other):
                _keep_unread(judging, backup, other.problem or _CUSTOM)
                continue
            lost = fewer_than(newest, other)
            if lost:
                return f"{newest.path}, {lost}"
            if not every:
                break
    return ""


def _keep_unread(judging: _Judging, backup: Backup, why: str) -> None:
    """What could not be judged may be the one that is needed."""
    if why:
        judging.stay.setdefault(backup.name, f"cannot be judged ({why})")


def _labels(examined: Mapping[str, Dump]) -> Iterable[tuple[str, Label | None]]:
    return ((name, label_in(dump.head)) for name, dump in examined.items())


def _keep_periods(judging: _Judging, periods: Mapping[str, int]) -> None:
    """Of each period the newest valid one; one that cannot be read stays, and does not count.

    Where names say how far their clock is from UTC, a period is one by either clock; where they say epochs, by UTC or
    the host's clock.
    """
    for period, form in _PERIODS.items():
        before = frozenset(judging.stay)
        for clock in range(max((len(backup.clocks) for backup in judging.dated), default=1)):
            _keep_period(judging, period, form, periods.get(period, 0), before, clock)


def _keep_period(judging: _Judging, period: str, form: str, left: int, before: frozenset[str], clock: int) -> None:
    """``before``: what stays without this period, and does not count for it; ``clock``: which of the backups' own."""
    filled: set[str] = set()
    for place, backup in enumerate(judging.dated):
        if left < 1:
            break
        ahead = backup.clocks[min(clock, len(backup.clocks) - 1)]
        moment = backup.at if backup.named is None else backup.named + ahead
        bucket = datetime.fromtimestamp(moment, timezone.utc).strftime(form)
        if bucket in filled:
            continue
        if backup in judging.valid:
            filled.add(bucket)
            continue
        why, dump = judging.why_not(place), judging.look(backup)
        if judging.is_other(backup):
            continue
        if not why and not header_alone(dump):
            filled.add(bucket)
            left -= backup.name not in before
            judging.stay.setdefault(backup.name, f"the newest valid one of its {period}")
        elif dump.problem or header_alone(dump):
            _keep_unread(judging, backup, dump.problem or _CUSTOM)


def _archives(dated: Sequence[Backup], keep: int, older: Sequence[Backup]) -> list[Backup]:
    """Those that lie much farther from both neighbours than the newest from each other; a single one is no rule."""
    moments = [backup.at if backup.named is None else backup.named for backup in dated]
    gaps = [newer - old for newer, old in zip(moments, moments[1:])]
    usual = median(gaps[:keep]) if 1 < keep <= len(gaps) else min(gaps, default=0.0)
    far = [gap > _APART * max(usual, 60.0) for gap in gaps]
    first = len(dated) - len(older)
    lone = [
        dated[place]
        for place in range(first, len(dated))
        if (not place or far[place - 1]) and (place == len(dated) - 1 or far[place])
    ]
    return lone if len(lone) > 1 else []


def _usual(backup: Backup, older: Sequence[Backup], middle: float, look: Callable[[Backup], Dump]) -> float:
    """What its size is measured by: the biggest older one, but for a torn one, if that makes a difference."""
    for other in sorted(older, key=lambda other: -other.size):
        if backup.size >= PLAUSIBLE * other.size:
            break
        dump = look(other)
        if dump.problem or not why_not_whole(dump):
            return max(middle, other.size)
    return middle


def _why_few(dumps: Iterable[Dump]) -> str:
    """What hindered judging, so that few are valid."""
    examined = list(dumps)
    unread = [dump.problem for dump in examined if dump.problem]
    unread_note = f"; {len(unread)} could not be checked ({unread[0]})" if unread else ""
    return f"{unread_note}; {_CUSTOM}" if any(header_alone(dump) for dump in examined) else unread_note
