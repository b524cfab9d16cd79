"""A stand-in of a module of awx.awx, copied under each name into a collection of its own (support/awx/collection.py).

It checks the options against those of awx.awx 24.6.1 with the suboptions of its documentation, requires that what an
object names exists, and keeps the objects in a file, so that a second run shows what it would change.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase

# option -> the kind of object that it names, one or a list of them
_NAMES = {
    "organization": "organization", "lookup_organization": "organization", "project": "project",
    "source_project": "project", "inventory": "inventory", "execution_environment": "execution_environment",
    "default_environment": "execution_environment", "credentials": "credential", "credential": "credential",
    "teams": "team", "job_templates": "job_template", "workflows": "workflow_job_template",
    "notification_templates_error": "notification_template",
    "notification_templates_approvals": "notification_template",
}  # fmt: skip
_KNOWN = {
    "Machine",
    "Red Hat Ansible Automation Platform",
    "Container Registry",
    "Source Control",
}  # types that AWX brings
_SECRETS = ("inputs",)


class ActionModule(ActionBase):
    """Keeps one object."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        with open(os.environ["AWX_SPECS"]) as file:
            specs = json.load(file)["modules"]
        name = self._task.action.rpartition(".")[2]
        dummy, given = self.validate_argument_spec(argument_spec=specs[name])  # type: ignore[no-untyped-call]
        given = {key: value for key, value in given.items() if value is not None}
        path = os.environ["AWX_OBJECTS"]
        kept: dict[str, Any] = {}
        if os.path.exists(path):
            with open(path) as file:
                kept = json.load(file)
        missing = [text for key, kind in _NAMES.items() for text in _missing(given.get(key), kind, kept)]
        missing += _others(name, given, kept)
        if missing:
            return {**result, "failed": True, "msg": "; ".join(missing)}
        if name == "notification_template" and given.get("state") == "exists" and f"{name}/{given['name']}" in kept:
            return {**result, "changed": False}
        key = f"{name}/{given.get('name') or json.dumps(given, sort_keys=True)}"
        before = kept.get(key, {})
        after = {**before, **{option: value for option, value in given.items() if _is_set(option, given, before)}}
        kept[key] = after
        with open(path, "w") as file:
            json.dump(kept, file)
        return {**result, "changed": before != after or _is_written_each_time(name, given)}


def _is_written_each_time(name: str, given: dict[str, Any]) -> bool:
    """As in awx.awx 24.6.1: it cannot compare a secret, and compares an approval with keys that it does not have."""
    nodes = [node["unified_job_template"] for node in given.get("workflow_nodes") or ()]
    return name == "notification_template" or any(node.get("type") == "workflow_approval" for node in nodes)


def _is_set(option: str, given: dict[str, Any], before: dict[str, Any]) -> bool:
    """A credential that exists keeps its secrets where the options say so."""
    return not (option in _SECRETS and before and given.get("update_secrets") is False)


def _missing(names: Any, kind: str, kept: dict[str, Any]) -> list[str]:
    several = names if isinstance(names, list) else [names] if names else []
    return [f"there is no {kind} {name!r}" for name in several if f"{kind}/{name}" not in kept]


def _others(name: str, given: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """What is named in other ways: the type of a credential, the template of a schedule and of a node."""
    if name == "credential" and given["credential_type"] not in _KNOWN:
        return _missing(given["credential_type"], "credential_type", kept)
    if name == "schedule":
        return _missing(given["unified_job_template"], "job_template", kept)
    nodes = [node["unified_job_template"] for node in given.get("workflow_nodes") or ()]
    jobs = [node["name"] for node in nodes if node["type"] == "job_template"]
    return _missing(jobs, "job_template", kept)
