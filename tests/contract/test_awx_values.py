"""The configuration of AWX where awx.awx has no options: rules of schedules, kinds of credentials, messages, rights.

A fault that AWX refuses only when it is loaded, or that it takes and that then has no effect, is found here.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.test_awx import OBJECTS, TEMPLATES, WORKFLOWS, playbook_of
from contract.test_completeness import load
from support.awx import check
from support.awx.objects import FOLDER, as_given, flattened, objects_of, survey_misfits
from support.awx.uses import files_of
from support.awx.values import answer_misfits, credential_type_misfits, notification_misfits, rule_misfits
from support.servers import ROOT

# What is due -> how often, and no end.
DUE = {"preflight": "DAILY", "incident_tick": "MINUTELY", "incident_report": "MONTHLY"}
# Fields of credentials that are no secret.
OPEN = {"address", "user"}
# What a playbook connects to -> the credential that its job needs.
NEEDS = {
    "group/pafar.runbook.postgres:": "Runbook database",
    "group/pafar.runbook.compose:": "Runbook Docker host",
    "pafar.runbook.awx_approval:": "Runbook AWX",
}
APPROVAL = ("messages", "workflow_approval", "running", "message")


def inner() -> set[str]:
    """Templates that are nodes of workflows."""
    nodes = [node["unified_job_template"] for workflow in WORKFLOWS.values() for node in workflow["workflow_nodes"]]
    return {each["name"] for each in nodes if each["type"] == "job_template"}


def changed(value: Any, place: tuple[Any, ...], to: Any) -> Any:
    """A copy with something else at a place."""
    found = copy.deepcopy(value)
    *way, last = place
    target = found
    for step in way:
        target = target[step]
    target[last] = to
    return found


@pytest.mark.parametrize("schedule", OBJECTS["awx_schedules"], ids=lambda each: each["name"])
def test_a_schedule_has_a_rule_that_awx_takes_and_answers_that_its_survey_takes(schedule: dict[str, Any]) -> None:
    assert rule_misfits(schedule["rrule"]) == []
    template = {**TEMPLATES, **WORKFLOWS}[schedule["unified_job_template"]]
    for question in template.get("survey", []):
        if question["variable"] in schedule.get("extra_data", {}):
            assert answer_misfits(question, schedule["extra_data"][question["variable"]]) == []


def test_what_is_due_comes_each_minute_each_day_and_each_month() -> None:
    for schedule in OBJECTS["awx_schedules"]:
        rule = schedule["rrule"].partition("RRULE:")[2].split(";")
        assert f"FREQ={DUE[playbook_of(TEMPLATES[schedule['unified_job_template']])]}" in rule
        assert "INTERVAL=1" in rule
        assert not [part for part in rule if part.startswith(("COUNT", "UNTIL"))]
        assert schedule.get("enabled", True)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("MINUTELY", "MINUTLY"), ("MINUTELY", "SECONDLY"), ("INTERVAL=1", "INTERVAL=0"), (";INTERVAL=1", ""),
        ("UTC", "Europe/Berln"), (";TZID=UTC", ""), ("20260101", "20261301"), ("20260101", "2026-01-01"),
        ("INTERVAL=1", "INTERVAL=1;BYMONTHDAY=32"), ("INTERVAL=1", "INTERVAL=1;BYDAY=XX"),
        ("INTERVAL=1", "INTERVAL=1;BYMONTHDY=1"), ("INTERVAL=1", "INTERVAL=1;FREQ=DAILY"), ("RRULE:", "RULE:"),
        ("INTERVAL=1", "INTERVAL=1;BYDAY=1MO"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(right: str, wrong: str) -> None:
    rule = "DTSTART;TZID=UTC:20260101T000000 RRULE:FREQ=MINUTELY;INTERVAL=1"
    assert rule_misfits(rule) == []
    assert len(rule_misfits(rule.replace(right, wrong))) >= 1


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ({"type": "multiplechoice", "choices": ["yes", "no"]}, "yes", ["maybe", True, ["yes"]]),
        ({"type": "multiselect", "choices": ["a", "b"]}, ["a"], ["a", ["c"]]),
        ({"type": "integer", "min": 1, "max": 5}, 5, [0, 6, "5", True, 2.5]),
        ({"type": "float", "max": 5}, 0.5, [6, "1"]),
        ({"type": "text", "min": 2, "max": 3}, "abc", ["a", "abcd", 12, None]),
    ],
)
def test_an_answer_that_its_question_does_not_take_is_found(question: Any, right: Any, wrong: list[Any]) -> None:
    assert answer_misfits(question, right) == []
    assert [each for each in wrong if answer_misfits(question, each) == []] == []


@pytest.mark.parametrize(
    "more",
    [
        {"default": 0}, {"default": 9}, {"min": "1"}, {"min": 6}, {"type": "text", "default": "abcdef"},
        {"type": "multiplechoice", "choices": "abc"}, {"type": "multiplechoice", "choices": ["a", "a"]},
        {"type": "multiplechoice", "choices": [1, 2]}, {"type": "multiselect", "choices": ["a"], "default": "a\nb"},
    ],
)  # fmt: skip
def test_a_question_with_a_wrong_range_or_wrong_choices_is_found(more: dict[str, Any]) -> None:
    question = {"variable": "x", "question_name": "X", "type": "integer", "required": True, "min": 1, "max": 5}
    assert survey_misfits([{**question, "default": 5}]) == []
    assert len(survey_misfits([{**question, **more}])) == 1


@pytest.mark.parametrize("kind", OBJECTS["awx_credential_types"], ids=lambda kind: kind["name"])
def test_a_type_of_credential_is_one_that_awx_takes_and_hides_its_secrets(kind: dict[str, Any]) -> None:
    assert credential_type_misfits(kind) == []
    assert {field["id"] for field in kind["inputs"]["fields"] if not field.get("secret")} <= OPEN


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("inputs", "requird"), []),
        (("inputs", "required"), ["pasword"]),
        (("inputs", "fields", 0, "secrt"), True),
        (("inputs", "fields", 0, "secret"), "yes"),
        (("inputs", "fields", 0, "type"), "text"),
        (("inputs", "fields", 0, "format"), "key"),
        (("inputs", "fields", 0, "id"), "reserve_password"),
        (("injectors", "evn"), {}),
        (("injectors", "env", "RUNBOOK-X"), "x"),
    ],
)
def test_a_fault_in_a_type_of_credential_is_found(place: tuple[Any, ...], value: Any) -> None:
    kind = OBJECTS["awx_credential_types"][0]
    assert credential_type_misfits(changed(kind, place, value)) != []


@pytest.mark.parametrize("template", OBJECTS["awx_notification_templates"], ids=lambda each: each["name"])
def test_a_notification_template_is_one_that_awx_takes(template: dict[str, Any]) -> None:
    assert notification_misfits(template) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("notification_configuration",), {"token": "t", "chanels": ["x"], "hex_color": ""}),
        (("notification_configuration", "channels"), "pafar-incidents"),
        (("messages", "eror"), {}),
        (("messages", "running"), {}),
        (("messages", "workflow_approval", "runing"), {}),
        (("messages", "workflow_approval", "error"), {}),
        (("messages", "error", "title"), "x"),
        (APPROVAL, "{{ approval_node }} is pending"),
        (APPROVAL, "a\nb"),
    ],
)
def test_a_fault_in_a_notification_template_is_found(place: tuple[Any, ...], value: Any) -> None:
    template = OBJECTS["awx_notification_templates"][0]
    assert notification_misfits(changed(template, place, value)) != []


def test_the_playbook_of_a_template_is_a_file_of_the_project() -> None:
    assert [name for name, each in TEMPLATES.items() if not (ROOT / each["playbook"]).is_file()] == []


def test_every_team_has_a_right_and_every_template_that_a_person_starts_a_team() -> None:
    named = [*TEMPLATES.values(), *WORKFLOWS.values()]
    with_right = {team for each in named for team in (*each["may_start"], *each.get("may_approve", []))}
    assert with_right == {team["name"] for team in OBJECTS["awx_teams"]}
    assert {name for name, each in TEMPLATES.items() if not each["may_start"]} == inner()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_has_the_credentials_of_what_its_playbook_connects_to(name: str) -> None:
    template = TEMPLATES[name]
    code = "".join(path.read_text() for path in files_of(playbook_of(template)))
    needed = {credential for words, credential in NEEDS.items() if words in code}
    assert needed <= set(flattened(template["credentials"]))


def test_a_plan_is_made_with_the_credentials_of_the_mitigation() -> None:
    for workflow in WORKFLOWS.values():
        (plan,) = [node for node in workflow["workflow_nodes"] if node["identifier"] == "plan"]
        of_plan = TEMPLATES[plan["unified_job_template"]["name"]]["credentials"]
        assert set(flattened(of_plan)) == set(flattened(TEMPLATES[workflow["survey_of"]]["credentials"]))


def test_what_carries_out_a_plan_wants_another_person_than_the_one_who_asked() -> None:
    carrying_out = [name for name, each in TEMPLATES.items() if playbook_of(each) == "approve"]
    assert carrying_out == ["Runbook: approve", "Runbook: apply"]
    assert all(TEMPLATES[name]["extra_vars"] == {"runbook_four_eyes": True} for name in carrying_out)


def test_the_limit_of_a_workflow_reaches_its_nodes_and_two_of_them_may_run_at_once() -> None:
    """A job whose template does not ask for the limit runs on all hosts; one that must be alone waits for others."""
    for each in [*WORKFLOWS.values(), *(TEMPLATES[name] for name in inner())]:
        assert (each.get("ask_limit_on_launch"), each.get("allow_simultaneous")) == (True, True), each["name"]
    for workflow in WORKFLOWS.values():
        (last,) = [node for node in workflow["workflow_nodes"] if node["identifier"] == "hand over"]
        assert last["all_parents_must_converge"] is False, "one of the others is enough"


def test_credentials_of_a_project_and_of_an_image_exist() -> None:
    for name in ("awx_project", "awx_inventory_project", "awx_execution_environment"):
        named = {OBJECTS[name]["credential"]} if "credential" in OBJECTS[name] else set()
        assert named <= {credential["name"] for credential in OBJECTS["awx_credentials"]}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "words"),
    [
        ("workflows", "- identifier: plan", "- identifer: plan", "identifer is no option"),
        ("workflows", "{success_nodes: [{identifier: apply}]", "{succes_nodes: [{identifier: apply}]", "succes_nodes"),
        ("workflows", "success_nodes: [{identifier: apply}]", "success_nodes: [{identifier: x}]", "which is no node"),
        ("workflows", "must_converge: false", "must_converge: 1", "all_parents_must_converge is 1"),
        ("workflows", "converge: false", "converge: no\n    related: {always_nodes: [{identifier: look}]}", "circle"),
        ("workflows", "may_approve: [Runbook approvers]", "may_approve: [Approvers]", "there is no team Approvers"),
        ("workflows", '"Runbook: apply"', '"Runbook: aply"', "there is no template Runbook: aply"),
        ("workflows", 'survey_of: "Runbook: undo"', 'survey_of: "undo"', "there is no template undo"),
        ("job_templates", "required: true\n        default: 30", "required: 1\n        default: 30", "required"),
        ("job_templates", "timeout: 900", "timeout: soon", "timeout is 'soon'"),
        ("job_templates", "*telling, Runbook database", "*telling, Runbook databse", "no credential Runbook databse"),
        ("schedules", "FREQ=DAILY", "FREQ=DALY", "FREQ=DALY"),
        ("schedules", '"yes"', '"maybe"', "none of its choices"),
        ("schedules", 'preflight_strict: "yes"', 'preflight: "yes"', "preflight is not asked"),
        ("schedules", 'extra_data: {preflight_strict: "yes"}', "enabled: true", "preflight_strict has no answer"),
        ("schedules", '"Runbook: tick"', '"tick"', "there is no template tick"),
        ("credential_types", "label: Routing key, secret", "label: Routing key, secrt", "secrt is no key"),
        ("notifications", "channels:", "chanels:", "chanels is no option"),
    ],
)  # fmt: skip
def test_a_fault_in_a_copy_of_a_site_is_found(
    tmp_path: Path, capsys: Any, file: str, right: str, wrong: str, words: str
) -> None:
    """awx.awx does not look into the nodes of a workflow."""
    shutil.copytree(FOLDER, tmp_path / "awx")
    assert check.main(tmp_path / "awx") == 0
    path = tmp_path / f"awx/{file}.yml"
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong, 1))
    assert check.main(tmp_path / "awx") == 1
    assert words in capsys.readouterr().out


def options_of_playbook() -> Iterator[tuple[str, str, str]]:
    """Each option that the playbook hands to a module, with its text."""
    for task in load(ROOT / "playbooks/parts/awx_objects.yml"):
        for name, options in task.items():
            if name.startswith("awx.awx."):
                yield from ((name.removeprefix("awx.awx."), option, str(text)) for option, text in options.items())


@pytest.mark.parametrize(("module", "written"), list(objects_of(OBJECTS)), ids=lambda each: str(each)[:60])
def test_what_an_object_says_is_what_reaches_awx(module: str, written: dict[str, Any]) -> None:
    """Not a value of the playbook in its place, such as ``ask_variables_on_launch``."""
    texts = [(option, text) for name, option, text in options_of_playbook() if name == module]
    for key in as_given(module, written):
        assert [text for option, text in texts if option == key and f".{key}" in text], key
