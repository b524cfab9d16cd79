# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs of many sources at once, merged by time, the newest first, until enough is found. I/O."""

from __future__ import annotations

import errno
import heapq
import os
import re
import resource
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from glob import glob
from typing import Any, Callable, Iterator, Mapping, Sequence

from ..._compose.io.engine import Engine
from ..._compose.io.engine_transport import EngineLogin
from ..._compose.project_ref import Source
from ..._core.errors import HostError, InputError, ProjectUnknown
from ..._core.times import seconds_east
from ..assembly import records, timed, whole_lines
from ..fields import fields_of
from ..line import LEVELS, Zone
from ..records import EntryReport, GatheredReport, LogReport, Record, Signatures, entry
from .containers import pieces_of
from .files import family, newest_first, open_log, text_of
from .journal import journal
from .limits import Limits, Tally

_MOST_SOURCES = 200
_FILES = 8192
_GRACE = 10.0  # seconds that telling may take beyond the reading, an answer of a slow engine among them
_AHEAD = 60.0  # seconds by which clocks differ
_ZONES = 900.0  # seconds: zones are quarters of an hour apart


@dataclass(frozen=True)
class Where:
    """What is read. ``services``: names, or ``*`` for all of the project's."""

    services: Sequence[str] = ()
    containers: Sequence[str] = ()
    units: Sequence[str] = ()
    kernel: bool = False
    files: Sequence[str] = ()
    source: str = "auto"
    journal_directory: str = ""
    timezone: str = ""


@dataclass(frozen=True)
class LogQuery:
    """What is returned of it. Moments in seconds since 1970; ``signatures`` and ``last``: how many, 0 for none."""

    since: float
    until: float
    last: int = 100
    to_the_end: bool = True  # no end was given: what is dated after now is returned, too
    pattern: re.Pattern[str] | None = None
    level: str = ""
    condition: Callable[[Mapping[str, Any]], bool] | None = None
    signatures: int = 0
    new_since: float | None = None
    baseline: float = 3600.0

    @property
    def floor(self) -> float:
        """How far back is read: before what is new there must be something to compare it with."""
        if self.signatures and self.new_since is not None:
            return min(self.since, self.new_since - self.baseline)
        return self.since

    def chooses(self, record: Record, level: str) -> bool:
        if self.pattern is not None and not self.pattern.search(record.text):
            return False
        if not self.level:
            return True
        return bool(level) and LEVELS.index(level) >= LEVELS.index(self.level)


def read(login: EngineLogin, project: Source, where: Where, query: LogQuery, limits: Limits) -> LogReport:
    """The last records that are wanted, the oldest of them first, and what was read for it."""
    _allow_files()
    tallies: list[Tally] = []
    streams: list[Iterator[Record]] = []
    opened: Engine | None = None
    try:
        if where.services or where.containers:
            opened = Engine(login)
            _add_containers(opened, project, where, query, limits, tallies, streams)
        _add_journal(where, query, limits, tallies, streams)
        _add_files(where, query, limits, tallies, streams)
        limits.sources = len(streams)
        with _bounded(limits):
            report = _gathered(streams, query)
    finally:
        for stream in streams:
            stream.close()  # type: ignore[attr-defined]
        if opened is not None:
            opened.close()
    _require_some(tallies)
    left_out = any(tally.left_out or tally.problem for tally in tallies)
    return {
        **report,
        "truncated": left_out or report["more"],
        "scanned_bytes": limits.scanned,
        "sources": [tally.as_dict() for tally in tallies],
    }


def _allow_files() -> None:
    """Many sources, each with what was rotated out of it, are open at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    query = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < query:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (query, hard))


class _TooLong(Exception):
    """The given expressions took longer than the reading may."""


@contextmanager
def _bounded(limits: Limits) -> Iterator[None]:
    """Reading bounds itself; an expression that tries everything (``(a+)+$``) is broken off by a signal.

    Only the main thread can be: elsewhere the expressions are our own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*dummy: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(0.1, limits.deadline - time.monotonic()) + _GRACE)
    try:
        yield
    except _TooLong:
        raise HostError(
            f"The logs could not be read within their time and {_GRACE:g} s more. The expression in match most likely"
            " backtracks too much on some line: simplify it (no repetition within a repetition), or ask for less."
            " Nothing was done."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _require_some(tallies: Sequence[Tally]) -> None:
    if tallies and all(tally.problem for tally in tallies):
        raise HostError(
            f"None of the {len(tallies)} log(s) could be read: {tallies[0].name}: {tallies[0].problem}."
            " Nothing was done."
        )


def _counting(stream: Iterator[Record], tally: Tally, otherwise: float, written: float = 0.0) -> Iterator[Record]:
    """``written``: when the file was, 0 where it is not known."""
    for record in timed(stream, otherwise):
        tally.records += 1
        if tally.records == 1 and record.at is not None:
            _doubt(record.at, written, tally)
        if record.at is not None and (tally.oldest is None or record.at < tally.oldest):
            tally.oldest = record.at
        yield record


def _doubt(newest: float, written: float, tally: Tally) -> None:
    """Times without a zone may be of another one: then too much is found, or nothing, without a visible reason."""
    ahead = newest - time.time()
    if ahead > _AHEAD:
        tally.note(f"its newest record is {ahead / 60:.0f} min ahead of this host's clock: another time zone or clock?")
    behind = written - newest
    if written and behind > _ZONES / 2 and abs(behind - round(behind / _ZONES) * _ZONES) < _AHEAD:
        tally.note(
            f"its newest record is dated {behind / 60:.0f} min before the file was written: if that is a time zone, say"
            " it with timezone"
        )


def _gathered(streams: Sequence[Iterator[Record]], query: LogQuery) -> GatheredReport:
    entries: list[EntryReport] = []
    signatures = Signatures()
    known_before: set[str] = set()
    more = False
    matched = 0
    for record in heapq.merge(*streams, key=lambda stream: -stream.at):  # type: ignore[operator]
        at = record.at or 0.0
        if (at > query.until and not query.to_the_end) or at < query.floor:
            continue
        if query.new_since is not None and at < query.new_since:
            known_before.add(record.source)
        level = record.level if query.signatures or query.level else ""
        if query.signatures and level:
            signatures.add(record, level)
        if at < query.since or not query.chooses(record, level):
            continue
        fields = fields_of(record.text)
        if query.condition is not None and not query.condition({**_record_dict(record), **fields}):
            continue
        matched += 1
        if len(entries) < query.last:
            entries.append(entry(record, fields))  # at once: a record may be long, its report is not
        else:
            more = True
        if len(entries) >= query.last and not query.signatures:
            more = True  # the rest was not read
            break
    entries.reverse()
    return {
        "entries": sorted(entries, key=lambda entry_report: entry_report["at"] or 0.0),  # clocks are set back
        "matched": matched,
        "more": more,
        "signatures": signatures.as_dicts(query.since, query.new_since, known_before, query.signatures),
        "other_signatures": signatures.others,
    }


def _record_dict(record: Record) -> dict[str, Any]:
    return {"text": record.text, "level": record.level, "source": record.source, "stream": record.stream}


def _add_containers(
    opened: Engine,
    project: Source,
    where: Where,
    query: LogQuery,
    limits: Limits,
    tallies: list[Tally],
    streams: list[Iterator[Record]],
) -> None:
    chosen: dict[str, str] = {}
    if where.services:
        from ..._compose.io.observe import observe  # noqa: PLC0415 (all of Compose: a third of the start where it is not needed)

        observed = observe(opened, None, project, lines=0)
        unknown = sorted(set(where.services) - {"*"} - set(observed.service_names))
        if unknown:
            raise ProjectUnknown(
                f"The project {observed.name} has no container of the service {', '.join(unknown)}. It has:"
                f" {', '.join(observed.service_names)}. Nothing was done."
            )
        chosen = {
            container.id: container.name
            for container in observed.containers
            if "*" in where.services or container.service in where.services
        }
    if where.containers:
        by_name = {name.lstrip("/"): listed["Id"] for listed in opened.labelled() for name in listed.get("Names") or ()}
        missing = sorted(set(where.containers) - set(by_name))
        if missing:
            raise ProjectUnknown(f"The engine has no container {', '.join(missing)}. Nothing was done.")
        chosen.update({by_name[name]: name for name in where.containers})
    names = sorted(chosen.items(), key=lambda item: item[1])
    _note_left_out("containers", len(names), limits, tallies)
    for id, name in names[:_MOST_SOURCES]:
        place = opened.log_place(id)
        tally = Tally(name, place["driver"], place["path"], limits)
        pieces = pieces_of(opened, id, place, query.floor, where.source, tally)
        tallies.append(tally)
        streams.append(_counting(records(whole_lines(pieces), name), tally, query.until))


def _note_left_out(kind: str, number: int, limits: Limits, tallies: list[Tally]) -> None:
    if number > _MOST_SOURCES:
        problem = f"{number - _MOST_SOURCES} {kind} were not read: {_MOST_SOURCES} are the most at once"
        tallies.append(Tally(f"more {kind}", "", "", limits, problem=problem))


def _add_journal(
    where: Where, query: LogQuery, limits: Limits, tallies: list[Tally], streams: list[Iterator[Record]]
) -> None:
    requests = ([(list(where.units), False, "journal")] if where.units else []) + (
        [([], True, "kernel")] if where.kernel else []
    )
    for units, kernel, name in requests:
        tally = Tally(name, "journal", " ".join(units) or "kernel", limits)
        pieces = journal(units, kernel, where.journal_directory, query.floor, query.until, tally)
        tallies.append(tally)
        streams.append(_counting(records(pieces, name), tally, query.until))


def _add_files(
    where: Where, query: LogQuery, limits: Limits, tallies: list[Tally], streams: list[Iterator[Record]]
) -> None:
    form = text_of(zone_of(where.timezone))
    for pattern in where.files:
        is_pattern = any(sign in pattern for sign in "*?[") and not os.path.exists(pattern)
        paths = _matching(pattern) if is_pattern else [pattern]
        if not paths:
            tallies.append(Tally(pattern, "file", pattern, limits, problem="no file matches"))
        _note_left_out(f"files of {pattern}", len(paths), limits, tallies)
        for path in paths[:_MOST_SOURCES]:
            tally = Tally(path, "file", path, limits)
            tallies.append(tally)
            try:
                with open_log(path, given=not is_pattern) as file:
                    # What is written right now is no younger than what was asked for.
                    changed = min(os.fstat(file.fileno()).st_mtime, query.until)
            except OSError as error:
                problem = "it is a link" if error.errno == errno.ELOOP else error.strerror
                tally.problem = f"{path} cannot be read ({problem})"
                continue
            pieces = newest_first(path, query.floor, form, tally)
            streams.append(_counting(records(whole_lines(pieces), path), tally, changed, changed))


def _matching(pattern: str) -> list[str]:
    """Files of a pattern; those that were rotated out of another of them are read with that one."""
    paths = sorted(glob(pattern))
    rotated = {copy for path in paths for copy in family(path) if copy != path}
    return [path for path in paths if path not in rotated and not os.path.isdir(path)]


def zone_of(name: str) -> Zone:
    """How times without a zone are meant: by the host's own clock, or as named (+01:00, Europe/Berlin)."""
    now = time.time()
    if not name:
        return Zone(0.0, now, _local_offset)
    named = seconds_east(name)
    if named is not None:
        return Zone(named, now)
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 (Python 3.9 and newer)

        place = ZoneInfo(name)
    except (ImportError, KeyError, ValueError, OSError):
        raise InputError(
            f"timezone: {name!r} is not known on this host. Give an offset like +01:00. Nothing was done."
        ) from None

    def east(clock: float) -> float:
        shown = datetime.fromtimestamp(clock, timezone.utc).replace(tzinfo=place)
        return (shown.utcoffset() or timedelta()).total_seconds()

    return Zone(0.0, now, east)


def _local_offset(clock: float) -> float:
    """Seconds east of UTC of this host's clock when it showed that."""
    shown = time.gmtime(clock)
    return clock - time.mktime((*shown[:8], -1))
