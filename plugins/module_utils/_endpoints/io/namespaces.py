# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The place from which an endpoint is tried: the host, or a container's own network. I/O.

A thread enters a network namespace by itself (setns(2)), so that nothing has to be in the image: no shell, no curl. The
names are resolved as in the container: its resolv.conf and hosts are read through /proc/PID/root.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Iterator, Mapping

from ..._core.errors import PrivilegeError

_MOST_STEPS = 80  # of a path, with the links in it
_NETWORK = 0x40000000  # CLONE_NEWNET


@dataclass(frozen=True)
class Place:
    """``pid`` 0 is the host. ``environment``: of the container, for its proxy."""

    name: str
    service: str = ""
    pid: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return f"/proc/{self.pid}/root" if self.pid else ""

    def read(self, path: str) -> str:
        """A file as it is there; empty where there is none."""
        try:
            with open(self.path_in(path), encoding="utf-8", errors="replace") as file:
                return file.read(65536)
        except OSError:
            return ""

    def path_in(self, path: str) -> str:
        """Where a file of this place is for us. OSError where it is none.

        Links are followed by hand: an absolute one below /proc/PID/root would lead to the host's own files.
        """
        if not self.pid:
            return path
        steps, at = [step for step in path.split("/") if step], ""
        for dummy in range(_MOST_STEPS):
            if not steps:
                break
            step = steps.pop(0)
            if step in ("", "."):
                continue
            if step == "..":
                at = at.rpartition("/")[0]
                continue
            here = f"{self.root}{at}/{step}"
            if os.path.islink(here):
                target = os.readlink(here)
                at = "" if target.startswith("/") else at
                steps = [*target.split("/"), *steps]
                continue
            at = f"{at}/{step}"
        if steps or not os.path.isfile(f"{self.root}{at}"):
            raise FileNotFoundError(2, "no such file", path)
        return f"{self.root}{at}"


def require_entry() -> None:
    """Refuse before anything is tried where namespaces may not be entered."""
    if os.geteuid() != 0:
        raise PrivilegeError(
            "Could not enter the network of a container: that takes root on the host. Use `become: true`, or try from"
            " the host alone (sources: [host]). Nothing was done."
        )


@contextmanager
def inside(place: Place) -> Iterator[None]:
    """This thread is in the place's network meanwhile."""
    if not place.pid:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/proc/{place.pid}/ns/net", "rb") as there:
        _enter(libc, there.fileno())
        try:
            yield
        finally:
            _enter(libc, home.fileno())


def _enter(libc: ctypes.CDLL, handle: int) -> None:
    if libc.setns(handle, _NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
