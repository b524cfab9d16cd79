"""The configuration of AWX: each object has the form of its module, and everything that is named exists and is used."""

from __future__ import annotations

import copy
import functools
import re
import time
from datetime import datetime

import jinja2
import pytest
import yaml
from ansible.plugins.filter.core import strftime
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import SETTINGS

from contract.test_completeness import PLAYBOOKS, ROLES, load
from contract.test_playbooks import NO_MITIGATION
from support.awx.objects import (
    ADDED,
    SPECS,
    as_given,
    flattened,
    misfits,
    node_misfits,
    objects_of,
    read,
    survey_misfits,
)
from support.awx.uses import uses_of
from support.servers import ROOT

OBJECTS = read()
TEMPLATES = {template["name"]: template for template in OBJECTS["awx_job_templates"]}
WORKFLOWS = {workflow["name"]: workflow for workflow in OBJECTS["awx_workflows"]}
# It makes them; and a game day needs a Docker engine beside the job and the platform's code, which no job of AWX has.
NO_TEMPLATE = {"awx_setup", "game_day"}
IN_A_WORKFLOW = {
    "Runbook: apply",
    "Runbook: hand over",
    "Runbook: plan to approve",
}  # what they need comes from the workflow
# What a playbook cannot do without, which therefore must be answered.
MUST_BE_ASKED = {
    "approve": {"incident_id", "incident_approved_digest"},
    "container_start_stop": {"switch_containers_containers", "switch_containers_state"},
    "db_session_cancel": {"db_session_cancel_session"},
    "incident_action": {"incident_id", "incident_action_key"},
    "incident_checklist": {"incident_act_item"},
    "incident_close": {"incident_id"},
    "incident_note": {"incident_note_text"},
    "incident_open": {"incident_act_text", "incident_act_reported_by"},
    "incident_postmortem": {"incident_id"},
    "incident_role": {"incident_act_role"},
    "incident_severity": {"incident_act_severity", "incident_act_reason"},
    "incident_update": {"incident_act_text"},
    "service_scale": {"scale_services_service", "scale_services_replicas"},
    "undo": {"incident_id"},
}
# Roles whose variables are not checked against their specs where a playbook imports them, so that they may be none.
MAY_BE_NONE = {"incident", "announce"}
BUILT_IN = {
    "Machine": {"username", "ssh_key_data"},
    "Red Hat Ansible Automation Platform": {"host", "oauth_token", "verify_ssl"},
}  # fmt: skip


def playbook_of(template):
    return template["playbook"].removeprefix("playbooks/").removesuffix(".yml")


def roles_of(text):
    return [role for role in ROLES if f"pafar.runbook.{role}\n" in text]


@functools.cache
def code_of(playbook):
    """All that a playbook reads: its parts, and the roles that it names."""
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text()
    for part in re.findall(r"import_playbook: (parts/\S+)", text):
        text += (ROOT / "playbooks" / part).read_text()
    for role in roles_of(text):
        text += "".join(path.read_text() for path in (ROOT / "roles" / role).glob("[td]*/*.yml"))
    return text


def mitigates(playbook):
    return bool(set(roles_of(code_of(playbook))) - NO_MITIGATION)


@pytest.mark.parametrize(("module", "written"), list(objects_of(OBJECTS)), ids=lambda each: str(each)[:60])
def test_an_object_has_the_form_of_its_module(module, written):
    options = {name: option for name, option in SPECS[module].items() if name not in ADDED or name in written}
    assert misfits(as_given(module, written), options) == []


@functools.cache
def strict_options():
    """The options of roles whose spec is checked."""
    return {
        option
        for role in set(ROLES) - MAY_BE_NONE
        for option in load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    }


@functools.cache
def passed_on():
    """Module -> the options that the playbook hands to it."""
    found = {}
    for task in load(ROOT / "playbooks/parts/awx_objects.yml"):
        for name, options in task.items():
            if name.startswith("awx.awx."):
                found.setdefault(name.removeprefix("awx.awx."), set()).update(options)
    return found


@pytest.mark.parametrize(("module", "written"), list(objects_of(OBJECTS)), ids=lambda each: str(each)[:60])
def test_what_an_object_says_reaches_awx(module, written):
    assert set(as_given(module, written)) <= passed_on()[module]


@pytest.mark.parametrize(
    ("module", "place", "value"),
    [
        ("job_template", ("playbok",), "playbooks/triage.yml"),
        ("job_template", ("ask_limit_on_launch",), "on"),
        ("credential_type", ("kind",), "database"),
        ("schedule", ("rule",), "x"),
        ("workflow_job_template", ("workflow_nodes", 0, "identifer"), "plan"),
        ("workflow_job_template", ("workflow_nodes", 0, "related", "succes_nodes"), []),
        ("workflow_job_template", ("workflow_nodes", 0, "related", "success_nodes", 0, "id"), "x"),
        ("workflow_job_template", ("workflow_nodes", 1, "unified_job_template", "timeout"), "1800"),
        ("workflow_job_template", ("workflow_nodes", 1, "unified_job_template", "approvers"), ["x"]),
        ("workflow_job_template", ("workflow_nodes", 0, "unified_job_template", "type"), "job"),
        ("workflow_job_template", ("workflow_nodes", 0, "job_type"), "dry"),
    ],
)
def test_a_misspelt_or_wrong_option_is_found(module, place, value):
    written = next(copy.deepcopy(each) for name, each in objects_of(OBJECTS) if name == module)
    *way, last = place
    target = written
    for step in way:
        target = target[step]
    target[last] = value
    assert len(misfits(as_given(module, written), SPECS[module])) == 1


def test_names_are_unique():
    for value in OBJECTS.values():
        names = [each["name"] for each in value] if isinstance(value, list) else []
        assert len(names) == len(set(names))


def test_every_playbook_has_a_template_and_every_template_a_playbook():
    named = {playbook_of(template) for template in TEMPLATES.values()}
    assert named == {path.stem for path in PLAYBOOKS} - NO_TEMPLATE


@pytest.mark.parametrize("name", TEMPLATES)
class TestSurvey:
    def test_awx_takes_it_and_no_answer_changes_its_meaning(self, name):
        assert survey_misfits(TEMPLATES[name].get("survey", [])) == []

    def test_every_variable_is_read_by_the_playbook(self, name):
        template = TEMPLATES[name]
        asked = [question["variable"] for question in template.get("survey", [])]
        for variable in [*asked, *template.get("extra_vars", {})]:
            assert variable in SETTINGS
            assert [use for use in uses_of(playbook_of(template), variable) if not use.is_message], variable

    def test_what_must_be_answered_is_asked(self, name):
        template = TEMPLATES[name]
        required = {question["variable"] for question in template.get("survey", []) if question["required"]}
        must = set() if name in IN_A_WORKFLOW else MUST_BE_ASKED.get(playbook_of(template), set())
        assert must <= required

    def test_what_may_be_left_empty_may_be_none(self, name):
        """An empty text arrives as none, which the spec of a role refuses."""
        optional = {question["variable"] for question in TEMPLATES[name].get("survey", []) if not question["required"]}
        assert optional & strict_options() == set()


def test_what_the_playbooks_themselves_demand_is_in_the_table():
    """``that: x | default('', true) | string | length > 0`` in a playbook."""
    demand = re.compile(r"(\w+) \| default\('', true\)(?: \| string)? \| length > 0")
    for path in PLAYBOOKS:
        for task in re.findall(r"ansible.builtin.assert:\n(.*?)fail_msg", path.read_text(), re.S):
            # What is demanded only of a new thing stands before an `or`.
            always = [line for line in task.splitlines() if " or " not in line]
            assert set(demand.findall("\n".join(always))) <= MUST_BE_ASKED.get(path.stem, set())


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"variable": "x", "question_name": "X", "type": "txt", "required": True}, "no type of question"),
        ({"variable": "x", "question_name": "X", "type": "text", "required": "yes"}, "required is missing"),
        ({"variable": "x", "question_name": "X", "type": "text", "required": True, "defualt": "y"}, "no key"),
        ({"variable": "x", "question_name": "X", "type": "integer", "required": True, "default": "5"}, "no integer"),
        ({"variable": "x", "question_name": "X", "type": "text", "required": True, "default": "0123"}, "arrive as 83"),
        ({"variable": "x", "question_name": "X", "type": "text", "required": True, "default": "14:40"}, "as 880"),
        (
            {"variable": "x", "question_name": "X", "type": "multiplechoice", "required": True,
             "choices": ["15", "16"]},
            "arrive as 15",
        ),
        (
            {"variable": "x", "question_name": "X", "type": "multiplechoice", "required": True, "choices": ["a"],
             "default": "b"},
            "none of its choices",
        ),
    ],
)  # fmt: skip
def test_a_wrong_question_is_found(question, words):
    assert any(words in problem for problem in survey_misfits([question]))
    assert survey_misfits([{"variable": "x", "question_name": "X", "type": "text", "required": True}]) == []


def test_a_question_that_is_asked_twice_is_found():
    question = {"variable": "x", "question_name": "X", "type": "text", "required": True}
    assert survey_misfits([question, question]) == ["x is asked twice"]


@pytest.mark.parametrize("name", WORKFLOWS)
class TestWorkflow:
    def nodes(self, name):
        return {node["identifier"]: node for node in WORKFLOWS[name]["workflow_nodes"]}

    def to(self, node, kind):
        return [row["identifier"] for row in node.get("related", {}).get(kind, [])]

    def test_its_graph_is_sound(self, name):
        assert node_misfits(WORKFLOWS[name]["workflow_nodes"]) == []

    def test_it_goes_from_the_plan_through_an_approval_to_the_act(self, name):
        nodes = self.nodes(name)
        assert self.to(nodes["plan"], "success_nodes") == ["look"], "no person is asked to approve nothing"
        assert self.to(nodes["look"], "success_nodes") == ["approval"]
        assert self.to(nodes["approval"], "success_nodes") == ["apply"]
        assert nodes["approval"]["unified_job_template"]["type"] == "workflow_approval"
        assert nodes["approval"]["unified_job_template"]["timeout"] > 0
        for node in ("plan", "look", "approval", "apply"):
            assert self.to(nodes[node], "failure_nodes") == ["hand over"]
            assert self.to(nodes[node], "always_nodes") == []
        ways_to_apply = [
            (node, kind) for node in nodes for kind in ("success_nodes", "failure_nodes")
            if "apply" in self.to(nodes[node], kind)
        ]  # fmt: skip
        assert ways_to_apply == [("approval", "success_nodes")]

    def test_its_jobs_exist(self, name):
        nodes = self.nodes(name)
        jobs = {key: node["unified_job_template"]["name"] for key, node in nodes.items() if key != "approval"}
        assert set(jobs.values()) <= set(TEMPLATES)
        assert jobs["apply"] == "Runbook: apply"
        assert jobs["hand over"] == "Runbook: hand over"
        assert jobs["look"] == "Runbook: plan to approve"
        assert "notification_templates_error" not in TEMPLATES[jobs["look"]], "that it fails is no failure"

    def test_its_plan_is_that_of_the_mitigation_with_the_gate_shut(self, name):
        asked = TEMPLATES[WORKFLOWS[name]["survey_of"]]
        plan = TEMPLATES[self.nodes(name)["plan"]["unified_job_template"]["name"]]
        assert plan["playbook"] == asked["playbook"]
        assert plan["survey"] == asked["survey"]
        assert plan["extra_vars"] == {"incident_only_approved": True}

    def test_it_says_who_may_start_and_who_may_approve(self, name):
        assert WORKFLOWS[name]["may_start"]
        assert WORKFLOWS[name]["may_approve"]
        assert not set(WORKFLOWS[name]["may_start"]) & set(WORKFLOWS[name]["may_approve"])


def test_every_mitigation_has_a_workflow():
    with_one = {playbook_of(TEMPLATES[workflow["survey_of"]]) for workflow in WORKFLOWS.values()}
    assert with_one == {path.stem for path in PLAYBOOKS if mitigates(path.stem)} - {"approve"}


def test_no_template_of_a_plan_or_an_act_of_a_workflow_can_be_started_alone():
    inner = {
        node["unified_job_template"]["name"]
        for workflow in WORKFLOWS.values()
        for node in workflow["workflow_nodes"]
        if node["unified_job_template"]["type"] == "job_template"
    }
    assert [name for name in inner if TEMPLATES[name]["may_start"]] == []


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([{"identifier": "a", "related": {"success_nodes": [{"identifier": "c"}]}}, {"identifier": "b"}], "no node"),
        (
            [
                {"identifier": "a", "related": {"success_nodes": [{"identifier": "b"}]}},
                {"identifier": "b", "related": {"always_nodes": [{"identifier": "c"}]}},
                {"identifier": "c", "related": {"failure_nodes": [{"identifier": "b"}]}},
            ],
            "circle",
        ),
        ([{"identifier": "a"}, {"identifier": "b"}], "begins at"),
        ([{"identifier": "a"}, {"identifier": "a"}], "one identifier"),
    ],
)
def test_a_graph_that_is_not_sound_is_found(nodes, words):
    assert any(words in problem for problem in node_misfits(nodes))


def test_credentials_fit_their_types_and_are_used():
    types = {each["name"]: each for each in OBJECTS["awx_credential_types"]}
    used = {name for template in TEMPLATES.values() for name in flattened(template["credentials"])}
    assert used == {credential["name"] for credential in OBJECTS["awx_credentials"]}
    assert set(types) <= {credential["credential_type"] for credential in OBJECTS["awx_credentials"]}
    for credential in OBJECTS["awx_credentials"]:
        kind = credential["credential_type"]
        fields = BUILT_IN.get(kind) or {field["id"] for field in types[kind]["inputs"]["fields"]}
        needed = fields if kind in BUILT_IN else set(types[kind]["inputs"]["required"])
        assert needed <= set(credential["inputs"]) <= fields, credential["name"]


@pytest.mark.parametrize("kind", OBJECTS["awx_credential_types"], ids=lambda kind: kind["name"])
class TestCredentialType:
    def test_an_injector_takes_its_own_fields(self, kind):
        fields = {field["id"] for field in kind["inputs"]["fields"]}
        taken = set(re.findall(r"{{ (\w+)", yaml.dump(kind["injectors"]))) - {"tower"}
        assert taken == fields
        files = {f"tower.filename.{name.removeprefix('template.')}" for name in kind["injectors"].get("file", {})}
        assert set(re.findall(r"tower\.filename\.\w+", str(kind["injectors"]["env"]))) == files

    def test_what_it_injects_is_read_by_an_inventory(self, kind):
        example = "".join(path.read_text() for path in (ROOT / "inventory.example").rglob("*.yml"))
        read_there = set(re.findall(r"lookup\('ansible\.builtin\.env', '(\w+)'\)", example))
        assert set(kind["injectors"]["env"]) - read_there == set()

    def test_nothing_is_injected_as_an_extra_variable(self, kind):
        """ansible-core would change its type."""
        assert set(kind["injectors"]) <= {"env", "file"}


def test_schedules_notifications_and_teams_name_what_exists():
    for schedule in OBJECTS["awx_schedules"]:
        assert schedule["unified_job_template"] in {**TEMPLATES, **WORKFLOWS}
        assert re.fullmatch(r"DTSTART;TZID=[\w/]+:\d{8}T\d{6} RRULE:FREQ=\w+;INTERVAL=\d+\S*", schedule["rrule"])
        survey = {**TEMPLATES, **WORKFLOWS}[schedule["unified_job_template"]].get("survey", [])
        required = {question["variable"] for question in survey if question["required"]}
        assert required <= set(schedule.get("extra_data", {})) <= {question["variable"] for question in survey}
    notifications = {each["name"] for each in OBJECTS["awx_notification_templates"]}
    teams = {each["name"] for each in OBJECTS["awx_teams"]}
    for each in [*TEMPLATES.values(), *WORKFLOWS.values()]:
        for kind in ("error", "approvals"):
            assert set(each.get(f"notification_templates_{kind}", [])) <= notifications
        assert {*each["may_start"], *each.get("may_approve", [])} <= teams
    assert OBJECTS["awx_organization"]["default_environment"] == OBJECTS["awx_execution_environment"]["name"]


def test_playbooks_that_are_due_are_on_a_schedule():
    due = {playbook_of(TEMPLATES[schedule["unified_job_template"]]) for schedule in OBJECTS["awx_schedules"]}
    assert due == {"preflight", "incident_tick", "incident_report"}


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Asia/Kolkata"])
@pytest.mark.parametrize(
    ("now", "month"),
    [("2026-12-01 06:00", "2026-11"), ("2026-12-01 00:00", "2026-11"), ("2026-12-31 23:59", "2026-11"),
     ("2026-01-15 12:00", "2025-12"), ("2028-03-01 23:30", "2028-02"), ("2026-03-30 23:30", "2026-02")],
)  # fmt: skip
def test_the_report_of_the_month_before_is_that_of_the_month_before(monkeypatch, zone, now, month):
    """``now`` has no zone, so that the zone of the controller counts."""
    text = TEMPLATES["Runbook: report of the month before"]["extra_vars"]["incident_report_month"]
    environment = jinja2.Environment(autoescape=False)
    environment.filters["strftime"] = strftime
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert environment.from_string(text).render(now=lambda **_: datetime.fromisoformat(now)) == month
    finally:
        monkeypatch.undo()
        time.tzset()
