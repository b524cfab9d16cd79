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
    """Of a playbook with its parts, and of the roles that it names; not what a role's documentation says."""
    word = re.compile(rf"\b{variable}\b")
    return [use for use in _texts_of(playbook) if word.search(use.text)]


@functools.cache
def _texts_of(playbook: str) -> list[Use]:
    return [use for path in _files_of(playbook) for use in _walked(load(path), "", "", "")]


def _files_of(playbook: str) -> Iterator[Path]:
    path = ROOT / "playbooks" / f"{playbook}.yml"
    yield path
    text = path.read_text()
    for part in re.findall(r"import_playbook: (parts/\S+)", text):
        yield ROOT / "playbooks" / part
        text += (ROOT / "playbooks" / part).read_text()
    for role in sorted(set(re.findall(r"pafar\.runbook\.(\w+)\n", text))):
        for folder in ("tasks", "defaults", "vars"):
            yield from sorted((ROOT / "roles" / role / folder).glob("*.yml"))


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
