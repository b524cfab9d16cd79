# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check says what was found and, if it is not ready, the one remedy. Pure.

The checks that hosts and databases share stand here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from .._core.text import printable
from .._core.units import MIB

FULL = 0.85  # of a disk
APART = 2.0  # seconds between two clocks


@dataclass(frozen=True)
class Check:
    """``ready`` None: it could not be looked at."""

    name: str
    ready: bool | None
    found: str
    cure: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "check": self.name,
            "ready": self.ready,
            "found": printable(self.found),
            "cure": "" if self.ready else printable(self.cure),
        }


def told(checks: Iterable[Check]) -> dict[str, Any]:
    """What both preflight modules return."""
    found = [one.as_dict() for one in checks]
    return {
        "changed": False,
        "checks": found,
        "ready": all(one["ready"] for one in found),
        "not_ready": [one["check"] for one in found if one["ready"] is False],
        "unknown": [one["check"] for one in found if one["ready"] is None],
    }


def of_clock(what: str, apart: float) -> Check:
    cure = "run a time service on both hosts (systemctl enable --now chrony)"
    return Check(f"the clock agrees with {what}", abs(apart) < APART, f"{apart:+.1f} s apart", cure)


def of_disk(what: str, disk: Mapping[str, Any] | None) -> Check:
    name = f"{what} has room"
    if disk is None:
        cure = "set ansible_host of this host to the database's own, and ansible_become: true"
        return Check(name, None, "it cannot be seen from here", cure)
    used = 1 - disk["free"] / disk["size"] if disk["size"] else 1.0
    found = f"{used:.0%} used, {disk['free'] // MIB:,} MiB free"
    return Check(name, used < FULL, found, f"free space there (du -xh -d 2 {disk.get('mount', '/')} | sort -h | tail)")


def of_none(what: str, variable: str, example: str) -> Check:
    """Nothing is set, so nothing was looked at: at night that is the same as not being there."""
    return Check(what, False, "none configured", f"set {variable} in the inventory: {example}")
