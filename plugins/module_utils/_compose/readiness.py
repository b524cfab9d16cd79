# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a container that was just started up? Pure: the loop that asks knows nothing of these rules.

With a health check: healthy, and so for two looks at least a second apart. Without one: running, without a restart,
for as long as the engine itself takes to believe it (ten seconds unless told otherwise). `docker compose up --wait`
calls a crash loop healthy; this does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .container import HEALTHY, UNCHECKED, UNHEALTHY, Container, exit_meaning

READY, WAITING, FAILED = "ready", "waiting", "failed"
STEADY = 1.0  # seconds for which a checked container must have been healthy
RESTARTS = 2  # of a container that is being waited for: more is a loop


@dataclass(frozen=True)
class Readiness:
    """``since``: when it was first seen well, or None."""

    status: str
    reason: str
    since: datetime | None = None


def readiness(seen: Container | None, now: datetime, stable: float, before: Readiness | None = None) -> Readiness:
    """What the newest look says of a container; ``before`` is what the look before said.

    ``stable``: seconds without a restart after which a container without a health check counts as up.
    """
    if seen is None:
        return Readiness(FAILED, "it is gone")
    if seen.state in ("exited", "dead") and seen.restart_policy in ("no", ""):
        meaning = exit_meaning(seen.exit_code, seen.oom_flag)
        return Readiness(READY if seen.done else FAILED, f"it exited with {seen.exit_code}: {meaning}")
    if seen.restarts >= RESTARTS:
        return Readiness(
            FAILED, f"it was restarted {seen.restarts} times and does not stay up; last exit {seen.exit_code}"
        )
    if seen.state == "paused":
        return Readiness(FAILED, "it is paused")
    if not seen.running:
        return Readiness(WAITING, f"it is {seen.state}")
    if seen.health == UNHEALTHY:
        return Readiness(FAILED, f"its health check fails: {seen.health_output or 'no output'}")
    if seen.health == UNCHECKED:
        up = seen.uptime(now)
        if up >= stable:
            return Readiness(READY, f"runs for {up:.0f} s")
        return Readiness(WAITING, f"has no health check and runs for {up:.1f} of {stable:g} s")
    if seen.health != HEALTHY:
        return Readiness(WAITING, f"its health check says {seen.health}")
    since = before.since if before and before.since else now
    steady = (now - since).total_seconds() >= STEADY
    return Readiness(READY if steady else WAITING, "healthy", since)
