# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was deployed lately, one line for what one deployment made. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .._compose.container import moment

_TOGETHER = 120.0  # seconds between what was made, one after the other, in one deployment


def changes_of_services(services: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    made: list[tuple[float, str]] = []
    built: dict[str, tuple[float, set[str]]] = {}
    found = []
    for name, service in services.items():
        made.append((max((_at(one["created_at"]) for one in service["containers"]), default=0.0), name))
        for one in service["containers"]:
            image = one["image"].partition(":")[2][:12]
            built.setdefault(image, (_at(one["image_made_at"]), set()))[1].add(name)
        drifted = sorted({text for one in service["containers"] for text in one["drift"]})
        if drifted:
            text = f"{name} runs otherwise than its files ask: {drifted[0]}"
            found.append({"age": 0.0, "what": text, "deploys": False})
    images = [(at, f"{', '.join(sorted(names))} ({image})") for image, (at, names) in built.items()]
    for what, them, joint in (("containers were made: ", made, ", "), ("images were built: ", images, "; ")):
        for at, which in _together(them):
            found.append({"age": now - at, "what": what + joint.join(sorted(which)), "deploys": True})
    return found


def _together(moments: Iterable[tuple[float, str]]) -> list[tuple[float, list[str]]]:
    """What belongs to one deployment, each with the time of its newest; what has no time (0) is left out."""
    groups: list[tuple[float, list[str]]] = []
    for at, what in sorted(one for one in moments if one[0]):
        if groups and at - groups[-1][0] <= _TOGETHER:
            groups[-1] = (at, [*groups[-1][1], what])
        else:
            groups.append((at, [what]))
    return groups


def _at(text: Any) -> float:
    found = moment(str(text or ""))
    return found.timestamp() if found else 0.0
