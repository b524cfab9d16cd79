"""What must exist for every module, role and playbook, and what must agree with what."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._core.result import ActResult

from support.servers import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
# They work no incident: game_day makes one and plays its runbook, preflight looks whether one could be worked.
NO_INCIDENT = {"game_day", "preflight"}
EMPTY_HOME = {**os.environ, "ANSIBLE_NOCOLOR": "1"}


# The one default that is not the role's own: how to find Python for a local connection.
SHARED = {"ansible_python_interpreter"}


def load(path):
    return yaml.safe_load(path.read_text())


def defaults_of(role):
    found = load(ROOT / "roles" / role / "defaults/main.yml")
    return {name: value for name, value in found.items() if name not in SHARED}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_target_that_runs_it(name):
    tests = list((ROOT / "tests/integration/targets" / name).glob("test_*.py"))
    assert any(name in path.read_text() for path in tests)


@pytest.fixture(scope="module")
def documentation():
    """What ansible-doc says of every module, from one call."""
    done = subprocess.run(
        ["ansible-doc", "-t", "module", "-j", *(f"pafar.runbook.{name}" for name in MODULES)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_arguments_agree(documentation, name):
    """The doc fragments are twins of the spec fragments: same names, types, defaults, choices."""
    documented = documentation[f"pafar.runbook.{name}"]["doc"]["options"]
    given = spec_of(name)
    assert set(documented) == set(given)
    for option, spec in given.items():
        doc = documented[option]
        assert doc.get("type", "str") == spec.get("type", "str"), option
        assert doc.get("default") == spec.get("default"), option
        assert doc.get("choices") == spec.get("choices"), option
        assert bool(doc.get("required")) == bool(spec.get("required")), option
        assert doc.get("elements") == spec.get("elements"), option


def spec_of(name):
    """The argument spec as the module, or else its action plugin, hands it to Ansible."""
    caught = {}

    class Stop(Exception):
        pass

    def catch(*_, argument_spec, **__):
        caught.update(argument_spec)
        raise Stop

    module = importlib.import_module(f"ansible_collections.pafar.runbook.plugins.modules.{name}")
    if hasattr(module, "main"):
        original, module.AnsibleModule = module.AnsibleModule, catch
        try:
            module.main()
        except Stop:
            pass
        finally:
            module.AnsibleModule = original
        return caught
    action = importlib.import_module(f"ansible_collections.pafar.runbook.plugins.action.{name}")

    class Probe(action.ActionModule):
        def __init__(self):
            self._supports_check_mode = self._supports_async = True

        def validate_argument_spec(self, argument_spec, **_conditions):
            catch(argument_spec=argument_spec)

    from ansible.plugins.action import ActionBase

    original = ActionBase.run
    ActionBase.run = lambda *_a, **_k: {}
    try:
        Probe().run()
    except Stop:
        pass
    finally:
        ActionBase.run = original
    return caught


ACTS = ("compose_restart", "compose_rollback", "compose_scale", "disk_reclaim", "pg_end_sessions", "pg_role_settings",
        "pg_index_build", "pg_kill_blocking")  # fmt: skip


def returned_by(name):
    """Key -> (first paragraph of its description, type, elements) as RETURN has it."""
    module = importlib.import_module(f"ansible_collections.pafar.runbook.plugins.modules.{name}")
    found = yaml.safe_load(module.RETURN)
    return {
        key: (one["description"][0] if isinstance(one["description"], list) else "", one["type"], one.get("elements"))
        for key, one in found.items()
    }


def test_every_module_that_takes_an_approval_is_an_act():
    assert {name for name in MODULES if "only" in spec_of(name)} == set(ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_every_act_returns_one_result_in_one_wording(name):
    """ActResult's keys, but for those that Ansible itself documents; what a module adds has its own words."""
    found, first = returned_by(name), returned_by("pg_kill_blocking")
    keys = set(ActResult.__annotations__) - {"changed", "diff"}
    assert {key: found.get(key) for key in keys} == {key: first[key] for key in keys}
    assert all(paragraph for paragraph, dummy, dummy2 in map(found.__getitem__, keys))


def test_there_is_no_other_way_to_act():
    """An approval narrows a plan and is refused when stale in one place, which all eight acts pass."""
    utils = ROOT / "plugins/module_utils"
    sources = {str(path.relative_to(utils)): path.read_text() for path in utils.rglob("*.py")}
    assert [name for name, text in sources.items() if "raise StaleApproval(" in text] == ["_core/approval.py"]
    assert [name for name, text in sources.items() if re.search(r"(?<!def )require_standing\(", text)] == [
        "_core/result.py"
    ]
    callers = [name for name, text in sources.items() if re.search(r"(?<![\w.])carry_out\(.*only", text)]
    assert len(callers) == len(ACTS)
    narrowing = [name for name, text in sources.items() if "def narrowed_to(" in text]
    assert sorted(narrowing) == ["_core/plan.py", "_core/result.py", "_postgres/locks/least_harm.py"]


@pytest.mark.parametrize("group_name", ["postgres", "compose"])
def test_every_module_takes_the_connection_of_the_play(group_name):
    group = load(ROOT / "meta/runtime.yml")["action_groups"][group_name]
    talkers = [
        name
        for name in MODULES
        if f"pafar.runbook._{group_name}\n" in (ROOT / f"plugins/modules/{name}.py").read_text().split("EXAMPLES")[0]
    ]
    assert sorted(group) == sorted(talkers)


@pytest.mark.parametrize("name", ROLES)
class TestRole:
    def test_has_what_a_role_has(self, name):
        role = ROOT / "roles" / name
        for part in ("tasks/main.yml", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "README.md"):
            assert (role / part).exists(), part
        scenario = ROOT / "extensions/molecule" / name
        assert (scenario / "molecule.yml").exists()
        assert list((scenario / "tests").glob("test_*.py"))

    def test_defaults_are_told_twice_and_agree(self, name):
        defaults = defaults_of(name)
        options = load(ROOT / "roles" / name / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        assert defaults == {option: spec.get("default") for option, spec in options.items()}

    def test_variables_carry_its_name(self, name):
        defaults = defaults_of(name)
        assert all(variable.startswith(f"{name}_") for variable in defaults)

    def test_the_readme_tells_every_variable(self, name):
        text = (ROOT / "roles" / name / "README.md").read_text()
        for variable in defaults_of(name):
            assert f"`{variable}`" in text


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/tasks/main.yml")), ids=lambda path: path.parts[-3])
def test_a_mitigation_has_its_steps_in_order(path):
    names = re.findall(r"- name: .* \| (\w+)$", path.read_text(), re.M)
    if "Apply" in names:
        steps = ["Plan", "Gate", "Evidence", "Apply", "Verify", "Outcome", "Record"]
        assert [name for name in names if name in steps] == steps


def syntax_check(*paths):
    return subprocess.run(
        ["ansible-playbook", "--syntax-check", *map(str, paths)], cwd=ROOT, env=EMPTY_HOME, capture_output=True,
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
    entries = {path.stem for path in (ROOT / "roles/incident/tasks").glob("*.yml")} - {"append"}
    assert entries == set(load(ROOT / "roles/incident/meta/argument_specs.yml")["argument_specs"])
    text = (ROOT / "roles/incident/README.md").read_text()
    assert all(f"| `{entry}` |" in text for entry in entries - {"main"})


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
class TestPlaybook:
    def test_reads_no_role_s_private_names(self, path):
        assert private_names(path.read_text()) == set()

    def test_has_the_bones(self, path):
        play = load(path)[0]
        assert path.read_text().splitlines()[1].startswith("# "), "says in a sentence what it is for"
        assert play["gather_facts"] is False
        if path.stem in NO_INCIDENT:
            return
        assert play["tasks"][0]["name"] == "Open the incident"
        assert "rescue" in play["tasks"][1]

    def test_is_sound_yaml_for_ansible(self, all_are_sound, path):
        if all_are_sound:
            return
        done = syntax_check(path)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr + done.stdout

    def test_names_are_literal(self, path):
        for line in path.read_text().splitlines():
            if re.search(r"^\s*(name: pafar|tasks_from:|role:)", line):
                assert "{{" not in line


def test_the_link_that_makes_a_bare_clone_work():
    link = ROOT / ".collections/ansible_collections/pafar/runbook"
    assert link.is_symlink()
    assert link.resolve() == ROOT
    tracked = subprocess.run(
        ["git", "ls-files", "-s", ".collections"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert tracked.stdout.startswith("120000 ")


def test_the_changelog_knows_this_version():
    version = load(ROOT / "galaxy.yml")["version"]
    assert version in load(ROOT / "changelogs/changelog.yaml")["releases"]


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (MODULES, ("modules",)),
        (ROLES, ("objects", "role")),
        ([path.stem for path in PLAYBOOKS], ("objects", "playbook")),
        (sorted(path.stem for path in (ROOT / "plugins/callback").glob("*.py")), ("plugins", "callback")),
        (sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py")), ("plugins", "filter")),
    ],
    ids=["modules", "roles", "playbooks", "callbacks", "filters"],
)
def test_the_changelog_names_everything(names, place):
    releases = load(ROOT / "changelogs/changelog.yaml")["releases"].values()
    assert sorted(named_in(releases, place)) == names
    rendered = (ROOT / "CHANGELOG.md").read_text().replace("\\", "")
    assert [name for name in names if f"* {name} - " not in rendered] == []


def named_in(releases, place):
    """The names of all releases under such keys."""
    found = []
    for release in releases:
        part = release
        for key in place:
            part = part.get(key) or {}
        found += [named["name"] for named in part]
    return found


def test_what_the_changelog_lacks_is_found():
    assert named_in([{"objects": {"role": [{"name": "triage"}]}}, {"modules": []}], ("objects", "role")) == ["triage"]
    assert named_in([{}], ("modules",)) == []


@pytest.mark.parametrize("script", ["role_tables.py", "release_notes.py", "subjects.py"])
def test_what_is_generated_is_up_to_date(script):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/docs" / script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_nothing_speaks_of_one_machine():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    places = re.compile(r"/(?:work|root)/\w")
    for name in tracked:
        path = ROOT / name
        if path.is_symlink() or path.suffix in (".png", ".svg") or name.startswith("tests/") or not path.exists():
            continue
        assert not places.search(path.read_text()), name


def test_every_fault_has_its_parts_and_a_runbook_that_exists():
    from rehearsal import faults

    assert faults.names()
    for fault in faults.every():
        assert (ROOT / "playbooks" / fault.playbook).exists(), fault.name
        assert fault.sentence.endswith("."), fault.name
