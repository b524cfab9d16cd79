# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was deployed lately, one line for what one deployment made. Pure."""

from __future__ import annotations

from typing import Iterable, Mapping, TypedDict

from .._compose.project_report import ServiceReport
from .._core.times import moment

_TOGETHER = 120.0  # seconds between what was made, one after the other, in one deployment


class Change(TypedDict):
    """Something that is another than it was. ``age`` in seconds; ``deploys``: whether that was a deployment."""

    age: float
    what: str
    deploys: bool


class ChangesReport(TypedDict):
    """The newest first; ``unknown``: what could not be examined."""

    changes: list[Change]
    unknown: list[str]


def changes_of_services(services: Mapping[str, ServiceReport], now: float) -> list[Change]:
    made: list[tuple[float, str]] = []
    added: list[tuple[float, str]] = []
    built: dict[str, tuple[float, set[str]]] = {}
    changes: list[Change] = []
    for name, service in services.items():
        newest, is_added = _newest(service)
        (added if is_added else made).append((newest, name))
        for replica in service["containers"]:
            image = replica["image"].partition(":")[2][:12]
            built.setdefault(image, (_at(replica["image_made_at"]), set()))[1].add(name)
        drifted = sorted({text for container in service["containers"] for text in container["drift"]})
        if drifted:
            text = f"{name} runs otherwise than its files ask: {drifted[0]}"
            changes.append({"age": 0.0, "what": text, "deploys": False})
    images = [(at, f"{', '.join(sorted(names))} ({image})") for image, (at, names) in built.items()]
    for what, them, joint, deploys in (
        ("containers were made: ", made, ", ", True),
        ("containers were added to older ones of the same image: ", added, ", ", False),
        ("images were built: ", images, "; ", True),
    ):
        for at, which in _together(them):
            changes.append({"age": now - at, "what": what + joint.join(sorted(which)), "deploys": deploys})
    return changes


def _newest(service: ServiceReport) -> tuple[float, bool]:
    """When the newest container of a service was made, 0 where that is not known, and whether an older one runs the
    same image: one more replica, or one in place of a lost one, is no deployment."""
    containers = service["containers"]
    last = max(containers, key=lambda container: _at(container["created_at"]), default=None)
    if last is None:
        return 0.0, False
    newest = _at(last["created_at"])
    others = (_at(each["created_at"]) for each in containers if each["image"] == last["image"] and each["image"])
    return newest, any(0 < at < newest - _TOGETHER for at in others)


def _together(moments: Iterable[tuple[float, str]]) -> list[tuple[float, list[str]]]:
    """What belongs to one deployment, each with the time of its newest; what has no time (0) is left out."""
    groups: list[tuple[float, list[str]]] = []
    for at, what in sorted(pair for pair in moments if pair[0]):
        if groups and at - groups[-1][0] <= _TOGETHER:
            groups[-1] = (at, [*groups[-1][1], what])
        else:
            groups.append((at, [what]))
    return groups


def _at(text: str | None) -> float:
    time = moment(text or "")
    return time.timestamp() if time else 0.0
