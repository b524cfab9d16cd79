# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container that the engine never starts again by itself was stopped by a request. Pure.

Of one with the policy `always` its being stopped says so. Of another one the engine's own events do, or, where the
engine has forgotten them, its exit code: that of the signal by which a container is asked to stop. The end of the
engine or of the host sends that signal, too, so that one which ended before the engine was started says nothing.
Sources: moby, daemon/stop.go and daemon/kill.go (the events `kill` and `stop`), daemon/events (256 of every kind).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping

from ..container import Container

ACTIONS = ("kill", "stop")
_ASKED = 128 + 15  # exit code of a program that SIGTERM ended; no part of a host sends that by itself
_AFTER = 5.0  # seconds after its end at which the engine still writes that it was stopped
_SLACK = 2.0  # seconds beside the time that it has to stop


def may_be_stopped(container: Container) -> bool:
    """Whether it ended and may have been stopped: neither a start that failed, nor what the engine would start again,
    nor a job that is done."""
    ended = container.state == "exited" and container.finished is not None and not container.error
    return ended and not (container.done or container.stopped or container.stopped_by_engine)


def stopped_by_request(
    container: Container, engine_began: datetime | None, events: Iterable[Mapping[str, Any]] = ()
) -> bool:
    """``engine_began``: None where it is not known. ``events``: of the engine, about the time at which it ended."""
    if not may_be_stopped(container) or container.finished is None:
        return False
    ended = container.finished.timestamp()
    for event in events:
        at = float(event.get("timeNano") or 0) / 1e9 or float(event.get("time") or 0)
        mine = (event.get("Actor") or {}).get("ID") == container.id and event.get("Action") in ACTIONS
        if mine and ended - container.stop_timeout - _SLACK <= at <= ended + _AFTER:
            return True
    # Whether it ended together with an engine is known by when the present one was started.
    since = None if engine_began is None else (container.finished - engine_began).total_seconds()
    return container.exit_code == _ASKED and since is not None and since > container.stop_timeout + _AFTER
