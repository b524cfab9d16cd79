# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock of a compose project, which the engine keeps: who holds it, and whether the holder still lives. Pure.

A file cannot be this lock: root and a member of the group docker share no folder that others cannot block, and an
engine that is reached through a network or from inside a container shares no folder at all. So a claim is an object of
the engine, which exactly those can make who can act on its containers: a network that is configuration only. Such a one
has no interface and no addresses, needs no image, and `docker network prune` and `docker system prune` leave it alone
(moby, daemon/prune.go).

Mutual exclusion: every run makes a claim of a name of its own and lists the claims only then. Of two runs at least the
second to make its claim sees the other one, and withdraws. Names are never used twice, so removing a dead claim cannot
hit the claim of another run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Iterable, Mapping

from ..._core.times import moment
from ..._system.identity import ENDED, RUNS, Identity

PROJECT_LABEL = "pafar.runbook.lock"
_PREFIX = PROJECT_LABEL + "."
LEASE = 90.0  # seconds after which a claim that was not renewed is dead, where its process cannot be looked up
RENEWAL = 20.0  # seconds between two renewals
CONTENDS = 3.0  # seconds within which two runs that meet try again; a claim that is older is held


@dataclass(frozen=True)
class Owner:
    """Whose claim it is. ``boot``: the boot of the host and the namespace in which ``pid`` counts.

    ``begun``: when the process began, in clock ticks since the boot; empty where that is not known.
    """

    nonce: str
    host: str
    boot: str
    pid: int
    begun: str
    user: str

    @property
    def words(self) -> str:
        return f"process {self.pid} of {self.user or '?'} on {self.host or '?'}"

    def labels(self, project: str) -> dict[str, str]:
        """For the engine."""
        return {PROJECT_LABEL: project, **{_PREFIX + key: str(value) for key, value in vars(self).items()}}


@dataclass(frozen=True)
class Claim:
    """One claim as the engine has it. ``at``: when it was made or renewed, by the engine's clock."""

    id: str
    name: str
    at: datetime | None
    owner: Owner

    def age(self, now: datetime | None) -> float:
        """Seconds until ``now`` by the same clock; 0 where one of both is not known."""
        return (now - self.at).total_seconds() if now and self.at else 0.0


def claim_of(network: Mapping[str, Any]) -> Claim:
    """From the engine's list of networks."""
    labels = network.get("Labels") or {}

    def label(key: str) -> str:
        return str(labels.get(_PREFIX + key) or "")

    pid = label("pid")
    owner = Owner(
        label("nonce"), label("host"), label("boot"), int(pid) if pid.isdigit() else 0, label("begun"), label("user")
    )
    return Claim(str(network["Id"]), str(network.get("Name") or ""), moment(network.get("Created")), owner)


def alive(claim: Claim, now: datetime | None, runs: bool | None) -> bool:
    """Whether its owner still lives. ``runs``: whether its process runs on this machine; None: that is not known.

    ``now``: by the engine's clock.
    """
    return claim.age(now) <= LEASE if runs is None else runs


def state_by_claims(process: Identity, living: Iterable[Claim]) -> str:
    """Whether the act of a process that cannot be seen from here ``runs`` or has ``ended``: as long as it acts it holds
    the lock. ``living``: claims of its project."""
    return RUNS if any(_is_of(claim.owner, process) for claim in living) else ENDED


def _is_of(owner: Owner, process: Identity) -> bool:
    """Whether nothing that is known of both differs."""
    boot, dummy, space = owner.boot.partition("/")
    same_place = not owner.boot or (space == str(process.space) and boot.replace("-", "").startswith(process.boot))
    return owner.pid == process.pid and owner.begun in ("", str(process.started)) and same_place


def holds(claim: Claim, mine: Claim) -> bool:
    """Whether a living claim is that of a run that acts, and not of one that tries at the same time as this one."""
    return claim.age(mine.at) > CONTENDS


def busy(project: str, claim: Claim) -> str:
    """For the run that comes second."""
    since = f" since {claim.at.strftime('%H:%M:%S')} UTC" if claim.at else ""
    return (
        f"Another run is acting on the compose project {project}: {claim.owner.words}, whose lock {claim.name} is in"
        f" the engine{since}. Nothing was done. Wait until it ends, then run this again; the lock of a run that was"
        f" killed expires within {LEASE:.0f} s."
    )
