# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a container that was just started up? Pure: the loop that asks knows nothing of these rules.

With a health check: healthy, and so for two looks at least a second apart. Without one, or with one that cannot be
carried out: running, without a restart,
for as long as the engine itself takes to believe it (ten seconds by default). `docker compose up --wait`
calls a crash loop healthy; this does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .container import Container, exit_meaning
from .health import HEALTHY, STARTING, UNCHECKED, UNHEALTHY, UNKNOWN

READY, WAITING, FAILED = "ready", "waiting", "failed"
STEADY = 1.0  # seconds for which a checked container must have been healthy
LONGEST = 900.0  # seconds for which a health check without a word is waited for at most
RARE = 60.0  # seconds between two runs of a check that is rare
RESTARTS = 2  # of a container that is being waited for: more is a loop
_ONCE = ("no", "", "on-failure")  # policies with which the engine does not start again what has ended for good


@dataclass(frozen=True)
class Readiness:
    """``since``: when it was first seen well, or None."""

    status: str
    reason: str
    since: datetime | None = None


def readiness(
    container: Container | None, now: datetime, stable: float, before: Readiness | None = None, job: bool = True
) -> Readiness:
    """What the newest look says of a container; ``before`` is what the look before said.

    ``stable``: seconds without a restart after which a container without a health check counts as up. ``job``: whether
    it may be one, which is ready when it has ended without an error.
    """
    if container is None:
        return Readiness(FAILED, "it is gone")
    if container.state in ("exited", "dead") and (container.error or container.restart_policy in _ONCE):
        return _ended(container, job)
    if container.restarts >= RESTARTS:
        return Readiness(
            FAILED, f"it was restarted {container.restarts} times and does not stay up; last exit {container.exit_code}"
        )
    if container.state == "paused":
        return Readiness(FAILED, "it is paused")
    if not container.running:
        return Readiness(WAITING, f"it is {container.state}")
    if container.health == UNHEALTHY:
        return Readiness(FAILED, f"its health check fails: {container.health_output or 'no output'}")
    if container.health in (UNCHECKED, UNKNOWN):
        up, no_check = container.uptime(now), "has no health check"
        if container.health == UNKNOWN:
            no_check = f"has a health check that says nothing ({container.health_output or 'no output'})"
        if up >= stable:
            return Readiness(READY, f"runs for {up:.0f} s")
        return Readiness(WAITING, f"{no_check} and runs for {up:.1f} of {stable:g} s")
    if container.health != HEALTHY:
        return Readiness(WAITING, _not_yet(container))
    since = before.since if before and before.since else now
    steady = (now - since).total_seconds() >= STEADY
    return Readiness(READY if steady else WAITING, "healthy", since)


def longest_wait(container: Container, usual: float) -> float:
    """Seconds from its start for which it is waited: the ``usual`` ones, or until its health check has its first word
    where that is later. Before that nothing says that it does not come up."""
    check = container.check
    if container.health != STARTING or check.first_word <= usual:
        return usual
    return max(usual, min(check.first_word + check.timeout, LONGEST))


def _not_yet(container: Container) -> str:
    check = container.check
    if check.exit_codes or check.interval < RARE:
        return f"its health check says {container.health}"
    return f"its health check has not run yet (it runs every {check.interval:g} s), so that its health is unknown"


def _ended(container: Container, job: bool) -> Readiness:
    if container.error:
        return Readiness(FAILED, f"it could not be started: {container.error}")
    meaning = exit_meaning(container.exit_code, container.oom_flag)
    ready = container.done and job
    return Readiness(READY if ready else FAILED, f"it exited with {container.exit_code}: {meaning}")
