"""What every playbook has, and what the roles' tasks keep to: steps in order, literal names, no private facts."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from contract.test_completeness import MODULES, PLAYBOOKS, ROLES, load
from support.servers import ROOT

# They work no incident: game_day makes one and plays its runbook, preflight looks whether one could be worked; the
# others read.
NO_INCIDENT = {
    "announce", "awx_hand_over", "awx_plan_held", "awx_setup", "game_day", "incident_ack", "incident_action",
    "incident_checklist", "incident_close",
    "incident_note", "incident_open", "incident_postmortem", "incident_report", "incident_resolve", "incident_role",
    "incident_severity", "incident_status", "incident_tick", "incident_update", "incident_verify", "incidents",
    "menu", "oncall", "preflight",
}  # fmt: skip
LINEAR = "ansible.builtin.linear"  # whatever a site has in its ansible.cfg
EMPTY_HOME = {**os.environ, "ANSIBLE_NOCOLOR": "1"}


STEPS = ["Plan", "Gate", "Evidence", "Apply", "Verify", "Outcome", "Record"]
TASK_FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")])
NO_MITIGATION = {"announce", "incident", "triage"}


def steps_of(text):
    """The steps that a role's tasks are named after, in their order."""
    return [name for name in re.findall(r"- name: .* \| (\w+)$", text, re.M) if name in STEPS]


@pytest.mark.parametrize("name", sorted(set(ROLES) - NO_MITIGATION))
def test_a_mitigation_has_its_steps_in_order(name):
    """``part.yml``: the steps after the plan, where each part of a plan has them on its own."""
    files = [ROOT / "roles" / name / "tasks" / file for file in ("main.yml", "part.yml")]
    assert steps_of("".join(path.read_text() for path in files if path.exists())) == STEPS


def test_a_step_that_is_missing_or_out_of_order_is_found():
    lines = [f"- name: Restart services | {step}" for step in STEPS]
    assert steps_of("\n".join(lines)) == STEPS
    assert steps_of("\n".join(line for line in lines if "Evidence" not in line)) != STEPS
    assert steps_of("\n".join(lines).replace("Apply", "Act")) != STEPS
    assert steps_of("\n".join(reversed(lines))) != STEPS


def tasks_in(value):
    """Every task of a file, also within blocks and plays."""
    if isinstance(value, list):
        for each in value:
            yield from tasks_in(each)
    elif isinstance(value, dict):
        if "delegate_to" in value:
            yield value
        for name in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks_in(value.get(name))


def as_another_login(task):
    """Whether a task on the log's host is done by the login that is found there, not by the user of the log."""
    wanted = {"become": "{{ incident_log_user | length > 0 }}", "become_user": "{{ incident_log_user or omit }}"}
    return any(task.get(name) != value for name, value in wanted.items())


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_done_to_the_log_is_done_by_its_user(path):
    ours = [task for task in tasks_in(load(path)) if "incident_log'" in str(task["delegate_to"])]
    assert [task["name"] for task in ours if as_another_login(task)] == []


WRITES = re.compile(r"^ +pafar\.runbook\.incident_(?:event|act|note):$", re.M)
SENDS = re.compile(r"^ +tasks_from: send$", re.M)


def says_nothing_of_what_it_writes(text):
    """Whether the last event that a playbook writes itself is sent by no task behind it."""
    writes, sends = [[found.start() for found in rule.finditer(text)] for rule in (WRITES, SENDS)]
    return bool(writes) and (not sends or sends[-1] < writes[-1])


@pytest.mark.parametrize("path", sorted(ROOT.glob("playbooks/**/*.yml")), ids=lambda path: path.name)
def test_what_a_playbook_writes_is_sent_by_it(path):
    assert not says_nothing_of_what_it_writes(path.read_text())


def test_a_playbook_that_writes_and_does_not_send_is_found():
    text = (ROOT / "playbooks/incident_note.yml").read_text()
    assert WRITES.search(text)
    assert says_nothing_of_what_it_writes(SENDS.sub("", text))
    assert says_nothing_of_what_it_writes(text + WRITES.search(text).group())


def test_a_task_that_forgets_the_user_of_the_log_is_found():
    assert as_another_login({"become": True})
    assert not as_another_login(
        {"become": "{{ incident_log_user | length > 0 }}", "become_user": "{{ incident_log_user or omit }}"}
    )


def syntax_check(*paths):
    return subprocess.run(
        ["ansible-playbook", "--syntax-check", "-i", "inventory.example", *map(str, paths)], cwd=ROOT, env=EMPTY_HOME,
        capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def all_are_sound():
    """Whether one check of all playbooks finds nothing; if it does, a check of each says in which."""
    done = syntax_check(*PLAYBOOKS)
    named = re.findall(r"^playbook: (.*)$", done.stdout, re.M)
    return (
        done.returncode == 0
        and "WARNING" not in done.stderr + done.stdout
        and [path.name for path in PLAYBOOKS] == [name.rsplit("/", 1)[-1] for name in named]
    )


def private_names(text):
    """Names of roles' own variables, which begin with two underscores and the name of a role."""
    return {name for name in re.findall(r"\b__\w+", text) if any(name.startswith(f"__{role}_") for role in ROLES)}


def test_a_private_name_in_a_playbook_would_be_found():
    assert private_names("when: __reclaim_disk_gate.open or __disk_space_missing > 0") == {"__reclaim_disk_gate"}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_reads_no_other_role_s_private_names(name):
    for path in (ROOT / "roles" / name).rglob("*.yml"):
        assert {found for found in private_names(path.read_text()) if not found.startswith(f"__{name}_")} == set(), path


def test_every_entry_point_of_the_incident_role_is_documented():
    entries = {path.stem for path in (ROOT / "roles/incident/tasks").glob("*.yml")}
    entries -= {"append", "complete", "reconcile"}  # parts of the others
    assert entries == set(load(ROOT / "roles/incident/meta/argument_specs.yml")["argument_specs"])
    text = (ROOT / "roles/incident/README.md").read_text()
    assert all(f"| `{entry}` |" in text for entry in entries - {"main"})


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
class TestPlaybook:
    def test_reads_no_role_s_private_names(self, path):
        assert private_names(path.read_text()) == set()

    def test_has_the_bones(self, path):
        check, play = load(path)
        if play.get("ansible.builtin.import_playbook") == "parts/incident_act.yml":
            (play,) = load(path.parent / "parts/incident_act.yml")
        assert path.read_text().splitlines()[1].startswith("# "), "says in a sentence what it is for"
        assert check["ansible.builtin.import_playbook"] == "parts/check_run.yml"
        assert check["vars"]["check_run_pattern"] == play["hosts"]
        assert play["gather_facts"] is False
        assert all(each.get("strategy") == LINEAR for each in load(path) if "hosts" in each), "run_once needs it"
        if path.stem in NO_INCIDENT:
            return
        assert play["tasks"][0]["name"] == "Open the incident"
        assert "rescue" in play["tasks"][1]
        assert play["tasks"][2]["name"] == "Close the run"

    def test_names_are_literal(self, path):
        assert computed_names(load(path)) == []

    def test_is_sound_yaml_for_ansible(self, all_are_sound, path):
        if all_are_sound:
            return
        done = syntax_check(path)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr + done.stdout


def test_all_playbooks_together_are_sound(all_are_sound):
    assert all_are_sound, "see which by `ansible-playbook --syntax-check playbooks/*.yml`"


# Of the controller, or run by the action announce, but for the survey, which rates a host that is away itself.
NOT_ON_A_MANAGED_HOST = {"awx_approval", "incident_outbox", "oncall_info", "prometheus_info", "triage_info"}


def test_a_host_that_is_not_reached_is_a_failed_step_of_every_module():
    """Ansible takes such a host out of the play, and no rescue sees it."""
    own = {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
    routed = load(ROOT / "meta/runtime.yml")["plugin_routing"]["modules"]
    assert {route["action_plugin"] for route in routed.values()} == {"pafar.runbook.host_resources_info"}
    assert set(MODULES) - own - set(routed) == NOT_ON_A_MANAGED_HOST
    assert not own & set(routed), "a plugin of its own comes first"


INCLUDES = {"include_role", "import_role", "include_tasks", "import_tasks", "import_playbook"}


def computed_names(node):
    """Names of roles, entry points and files that a template makes: `--list-tasks`, lint and grep do not see them."""
    if isinstance(node, list):
        return [name for each in node for name in computed_names(each)]
    if not isinstance(node, dict):
        return []
    found = []
    for key, value in node.items():
        if key.split(".")[-1] in INCLUDES:
            names = (
                [value] if isinstance(value, str) else [value.get(part, "") for part in ("name", "tasks_from", "file")]
            )
            found += [name for name in names if "{{" in str(name)]
        found += computed_names(value)
    return found


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/tasks/*.yml")), ids=lambda path: "/".join(path.parts[-3::2]))
def test_names_in_roles_are_literal(path):
    assert computed_names(load(path)) == []


@pytest.mark.parametrize(
    "task",
    [
        {"ansible.builtin.include_role": {"name": "{{ which }}"}},
        {"ansible.builtin.import_role": {"name": "pafar.runbook.incident", "tasks_from": "{{ entry }}"}},
        {"block": [{"ansible.builtin.include_tasks": "{{ kind }}.yml"}]},
        {"rescue": [{"include_tasks": {"file": "{{ kind }}.yml"}}]},
    ],
)
def test_a_computed_name_is_found(task):
    assert len(computed_names([{"tasks": [task]}])) == 1


def test_what_was_held_can_be_approved_whichever_mitigation_it_is():
    named = set(re.findall(r"name: pafar\.runbook\.(\w+)", (ROOT / "playbooks/approve.yml").read_text()))
    assert named - NO_MITIGATION == set(ROLES) - NO_MITIGATION


def rules_in(value):
    """Each rule of a gate that a task gives to a role that it includes, by the variable's name."""
    if isinstance(value, list):
        for each in value:
            yield from rules_in(each)
    elif isinstance(value, dict):
        if any(name.endswith(("include_role", "import_role")) for name in value):
            given = (value.get("vars") or {}).items()
            yield from ((name, str(rule)) for name, rule in given if name.endswith(("_approval", "_limit")))
        for each in value.values():
            yield from rules_in(each)


def loses_the_sites(name, rule):
    """Whether a rule wins over that of the inventory, of which it does not know: variables of an include do."""
    own = f"hostvars[inventory_hostname].{name}"
    return rule != "always" and own not in rule and name not in ("incident_approval", "incident_limit")


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_keeps_what_the_inventory_says_of_an_approval(path):
    # The session that a person names has a variable of its own, and always needs an approval without it.
    rules = [each for each in rules_in(load(path)) if "db_session_cancel_approval" not in each[1]]
    assert [name for name, rule in rules if loses_the_sites(name, rule)] == []


def test_a_rule_that_wins_over_the_inventory_is_found():
    task = {"ansible.builtin.include_role": {"name": "x"}, "vars": {"x_approval": "{{ runbook_approval }}", "x_y": 1}}
    ((name, rule),) = rules_in([{"tasks": [{"block": [task]}]}])
    assert loses_the_sites(name, rule)
    assert not loses_the_sites(name, "{{ hostvars[inventory_hostname].x_approval | default(runbook_approval) }}")
    assert not loses_the_sites(name, "always")
