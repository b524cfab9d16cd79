"""Write what awx.awx takes into a file, so that tests need neither the collection nor a network.

python -m support.awx.extract PATH_OF_ansible_collections > tests/support/awx/awx.awx-24.6.1.json

The argument specs are those that the modules hand to Ansible; their lists and dicts of free form have the suboptions of
the documentation, since the specs leave the nodes of a workflow unchecked; where a description alone lists the values
(`Can be a job_template, project, ...`), these are the choices. The wheel of ansible 12.3.0 has the collection.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

MODULES = (
    "organization", "execution_environment", "credential_type", "credential", "project", "inventory",
    "inventory_source", "notification_template", "team", "job_template", "workflow_job_template", "schedule", "role",
)  # fmt: skip
_LISTED = re.compile(r"Can be an? ((?:\w+, )+\w+)\.")
_KEPT = ("type", "choices", "elements", "aliases", "required")


class _Caught(Exception):
    """Ends a module when it has handed over its argument spec."""


def spec_of(name: str) -> dict[str, Any]:
    """The argument spec of a module, as it hands it over."""
    module = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{name}")
    found: dict[str, Any] = {}

    class Stand:
        def __init__(self, argument_spec: dict[str, Any], **_more: Any) -> None:
            found.update(argument_spec)
            raise _Caught

    vars(module)["ControllerAPIModule"] = Stand
    with contextlib.suppress(_Caught):
        module.main()
    return found


def documented(path: Path) -> dict[str, Any]:
    """The options of a module's documentation."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            options: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))["options"]
            return options
    raise SystemExit(f"{path} has no documentation")


def merged(spec: dict[str, Any], documentation: dict[str, Any]) -> dict[str, Any]:
    """The spec, with suboptions of the documentation where it has none."""
    found: dict[str, Any] = {}
    for name, option in spec.items():
        found[name] = {key: option[key] for key in _KEPT if option.get(key)}
        listed = _LISTED.search(" ".join(option.get("description") or ()))
        if listed and "choices" not in found[name]:
            found[name]["choices"] = listed[1].split(", ")
        suboptions = option.get("options") or (documentation.get(name) or {}).get("suboptions")
        if suboptions:
            found[name]["options"] = merged(suboptions, suboptions)
    return found


def main(collections: Path) -> None:
    sys.path.insert(0, str(collections.parent))
    plugins = collections / "awx/awx/plugins/modules"
    version = json.loads((collections / "awx/awx/MANIFEST.json").read_text())["collection_info"]["version"]
    modules = {name: merged(spec_of(name), documented(plugins / f"{name}.py")) for name in MODULES}
    print(json.dumps({"collection": "awx.awx", "version": version, "modules": modules}, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
