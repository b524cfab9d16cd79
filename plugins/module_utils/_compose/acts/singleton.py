# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services that must never have more replicas at a time than are wanted, or never more than one. Pure.

A scheduler that runs twice does everything twice. The files say it (``deploy.update_config.order: stop-first``), a
label of the container does, or the site by its name.
"""

from __future__ import annotations

from typing import Collection

from ..project import Project

LABEL = "pafar.runbook.singleton"
_TRUE = ("true", "1", "yes", "on")


def why_single(project: Project, service: str, named: Collection[str]) -> str:
    """Why there must never be two replicas of a service, in a clause; empty where there may.

    ``named``: the singletons of the site.
    """
    if service in named:
        return f"{service} is a singleton of this site, and must not run twice"
    if any(dict(replica.labels).get(LABEL, "").lower() in _TRUE for replica in project.replicas(service)):
        return f"{service} has the label {LABEL}, and must not run twice"
    spec = project.spec(service)
    labels = spec.raw.get("labels") if spec else None
    if isinstance(labels, dict) and str(labels.get(LABEL, "")).lower() in _TRUE:
        return f"{service} has the label {LABEL}, and must not run twice"
    if spec is not None and spec.wanted == 1 and _stops_first(project, service):
        return f"{service} has the update order stop-first and one replica by its files, and must not run twice"
    return ""


def stops_first(project: Project, service: str, named: Collection[str]) -> bool:
    """Whether a replica must have stopped before another one takes its place."""
    return bool(why_single(project, service, named)) or _stops_first(project, service)


def _stops_first(project: Project, service: str) -> bool:
    spec = project.spec(service)
    deploy = (spec.raw.get("deploy") or {}) if spec else {}
    return str((deploy.get("update_config") or {}).get("order") or "") == "stop-first"
