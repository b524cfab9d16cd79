"""The objects of ``extensions/awx`` as awx.awx gets them, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from support.awx.values import answer_misfits
from support.plain_yaml import load
from support.servers import ROOT

FOLDER = ROOT / "extensions/awx"
SPECS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "awx.awx-24.6.1.json").read_text())["modules"]
# variable of the files -> the module that takes its objects
MODULE_OF = {
    "awx_organization": "organization", "awx_execution_environment": "execution_environment", "awx_project": "project",
    "awx_inventory_project": "project", "awx_inventory": "inventory", "awx_inventory_source": "inventory_source",
    "awx_credential_types": "credential_type", "awx_credentials": "credential", "awx_teams": "team",
    "awx_notification_templates": "notification_template", "awx_job_templates": "job_template",
    "awx_workflows": "workflow_job_template", "awx_schedules": "schedule",
}  # fmt: skip
# Keys of the files that the playbook turns into something else.
OWN_KEYS = {"job_template": {"survey", "may_start"}, "workflow_job_template": {"survey_of", "may_start", "may_approve"}}
# What the playbook adds to each object.
ADDED = {"organization", "project", "inventory", "execution_environment", "source_project"}
_TYPES: dict[str, Any] = {"str": str, "bool": bool, "int": int, "float": (int, float), "dict": dict, "list": list}


def read(folder: Path = FOLDER) -> dict[str, Any]:
    """Every variable of the files, without the anchors' own keys."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yml")):
        found.update(load(path))
    return {name: value for name, value in found.items() if not name.startswith("x-")}


def objects_of(read_files: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object with its module, as it is written."""
    for name, value in read_files.items():
        for each in value if isinstance(value, list) else [value]:
            yield MODULE_OF[name], each


def as_given(module: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """An object as the playbook hands it to its module, without what is added to all."""
    given = {key: value for key, value in written.items() if key not in OWN_KEYS.get(module, ())}
    if "credentials" in given:
        given["credentials"] = list(flattened(given["credentials"]))
    return given


def flattened(value: Any) -> Iterator[Any]:
    for each in value:
        if isinstance(each, list):
            yield from flattened(each)
        else:
            yield each


def misfits(given: Mapping[str, Any], options: Mapping[str, Any], place: str = "") -> list[str]:
    """Where a dictionary has not the form of the options: unknown and missing keys, types and choices, at any depth."""
    found = [f"{place}{key} is no option" for key in given if key not in options]
    for name, option in options.items():
        if option.get("required") and name not in given:
            found.append(f"{place}{name} is missing")
        if name in given:
            found += _misfits_of(given[name], option, f"{place}{name}")
    return found


def _misfits_of(value: Any, option: Mapping[str, Any], place: str) -> list[str]:
    kind = option.get("type", "str")
    is_bool = isinstance(value, bool)
    if not isinstance(value, _TYPES.get(kind, object)) or (is_bool and kind not in ("bool", "raw")):
        return [f"{place} is {value!r} and no {kind}"]
    if option.get("choices") and value not in option["choices"]:
        return [f"{place} is {value!r}, not one of {option['choices']}"]
    rows = value if isinstance(value, list) else [value]
    if option.get("elements") == "str" and not all(isinstance(row, str) for row in rows):
        return [f"{place} has an element that is no text"]
    if option.get("options"):
        return [problem for row in rows for problem in misfits(row, option["options"], f"{place}.")]
    return []


def arrived(answer: Any) -> Any:
    """An answer of a survey as ansible-core 2.19 gives it to a playbook: a text is read again, as one YAML scalar."""
    if isinstance(answer, list):
        return [arrived(each) for each in answer]
    if not isinstance(answer, str):
        return answer
    loader: Any = yaml.SafeLoader("")
    return loader.construct_object(yaml.ScalarNode(loader.resolve(yaml.ScalarNode, answer, (True, False)), answer))


def survey_misfits(survey: list[dict[str, Any]]) -> list[str]:
    """What AWX refuses in the questions of a survey, and what ansible-core would change in their answers."""
    found: list[str] = []
    names = [question.get("variable") for question in survey]
    found += [f"{name} is asked twice" for name in sorted({str(name) for name in names if names.count(name) > 1})]
    for question in survey:
        found += _question_misfits(question)
    return found


_QUESTION = {
    "variable": str, "question_name": str, "question_description": str, "type": str, "required": bool,
    "default": object, "min": int, "max": int, "choices": list,
}  # fmt: skip
_KINDS = ("text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float")


def _question_misfits(question: Mapping[str, Any]) -> list[str]:
    name = question.get("variable", "?")
    found = [f"{name}: {key} is no key of a question" for key in question if key not in _QUESTION]
    found += [
        f"{name}: {key} is missing"
        for key in ("variable", "question_name", "type", "required")
        if not isinstance(question.get(key), _QUESTION[key])
    ]
    found += [
        f"{name}: {key} is {question[key]!r}"
        for key in ("min", "max", "choices", "question_description")
        if key in question and (not isinstance(question[key], _QUESTION[key]) or isinstance(question[key], bool))
    ]
    kind, default, choices = str(question.get("type")), question.get("default", ""), question.get("choices", [])
    if kind not in _KINDS:
        return [*found, f"{name}: {kind} is no type of question"]
    if kind.startswith("multi") and (not choices or not all(isinstance(each, str) for each in choices)):
        found.append(f"{name}: its choices are no list of texts")
    if not found and len(set(choices)) < len(choices):
        found.append(f"{name}: a choice is given twice")
    if not found and question.get("min", 0) > question.get("max", question.get("min", 0)):
        found.append(f"{name}: min is more than max")
    if found:
        return found
    if default != "":
        # Of several choices AWX takes a text, a line each.
        given = default.splitlines() if kind == "multiselect" and isinstance(default, str) else default
        found += [f"{name}: the default {problem}" for problem in answer_misfits(question, given)]
    if kind == "text" and isinstance(default, str) and default and arrived(default) != default:
        found.append(f"{name}: the default {default!r} would arrive as {arrived(default)!r}")
    odd = [choice for choice in choices if arrived(choice) != choice and choice not in ("yes", "no")]
    return found + [f"{name}: the choice {choice!r} would arrive as {arrived(choice)!r}" for choice in odd]


def node_misfits(nodes: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the graph of a workflow: successors that do not exist, a cycle, more than one beginning."""
    after = {
        str(node.get("identifier")): [
            (kind, str(row.get("identifier")))
            for kind in ("success_nodes", "failure_nodes", "always_nodes")
            for row in (node.get("related") or {}).get(kind) or ()
        ]
        for node in nodes
    }
    found = ["two nodes have one identifier"] if len(after) < len(nodes) else []
    found += [
        f"{name} leads to {to}, which is no node"
        for name, rows in after.items()
        for dummy, to in rows
        if to not in after
    ]
    if found:
        return found
    roots = set(after) - {to for rows in after.values() for dummy, to in rows}
    if _has_cycle(after):
        return ["the nodes go round in a circle"]
    return [] if len(roots) == 1 else [f"it begins at {sorted(roots)} and not at one node"]


def _has_cycle(after: Mapping[str, list[tuple[str, str]]]) -> bool:
    rest = dict(after)
    while rest:
        ends = [name for name, rows in rest.items() if all(to not in rest for dummy, to in rows)]
        if not ends:
            return True
        for name in ends:
            del rest[name]
    return False
