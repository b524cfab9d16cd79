"""Answers of surveys as ansible-core 2.19 gives them to a playbook: their type has changed, and their meaning has not.

AWX writes an answer as `!unsafe '0123'`, and core reads the text again as YAML. The table of what arrives is held
against core itself in tests/integration/playbooks/test_awx_surveys.py. Each answer of the table is tried with each
question of each template: either the first play refuses it (check_run), or every expression of the playbook that reads
it gives what was answered.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import names_in
from ansible_collections.pafar.runbook.plugins.module_utils._run.changed_answers import (
    MarkedText,
    changed_answers,
    refusal,
)
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import TRUTHS

from contract.test_awx import TEMPLATES, code_of, playbook_of, roles_of, strict_options
from contract.test_completeness import load, spec_of
from support.awx.objects import arrived
from support.awx.uses import Use, uses_of
from support.servers import ROOT

TEXTS = [
    "0123", "2026-11-23", "2026-11-23T14:56:35Z", "14:40", "14:40 UTC", "+2", "4711", "0", "15", "20%", "1.10", "1.5",
    "yes", "null", "web", "web, worker", "key: value", "# x", "'x'", "last_good", "30m", "ab12cd34ef56",
]  # fmt: skip
QUESTIONS = [
    pytest.param(name, question, id=f"{name}-{question['variable']}")
    for name, template in TEMPLATES.items()
    for question in template.get("survey", [])
]
# Beside what is asked, of which the one without the other is refused.
TOGETHER = {
    "incident_postmortem_text": {"incident_postmortem_section": "lessons"},
    "incident_postmortem_section": {"incident_postmortem_text": "x"},
}
# Expressions that hand no answer on: what was done, whether there is an answer, and each word of one.
NOT_HANDED_ON = ("__scale_services_applied", "'unhealthy' if not restart_services_services", "regex_findall(")


def answers(question: dict[str, Any]) -> list[Any]:
    """What may be given: the values of the table that the question takes."""
    kind, choices = question["type"], question.get("choices", [])
    if kind == "multiplechoice":
        return [*choices, *([] if question["required"] else [""])]
    if kind == "multiselect":
        return [[choice] for choice in choices] + [list(choices)]
    if kind == "integer":
        return [question.get("min", 1), question.get("max", 1000)]
    return [*TEXTS, *([] if question["required"] else [""])]


def is_refused(variable: str, answer: Any) -> bool:
    """By the first play of every playbook, in one paragraph that names the variable and the answer."""
    written = [MarkedText(each) for each in answer] if isinstance(answer, list) else answer
    written = MarkedText(answer) if isinstance(answer, str) else written
    changed = changed_answers({variable: written}, {variable: arrived(answer)})
    if changed:
        text = refusal(changed)
        assert "\n" not in text
        assert f"{variable} was '{answer}'" in text
        assert "Nothing was done." in text
    return bool(changed)


def same(value: Any, answer: Any) -> bool:
    """Whether a value says what was answered: a moment may be written in another way."""
    if isinstance(value, bool):
        return value == (answer == "yes")
    if isinstance(value, list):
        several = answer if isinstance(answer, list) else str(answer).split(",")
        return names_in([str(each) for each in value]) == [each.strip() for each in several]
    if isinstance(answer, int):
        return float(value) == answer
    text = str("" if value is None else value)
    return text == str(answer) or text.replace(" ", "T").replace("+00:00", "Z") == str(answer)


@functools.cache
def role_option(variable: str, playbook: str) -> dict[str, Any]:
    """The option of the role that checks the variable; empty where a playbook reads it itself."""
    for role in roles_of(code_of(playbook)):
        options = load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        if variable in options and variable in strict_options():
            return {key: value for key, value in options[variable].items() if key != "description"}
    return {}


def checked(option: dict[str, Any], value: Any) -> tuple[Any, list[str]]:
    found = ArgumentSpecValidator({"value": {**option, "required": False}}).validate({"value": value})
    return found.validated_parameters.get("value"), found.error_messages


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_an_answer_is_refused_or_means_what_was_answered(name: str, question: dict[str, Any]) -> None:
    assert meanings(playbook_of(TEMPLATES[name]), json.dumps(question)) == []


@functools.cache
def meanings(playbook: str, question: str) -> list[str]:
    """Where an answer arrives as something else; several templates have one playbook and one question."""
    asked = json.loads(question)
    return [
        f"{answer!r}: {problem}"
        for answer in answers(asked)
        if not is_refused(asked["variable"], answer)
        for problem in problems(playbook, asked["variable"], answer)
    ]


def problems(playbook: str, variable: str, answer: Any) -> Iterator[str]:
    option = role_option(variable, playbook)
    if option:
        value, errors = checked(option, arrived(answer))
        if errors or not same(value, answer):
            yield f"the role gets {value!r} {errors}"
    for use in uses_of(playbook, variable):
        if not use.is_message and not any(words in use.text for words in NOT_HANDED_ON):
            yield from problems_of(use, variable, answer)


def problems_of(use: Use, variable: str, answer: Any) -> Iterator[str]:
    given = {**TOGETHER.get(variable, {}), variable: arrived(answer)}
    try:
        value = use.arrives(given)
    except Exception as error:  # whatever a template raises
        yield f"{use.text}: {error}"
        return
    if use.is_condition or answer == "":
        return
    if use.module and use.option == use.key:
        spec = spec_of(use.module)[use.option]
        value, errors = checked({key: spec[key] for key in ("type", "elements", "choices") if key in spec}, value)
        if errors:
            yield f"{use.module} refuses {value!r}: {errors}"
            return
    if use.is_one_expression and not any(same(each, answer) for each in (value, *leaves(value))):
        yield f"{use.module} {use.option} {use.text} gives {value!r}"
    if not use.is_one_expression and str(answer) not in str(value):
        yield f"{use.text} gives {value!r}"


def leaves(value: Any) -> Iterator[Any]:
    """What is handed on within a list of words, or as one value of several."""
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def test_every_question_is_read_by_an_expression() -> None:
    """Else nothing was tried above."""
    for name, template in TEMPLATES.items():
        for question in template.get("survey", []):
            variable, playbook = question["variable"], playbook_of(template)
            assert role_option(variable, playbook) or uses_of(playbook, variable), (name, variable)


def test_only_what_is_true_or_false_is_asked_with_yes_and_no() -> None:
    for template in TEMPLATES.values():
        for question in template.get("survey", []):
            assert (set(question.get("choices", [])) == {"yes", "no"}) == (question["variable"] in TRUTHS)


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
    assert arrived("key: value # x") == "key: value # x"


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_choice_arrives_as_it_is_or_as_a_truth(name: str, question: dict[str, Any]) -> None:
    for choice in question.get("choices", []):
        assert arrived(choice) == (choice == "yes" if question["variable"] in TRUTHS else choice), name


def test_what_changes_its_meaning_is_asked_in_another_way() -> None:
    """A step would be a number, and a number of replicas is what acts on it."""
    (question,) = [each for each in TEMPLATES["Runbook: scale a service"]["survey"] if "replicas" in each["variable"]]
    assert question["type"] == "integer"
    assert is_refused("scale_services_replicas", "+2")
