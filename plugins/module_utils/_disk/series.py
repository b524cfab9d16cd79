# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups of a folder are one series: those of one database, that differ by their moment alone. Pure.

Everything in a name separates series, but for what certainly is the moment. Two databases that are taken for one would
cost the backups of one of them; one that is taken for two costs room. So a number is a part of the name until the whole
folder shows that it is a moment: by its form (2026-11-26, T0200), or because it follows the times at which the files
were changed. A customer's number does not, whatever date or epoch it may look like.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Iterable, Mapping, Sequence

from . import date_parts
from .date_parts import PUT_APART, TWINS, Key, Span, apart, odd, of_one_order, outer, same_moment, shows_order
from .moments import (
    DAY,
    Moment,
    TimeOfDay,
    are_hours,
    are_times,
    fraction_behind,
    hour_behind,
    moments_in,
    shape_of,
    time_behind,
    weekday_of,
    weekdays_in,
)
from .turns import in_turn

_MARK = "/"  # stands for the moment, which no name of a file can hold; shown as #
_PERHAPS = "?"  # stands in a family's name for what may be a moment
_AT_ONCE = 12 * 3600.0  # seconds within which files were changed that were copied, or made on one day

# A running number, or the name of a commit.
_RUNNING = re.compile(r"(?<![0-9A-Za-z])(?:\d{1,8}|(?=[a-f]{0,39}\d)[0-9a-f]{7,40})(?![0-9A-Za-z])")
_RELEASE = re.compile(r"\.\d")


@dataclass(frozen=True)
class Backup:
    """One file or folder. ``at``: seconds since 1970 by which its age counts; ``changed``: nanoseconds.

    ``named``: the moment that its name gives, as if it were UTC; None where it gives none. ``folder``: a backup of many
    files. ``east``: seconds by which the clock of the name is ahead of UTC, as far as it says so. ``clocks``: seconds
    to add to ``named`` for each clock by which its day may be counted.
    """

    name: str
    size: int
    blocks: int  # bytes that come free with it
    at: float
    inode: int
    changed: int
    named: float | None = None
    folder: bool = False
    east: float = 0.0
    clocks: tuple[float, ...] = (0.0,)

    @property
    def order(self) -> tuple[float, int, str]:
        return (self.at if self.named is None else self.named - self.east, self.changed, self.name)


@dataclass(frozen=True)
class Series:
    """Backups of one database, the newest first.

    ``family``: what it shares with series that may be the same one; ``unsure``: the parts of names that may be moments
    or not; ``replaced``: a younger one of its family is its successor (by a date, a number that grows, a day of the
    week, a month).
    """

    name: str
    backups: tuple[Backup, ...]
    family: str = ""
    unsure: tuple[str, ...] = ()
    replaced: bool = False


@dataclass
class _Parts:
    """A name, with what of it is its moment, and what may be."""

    backup: Backup
    moments: list[Span] = field(default_factory=list)
    perhaps: list[Span] = field(default_factory=list)
    day: Moment | None = None
    time: TimeOfDay | None = None
    named: float | None = None

    @property
    def changed(self) -> float:
        return self.backup.changed / 1e9

    def without(self, spans: Iterable[Span], mark: str) -> str:
        name = self.backup.name
        for start, end in sorted(spans, reverse=True):
            name = name[:start] + mark + name[end:]
        return name

    @property
    def series(self) -> str:
        """The name without its moment, with the form of that: another job may write it in another form."""
        name = re.sub(rf"{_MARK}(?:[-_. T]*{_MARK})+", _MARK, self.without(self.moments, _MARK))
        zone = " with its zone" if self.time is not None and self.time.east is not None else ""
        return f"{name}{_MARK}{self.day.key[0]}{zone}" if self.day else name


def series_of(backups: Iterable[Backup], dated_by_name: bool = False, zones: Sequence[float] = (0.0,)) -> list[Series]:
    """Every series of a folder. ``zones``: seconds east of UTC in which times in names may be.

    ``dated_by_name``: the site states that a valid date or epoch in a name is its moment, also where files were copied.
    """
    shapes: dict[str, list[_Parts]] = defaultdict(list)
    for backup in backups:
        shapes[shape_of(backup.name)].append(_Parts(backup))
    groups: dict[str, list[_Parts]] = defaultdict(list)
    for members in shapes.values():
        _find_dates(members, zones, dated_by_name)
        _find_times(members, zones, dated_by_name)
        _find_weekdays(members)
        for parts in members:
            groups[parts.series].append(parts)
    singles = (members[0].backup for members in groups.values() if _undated(members))
    rotated = in_turn({backup.name: backup.changed for backup in singles}, _MARK)
    alone = {name: members[0] for name, members in groups.items() if len(members) == 1 and name not in rotated}
    for parts, spans in _counted(alone.values()):
        parts.perhaps += spans
    return [_series(name, members, rotated, zones) for name, members in sorted(groups.items())]


def _series(name: str, members: Sequence[_Parts], rotated: Mapping[str, str], zones: Sequence[float]) -> Series:
    ordered = sorted((_dated(parts, zones) for parts in members), key=lambda backup: backup.order, reverse=True)
    unsure = sorted({parts.backup.name[start:end].strip("-_. ") for parts in members for start, end in parts.perhaps})
    family = rotated.get(name, "")
    first = members[0]
    shown = name.rpartition(_MARK)[0].replace(_MARK, "#") if first.day else name
    shared = family or (first.without([*first.moments, *first.perhaps], _PERHAPS) if unsure else shown)
    return Series(
        shown, tuple(ordered), shared.replace(_MARK, "#"), tuple(unsure), bool(family or (first.day and not unsure))
    )


def _dated(parts: _Parts, zones: Sequence[float]) -> Backup:
    """A date in the name outlives copying, the time of the last change does not: it counts where both agree."""
    if parts.named is None or parts.day is None:
        return parts.backup
    named = replace(parts.day, at=parts.named, span=DAY if parts.time is None else 60.0)
    east = (parts.time.east if parts.time else None) or 0.0
    last = parts.named - east + (DAY - 1 if parts.day.span == DAY and parts.time is None else 0.0)
    at = parts.changed if named.agrees(parts.changed) else last
    clocks = (0.0, *zones) if parts.day.key[0] == "epoch" else (0.0, -east)
    return replace(parts.backup, named=parts.named, at=at, east=east, clocks=clocks)


# -- dates


def _find_dates(members: Sequence[_Parts], zones: Sequence[float], dated_by_name: bool) -> None:
    """Of each name of one shape, which part is its date: the same part in all of them, or none."""
    readings = [{moment.key: moment for moment in moments_in(parts.backup.name)} for parts in members]
    keys = [key for key in readings[0] if all(key in reading for reading in readings)]
    shares = {
        key: sum(reading[key].agrees(parts.changed) for reading, parts in zip(readings, members)) / len(members)
        for key in keys
    }
    agreeing = [key for key in keys if shares[key] > 0.5]
    chosen = same_moment(agreeing, readings)
    others = [key for key in keys if key not in agreeing]
    doubtful = {key for key in keys if odd(key) and not of_one_order(key, keys)}
    if not agreeing:
        alone = apart([key for key in keys if key not in doubtful], readings)
        certain = [key for key in keys if key not in doubtful and (readings[0][key].certain or key[0] in PUT_APART)]
        sole = len(alone) == 1 and len(certain) < 2  # of two that share digits neither is certain
        chosen = [key for key in alone if sole and (dated_by_name or key in certain)]
        others = sorted(doubtful)
        if chosen and not dated_by_name and _is_none(chosen[0], members, readings):
            chosen = []
    elif len(members) > 1 and _spread(parts.changed for parts in members) < _AT_ONCE:
        chosen = [] if doubtful & set(chosen) and not dated_by_name else chosen
    else:
        others = []
    if chosen and not _of_known_order(chosen[0], members, readings):
        chosen = []
    if chosen and not _one_job(chosen[0], members, readings, zones, dated_by_name):
        chosen = []
    if chosen and _contradicted(chosen[0], others, members, readings):
        chosen = []
    for parts, reading in zip(members, readings):
        parts.moments += [(reading[key].start, reading[key].end) for key in chosen]
        if chosen:
            parts.day = min((reading[key] for key in chosen), key=lambda moment: moment.span)
            parts.named = parts.day.at
        else:
            perhaps = [key for key in keys if key not in doubtful or key[0] in PUT_APART]
            parts.perhaps += outer((reading[key].start, reading[key].end) for key in perhaps)


def _of_known_order(key: Key, members: Sequence[_Parts], readings: Sequence[Mapping[Key, Moment]]) -> bool:
    """Whether of each database some file shows the order of day and month, and none another one."""
    if key[0] not in TWINS:
        return True
    shown: dict[str, set[bool | None]] = defaultdict(set)
    for parts, reading in zip(members, readings):
        time = time_behind(parts.backup.name, reading[key])
        spans = [(reading[key].start, reading[key].end), *([(time.start, time.end)] if time else [])]
        shown[parts.without(spans, _MARK)].add(shows_order(key, reading, parts.changed))
    return all(True in orders and False not in orders for orders in shown.values())


def _contradicted(
    key: Key, others: Iterable[Key], members: Sequence[_Parts], readings: Sequence[Mapping[Key, Moment]]
) -> bool:
    """Whether another part of the names is a date too, and another one: that of a partition, of the backup.

    Where all files were changed at once, as copies are, the changes do not show which of them is the backup's.
    """
    return any(
        reading[other].at != reading[key].at and not _is_behind(parts.backup.name, reading[key], reading[other])
        for other in others
        for parts, reading in zip(members, readings)
    )


def _is_behind(name: str, date: Moment, other: Moment) -> bool:
    """Whether it is a part of the time behind a date."""
    time = time_behind(name, date)
    return time is not None and time.start <= other.start and other.end <= time.end


def _one_job(
    key: Key,
    members: Sequence[_Parts],
    readings: Sequence[Mapping[Key, Moment]],
    zones: Sequence[float],
    by_name: bool,
) -> bool:
    """Whether the last digits of a date that has its time in itself are a time: of each day one, or as changes follow.

    ``202611240101`` and ``202611242359`` beside each other may be of customers 0101 and 2359.
    """
    if key[0] not in ("ymdh", "ymdhm", "ymdhms"):
        return True
    alike: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for parts, reading in zip(members, readings):
        moment = reading[key]
        day = moment.at // DAY * DAY
        alike[parts.without([(moment.start, moment.end)], _MARK)].append((parts.changed, day, moment.at - day))
    if key[0] == "ymdh":
        return all(len({time for *dummy, time in dated}) == 1 or are_hours(dated, zones) for dated in alike.values())
    several = [dated for dated in alike.values() if len({day for changed, day, time in dated}) < len(dated)]
    return all(are_times(dated, zones, by_name) for dated in several)


def _is_none(key: Key, members: Sequence[_Parts], readings: Sequence[Mapping[Key, Moment]]) -> bool:
    """Whether a date that no change follows is a name rather than the moment.

    The files were changed over a longer time than their dates span, so that they were not copied; or what stands beside
    the date takes as many values as the date or more, or says itself when the file was changed.
    """
    dates = [reading[key].at for reading in readings]
    if _spread(parts.changed for parts in members) > max(DAY, _spread(dates) / 2):
        return True
    beside, changes = set(), []
    for parts, reading in zip(members, readings):
        time = time_behind(parts.backup.name, reading[key])
        date = (reading[key].start, reading[key].end)
        beside.add(parts.without([date, *([(time.start, time.end)] if time else [])], _MARK))
        changes.append((parts.without([date], _MARK), reading[key].at, parts.changed))
    return 1 < len(beside) >= len(set(dates)) or date_parts.say_changes(changes)


def _spread(moments: Iterable[float]) -> float:
    given = list(moments)
    return max(given) - min(given)


# -- times


def _find_times(members: Sequence[_Parts], zones: Sequence[float], by_name: bool) -> None:
    """What follows the date: a time by its form, or one that agrees with the changes; else a part of the name."""
    if any(parts.day is None for parts in members):
        return
    times = [time_behind(parts.backup.name, parts.day) for parts in members if parts.day is not None]
    for parts, time in zip(members, times):
        parts.time = time if time is not None and time.certain else None
    perhaps = [(parts, time) for parts, time in zip(members, times) if time is not None and not time.certain]
    alike: dict[str, list[tuple[_Parts, TimeOfDay]]] = defaultdict(list)
    for parts, time in perhaps if all(times) else ():
        alike[parts.without([*parts.moments, (time.start, time.end)], _MARK)].append((parts, time))
    for pairs in alike.values():
        dated = [(parts.changed, parts.day.at if parts.day else 0.0, time.seconds) for parts, time in pairs]
        # 2026-11-28-16.10.1 may be of 16:10, or of 16 hours and the release 10.1.
        release = any(_RELEASE.match(parts.backup.name, time.end) for parts, time in pairs)
        is_time = are_times(dated, zones, by_name and not release)
        for parts, time in pairs:
            if is_time:
                parts.time = time
            elif is_time is None:
                parts.perhaps.append((time.start, time.end))
    if not any(times):
        _find_hours(members, zones)
    _take(members)
    _find_fractions(members, by_name)


def _find_hours(members: Sequence[_Parts], zones: Sequence[float]) -> None:
    """An hour alone behind the date."""
    alike: dict[str, list[tuple[_Parts, Moment, TimeOfDay]]] = defaultdict(list)
    for parts in members:
        hour = hour_behind(parts.backup.name, parts.day) if parts.day else None
        if parts.day is None or hour is None:
            return
        alike[parts.without([*parts.moments, (hour.start, hour.end)], _MARK)].append((parts, parts.day, hour))
    for group in alike.values():
        if are_hours([(parts.changed, day.at, hour.seconds) for parts, day, hour in group], zones):
            for parts, dummy, hour in group:
                parts.time = hour


def _find_fractions(members: Sequence[_Parts], by_name: bool) -> None:
    """A fraction of a second without a zone may be a number, unless the site states that it is a moment."""
    spans = [fraction_behind(parts.backup.name, parts.time.end) if parts.time else None for parts in members]
    if not all(spans) or len({parts.backup.name[slice(*span)] for parts, span in zip(members, spans) if span}) < 2:
        return
    alike: dict[str, list[float]] = defaultdict(list)
    for parts, span in zip(members, spans):
        if span and parts.named is not None:
            alike[parts.without([*parts.moments, span], _MARK)].append(parts.named)
    certain = by_name and all(len(set(moments)) == len(moments) for moments in alike.values())
    for parts, span in zip(members, spans):
        if span:
            (parts.moments if certain else parts.perhaps).append(span)


def _take(members: Sequence[_Parts]) -> None:
    for parts in members:
        if parts.time is not None and parts.day is not None:
            parts.moments.append((parts.time.start, parts.time.end))
            parts.named = parts.day.at + parts.time.seconds


def _find_weekdays(members: Sequence[_Parts]) -> None:
    """The day of the week is a part of the moment where it is that of the date in every name."""
    days = [list(weekdays_in(parts.backup.name)) for parts in members]
    if not all(len(named) == 1 and parts.day for named, parts in zip(days, members)):
        return
    if all(parts.day and weekday_of(parts.day.at) == named[0][2] for named, parts in zip(days, members)):
        for named, parts in zip(days, members):
            parts.moments.append(named[0][:2])


# -- families


def _undated(members: Sequence[_Parts]) -> bool:
    return len(members) == 1 and members[0].named is None


def _counted(alone: Iterable[_Parts]) -> list[tuple[_Parts, list[Span]]]:
    """Backups that are each the only one of its name, of one every day, with what may be a running number or a commit.

    They may be one series, or a customer's each: which is not known.
    """
    alike: dict[str, list[tuple[_Parts, list[Span]]]] = defaultdict(list)
    for parts in alone:
        spans = [
            match.span()
            for match in _RUNNING.finditer(parts.backup.name)
            if not any(match.start() < end and start < match.end() for start, end in (*parts.moments, *parts.perhaps))
        ]
        if spans and not parts.perhaps:
            alike[re.sub(r"\d", "0", parts.without([*parts.moments, *spans], _PERHAPS))].append((parts, spans))
    counted = []
    for several in alike.values():
        days = {(parts.changed if parts.named is None else parts.named) // DAY for parts, dummy in several}
        if len(several) > 2 and len(days) == len(several):
            counted += several
    return counted
