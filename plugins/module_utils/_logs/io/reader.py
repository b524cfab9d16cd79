# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs of many sources at once, merged by time, the newest first, until enough is found. I/O."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from ..._compose.io.engine_transport import EngineLogin
from ..._compose.project_ref import Source
from ..._core.errors import HostError, ProjectUnknown
from ..._core.text import counted
from ..assembly import records, whole_lines
from ..records import LogReport, Record
from .files import newest_first, text_of
from .gathering import LogQuery, counting, gathered, say_unknown
from .journal import journal
from .limits import Limits, Tally
from .rotated import Folders, matching, open_log
from .siblings import note_siblings
from .zones import zone_of

if TYPE_CHECKING:
    from ..._compose.io.engine import Engine

_POLL = 1.0  # seconds between two reads of what is followed
_MOST_SOURCES = 200
_BESIDE = 50  # files beside each of which others are looked for
_FILES = 8192
_GRACE = 10.0  # seconds that telling may take beyond the reading, an answer of a slow engine among them


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


def read(login: EngineLogin, project: Source, where: Where, query: LogQuery, limits: Limits) -> LogReport:
    """The last records that are wanted, the oldest of them first, and what was read for it.

    Where logs are followed, those that are written from now on: until the first that matches, or for that long.
    """
    if not query.follow:
        return _read_once(login, project, where, query, limits)
    begun, seconds = time.monotonic(), limits.deadline - time.monotonic()
    now = float(int(time.time()))  # many logs have whole seconds
    query = replace(query, since=now, until=now + query.follow + seconds, new_since=None)
    while True:
        waited = time.monotonic() - begun
        enough = Limits(limits.bytes, time.monotonic() + seconds)
        report = _read_once(login, project, where, query, enough)
        if waited >= query.follow or (query.waits_for_one and report["matched"]):
            return {**report, "followed": round(waited, 1)}
        time.sleep(min(_POLL, query.follow - waited))


def _read_once(login: EngineLogin, project: Source, where: Where, query: LogQuery, limits: Limits) -> LogReport:
    _allow_files()
    tallies: list[Tally] = []
    streams: list[Iterator[Record]] = []
    opened: Engine | None = None
    try:
        if where.services or where.containers:
            # What asks the engine is a seventh of the start where files or the journal are read.
            from ..._compose.io.engine import Engine  # noqa: PLC0415

            opened = Engine(login)
            _add_containers(opened, project, where, query, limits, tallies, streams)
        _add_journal(where, query, limits, tallies, streams)
        _add_files(where, query, limits, tallies, streams)
        limits.sources = len(streams)
        if query.signatures:  # they are counted over everything, until there is just time enough to search for match
            limits.kinds_until = time.monotonic() + (limits.deadline - time.monotonic()) / 2
        with _bounded(limits):
            report = gathered(streams, query, tallies)
    finally:
        for stream in streams:
            stream.close()  # type: ignore[attr-defined]
        if opened is not None:
            opened.close()
    _require_some(tallies)
    say_unknown(tallies, query)
    _say_beside(tallies, query.floor)
    left_out = any(tally.unread or tally.problem for tally in tallies)
    return {
        **report,
        "truncated": left_out or report["more"],
        "scanned_bytes": limits.scanned,
        "sources": [tally.as_dict() for tally in tallies],
        "followed": 0.0,
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


def _add_containers(
    opened: Engine,
    project: Source,
    where: Where,
    query: LogQuery,
    limits: Limits,
    tallies: list[Tally],
    streams: list[Iterator[Record]],
) -> None:
    from .containers import pieces_of  # noqa: PLC0415

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
        tally = Tally(name, place["driver"], place["path"], limits, needle=query.needle)
        pieces = pieces_of(opened, id, place, query.floor, where.source, tally)
        tallies.append(tally)
        streams.append(counting(records(whole_lines(pieces), name), tally, query, query.until))


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
        streams.append(counting(records(pieces, name), tally, query, query.until))


def _add_files(
    where: Where, query: LogQuery, limits: Limits, tallies: list[Tally], streams: list[Iterator[Record]]
) -> None:
    form = text_of(zone_of(where.timezone))
    folders = Folders()
    for pattern in where.files:
        is_pattern = any(sign in pattern for sign in "*?[") and not os.path.exists(pattern)
        paths = matching(pattern) if is_pattern else [pattern]
        if not paths:
            tallies.append(Tally(pattern, "file", pattern, limits, problem="no file matches"))
        _note_left_out(f"files of {pattern}", len(paths), limits, tallies)
        for path in paths[:_MOST_SOURCES]:
            tally = Tally(path, "file", path, limits, needle=query.needle)
            tallies.append(tally)
            try:
                with open_log(path, given=not is_pattern) as file:
                    # What is written right now is no younger than what was asked for.
                    changed = min(os.fstat(file.fileno()).st_mtime, query.until)
                    if _is_wide(os.pread(file.fileno(), 4, 0)):
                        tally.problem = f"{path} is UTF-16, which is not read (iconv -f UTF-16 -t UTF-8 converts it)"
                        continue
            except OSError as error:
                problem = "it is a link" if error.errno == errno.ELOOP else error.strerror
                tally.problem = f"{path} cannot be read ({problem})"
                continue
            pieces = newest_first(path, query.floor, form, tally, folders)
            streams.append(counting(records(whole_lines(pieces), path), tally, query, changed, changed))


def _say_beside(tallies: Sequence[Tally], floor: float) -> None:
    """Note files beside those that do not reach back to what was asked for, which may be their earlier parts. Of many
    files, as a wildcard gives them, it is looked for beside the first ones, and said that it was not beside the others.
    """
    given = {tally.place for tally in tallies}
    short = [tally for tally in tallies if tally.kind == "file" and tally.ended and not tally.reaches]
    folders = Folders()
    for tally in short[:_BESIDE]:
        if not tally.problem:
            note_siblings(tally.place, {*folders.family(tally.place), *given}, floor, tally)
    if short[_BESIDE:]:
        rest = len(short) - _BESIDE - 1
        others = f" and {counted(rest, 'more file')}" if rest else ""
        short[_BESIDE].note(f"whether earlier parts lie beside it{others} was not looked for")


def _is_wide(head: bytes) -> bool:
    """Whether a file begins as UTF-16 does: with its mark, or with every other byte zero."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    even, odd = head[0:4:2], head[1:4:2]
    return len(head) == 4 and (b"\0\0" in (even, odd)) and 0 not in (odd if even == b"\0\0" else even)
