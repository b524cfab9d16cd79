# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every address of a name, connected to at once, and whose an address is. I/O."""

from __future__ import annotations

import errno
import ipaddress
import os
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Sequence, cast

from ..endpoint import NO_ROUTE

MOST = 16  # addresses of one name that are tried
# A place without a route of this family uses no address of it: RFC 6724, section 4.
_NO_ROUTE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_REFUSED = "refused: nothing listens there"
_SILENT = "no answer in time: dropped on the way, or it hangs"


@dataclass
class Dialled:
    """``live``: connected sockets by address, in the order given. ``dead``: why the others took no connection.

    ``unused``: addresses of IPv6 where this place has no route for it, or nothing comes back by it while IPv4 connects.
    ``waited``: seconds for which only the silent ones were waited for.
    """

    live: dict[str, socket.socket] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    waited: float = 0.0


def dial(addresses: Sequence[str], port: int, seconds: float) -> Dialled:
    """Connect to all of them at once; silent ones are waited for until half of the time is over, if another answers."""
    dialled, began, first = Dialled(), time.monotonic(), 0.0
    pending: dict[socket.socket, str] = {}
    with selectors.DefaultSelector() as selector:
        for address in dict.fromkeys(addresses[:MOST]):
            tried = _started(address, port, dialled)
            if tried is not None:
                pending[tried] = address
                selector.register(tried, selectors.EVENT_WRITE)
        while pending:
            left = began + (seconds / 2 if dialled.live else seconds) - time.monotonic()
            if left <= 0:
                break
            for key, dummy in selector.select(left):
                tried = cast(socket.socket, key.fileobj)
                selector.unregister(tried)
                address = pending.pop(tried)
                number = tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if number:
                    _refused(address, number, dialled)
                    tried.close()
                else:
                    dialled.live[address] = tried
                    first = first or time.monotonic()
    for tried, address in pending.items():
        dialled.dead[address] = _SILENT
        tried.close()
    if dialled.live:
        dialled.waited = time.monotonic() - first
    if any("." in address for address in dialled.live):
        for address, why in [*dialled.dead.items()]:
            if ":" in address and why != _REFUSED:
                dialled.unused[address] = f"{dialled.dead.pop(address)}; whether this place has IPv6 is not known"
    order = {address: place for place, address in enumerate(addresses)}
    dialled.live = dict(sorted(dialled.live.items(), key=lambda pair: order[pair[0]]))
    return dialled


def _started(address: str, port: int, dialled: Dialled) -> socket.socket | None:
    tried = None
    try:
        tried = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        tried.setblocking(False)
        number = tried.connect_ex((address, port))
    except OSError as error:
        number = error.errno or errno.EIO
    if number in (0, errno.EINPROGRESS):
        return tried
    if tried is not None:
        tried.close()
    _refused(address, number, dialled)
    return None


def _refused(address: str, number: int, dialled: Dialled) -> None:
    if number in _NO_ROUTE and ":" in address:
        dialled.unused[address] = NO_ROUTE
    elif number == errno.ECONNREFUSED:
        dialled.dead[address] = _REFUSED
    elif number == errno.ETIMEDOUT:
        dialled.dead[address] = _SILENT
    else:
        dialled.dead[address] = os.strerror(number).lower()


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def is_near(address: str) -> bool:
    """Whether it is of this host or of a private network, and so of no provider."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return parsed.is_loopback or parsed.is_private or parsed.is_link_local or is_own(address)


def is_own(address: str) -> bool:
    """Whether it is one of this place's own addresses: the kernel then takes the same one to send from."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect((address, 9))  # of a datagram socket: nothing is sent
            return bool(asking.getsockname()[0] == address)
    except OSError:
        return False
