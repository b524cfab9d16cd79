# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The limits on connections of this host, from /proc. I/O."""

from __future__ import annotations

from ..sockets import NetworkLimits, busiest_destination, number_in, port_range, sockets_in
from .kernel_files import read


def read_limits() -> NetworkLimits:
    """Of the host's own network. The table of its sockets is long and slow to read where there are many, so it is read
    only where they could fill the local ports."""
    ports = port_range(read("/proc/sys/net/ipv4/ip_local_port_range"))
    sockets = sockets_in(read("/proc/net/sockstat"), read("/proc/net/sockstat6"))
    used, destination = sockets, ""
    if ports is not None and sockets is not None and sockets >= len(ports) / 2:
        used, destination = busiest_destination(read("/proc/net/tcp") + read("/proc/net/tcp6"), ports)
    return {
        "conntrack_used": number_in(read("/proc/sys/net/netfilter/nf_conntrack_count")),
        "conntrack_limit": number_in(read("/proc/sys/net/netfilter/nf_conntrack_max")),
        "ports_used": used,
        "ports_limit": len(ports) if ports is not None else None,
        "ports_to": destination,
    }
