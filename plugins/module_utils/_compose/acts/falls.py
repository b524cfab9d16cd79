# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a container ended, and whether it falls every few minutes. Pure.

A container that runs for some minutes between two falls runs whenever it is looked at. Its ends within the last quarter
of an hour say it, by the engine's events; where these do not reach, the engine's count of restarts does, for one that
has fallen all its life. An end that was asked for (a restart by a person, a deployment) is no fall, and what it fell
before the last request was perhaps put right by it, until it falls again.
"""

from __future__ import annotations

from ..container import Container, exit_meaning
from ..project import Project
from .stopping import Ends

WINDOW = 900.0  # seconds
FALLS = "falls again and again"  # how the clause begins
_NO_HELP = "A restart does not help: see its log"
MANY = 3  # falls within it
_NO_LONGER = 1.5  # times the longest time between two falls; one that has run for longer may have recovered


def falls(project: Project, container: Container) -> str:
    """How a container that runs falls again and again, in a clause; empty where it does not, or falls so often that it
    loops, or that is not known."""
    if not container.running or project.loops(container) or project.repeats(container):
        return ""
    now = project.now.timestamp()
    serves = container.checked or container.publishes
    ends = project.ends.get(container.id, Ends())
    deaths = [
        (at, code)
        for at, code in ends.unasked
        if now - WINDOW <= at <= now and code is not None and (code != 0 or serves)  # a job that repeats ends well
    ]
    if len(deaths) >= MANY and deaths[-1][0] > ends.asked:
        times = [at for at, dummy in deaths]
        longest = max(later - before for before, later in zip(times, times[1:]))
        if now - times[-1] < _NO_LONGER * longest:
            code = deaths[-1][1] or 0
            meaning = exit_meaning(code, container.oom_flag)
            return (
                f"{FALLS}: {len(deaths)} ends without a request within {(now - times[0]) / 60:.0f} min, the last"
                f" {now - times[-1]:.0f} s ago ({code}, {meaning}). {_NO_HELP}"
            )
    return _by_count(project, container) if serves else ""


def may_fall(project: Project, container: Container) -> str:
    """Where the engine restarted a container lately and more than once, and has forgotten when, in a clause; empty
    elsewhere, also where it is known to fall."""
    now = project.now.timestamp()
    lately = container.running and container.restarts > 1 and container.uptime(project.now) < WINDOW
    since = project.events_since
    if not lately or project.loops(container) or project.repeats(container) or falls(project, container):
        return ""
    if since is not None and since <= now - WINDOW:
        return ""
    reach = "are not known" if since is None else f"reach back {now - since:.0f} s"
    return (
        f"was restarted by the engine {container.uptime(project.now):.0f} s ago, and {container.restarts} times in all:"
        f" whether it falls every few minutes is unknown, since the engine's events {reach}"
    )


def _by_count(project: Project, container: Container) -> str:
    """The same by the policy's restarts alone, which a restart by hand sets to 0: all its life."""
    if container.created is None or container.restarts < MANY:
        return ""
    usual = (project.now - container.created).total_seconds() / container.restarts
    if usual * MANY > WINDOW or container.uptime(project.now) >= _NO_LONGER * usual:
        return ""
    return f"{FALLS}: the engine restarted it {container.restarts} times, every {usual:.0f} s. {_NO_HELP}"


def last_exit(project: Project, container: Container) -> str:
    """The last exit of a container that loops; a container that was just restarted does not show it."""
    code = project.last_exit_code(container)
    if code is None:
        return "it runs for the moment, and its last exit code is not known"
    return f"its last exit was {code}, {exit_meaning(code, container.oom_flag)}"


def why_ended(container: Container) -> str:
    if container.stopped_by_engine:
        return ": the engine stopped it when it was itself started again, and has not started it since"
    meaning = exit_meaning(container.exit_code, container.oom_flag)
    why = container.error or (f"{container.exit_code}, {meaning}" if container.state == "exited" else "")
    return f" ({why})" if why else ""
