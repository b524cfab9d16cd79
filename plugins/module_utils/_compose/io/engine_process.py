# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the engine of this machine was started, by the process that answers at its socket. I/O.

Source: unix(7), SO_PEERCRED. Where systemd holds the socket, its own process is the peer.
"""

from __future__ import annotations

import os
import socket
import struct
from datetime import datetime, timedelta

from ..._system.io.kernel_files import read
from ..._system.io.procfs import ages_of
from ..endpoint.engine_endpoint import EngineEndpoint

_ENGINE, _HOLDER = "dockerd", "systemd"
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
_SECONDS = 2.0


def engine_began(endpoint: EngineEndpoint, now: datetime) -> datetime | None:
    """None where it is not known: an engine elsewhere, or of another kind, or one of several."""
    if not endpoint.local:
        return None
    pid = _peer(endpoint.address.partition("://")[2])
    if _name(pid) == _HOLDER:
        engines = [int(name) for name in os.listdir("/proc") if name.isdigit() and _name(int(name)) == _ENGINE]
        pid = engines[0] if len(engines) == 1 else 0
    age = ages_of([pid], now).get(pid) if _name(pid) == _ENGINE else None
    return None if age is None else now - timedelta(seconds=age)


def _peer(path: str) -> int:
    """The process that made the socket; 0 where no process answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(path)
            found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return 0
    return int(_CREDENTIALS.unpack(found)[0])


def _name(pid: int) -> str:
    return read(f"/proc/{pid}/comm").strip()
