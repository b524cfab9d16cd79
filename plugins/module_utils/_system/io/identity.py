# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which process this is, and whether another one still runs. I/O."""

from __future__ import annotations

import os

from ..identity import Identity, start_and_state, state_of
from .kernel_files import read


def own() -> Identity:
    """This process."""
    return identity(os.getpid())


def identity(pid: int) -> Identity:
    """A process that is seen from here; what cannot be read of it is 0."""
    return Identity(pid, start_and_state(read(f"/proc/{pid}/stat"))[0], _space(), boot())


def state(known: Identity) -> str:
    """``runs``, ``ended``, or ``unknown`` for a process of another host, boot or pid namespace, which cannot be seen
    from here."""
    return state_of(known, _space(), boot(), read(f"/proc/{known.pid}/stat"))


def boot() -> str:
    """Of this host; as short as the field of a mark wants it. Empty where it cannot be read."""
    return read("/proc/sys/kernel/random/boot_id").strip().replace("-", "")[:12]


def _space() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0
