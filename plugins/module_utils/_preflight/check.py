# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check says what was found and, if it is not ready, the one remedy. Pure.

The checks that hosts and databases share stand here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, TypedDict

from .._core.text import printable
from .._core.units import MIB
from .._system.counters import DiskRoom

FULL = 0.85  # of a disk
APART = 2.0  # seconds between two clocks
SLEWED = 0.1  # seconds that a time service may move a clock during one question


class CheckReport(TypedDict):
    """A check. ``ready`` None: it could not be examined; ``remedy`` is empty where it is ready."""

    check: str
    ready: bool | None
    found: str
    remedy: str


class PreflightReport(TypedDict):
    """What both preflight modules return."""

    changed: bool
    checks: list[CheckReport]
    ready: bool
    not_ready: list[str]
    unknown: list[str]


class HostClock(TypedDict):
    """The host's clock before and after the checks, in seconds since 1970."""

    received: float
    answered: float


class HostPreflightReport(PreflightReport, total=False):
    """What host_preflight_info returns; ``host_clock`` where the clock is asked for."""

    host_clock: HostClock


@dataclass(frozen=True)
class Check:
    """``ready`` None: it could not be examined."""

    name: str
    ready: bool | None
    found: str
    remedy: str = ""

    def as_dict(self) -> CheckReport:
        return {
            "check": self.name,
            "ready": self.ready,
            "found": printable(self.found),
            "remedy": "" if self.ready else printable(self.remedy),
        }


@dataclass(frozen=True)
class Exchange:
    """One question to a machine with another clock, as NTP takes it: four moments, in seconds since 1970.

    ``sent`` and ``returned`` by the clock of the one who asks, ``received`` and ``answered`` by the other.
    """

    sent: float
    received: float
    answered: float
    returned: float

    @property
    def least(self) -> float:
        """The other clock is ahead by no less seconds than this: the answer arrived after it had left."""
        return self.answered - self.returned

    @property
    def most(self) -> float:
        """And by no more than this: the question arrived after it had been sent."""
        return self.received - self.sent


def preflight_report(checks: Iterable[Check]) -> PreflightReport:
    """What both preflight modules return."""
    return summed_up(check.as_dict() for check in checks)


def summed_up(checks: Iterable[CheckReport]) -> PreflightReport:
    """The same, from checks as a module returned them."""
    reports = list(checks)
    return {
        "changed": False,
        "checks": reports,
        "ready": all(bool(check["ready"]) for check in reports),
        "not_ready": [check["check"] for check in reports if check["ready"] is False],
        "unknown": [check["check"] for check in reports if check["ready"] is None],
    }


def of_clock(what: str, exchange: Exchange) -> Check:
    """Only an offset that the time on the way cannot explain is one; by it the clocks are apart at the least."""
    name, least, most = f"the clock agrees with {what}", exchange.least, exchange.most
    remedy = "run a time service on both hosts (systemctl enable --now chrony)"
    if least > most + SLEWED:
        return Check(name, None, "one of the clocks was set during the check", remedy)
    apart = max(least, 0.0) + min(most, 0.0)
    if apart:
        return Check(name, abs(apart) < APART, f"at least {apart:+.1f} s apart", remedy)
    return Check(name, True, f"no offset was measured: it is between {least:+.1f} and {most:+.1f} s")


def of_disk(what: str, disk: DiskRoom | None, mount: str = "/") -> Check:
    name = f"{what} has room"
    if disk is None:
        remedy = "set ansible_host of this host to the database's own, and ansible_become: true"
        return Check(name, None, "it cannot be read from here", remedy)
    used = 1 - disk["free"] / disk["size"] if disk["size"] else 1.0
    state = f"{used:.0%} used, {disk['free'] // MIB:,} MiB free"
    return Check(name, used < FULL, state, f"free space there (du -xh -d 2 {mount} | sort -h | tail)")


def of_none(what: str, variable: str, example: str) -> Check:
    """Nothing is set, so nothing was examined: in an incident that is the same as not being there."""
    return Check(what, False, "none configured", f"set {variable} in the inventory: {example}")
