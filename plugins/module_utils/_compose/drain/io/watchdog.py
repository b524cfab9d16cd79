# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Undoes what this process has begun, if it ends before it could: killed, hung up, or stuck. I/O.

The watchdog is a process and a session of its own, so that no signal of a terminal and no end of a connection reaches
it. It reads from a pipe whose other end this process alone holds, and which the kernel closes with it.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from typing import Callable, Sequence

_DISMISSED = b"."


class Watchdog:
    """Calls ``undo`` when this process ends, however it ends, or after ``bound`` seconds; not after ``dismiss``.

    ``undo`` runs in a copy of this process that has no open file but ``keep``.
    """

    def __init__(self, undo: Callable[[], None], bound: float, keep: Sequence[int] = ()) -> None:
        reading, self._writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                if os.fork() == 0:
                    _watch(undo, bound, reading, keep)
            finally:
                os._exit(0)
        os.close(reading)
        os.waitpid(pid, 0)

    def dismiss(self) -> None:
        """Nothing is to be undone any more."""
        with suppress(OSError):
            os.write(self._writing, _DISMISSED)
        os.close(self._writing)


def _watch(undo: Callable[[], None], bound: float, reading: int, keep: Sequence[int]) -> None:
    for name in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    _close_all_but({reading, *keep})
    os.chdir("/")
    ready, dummy, dummy2 = select.select([reading], [], [], bound)
    if not ready or os.read(reading, 1) != _DISMISSED:
        undo()


def _close_all_but(kept: set[int]) -> None:
    """Also the lock of this run and the pipes to the process that started it, which wait for their last holder."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for handle in [int(name) for name in os.listdir("/proc/self/fd")]:
        if handle > 2 and handle not in kept:
            with suppress(OSError):
                os.close(handle)
