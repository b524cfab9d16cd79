# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a host: inodes, clock, logs, draining, releases, backups, and what must be reached. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from .._core.text import span
from .._core.urls import base_url_of
from .._disk.backup import Dump, header_alone, why_not_whole
from .check import FULL, Check, Exchange, HostPreflightReport, of_clock, summed_up

IS_SET = "the clock is set"


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


def of_draining(missing: Sequence[str]) -> Check:
    state = f"missing: {', '.join(missing)}" if missing else "root, nsenter and iptables are there"
    return Check(
        "a replica can be drained", not missing, state, "set ansible_become: true; apt-get install iptables util-linux"
    )


def of_snapshots(folder: str, number: int | None) -> Check:
    if number is None:
        return Check("a release can be rolled back", None, f"{folder} cannot be read", "set ansible_become: true")
    remedy = "record one with pafar.runbook.compose_snapshot after each deployment"
    return Check("a release can be rolled back", number > 0, f"{number} snapshots in {folder}", remedy)


def of_dumps(where: str, dumps: Sequence[Dump], max_age: float) -> Check:
    """The newest must be whole, young, and not much smaller than the one before it."""
    name = f"backups of {where} can be restored"
    again = f"make one now (pg_dumpall | gzip > FILE.sql.gz in {where}), and correct the job (systemctl list-timers)"
    if not dumps:
        return Check(name, False, "there is none", f"set path and pattern in runbook_backups; or {again}")
    newest = min(dumps, key=lambda dump: dump.age)
    why = why_not_whole(newest)
    older = sorted((dump for dump in dumps if dump is not newest), key=lambda dump: dump.age)
    state = f"{newest.path}: {newest.size:,} bytes, {span(newest.age)} old"
    if newest.problem:
        return Check(name, None, f"{state}; {newest.problem}", "set ansible_become: true on the host where they are")
    if why:
        return Check(name, False, f"{state}, {why}", again)
    if newest.age > max_age:
        return Check(name, False, f"{state}: too old", again)
    if older and newest.size < 0.5 * older[0].size:
        remedy = f"keep {older[0].path}, and compare what zgrep -c . says of both; or {again}"
        return Check(name, False, f"{state}, half as big as the one before it", remedy)
    if header_alone(newest):
        return Check(
            name, True, f"{state}, a custom archive by its beginning; only pg_restore shows whether it is whole"
        )
    return Check(name, True, f"{state}, whole to its last line")


def of_url(name: str, url: str, answer: str, reached: bool) -> Check:
    """A webhook's address is a secret: its host alone is shown."""
    host, door = base_url_of(url)
    remedy = f"open the way to {host}: curl -sSI {door} shows where it ends" if host else "correct it in runbook_reach"
    return Check(f"{name} is reachable", reached, f"{host or 'its address'}: {answer}", remedy)


def of_log(path: str, why: str) -> Check:
    state = why or f"{path} can be written"
    return Check(
        "incidents can be recorded", not why, state, f"mkdir -p {path}, owned by the user who runs the playbooks"
    )
