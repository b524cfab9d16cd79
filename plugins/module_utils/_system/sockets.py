# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The limits on connections of a host: the kernel's table of tracked connections, and its local ports. Pure.

A full table drops what is new, of every container as well; a host without a free local port opens no connection to that
destination. Sources: kernel documentation, networking/ (nf_conntrack-sysctl.rst, ip-sysctl.rst,
proc_net_tcp.rst).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TypedDict

_LISTENS = "0A"


class NetworkLimits(TypedDict):
    """Tracked connections, and the local ports in use to the destination with the most; None: not known.

    ``ports_to``: that destination, as address:port; empty where there are so few connections that all are counted.
    """

    conntrack_used: int | None
    conntrack_limit: int | None
    ports_used: int | None
    ports_limit: int | None
    ports_to: str


NOTHING_KNOWN: NetworkLimits = {
    "conntrack_used": None, "conntrack_limit": None, "ports_used": None, "ports_limit": None, "ports_to": "",
}  # fmt: skip


def share(used: int | None, limit: int | None) -> float | None:
    """Used share, 0 to 1; None where either is not known."""
    return None if used is None or not limit else used / limit


def number_in(text: str) -> int | None:
    """A file of the kernel's that holds one number; None where it does not."""
    return int(text) if text.strip().isdecimal() else None


def port_range(text: str) -> range | None:
    """net.ipv4.ip_local_port_range."""
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        return None
    return range(int(words[0]), int(words[1]) + 1)


def sockets_in(*texts: str) -> int | None:
    """TCP sockets that are in use or wait for their end, by /proc/net/sockstat and sockstat6; None: not known."""
    lines = [line for text in texts for line in text.splitlines() if line.startswith("TCP")]
    if not lines:
        return None
    return sum(int(number) for line in lines for number in re.findall(r"\b(?:inuse|tw) (\d+)", line))


def busiest_destination(tables: str, ports: range) -> tuple[int, str]:
    """By /proc/net/tcp and tcp6: how many local ports of the range are in use to one destination, and which."""
    used: Counter[str] = Counter()
    for line in tables.splitlines():
        fields = line.split()
        if len(fields) < 4 or ":" not in fields[1] or fields[3] == _LISTENS:
            continue
        if int(fields[1].rpartition(":")[2], 16) in ports:
            used[fields[2]] += 1
    if not used:
        return 0, ""
    destination, number = used.most_common(1)[0]
    return number, _address(destination)


def _address(encoded: str) -> str:
    """``0100007F:1F90`` as ``127.0.0.1:8080``: the kernel writes words of the machine's byte order."""
    host, dummy, port = encoded.rpartition(":")
    octets = [int(host[at : at + 2], 16) for at in range(0, len(host), 2)]
    words = [octets[at : at + 4][::-1] for at in range(0, len(octets), 4)]
    last = ".".join(str(octet) for octet in words[-1])
    if len(words) == 1 or (not any(map(any, words[:2])) and words[2] == [0, 0, 255, 255]):
        return f"{last}:{int(port, 16)}"
    flat = [octet for word in words for octet in word]
    groups = ":".join(f"{flat[at]:02x}{flat[at + 1]:02x}" for at in range(0, 16, 2))
    return f"[{groups}]:{int(port, 16)}"


def limits_reached(limits: NetworkLimits, least: float) -> list[tuple[float, str]]:
    """What is used by at least so large a share, with the share, in a sentence."""
    reached = []
    tracked = share(limits["conntrack_used"], limits["conntrack_limit"])
    if tracked is not None and tracked >= least:
        reached.append(
            (
                tracked,
                f"the kernel's table of connections (nf_conntrack) is {tracked:.0%} full, {limits['conntrack_used']} of"
                f" {limits['conntrack_limit']}: when it is full, new connections are dropped. Raise"
                " net.netfilter.nf_conntrack_max, and find what opens so many",
            )
        )
    ports = share(limits["ports_used"], limits["ports_limit"])
    if ports is not None and ports >= least and limits["ports_to"]:
        reached.append(
            (
                ports,
                f"{limits['ports_used']} of {limits['ports_limit']} local ports are in use to {limits['ports_to']}:"
                " when none is left, no connection to it opens. Use a pool or keep-alive; widen"
                " net.ipv4.ip_local_port_range",
            )
        )
    return reached
