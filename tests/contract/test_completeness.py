"""What must exist for every module, role and playbook, and what must agree with what."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys

import pytest

from support.plain_yaml import load
from support.servers import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))


# The one default that is not the role's own: how to find Python for a local connection.
SHARED = {"ansible_python_interpreter"}


def defaults_of(role):
    found = load(ROOT / "roles" / role / "defaults/main.yml")
    return {name: value for name, value in found.items() if name not in SHARED}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_target_that_runs_it(name):
    tests = list((ROOT / "tests/integration/targets" / name).glob("test_*.py"))
    assert any(names_module(path.read_text(), name) for path in tests)


def names_module(text, name):
    """Whether a string or an imported file in it is the module's name; a comment or a docstring runs nothing."""
    tree = ast.parse(text)
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return bool(re.search(rf"\bpafar\.runbook\.{name}\b", "\n".join(strings))) or name in strings | imported


def test_a_target_that_only_speaks_of_its_module_is_found():
    assert not names_module('"""Tests of gate."""\ndef test_gate():\n    pass  # gate\n', "gate")
    assert names_module("run_module('gate')\n", "gate")
    assert names_module("task = {'pafar.runbook.gate': {}}\n", "gate")


@pytest.fixture(scope="module")
def documentation():
    """What ansible-doc says of every module, from one call."""
    done = subprocess.run(
        ["ansible-doc", "-t", "module", "-j", *(f"pafar.runbook.{name}" for name in MODULES)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MODULES)
def test_a_description_is_no_placeholder(documentation, name):
    assert [place for place, text in described(documentation[f"pafar.runbook.{name}"]) if len(text.split()) < 2] == []


def described(value, place=""):
    """Every description of a documentation, with its place."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "description" and isinstance(each, (str, list)):
                yield place, each if isinstance(each, str) else " ".join(each)
            else:
                yield from described(each, f"{place}.{key}")


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_arguments_agree(documentation, name):
    """The doc fragments are twins of the spec fragments: same names, types, defaults, choices."""
    assert disagreements(documentation[f"pafar.runbook.{name}"]["doc"]["options"], spec_of(name)) == []


def disagreements(documented, given, path=""):
    """Where options, or options of options, are documented in another way than the module takes them."""
    found = [f"{path}{option} is only on one side" for option in sorted(set(documented) ^ set(given))]
    for option in sorted(set(documented) & set(given)):
        doc, spec = documented[option], given[option]
        pairs = {
            "type": (doc.get("type", "str"), spec.get("type", "str")),
            "default": (doc.get("default"), spec.get("default")),
            "choices": (doc.get("choices"), spec.get("choices")),
            "required": (bool(doc.get("required")), bool(spec.get("required"))),
            "elements": (doc.get("elements"), spec.get("elements")),
            "aliases": (sorted(doc.get("aliases") or ()), sorted(spec.get("aliases") or ())),
        }
        found += [f"{path}{option}: {key}: {left} and {right}" for key, (left, right) in pairs.items() if left != right]
        if spec.get("options"):  # documented suboptions of a free dict are documentation alone
            found += disagreements(doc.get("suboptions") or {}, spec["options"], f"{path}{option}.")
    return found


@pytest.mark.parametrize(
    "planted",
    [{"type": "int"}, {"default": "y"}, {"choices": ["x", "y"]}, {"required": True}, {"elements": "str"}]
    + [{"aliases": ["other"]}, {"options": {"inner": {"type": "str"}}}],
)
def test_an_option_that_is_documented_otherwise_is_found(planted):
    option = {"type": "str", "default": "x"}
    assert disagreements({"x": option}, {"x": option}) == []
    assert len(disagreements({"x": option}, {"x": {**option, **planted}})) == 1
    assert len(disagreements({"x": option}, {"x": option, "y": {}})) == 1


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


def test_the_link_that_makes_a_bare_clone_work():
    link = ROOT / ".collections/ansible_collections/pafar/runbook"
    assert link.is_symlink()
    assert link.resolve() == ROOT
    tracked = subprocess.run(
        ["git", "ls-files", "-s", ".collections"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert tracked.stdout.startswith("120000 ")


def test_playbooks_find_the_collection_where_no_configuration_is_read():
    """In a world-writable clone Ansible ignores ansible.cfg; beside a playbook it looks for `collections`. These links
    lead to what a run needs and not back to the playbooks, so that a copy of the folder that follows them ends."""
    home = ROOT / "playbooks/collections/ansible_collections/pafar/runbook"
    links = {path.name: path.resolve() for path in home.iterdir()}
    assert links == {name: ROOT / name for name in ("meta", "plugins", "roles")}
    assert all((home / name).is_symlink() for name in links)
    assert not any(path.is_symlink() for name in links for path in (ROOT / name).rglob("*"))


@pytest.mark.parametrize(
    "script",
    ["role_tables.py", "release_notes.py", "subjects.py", "return_keys.py", "known_names.py", "announcement.py"],
)
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
