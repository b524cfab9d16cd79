# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a container out of service without losing a request: it finishes what it has and refuses what is new. I/O.

A rule in the container's own network namespace answers every new TCP connection from outside with a reset, which a
proxy takes as "try the next one" before it has sent anything; established connections stay open. The rule is gone with
the namespace, that is when the container stops, so that nothing can be left behind on the host. Needs root, nsenter and
iptables, which a host with Docker has.
"""

from __future__ import annotations

import os
import time

from ..._system.io.commands import run

_ESTABLISHED, _LISTEN = "01", "0A"
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
_GLANCE = 0.1


def drain(pid: int, timeout: float, at_least: float) -> str:
    """Refuse new connections to the container of this process, wait until none is left and ``at_least`` seconds went.

    Returns why it could not be done, or an empty string.
    """
    if os.geteuid() != 0:
        return "only root can refuse connections in its network"
    if _same_network(pid):
        return "it uses the network of the host"
    problem = _refuse(pid, "iptables")
    if problem:
        return problem
    _refuse(pid, "ip6tables")  # most have no IPv6 address; where there is one it is refused too
    began = time.monotonic()
    while time.monotonic() - began < max(timeout, at_least):
        if time.monotonic() - began >= at_least and not connections(pid):
            return ""
        time.sleep(_GLANCE)
    return f"{connections(pid)} connections were still open after {timeout:g} s"


def undo(pid: int) -> None:
    """Let it be reached again: for a container that does not stop after all."""
    for program in ("iptables", "ip6tables"):
        _refuse(pid, program, "-D")


def _refuse(pid: int, program: str, command: str = "-I") -> str:
    rule = [command, "INPUT", "!", "-i", "lo", "-p", "tcp", "--syn", "-j", "REJECT", "--reject-with", "tcp-reset"]
    done = run(["nsenter", "--target", str(pid), "--net", program, "-w", "2", *rule], 10)
    return "" if done.ok else f"{program} in its network failed ({done.last_words or done.rc})"


def _same_network(pid: int) -> bool:
    """Whether it is in our own network namespace: then a rule would cut off the host."""
    try:
        its, ours = os.stat(f"/proc/{pid}/ns/net"), os.stat("/proc/self/ns/net")
    except OSError:
        return True
    return (its.st_dev, its.st_ino) == (ours.st_dev, ours.st_ino)


def connections(pid: int) -> int:
    """Established connections from outside to the ports that the container listens on."""
    rows = [row for table in ("tcp", "tcp6") for row in _rows(f"/proc/{pid}/net/{table}")]
    listening = {port for dummy, port, dummy2, state in rows if state == _LISTEN}
    return sum(
        1
        for dummy, port, remote, state in rows
        if state == _ESTABLISHED and port in listening and remote not in _LOOPBACK
    )


def ports_of(pid: int) -> frozenset[int]:
    """TCP ports on which the container of this process listens for connections from outside."""
    rows = [row for table in ("tcp", "tcp6") for row in _rows(f"/proc/{pid}/net/{table}")]
    return frozenset(
        int(port, 16) for address, port, dummy, state in rows if state == _LISTEN and address not in _LOOPBACK
    )


def _rows(path: str) -> list[tuple[str, str, str, str]]:
    """(local address, local port, remote address, state) of every socket; proc(5)."""
    try:
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return []
    rows = []
    for line in lines:
        fields = line.split()
        address, dummy, port = fields[1].partition(":")
        rows.append((address, port, fields[2].partition(":")[0], fields[3]))
    return rows


def listening_ports() -> frozenset[int]:
    """TCP ports on which a process of this host listens."""
    rows = [row for table in ("tcp", "tcp6") for row in _rows(f"/proc/net/{table}")]
    return frozenset(int(port, 16) for dummy, port, dummy2, state in rows if state == _LISTEN)
