# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The recorded configuration of a release as a compose file. Pure."""

from __future__ import annotations

from typing import Any, Collection, Mapping

from ..model import Model
from ..release import ReleaseSnapshot

_SHARED = ("networks", "volumes", "secrets", "configs")


def file_for(
    goal: ReleaseSnapshot, images: Mapping[str, str], services: Collection[str] = (), present: Model | None = None
) -> dict[str, Any]:
    """The old configuration of ``services`` (all, where none is named) as a compose file of its own, with every image
    by its id. The others are in it as they are at ``present``, so that an `up` with it leaves them alone.

    ``images``: what runs, by service; without one a service is left out.
    """
    config = goal.config or {}
    then, now = (
        config.get("services", {}),
        {name: spec.raw for name, spec in present.services.items()} if present else {},
    )
    made = {}
    for name in (*then, *(name for name in now if name not in then)):
        back = name in then and (not services or name in services or name not in now)
        raw = then[name] if back else now[name]
        kept = {key: value for key, value in raw.items() if key not in ("build", "profiles")}
        recorded = goal.services.get(name) if back and (not services or name in services) else None
        image = recorded.image if recorded else images.get(name) or kept.get("image", "")
        if image:
            made[name] = {**kept, "image": image, "pull_policy": "never"}
    for service in made.values():
        if isinstance(service.get("depends_on"), Mapping):
            service["depends_on"] = {name: how for name, how in service["depends_on"].items() if name in made}
    both = (present.shared if present else {}, config)
    kinds = {kind: {**(both[0].get(kind) or {}), **(both[1].get(kind) or {})} for kind in _SHARED}
    return {"name": goal.project, "services": made, **{kind: each for kind, each in kinds.items() if each}}
