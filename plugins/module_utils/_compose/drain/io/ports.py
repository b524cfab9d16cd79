# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sockets in a network namespace: what listens, and which connections are open; from /proc/PID/net. I/O."""

from __future__ import annotations

import re

_ESTABLISHED, _LISTEN = "01", "0A"
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
_IN_USE = re.compile(r"^TCP6?: inuse (\d+)", re.MULTILINE)
_ENGINE_DNS = "0B00007F"  # 127.0.0.11, where the engine itself answers names in the container's namespace


def connections(pid: int) -> int:
    """Established connections from outside to the ports that the container of this process listens on."""
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
        int(port, 16)
        for address, port, dummy, state in rows
        if state == _LISTEN and address not in _LOOPBACK and address != _ENGINE_DNS
    )


def listening_ports() -> frozenset[int]:
    """TCP ports on which a process of this host listens."""
    rows = [row for table in ("tcp", "tcp6") for row in _rows(f"/proc/net/{table}")]
    return frozenset(int(port, 16) for dummy, port, dummy2, state in rows if state == _LISTEN)


def _rows(path: str) -> list[tuple[str, str, str, str]]:
    """(local address, local port, remote address, state) of every socket; proc(5)."""
    if not _has_sockets(path):
        return []
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


def _has_sockets(table: str) -> bool:
    """Whether a namespace has TCP sockets at all, also where that is not known. To read a table the kernel walks its
    hash of all namespaces, which takes milliseconds for each of the containers; this number it keeps (proc(5))."""
    folder, dummy, name = table.rpartition("/")
    try:
        with open(f"{folder}/sockstat{name[3:]}", encoding="ascii") as file:
            number = _IN_USE.search(file.read())
    except OSError:
        return True
    return number is None or number.group(1) != "0"
