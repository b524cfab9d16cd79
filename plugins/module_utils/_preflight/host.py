# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a host: inodes, clock, logs, draining, releases, backups, and what must be reached. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from .._core.text import some, span
from .._core.urls import base_url_of
from .._disk.backup import Dump, are_parts, fewer_than, header_alone, why_empty, why_not_whole
from .._disk.chains import is_incremental
from .check import FULL, Check, Exchange, HostPreflightReport, of_clock, summed_up

IS_SET = "the clock is set"
_SERIES = 3  # series that are described where they are not ready


def of_inodes(filesystems: Iterable[Mapping[str, Any]]) -> Check:
    short = [filesystem for filesystem in filesystems if (filesystem["inodes_used_share"] or 0) >= FULL]
    state = (
        ", ".join(f"{filesystem['mount']} {filesystem['inodes_used_share']:.0%}" for filesystem in short)
        or "there are enough everywhere"
    )
    where = short[0]["mount"] if short else "/"
    return Check("inodes are left", not short, state, f"tidy what du --inodes -x -d 3 {where} | sort -n | tail shows")


def of_synchronised(state: bool | None) -> Check:
    states = {True: "the kernel's clock is synchronised", False: "no service sets the kernel's clock"}
    remedy = "systemctl enable --now chrony (or systemd-timesyncd)"
    return Check(
        IS_SET,
        state,
        states.get(state, "the kernel does not report it") if state is not None else "the kernel does not report it",
        remedy,
    )


def with_controller_clock(result: HostPreflightReport, sent: float, returned: float) -> HostPreflightReport:
    """The result of host_preflight_info with the check of its clock against the controller's, behind that of the host.

    ``sent`` and ``returned``: the controller's clock before and after the module.
    """
    moments = result["host_clock"]
    checks = list(result["checks"])
    at = 1 + next(index for index, check in enumerate(checks) if check["check"] == IS_SET)
    exchange = Exchange(sent, moments["received"], moments["answered"], returned)
    checks.insert(at, of_clock("the controller", exchange).as_dict())
    return {**result, **summed_up(checks)}


def of_rotation(unbounded: Sequence[str], looked_at: int) -> Check:
    state = f"{len(unbounded)} of {looked_at} containers log without a bound: {', '.join(unbounded[:3])}"
    return Check(
        "logs are rotated",
        not unbounded,
        state if unbounded else f"the logs of {looked_at} containers are bounded",
        "give each service logging: {driver: json-file, options: {max-size: 20m, max-file: '3'}}, or set it in"
        " /etc/docker/daemon.json, and recreate the containers",
    )


def of_draining(missing: Sequence[str], elsewhere: str = "") -> Check:
    """``elsewhere``: the address of an engine on another machine."""
    if elsewhere:
        state = f"the engine at {elsewhere} is on another machine: what is there is not known"
        return Check("a replica can be drained", None, state, "run this on that machine, or set runbook_drain_command")
    state = f"missing: {', '.join(missing)}" if missing else "root, nsenter and iptables are there"
    return Check(
        "a replica can be drained", not missing, state, "set ansible_become: true; apt-get install iptables util-linux"
    )


def of_snapshots(folder: str, number: int | None) -> Check:
    if number is None:
        return Check("a release can be rolled back", None, f"{folder} cannot be read", "set ansible_become: true")
    remedy = "record one with pafar.runbook.compose_snapshot after each deployment"
    return Check("a release can be rolled back", number > 0, f"{number} snapshots in {folder}", remedy)


@dataclass(frozen=True)
class NewestBackup:
    """One series by its newest backup. ``before``: the one before it, None where there is none.

    ``doubtful``: series that may be former backups of this one, or other databases of which no new one is made.
    """

    series: str
    dump: Dump
    before: Dump | None = None
    doubtful: Sequence[str] = ()


@dataclass(frozen=True)
class _State:
    """What is said of one series; ``ready`` None: it could not be judged."""

    ready: bool | None
    text: str
    remedy: str = ""


def of_backups(
    where: str, newest: Sequence[NewestBackup], max_age: float, database: str = "", inner: Sequence[str] = ()
) -> Check:
    """Of each series the newest must be whole, young, hold something, and not much less than the one before it.

    ``inner``: folders in it that are no backup themselves, and may hold some.
    """
    name = f"backups of {where} can be restored"
    again = f"make one now (pg_dumpall | gzip > FILE.sql.gz in {where}), and correct the job (systemctl list-timers)"
    if not newest and inner:
        found = f"there is none in it; what its folders hold ({some(list(inner))}) is not examined"
        return Check(
            name, None, found, "set path in runbook_backups to the folder in which they lie, one entry for each"
        )
    if not newest:
        return Check(name, False, "there is none", f"set path and pattern in runbook_backups; or {again}")
    states = [_of_series(backup, max_age, database, again) for backup in newest]
    roles = [backup for backup in newest if backup.dump.contents and backup.dump.contents.globals_only]
    if len(roles) == len(newest):
        return Check(name, False, f"{states[0].text}: no database", again)
    not_ready = [state for state in states if state.ready is False]
    unknown = [state for state in states if state.ready is None]
    bad = [*not_ready, *unknown]
    if not bad and len(states) == 1:
        return Check(name, True, states[0].text)
    if not bad:
        return Check(name, True, f"{len(states)} series; the newest of each can be restored, such as {states[0].text}")
    number = f"{len(bad)} of {len(states)} series: " if len(states) > 1 else ""
    more = f"; and {len(bad) - _SERIES} more" if len(bad) > _SERIES else ""
    text = number + "; ".join(state.text for state in bad[:_SERIES]) + more
    return Check(name, False if not_ready else None, text, bad[0].remedy)


def _of_series(newest: NewestBackup, max_age: float, database: str, again: str) -> _State:
    dump, before = newest.dump, newest.before
    state = f"{dump.path}: {f'{dump.size:,} bytes, ' if dump.size else ''}{span(dump.age)} old"
    why = why_not_whole(dump) or why_empty(dump, database)
    if dump.problem:
        return _State(None, f"{state}; {dump.problem}", _remedy_of(dump.problem))
    if why:
        return _State(False, f"{state}, {why}", again)
    if dump.age > max_age:
        return _State(False, f"{state}: too old", again)
    if before is not None and not are_parts(dump, before) and not is_incremental(dump.head):
        compare = f"keep {before.path}, and compare what zgrep -c . says of both; or {again}"
        if dump.size < 0.5 * before.size:
            return _State(False, f"{state}, half as big as the one before it", compare)
        fewer = fewer_than(dump, before)
        if fewer:
            return _State(False, f"{state}: {fewer}", compare)
    if newest.doubtful:
        text = f"{state}; {some(list(newest.doubtful))} are older: former ones of this series, or series of their own"
        return _State(None, text, "set dated_by: name in runbook_backups if numbers in names are dates or times")
    return _content(dump, state)


def _remedy_of(problem: str) -> str:
    if "cannot be read" in problem:
        return "set ansible_become: true on the host where they are"
    return "install what reads it" if "not installed" in problem else "restore it into an empty database, as a test"


def _content(dump: Dump, state: str) -> _State:
    """A whole backup, with what is known of its content; of another form than SQL nothing is."""
    if header_alone(dump):
        text = f"{state}, a custom archive by its beginning; only pg_restore shows whether it is whole"
        return _State(None, text, "apt-get install postgresql-client on the host where they are")
    if is_incremental(dump.head):
        text = f"{state}, an incremental base backup: whether those that it was taken from are whole is not known"
        return _State(None, text, "pg_combinebackup of all of them, and pg_verifybackup of what it makes, as a test")
    if dump.archive and dump.contents is None:
        return _State(True, f"{state}, a base backup with every file of its manifest")
    to_its_end = "read to its end by pg_restore" if dump.archive else "whole to its last line"
    if dump.contents is None or not dump.contents.understood:
        return _State(None, f"{state}, {to_its_end}; what is in it is not known", "restore it into an empty database")
    return _State(True, f"{state}, {to_its_end}, {dump.contents.summary()}")


def of_wal(where: str, number: int, newest: float, gap: str, max_age: float) -> Check:
    """An archive of write-ahead log. ``newest``: seconds since the last segment; ``gap``: the first that is missing."""
    name, state = f"write-ahead log in {where} is archived", f"{number} segments, the last {span(newest)} ago"
    remedy = "correct archive_command or the job that streams it (see pg_stat_archiver), and make a base backup"
    if newest > max_age:
        return Check(name, False, f"{state}: it has stopped", remedy)
    missing = f"; {gap} is missing, and what follows cannot be replayed" if gap else ""
    return Check(name, not gap, state + missing, remedy)


def of_url(name: str, url: str, answer: str, reached: bool) -> Check:
    """A webhook's address is a secret: its host alone is shown."""
    host, door = base_url_of(url)
    remedy = f"open the way to {host}: curl -sSI {door} shows where it ends" if host else "correct it in runbook_reach"
    return Check(f"{name} is reachable", reached, f"{host or 'its address'}: {answer}", remedy)


def of_log(path: str, can: bool | None, why: str, user: str = "") -> Check:
    """``can`` None: not known; ``user``: the one of the log's host that writes it for all, empty for the login."""
    if user:
        own = f"{path} can be written as {user} by this login; by another one once it has run this check, too"
        remedy = (
            f"let each operator become {user} on the host of the log (sudo), and once as root: install -d -o {user}"
            f" -m 0700 {path} && chown -R {user} {path}"
        )
        return Check("incidents can be recorded", can, why or own, remedy)
    state = why or f"{path} can be written"
    return Check("incidents can be recorded", can, state, f"mkdir -p {path}, owned by the user who runs the playbooks")


def of_group(path: str, group: str) -> Check:
    """The group of the incident log, where the host does not have it."""
    remedy = f"groupadd {group}, and add the people who work incidents"
    return Check("the team can record incidents", False, f"{path}: there is no group {group} on this host", remedy)


def of_writer(path: str, login: str, can: bool | None, why: str) -> Check:
    """A person of the team as a writer of the incident log. ``can`` None: not known."""
    remedy = (
        f"usermod -aG GROUP {login} (GROUP: runbook_incident_group), and once by the owner of {path}:"
        f" chgrp -R GROUP {path} && chmod -R g+rwXs {path}"
    )
    return Check(f"{login} can record incidents", can, why or f"{path} can be written", remedy)
