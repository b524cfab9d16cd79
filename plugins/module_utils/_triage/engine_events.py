# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine's events say of containers: stopped or restarted by a request, exited, out of memory. Pure.

The engine keeps its last 256 events of every kind, and not who sent a request: a person, a deployment or a job. Whether
an end was asked for is judged as by the look at one container (stopping): a signal that lets a program reload asks for
none, and one long before the end is not its reason, nor is a process that the kernel killed long before.
Field names: Docker Engine API, GET /events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from .._compose.acts.stopping import full_name, happened, is_request
from .._compose.container import ONE_OFF, PROJECT, exit_meaning
from .changes import Change

KEPT = 256  # events that the engine keeps
_ACTIONS = ("kill", "oom", "die", "stop", "start", "restart", "pause", "unpause", "destroy")
_STOPPED, _RESTARTED, _ENDED, _OOM = "stopped", "restarted", "ended", "oom"


_LONGEST_STOP = 600.0  # seconds that a container may be given to stop, as far as they are taken for one
_BY_SIGNAL = ("0", "130", "137", "143")  # exit codes of one that a signal made end
_CRASHED = ("132", "134", "135", "136", "139")
_NEAR = 10.0  # seconds between a process that the kernel killed, or an end, and what followed from it


@dataclass
class _Life:
    """One container while its events are read in order."""

    name: str
    kills: list[tuple[float, str]] = field(default_factory=list)  # since its start: when, and the signal
    oom_at: float | None = None  # when the kernel last killed a process of it, since its start
    end: tuple[str, float, str] = ("", 0.0, "")  # kind of its last end, when, and its exit code in words
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
        _read(life, action, attributes, happened(event))
    return [change for life in lives.values() for change in _changes_of(life, now)]


def _read(life: _Life, action: str, attributes: Mapping[str, Any], at: float) -> None:
    if action == "kill":
        life.kills.append((at, str(attributes.get("signal") or "")))
    elif action == "oom":
        _oom(life, at)
    elif action == "die":
        _died(life, str(attributes.get("exitCode") or ""), at)
    elif action == "stop":
        _stopped(life, at)
    elif action == "start":
        life.runs, life.kills, life.oom_at = True, [], None
    elif action == "restart":
        # One that runs is stopped for it, and that is part of the restart; one that does not is only started.
        kind, ended, _how = life.end
        asked = kind == _STOPPED and at - ended <= _NEAR
        life.add(_RESTARTED, at, life.happened[_STOPPED].pop()[1] if asked else "")
        life.end = ("", 0.0, "")
    else:
        life.add(action, at, "")


def _died(life: _Life, code: str, at: float) -> None:
    """Why it ended: a request just before, the kernel, or itself."""
    life.runs = False
    meaning = f" ({code}: {exit_meaning(int(code))})" if code.isdigit() else ""
    asked = [signal for then, signal in life.kills if is_request("kill", signal, at - then)]
    if asked:
        _ended(life, _STOPPED, at, _by(asked[-1]))
    elif life.oom_at is not None and at - life.oom_at <= _NEAR:
        _ended(life, _OOM, at, _out_of_memory(code))
    else:
        _ended(life, _ENDED, at, meaning)
    life.end = (life.end[0], at, code)


def _oom(life: _Life, at: float) -> None:
    """The engine may write it after the end that it is the reason of."""
    kind, ended, code = life.end
    if kind == _ENDED and code == "137" and not life.runs and at - ended <= _NEAR:
        life.happened[_ENDED].pop()
        _ended(life, _OOM, ended, _out_of_memory(code))
    life.oom_at = at


def _stopped(life: _Life, at: float) -> None:
    """The engine writes it after the end that was asked for, whatever signal it sent and however long that took."""
    kind, ended, code = life.end
    signal = ""
    if kind and is_request("stop", "", ended - at):
        if kind == _STOPPED:
            return
        # An end that no signal of a stop came before, or that the kernel made, was not asked for: it is reported, too.
        asked = [name for then, name in life.kills if _asks_to_stop(name, ended - then, code)] if kind == _ENDED else []
        if asked:
            signal = asked[-1]
            life.happened[kind].pop()
    elif life.runs and life.kills:
        signal = life.kills[-1][1]
    _ended(life, _STOPPED, at, _by(signal))


def _asks_to_stop(signal: str, before: float, code: str) -> bool:
    """Whether a signal so many seconds before the end may be that of the stop: a container may be given long to stop,
    and a stop signal of its own. ``code``: the exit code of the end. A reload is no reason for a crash."""
    if is_request("kill", signal, before):
        return True
    asks = is_request("kill", signal, 0.0)
    return 0 <= before <= _LONGEST_STOP and (code not in _CRASHED if asks else code in _BY_SIGNAL)


def _ended(life: _Life, kind: str, at: float, how: str) -> None:
    life.add(kind, at, how)
    life.end = (kind, at, "")
    life.runs = False


def _by(signal: str) -> str:
    return f" ({full_name(signal)})" if signal else ""


def _out_of_memory(code: str) -> str:
    return f" ({code}: {exit_meaning(int(code), oom_flag=True)})" if code.isdigit() else ""


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
