# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container that does not run was stopped by a request, or ended by itself. Pure.

Of one with the policy `always` or `unless-stopped` its being stopped says that it was asked to: else the engine would
have started it again. But the engine also takes one for stopped that was sent any signal, as for a reload, and does not
start it again when it crashes later (moby#41302). So the engine's own events say it: a request since its start, or its
end without one. Where it has forgotten them, its exit code does: that of the signal by which a container is asked to
stop, or of a crash. The end of the engine or of the host asks it to stop, too, so that one which ended before the
engine was started says nothing.
Sources: moby, daemon/stop.go and daemon/kill.go (the events `kill` and `stop`), daemon/events (256 of every kind).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ..._core.lazy import lazy
from ..container import Container, signal_name

REQUESTS, END = ("kill", "stop"), "die"
USUAL_TIMEOUT = 10  # seconds that the engine gives a container to stop which says nothing of it
_ASKING = {"SIGINT", "SIGQUIT", "SIGKILL", "SIGTERM"}  # these end a program; others let it reload or reopen its log
_REAL_TIME = lazy(r"SIGRT(MIN\+|MAX-)(\d{1,2})")
_MIN, _MAX = 34, 64  # SIGRTMIN and SIGRTMAX on Linux
_ASKED = 128 + 15  # exit code of a program that SIGTERM ended
_STOPPED = {0, 128 + 2, 128 + 9, _ASKED}  # those of one that was stopped; of others the end of its program says itself
_CRASHED = {128 + number for number in (4, 6, 7, 8, 11)}
_KILLED = 128 + 9
_AFTER = 5.0  # seconds after its end at which the engine still writes that it was stopped
_SLACK = 2.0  # seconds beside the time that it has to stop


def may_be_stopped(container: Container) -> bool:
    """Whether it ended and may have been stopped: no start that failed."""
    ended = container.state == "exited" and container.finished is not None and not container.error
    return ended and not container.stopped_by_engine


def judged(
    container: Container,
    engine_began: datetime | None,
    events: Iterable[Mapping[str, Any]] = (),
    since: float | None = None,
) -> Container:
    """The container, with what is known of who ended it. ``engine_began``: None where it is not known. ``events``: of
    the engine, about the time at which it ended. ``since``: when the oldest event of any kind was that the engine has
    not forgotten, in seconds since 1970; None where it is not known, or the engine may write more of the end."""
    if not may_be_stopped(container) or container.finished is None:
        return container
    ended = container.finished.timestamp()
    actions = {str(event.get("Action")) for event in _about_its_end(container, ended, events)}
    if actions & set(REQUESTS):
        return replace(container, stopped_by_request=True)
    crashed = container.exit_code in _CRASHED or (container.exit_code == _KILLED and container.oom_flag)
    # An exit code that a stop has, too, says nothing by itself: that no request came does, where none can be forgotten.
    all_known = since is not None and since <= ended - container.stop_timeout - _SLACK
    if crashed or (END in actions and (all_known or container.exit_code not in _STOPPED)):
        return replace(container, ended_by_itself=True)
    # Whether it ended together with an engine is known by when the present one was started.
    since = None if engine_began is None else (container.finished - engine_began).total_seconds()
    alone = since is not None and since > container.stop_timeout + _AFTER
    return replace(container, stopped_by_request=container.exit_code == _ASKED and alone and END not in actions)


def _about_its_end(
    container: Container, ended: float, events: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Its end, and the requests to end it since it was last started. ``ended``: seconds since 1970."""
    begun = container.started.timestamp() if container.started else 0.0
    for event in events:
        actor, at, action = event.get("Actor") or {}, happened(event), str(event.get("Action"))
        if actor.get("ID") != container.id or at < begun:
            continue
        signal = str((actor.get("Attributes") or {}).get("signal") or "")
        asks = is_request(action, signal, ended - at, container.stop_timeout, container.stop_signal)
        if asks or (action == END and -_AFTER <= ended - at <= _SLACK):
            yield event


class Ends(NamedTuple):
    """Ends of a container without a request: when, in seconds since 1970, and the exit code, None where it is not said.
    ``asked``: when it was last asked to end; 0 where that is not known."""

    unasked: tuple[tuple[float, int | None], ...] = ()
    asked: float = 0.0


def ends_of(container: Container, events: Iterable[Mapping[str, Any]]) -> Ends:
    """Of the engine's events, in any order. A stop, a restart by a person, and what a deployment removes are requests;
    a restart by the policy is none."""
    own = [event for event in events if (event.get("Actor") or {}).get("ID") == container.id]
    unasked: list[tuple[float, int | None]] = []
    asked = before = 0.0
    for death in sorted((event for event in own if event.get("Action") == END), key=happened):
        at = happened(death)
        code = str((death["Actor"].get("Attributes") or {}).get("exitCode") or "")
        if any(before < happened(event) and _asks(container, event, at) for event in own):
            asked = at
        else:
            unasked.append((at, int(code) if code.isdigit() else None))
        before = at
    return Ends(tuple(unasked), asked)


def _asks(container: Container, event: Mapping[str, Any], ended: float) -> bool:
    """Whether an event asked for this end. What the engine writes after the end that was asked for is no request for
    the one after it."""
    action, ago = str(event.get("Action")), ended - happened(event)
    signal = str((event["Actor"].get("Attributes") or {}).get("signal") or "")
    late = action != "kill" and ago > _SLACK
    return not late and is_request(action, signal, ago, container.stop_timeout, container.stop_signal)


def happened(event: Mapping[str, Any]) -> float:
    """When, in seconds since 1970."""
    return float(event.get("timeNano") or 0) / 1e9 or float(event.get("time") or 0)


def is_request(
    action: str, signal: str, before: float, stop_timeout: float = USUAL_TIMEOUT, stop_signal: str = ""
) -> bool:
    """Whether an event asked for the end ``before`` so many seconds: less than 0 where the engine wrote it after.

    ``signal``: as the event has it; empty where it has none, and one that is not told asks.
    """
    if action not in REQUESTS or not -_AFTER <= before <= stop_timeout + _SLACK:
        return False
    return not signal or full_name(signal) in _ASKING or full_name(signal) == full_name(stop_signal)


def full_name(signal: str) -> str:
    """``SIGTERM`` for 15, TERM or SIGTERM; empty for none."""
    upper = signal.strip().upper()
    name = upper if not upper or upper.isdigit() or upper.startswith("SIG") else f"SIG{upper}"
    real_time = _REAL_TIME.fullmatch(name)
    if real_time:
        offset = int(real_time[2])
        name = str(_MIN + offset if real_time[1] == "MIN+" else _MAX - offset)
    return signal_name(int(name)) if name.isdigit() else name
