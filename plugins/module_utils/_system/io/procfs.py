# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host's own figures and its processes, from /proc. I/O."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Iterable, Mapping

from ..._core.errors import HostError
from ..counters import (
    Filesystem,
    HostReading,
    OomKill,
    Process,
    container_id_of,
    parse_oom,
    parse_pairs,
    parse_pressure,
)
from ..mounts import Mount, unescaped
from .kernel_files import read
from .mounted import NO_DISKS, MountAnswer, answers_of, mounts

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Options of ext4. The second one is shown instead of ro by newer kernels (since 6.15).
_AFTER_ERRORS, _EMERGENCY = "errors=remount-ro", "emergency_ro"


def read_host(disks: bool = True) -> HostReading:
    """One reading."""
    memory = parse_pairs(read("/proc/meminfo"))
    if "MemAvailable" not in memory:
        raise HostError("This host does not show its memory (/proc/meminfo): only Linux hosts can be examined.")
    filesystems, silent = _disks() if disks else ((), ())
    stat = read("/proc/stat").splitlines()
    ticks = [int(part) for part in stat[0].split()[1:]]
    idle = ticks[3] + ticks[4]
    load = read("/proc/loadavg").split()
    return HostReading(
        at=time.monotonic(),
        memory=memory,
        load=(float(load[0]), float(load[1]), float(load[2])),
        cores=sum(line.startswith("cpu") and line[3].isdigit() for line in stat),
        busy=(sum(ticks[:8]) - idle) / _TICKS,
        idle=idle / _TICKS,
        pressure={kind: parse_pressure(read(f"/proc/pressure/{kind}")) for kind in ("cpu", "memory", "io")},
        oom_kills=parse_pairs(read("/proc/vmstat")).get("oom_kill", 0),
        uptime=float((read("/proc/uptime") or "0").split()[0]),
        filesystems=filesystems,
        not_answering=silent,
        read_only_after_errors=tuple(_read_only_after_errors()) if disks else (),
    )


def _read_only_after_errors() -> Iterable[str]:
    """Where each file system is mounted that is read-only as a whole (a mount of its own may be so on purpose), and has
    the option by which the kernel makes it so after an error of the disk."""
    devices = set()
    for line in read("/proc/self/mountinfo").splitlines():
        mount, dummy, system = line.partition(" - ")
        place, options = mount.split()[4], set(system.split()[2].split(","))
        device = mount.split()[2]
        if device not in devices and (_EMERGENCY in options or {"ro", _AFTER_ERRORS} <= options):
            devices.add(device)
            yield unescaped(place)


def _disks() -> tuple[tuple[Filesystem, ...], tuple[str, ...]]:
    """Each file system that can be written once, and where those are mounted that do not answer."""
    asked = [mount for mount in mounts() if mount.kind not in NO_DISKS or mount.place == "/"]
    answers = answers_of(asked)
    silent = tuple(mount.place for mount in asked if answers[mount.place].silent)
    return tuple(_filesystems(asked, answers)), silent


def _filesystems(asked: Iterable[Mount], answers: Mapping[str, MountAnswer]) -> Iterable[Filesystem]:
    """Each with its inodes: `df` shows space while inodes are gone. An image that is mounted read-only is full by
    nature."""
    devices: set[int | str] = set()
    for mount in asked:
        place, kind, answer = mount.place, mount.kind, answers[mount.place]
        figures = answer.figures
        if figures is None:
            continue
        # Each subvolume of btrfs has a number of its own, and the room of all of them is one.
        number = mount.source if kind == "btrfs" else answer.device
        if number in devices or not figures.f_blocks or figures.f_flag & os.ST_RDONLY:
            continue
        devices.add(number)
        size, free = figures.f_blocks * figures.f_frsize, figures.f_bavail * figures.f_frsize
        used = (figures.f_blocks - figures.f_bfree) * figures.f_frsize
        yield {
            "mount": place,
            "device": mount.source,
            "kind": kind,
            "size": size,
            "free": free,
            "used_share": round(used / max(1, used + free), 4),
            "inodes_used_share": round(1 - figures.f_favail / figures.f_files, 4) if figures.f_files else None,
        }


def not_examined() -> list[tuple[str, str, float]]:
    """Mounts that are none of a host's disks here: (mount, why, share that is used where that is known, else -1)."""
    left_out = []
    # Asking autofs would mount what is behind it.
    asked = [mount for mount in mounts() if mount.kind not in NO_DISKS or mount.kind == "tmpfs"]
    answers = answers_of(asked)
    for mount in asked:
        answer = answers[mount.place]
        figures = answer.figures
        if figures is None:
            if answer.silent or not mount.kind.startswith("fuse"):
                left_out.append((mount.place, answer.problem, -1.0))
            continue
        if mount.kind == "tmpfs" and mount.place != "/" and figures.f_blocks and not figures.f_flag & os.ST_RDONLY:
            used = 1 - figures.f_bavail / figures.f_blocks
            inodes = 1 - figures.f_favail / figures.f_files if figures.f_files else 0.0
            left_out.append((mount.place, "it is kept in memory", round(max(used, inodes), 4)))
    return left_out


def read_processes() -> dict[int, Process]:
    """Every process with the CPU that it used so far; those that end meanwhile are left out."""
    processes = {}
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"/proc/{entry.name}/stat", "rb") as file:
                text = file.read().decode("utf-8", "replace")
        except OSError:
            continue
        name, dummy, rest = text.partition("(")[2].rpartition(")")
        fields = rest.split()
        if len(fields) > 21:
            cpu = (int(fields[11]) + int(fields[12])) / _TICKS
            pid = int(entry.name)
            started = boot + int(fields[19]) / _TICKS
            processes[pid] = Process(pid, pid, name, "", cpu, int(fields[21]) * _PAGE, started)
    return processes


def ages_of(pids: Iterable[int], now: datetime) -> dict[int, float]:
    """Seconds since each process was started, to a hundredth; those that are gone are left out."""
    ages = {}
    up, wall = float((read("/proc/uptime") or "0").split()[0]), datetime.now(timezone.utc)
    for pid in pids:
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if len(fields) > 19:
            ages[pid] = up - int(fields[19]) / _TICKS - (wall - now).total_seconds()
    return ages


def highest_resident(pid: int) -> int | None:
    """Bytes that a process had in memory at its highest; None when it is gone."""
    return parse_pairs(read(f"/proc/{pid}/status")).get("VmHWM")


def placed(process: Process) -> Process:
    """The same process with its container, and its pid inside of it."""
    inside = process.pid
    for line in read(f"/proc/{process.pid}/status").splitlines():
        if line.startswith("NSpid:"):
            inside = int(line.split()[-1])
    return replace(process, inside=inside, container=container_id_of(read(f"/proc/{process.pid}/cgroup")))


def twins_of(process: Process, processes: Iterable[Process], seconds: float) -> int | None:
    """How many other processes have the name of a placed one, its pid in their namespaces, and its start to
    ``seconds``; None where its start is not known."""
    began = process.started
    if began is None:
        return None
    alike = (other for other in processes if other.pid != process.pid and other.name == process.name)
    return sum(
        placed(other).inside == process.inside
        for other in alike
        if other.started is None or abs(other.started - began) <= seconds
    )


def kernel_oom_kills() -> list[OomKill]:
    """Who was killed for want of memory, by the kernel's ring buffer; needs root, or it is empty."""
    try:
        handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return []
    lines = []
    try:
        while True:
            try:
                lines.append(os.read(handle, 8192).decode("utf-8", "replace"))
            except BlockingIOError:
                break
            except BrokenPipeError:  # overwritten while it was read; the next read continues behind the gap
                continue
    except OSError:
        pass
    finally:
        os.close(handle)
    booted = time.time() - float((read("/proc/uptime") or "0").split()[0])
    kills: list[OomKill] = []
    for line in lines:
        if "oom-kill:" in line:
            microseconds = line.split(",")[2]
            age = booted + int(microseconds) / 1e6 if microseconds.isdigit() else 0.0
            kills += [{**victim, "at": round(age, 1)} for victim in parse_oom([line])]
    return kills
