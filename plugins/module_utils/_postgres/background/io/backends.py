# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes behind the sessions of a PostgreSQL server on this host, in a container or not. From /proc. I/O."""

from __future__ import annotations

import os
import time
from typing import Iterable

from ...._system.counters import DiskRoom, parse_pairs
from ...._system.io.kernel_files import read
from ...snapshot import Snapshot
from ..backends import (
    NAMES,
    Backend,
    Peer,
    ProcessesReport,
    clients_of,
    gone,
    local_sockets,
    logging_in,
    matched,
    parse_tcp,
    started_at,
    through_poolers,
    usage,
)

_TICKS = os.sysconf("SC_CLK_TCK")
_POOLERS = ("pgbouncer", "pgpool", "pgcat", "odyssey", "supavisor")  # as the kernel names their processes
DATA = "data directory"


def observe_backends(snapshot: Snapshot, interval: float) -> ProcessesReport:
    """CPU, memory and input and output of each session over ``interval`` seconds, and whose client is gone.

    Empty, with the reason, where PostgreSQL does not run on this host.
    """
    every, began = read_backends(), time.monotonic()
    first = matched(snapshot, every)
    if not first:
        why = "no process here is a session of this server: it runs elsewhere, or /proc does not show its processes"
        return {
            "here": False, "why": why, "sessions": [], "dead_clients": [], "cores": 0, "cpu": 0.0, "memory": 0,
            "idle_cores": None, "logging_in": 0,
        }  # fmt: skip
    idle = _idle_seconds()
    time.sleep(interval)
    second = matched(snapshot, read_backends(backend.pid for backend in first.values()))
    seconds, still = time.monotonic() - began, _idle_seconds()
    signs = _signs(snapshot, second)
    return {
        "here": True,
        "why": "",
        "cores": os.cpu_count() or 1,
        "idle_cores": None if idle is None or still is None else round(max(0.0, still - idle) / seconds, 2),
        "logging_in": logging_in(every, first.values()),
        **usage(snapshot, first, second, seconds, signs),
    }


def _idle_seconds() -> float | None:
    """Seconds that the host's processors have been idle together, also while they waited for a disk."""
    fields = read("/proc/stat").partition("\n")[0].split()
    return (int(fields[4]) + int(fields[5])) / _TICKS if len(fields) > 5 else None


def data_disk(snapshot: Snapshot, own_pid: int) -> DiskRoom | None:
    """The file system of the server's data directory, which is where its processes work; None if not to be seen."""
    return data_disks(snapshot, own_pid).get(DATA)


def data_disks(snapshot: Snapshot, own_pid: int) -> dict[str, DiskRoom]:
    """The file systems of the data directory and of pg_wal, by name; empty if they are not to be seen."""
    own = matched(snapshot, read_backends()).get(own_pid)
    disks: dict[str, DiskRoom] = {}
    for name, place in ((DATA, ""), ("pg_wal", "/pg_wal")) if own else ():
        try:
            figures = os.statvfs(f"/proc/{own.pid if own else 0}/cwd{place}")
        except OSError:
            continue
        room: DiskRoom = {"size": figures.f_blocks * figures.f_frsize, "free": figures.f_bavail * figures.f_frsize}
        if room not in disks.values():
            disks[name] = room
    return disks


def read_backends(pids: Iterable[int] | None = None) -> list[Backend]:
    """Every process that calls itself PostgreSQL's; those that end meanwhile are left out."""
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    wanted = (
        pids
        if pids is not None
        else (int(dir_entry.name) for dir_entry in os.scandir("/proc") if dir_entry.name.isdigit())
    )
    backends = []
    for pid in wanted:
        name, dummy, rest = read(f"/proc/{pid}/stat").partition("(")[2].rpartition(")")
        fields = rest.split()
        if name not in NAMES or len(fields) < 20:
            continue
        status = read(f"/proc/{pid}/status")
        inside = [line.split()[-1] for line in status.splitlines() if line.startswith("NSpid:")]
        moved = parse_pairs(read(f"/proc/{pid}/io"))
        backends.append(
            Backend(
                pid,
                int(inside[0]) if inside else pid,
                started_at(boot, int(fields[19]), _TICKS),
                (int(fields[11]) + int(fields[12])) / _TICKS,
                parse_pairs(status).get("RssAnon", 0),
                moved.get("read_bytes"),
                moved.get("write_bytes"),
                int(fields[1]),
                read(f"/proc/{pid}/cmdline").rstrip("\0 "),
            )
        )
    return backends


def observe_poolers(snapshot: Snapshot) -> dict[int, str]:
    """The pooler at the other end of each session, by pid, where one runs on this host, in a container or not."""
    ends: dict[tuple[str, int], str] = {}
    for entry in os.scandir("/proc"):
        name = read(f"/proc/{entry.name}/comm").strip() if entry.name.isdigit() else ""
        if name not in _POOLERS:
            continue
        sockets = {
            **local_sockets(read(f"/proc/{entry.name}/net/tcp6")),
            **local_sockets(read(f"/proc/{entry.name}/net/tcp")),
        }
        mine = _inodes(entry.name)
        ends.update({end: name for inode, end in sockets.items() if inode in mine})
    return through_poolers(snapshot, ends)


def _inodes(pid: str) -> set[str]:
    """Sockets that a process has open; empty where this user may not look."""
    try:
        links = [os.readlink(dir_entry.path) for dir_entry in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _signs(snapshot: Snapshot, backends: dict[int, Backend]) -> dict[int, str]:
    """What shows that a client is gone, by the connections of the network that its server lives in."""
    tables: dict[str, dict[tuple[str, int], Peer]] = {}
    signs = {}
    for pid in clients_of(snapshot):
        backend = backends.get(pid)
        if backend is None:
            continue
        try:
            network = os.readlink(f"/proc/{backend.pid}/ns/net")
        except OSError:
            continue
        if network not in tables:
            tables[network] = {
                **parse_tcp(read(f"/proc/{backend.pid}/net/tcp6")),
                **parse_tcp(read(f"/proc/{backend.pid}/net/tcp")),
            }
        signs[pid] = gone(snapshot, pid, tables[network])
    return signs
