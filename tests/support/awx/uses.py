"""What a playbook does with a variable: the places that read it, and what arrives there."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from support.plain_yaml import load
from support.servers import ROOT

_MODULE = "pafar.runbook."
_INCLUDES = ("import_playbook", "include_tasks", "import_tasks", "include_role", "import_role")
# Variables beside the asked one that an expression reads.
BESIDE: dict[str, Any] = yaml.safe_load("""
incident_times: {action_items: []}
incident_undoable: {by: bob, at: "", mitigation: m}
incident_by: ada
incident_name: i
incident_log: /log
behind: {services: []}
groups: {}
game_day_rehearse: []
game_day_targets: []
game_day_passed_on: {}
restart_services_everything: false
ansible_play_hosts_all: [db1]
ansible_check_mode: false
__incident_workflow: 0
""")


@dataclass(frozen=True)
class Use:
    """``module`` and ``option``: of this collection, empty elsewhere; ``key``: under which the text stands."""

    text: str
    key: str
    module: str = ""
    option: str = ""

    @property
    def is_condition(self) -> bool:
        return self.key in ("that", "when", "failed_when", "until")

    @property
    def is_message(self) -> bool:
        return self.key in ("fail_msg", "msg", "success_msg", "name")

    @property
    def is_one_expression(self) -> bool:
        text = self.text.strip()
        return text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1

    def arrives(self, variables: Mapping[str, Any]) -> Any:
        """What the expression gives; of a condition, whether it holds."""
        text = f"{{{{ {self.text} }}}}" if self.is_condition and "{{" not in self.text else self.text
        loader: Any = DataLoader
        templar = Templar(loader=loader(), variables={**BESIDE, **variables})
        return templar.template(trust_as_template(text))


def uses_of(playbook: str, variable: str) -> list[Use]:
    """Of a playbook with its parts, and of the task files that it reaches; not what a role's documentation says."""
    word = re.compile(rf"\b{variable}\b")
    return [use for use in _texts_of(playbook) if word.search(use.text)]


@functools.cache
def _texts_of(playbook: str) -> list[Use]:
    return [use for path in files_of(playbook) for use in _walked(load(path), "", "", "")]


def files_of(playbook: str) -> list[Path]:
    """The playbook, and what it includes; of a role those of its task files alone that are reached."""
    found: dict[Path, None] = {}
    _reach(ROOT / "playbooks" / f"{playbook}.yml", ROOT / "playbooks", found)
    return list(found)


def _reach(path: Path, folder: Path, found: dict[Path, None]) -> None:
    """Adds a file, and what it includes. ``folder``: where the files are that it names."""
    if path not in found:
        found[path] = None
        for name, value in _included(load(path)):
            if name == "import_playbook":
                _reach(ROOT / "playbooks" / value, ROOT / "playbooks", found)
            elif name.endswith("_tasks"):
                _reach(folder / (value if isinstance(value, str) else value["file"]), folder, found)
            else:
                role = ROOT / "roles" / value["name"].removeprefix(_MODULE)
                for variables in ("defaults", "vars"):
                    found.update(dict.fromkeys(sorted((role / variables).glob("*.yml"))))
                tasks = str(value.get("tasks_from", "main")).removesuffix(".yml")
                _reach(role / "tasks" / f"{tasks}.yml", role / "tasks", found)


def _included(value: Any) -> Iterator[tuple[str, Any]]:
    """Each playbook, task file and role that is named, at any depth. A name that is an expression is in no file."""
    if isinstance(value, dict):
        for key, each in value.items():
            name = str(key).removeprefix("ansible.builtin.")
            if name in _INCLUDES:
                yield name, each
            else:
                yield from _included(each)
    elif isinstance(value, list):
        for each in value:
            yield from _included(each)


def _walked(value: Any, key: str, module: str, option: str) -> Iterator[Use]:
    if isinstance(value, dict):
        for name, each in value.items():
            if str(name).startswith(_MODULE):
                yield from _walked(each, str(name), str(name).removeprefix(_MODULE), "")
            else:
                yield from _walked(each, str(name), module, option or (str(name) if module else ""))
    elif isinstance(value, list):
        for each in value:
            yield from _walked(each, key, module, option)
    elif isinstance(value, str):
        yield Use(value, key, module, option)
