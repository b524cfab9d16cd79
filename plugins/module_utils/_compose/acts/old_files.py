# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The recorded configuration of a release as a compose file. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ..release import ReleaseSnapshot


def file_for(goal: ReleaseSnapshot, images: Mapping[str, str]) -> dict[str, Any]:
    """The old configuration as a compose file of its own, with every image by its id.

    ``images``: of services that did not run then; without one a service is left out.
    """
    config = goal.config or {}
    services = {}
    for name, raw in config.get("services", {}).items():
        kept = {key: value for key, value in raw.items() if key not in ("build", "profiles")}
        recorded = goal.services.get(name)
        image = recorded.image if recorded else images.get(name) or kept.get("image", "")
        if image:
            services[name] = {**kept, "image": image, "pull_policy": "never"}
    for service in services.values():
        if isinstance(service.get("depends_on"), Mapping):
            service["depends_on"] = {name: how for name, how in service["depends_on"].items() if name in services}
    shared = {kind: config[kind] for kind in ("networks", "volumes", "secrets", "configs") if config.get(kind)}
    return {"name": goal.project, "services": services, **shared}
