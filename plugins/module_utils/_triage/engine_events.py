# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine's events say of containers: stopped or restarted by a request, exited, out of memory. Pure.

The engine keeps its last 256 events of every kind, and not who sent a request: a person, a deployment or a job. Field
names: Docker Engine API, GET /events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from .._compose.container import ONE_OFF, PROJECT, exit_meaning, signal_name
from .changes import Change

KEPT = 256  # events that the engine keeps
_ACTIONS = ("kill", "oom", "die", "start", "restart", "pause", "unpause", "destroy")
_STOPPED, _RESTARTED, _ENDED, _OOM = "stopped", "restarted", "ended", "oom"


@dataclass
class _Life:
    """One container while its events are read in order. ``signal``: of the last request to end it, or empty."""

    name: str
    signal: str = ""
    oom: bool = False
    runs: bool = True
    happened: dict[str, list[tuple[float, str]]] = field(default_factory=dict)  # by kind: when, and how

    def add(self, kind: str, at: float, how: str) -> None:
        self.happened.setdefault(kind, []).append((at, how))


def changes_of_events(events: Iterable[Mapping[str, Any]], project: str, now: float) -> list[Change]:
    """A sentence for each container and kind of event; ``events`` as the engine has them, the oldest first."""
    lives: dict[str, _Life] = {}
    for event in events:
        actor = event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        action = str(event.get("Action") or "")
        if event.get("Type") != "container" or action not in _ACTIONS or attributes.get(PROJECT) != project:
            continue
        if str(attributes.get(ONE_OFF, "")).lower() == "true":
            continue
        id = str(actor.get("ID") or "")
        life = lives.setdefault(id, _Life(str(attributes.get("name") or id[:12])))
        _read(life, action, attributes, float(event.get("time") or 0.0))
    return [change for life in lives.values() for change in _changes_of(life, now)]


def _read(life: _Life, action: str, attributes: Mapping[str, Any], at: float) -> None:
    if action == "kill":
        signal = str(attributes.get("signal") or "")
        life.signal = signal_name(int(signal)) if signal.isdigit() else signal
    elif action == "oom":
        life.oom = True
    elif action == "die":
        _died(life, str(attributes.get("exitCode") or ""), at)
    elif action == "start":
        life.runs, life.signal, life.oom = True, "", False
    elif action == "restart" and life.happened.get(_STOPPED):
        life.add(_RESTARTED, at, life.happened[_STOPPED].pop()[1])
    elif action in ("pause", "unpause", "destroy"):
        life.add(action, at, "")


def _died(life: _Life, code: str, at: float) -> None:
    """Why it ended: the kernel, a request just before, or itself."""
    life.runs = False
    meaning = f" ({code}: {exit_meaning(int(code), life.oom)})" if code.isdigit() else ""
    if life.oom:
        life.add(_OOM, at, meaning)
    elif life.signal:
        life.add(_STOPPED, at, f" ({life.signal})")
    else:
        life.add(_ENDED, at, meaning)


_WORDS = {
    _STOPPED: "was stopped by a request",
    _RESTARTED: "was restarted by a request",
    _ENDED: "exited",
    _OOM: "lost a process to the OOM killer and ended",
    "pause": "was paused by a request",
    "unpause": "was unpaused by a request",
    "destroy": "was removed by a request",
}


def _changes_of(life: _Life, now: float) -> list[Change]:
    changes: list[Change] = []
    for kind, moments in life.happened.items():
        if not moments:
            continue
        at, how = moments[-1]
        times = f" {len(moments)} times, last" if len(moments) > 1 else ""
        again = " and started again" if kind in (_STOPPED, _ENDED, _OOM) and life.runs else ""
        changes.append({"age": now - at, "what": f"{life.name} {_WORDS[kind]}{times}{how}{again}", "deploys": False})
    return changes


def reach(events: Sequence[Mapping[str, Any]], since: float, now: float) -> str:
    """Where the events do not reach back to ``since``, in a sentence; empty where they do."""
    if len(events) < KEPT:
        return ""
    oldest = min(float(event.get("time") or 0.0) for event in events)
    if oldest <= since:
        return ""
    minutes = max(1, round((now - oldest) / 60))
    return (
        f"the engine's events reach back {minutes} min (it keeps {KEPT}): who stopped or restarted a container before"
        " that is not known"
    )
