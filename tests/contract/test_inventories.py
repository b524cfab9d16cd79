"""No inventory of the examples, of the documentation and of the tests has a variable that a run would refuse."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_keys import VARIABLES
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import INNER, KNOWN, PREFIXES
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_keys import unknown_keys
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import Own, unknown_names

from contract.test_completeness import load
from support.servers import ROOT

INVENTORIES = sorted(
    path
    for folder in ("inventory.example", "inventory.database.example", "extensions", "tests/platform")
    for path in (ROOT / folder).rglob("*.yml")
    if path.parent.name != "awx"  # its variables are those of surveys, which test_awx.py looks at
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
TESTS = [
    path
    for folder in ("integration", "support", "platform", "demo")
    for path in (ROOT / "tests" / folder).rglob("*.py")
]
# Results that playbooks and roles register under these names, and modules: what a page or a test speaks of besides.
RESULTS = {
    *(f"{role}_{word}" for role in PREFIXES for word in ("planned", "applied", "after", "outcome")),
    *(path.stem for path in (ROOT / "plugins/modules").glob("*.py")),
    *INNER,  # a play gives them to a role that it includes
    "incident_must_exist",  # and this one those that go on with an incident
}


def names_in(value: Any) -> Iterator[str]:
    """The names of all variables of an inventory or a play: keys of `vars`, hosts and group files, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_variable_of_an_inventory_is_refused(path: Path) -> None:
    try:
        found = load(path)
    except yaml.YAMLError:
        return  # a compose file or a template
    assert unknown_names(set(names_in(found)) - RESULTS, Own()) == []


def variables_in(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name with its value, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name), inner
            yield from variables_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables_in(inner)


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_key_of_an_inventory_is_refused(path: Path) -> None:
    try:
        given = variables_in(load(path))
    except yaml.YAMLError:
        return
    wrong = [each for name, value in given if name in VARIABLES for each in unknown_keys(name, value)]
    assert wrong == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_variable_of_a_page_is_refused(path: Path) -> None:
    """What is set in a page: `name: value` of YAML, and `-e name=value`."""
    text = path.read_text()
    set_there = re.findall(r"^\s*(?:- )?(\w+): ", text, re.M) + re.findall(r"-e '?(\w+)=", text)
    assert unknown_names(set(set_there) - RESULTS, Own()) == []


def keywords(path: Path) -> set[str]:
    """Names that a test hands to a playbook: keywords, and keys of dicts."""
    tree = ast.parse(path.read_text())
    found = {word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords if word.arg}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found |= {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return found


def test_no_variable_that_a_test_gives_is_refused() -> None:
    """But for those that are misspelt on purpose."""
    wrong = {
        name: path.name
        for path in TESTS
        if path.parent.name != "check_run" and path.name != "test_first_steps.py"
        for name in keywords(path) - RESULTS
        if name.startswith(("runbook_", *(f"{role}_" for role in PREFIXES))) and unknown_names([name], Own())
    }
    assert wrong == {}


def test_a_misspelt_variable_of_an_inventory_would_be_found() -> None:
    planted = {"database": {"hosts": {"db": {"runbook_aproval": "always"}}, "vars": {"unblock_sessions_limt": 1}}}
    assert [each["meant"] for each in unknown_names(names_in(planted), Own())] == [
        "runbook_approval",
        "unblock_sessions_limit",
    ]
    assert "runbook_approval" in KNOWN


def test_every_variable_that_a_playbook_or_a_role_reads_is_known() -> None:
    """One that is read and not listed would be refused where a site sets it."""
    paths = [path for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*.yml")]
    read = {name for path in paths for name in re.findall(r"\brunbook_[a-z_]+\b", path.read_text())}
    assert read - set(KNOWN) == set()
