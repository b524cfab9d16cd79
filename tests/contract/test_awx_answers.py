"""Answers of surveys as ansible-core 2.19 gives them to a playbook: their type has changed, and their meaning has not.

AWX writes an answer as `!unsafe '0123'`, and core reads the text again as YAML. The table of what arrives is held
against core itself in tests/integration/playbooks/test_awx_surveys.py.
"""

from __future__ import annotations

import functools
from datetime import date
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import names_in

from contract.test_awx import TEMPLATES, code_of, playbook_of, roles_of, strict_options
from contract.test_completeness import load
from support.awx.objects import arrived
from support.servers import ROOT

TEXTS = ["0123", "2026-11-23", "14:40", "+2", "4711", "15", "yes", "web", "web, worker", "20%", "last_good"]
QUESTIONS = [
    pytest.param(name, question, id=f"{name}-{question['variable']}")
    for name, template in TEMPLATES.items()
    for question in template.get("survey", [])
]


def answers(question: dict[str, Any]) -> list[Any]:
    """What may be given: the values of the table that the question takes."""
    kind, choices = question["type"], question.get("choices", [])
    if kind == "multiplechoice":
        return list(choices)
    if kind == "multiselect":
        return [[choice] for choice in choices] + [list(choices)]
    if kind == "integer":
        return [question.get("min", 1), question.get("max", 1000)]
    return [*TEXTS, *([] if question["required"] else [""])]


@functools.cache
def spec_of(variable: str, playbook: str) -> dict[str, Any]:
    """The option of the role that checks the variable; of what a playbook reads itself, that of a module: a text."""
    for role in roles_of(code_of(playbook)):
        options = load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        if variable in options and variable in strict_options():
            return {key: value for key, value in options[variable].items() if key != "description"}
    return {}


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_no_answer_is_refused_for_its_type(name: str, question: dict[str, Any]) -> None:
    variable = question["variable"]
    spec = spec_of(variable, playbook_of(TEMPLATES[name]))
    if not spec:
        return
    for answer in answers(question):
        checked = ArgumentSpecValidator({variable: spec}).validate({variable: arrived(answer)})
        if spec["type"] == "list" and isinstance(arrived(answer), date):
            assert checked.error_messages  # a name that is a date is refused, and nothing else is taken for it
            continue
        assert checked.error_messages == [], (answer, arrived(answer))
        assert meaning(checked.validated_parameters[variable], spec) == meant(answer, spec)


def meaning(value: Any, spec: dict[str, Any]) -> Any:
    return names_in([str(each) for each in value]) if spec["type"] == "list" else value


def meant(answer: Any, spec: dict[str, Any]) -> Any:
    """What was meant, for the texts that have one meaning in YAML; core has changed the others."""
    text = str(arrived(answer))
    if spec["type"] == "list":
        return [each.strip() for each in text.split(",")]
    if spec["type"] == "bool":
        return answer == "yes"
    return text if spec["type"] == "str" else int(answer)


@pytest.mark.parametrize(
    ("given", "names"),
    [(["web", " worker"], ["web", "worker"]), (["0123", ""], ["0123"]), (["", " "], ["", " "]), ([], []), ([""], [""])],
)
def test_a_list_in_a_text_may_have_blanks_and_an_end(given: list[str], names: list[str]) -> None:
    """A comma at its end keeps a name of digits a text. No name is not every one."""
    assert names_in(given) == names


def test_what_an_answer_becomes() -> None:
    assert arrived("0123") == 83
    assert str(arrived("2026-11-23")) == "2026-11-23"
    assert arrived("") is None
    assert arrived("yes") is True
    assert arrived(["15", "16"]) == [15, 16]
    assert arrived(5) == 5


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_choice_arrives_as_it_is_or_as_a_truth(name: str, question: dict[str, Any]) -> None:
    for choice in question.get("choices", []):
        assert arrived(choice) in (choice, True, False)
        if arrived(choice) != choice:
            assert yaml.safe_load(choice) is (choice == "yes")


def test_what_changes_its_meaning_is_asked_in_another_way() -> None:
    """A step would be a number, and a number of replicas is what acts on it."""
    (question,) = [each for each in TEMPLATES["Runbook: scale a service"]["survey"] if "replicas" in each["variable"]]
    assert question["type"] == "integer"
    assert arrived("+2") == 2
