# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network namespace of a container, held open, so that what is done in it reaches no other. I/O.

A pid may belong to another process, or to another host where the engine's socket is forwarded: the process must be the
container's by its cgroup, or have the container's address.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import Iterator

from ...._system.counters import container_id_of
from ...._system.io.commands import Ran, run
from ...._system.io.kernel_files import read
from ...acts.singleton import HOST
from ...container import Container

_SECONDS = 10.0  # for one command of iptables
_MOMENT = 0.3  # seconds after which a process that belongs to no container for a moment has ended, or belongs to one
_LOCKED = "2"  # seconds to wait for another iptables in the same namespace


class Unusable(Exception):
    """Why nothing can be done in a namespace, in a clause."""


class Namespace:
    """An open namespace."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def iptables(self, *words: str, program: str = "iptables") -> Ran:
        """Run it there. The path names the handle, which stays this namespace even when its container ends."""
        place = f"--net=/proc/{os.getpid()}/fd/{self.handle}"
        return run(["nsenter", place, program, "-w", _LOCKED, *words], _SECONDS)


@contextmanager
def namespace_of(container: Container) -> Iterator[Namespace]:
    """The container's own; raises Unusable where there is none, or where it cannot be entered."""
    if os.geteuid() != 0:
        raise Unusable("only root can refuse connections in its network")
    try:
        handle = os.open(f"/proc/{container.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise Unusable("its process has ended, or is on another host") from None
    try:
        own = is_process_of(container)
        of_host = _key(os.fstat(handle)) == _key(os.stat("/proc/self/ns/net"))
        if of_host and (own or HOST in dict(container.networks)):
            raise Unusable("it uses the network of the host")
        if not own:
            raise Unusable("its process is not on this host")
        yield Namespace(handle)
    finally:
        os.close(handle)


def strangers(container: Container) -> list[int]:
    """Processes of other containers, of this engine or another, that live in this container's network, by the kernel.

    A process of the host that looks in (a monitoring agent, another run of these modules) is none. What is there for a
    moment is none either: a health check that begins or ends has not, or no longer, the cgroup of its container.
    """
    pids = [name for name in os.listdir("/proc") if name.isdigit() and _is_stranger(name, container)]
    if pids:
        time.sleep(_MOMENT)
    return [int(name) for name in pids if _is_stranger(name, container)]


def _is_stranger(pid: str, container: Container) -> bool:
    space = _inode(pid, "pid")
    if not space or _inode(pid, "net") != _inode(container.pid, "net"):
        return False
    id = container_id_of(read(f"/proc/{pid}/cgroup"))
    return id != container.id and bool(id or space not in (_inode("self", "pid"), _inode(container.pid, "pid")))


def is_process_of(container: Container) -> bool:
    """Whether the pid that the engine names is a process of this container on this host."""
    id = container_id_of(read(f"/proc/{container.pid}/cgroup"))
    if id:
        return id == container.id
    known = read(f"/proc/{container.pid}/net/fib_trie")
    return any(f"|-- {address}\n" in known for dummy, address in container.networks if address)


def _key(figures: os.stat_result) -> tuple[int, int]:
    return figures.st_dev, figures.st_ino


def _inode(pid: int | str, kind: str) -> int:
    with suppress(OSError):
        return os.stat(f"/proc/{pid}/ns/{kind}").st_ino
    return 0
