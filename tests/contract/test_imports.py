"""The import law: one direction, from the edge to the values. See docs/architecture.md."""

from __future__ import annotations

import ast

import pytest

from support.servers import ROOT

PLUGINS = ROOT / "plugins"
OURS = "ansible_collections.pafar.runbook.plugins.module_utils."
VALUES = {
    "__future__", "collections", "csv", "dataclasses", "datetime", "enum", "functools", "hashlib", "itertools", "json",
    "re", "statistics", "typing", "urllib",
}  # fmt: skip
UNSAFE = {"socket", "subprocess", "os", "time", "ansible", "psycopg2", "docker"}
# layer -> the layers of ours that it may import
LAW = {
    "_domain": {"_domain"},
    "_errors": set(),
    "_adapters": {"_adapters", "_domain", "_errors"},
    "_refusals": {"_domain", "_errors"},
    "_record": {"_adapters", "_domain"},
    # The spec fragments build on each other; each says what it takes, so that a module carries only what it uses.
    "_shell": {"_errors"},
    "_shell_engine": {"_adapters", "_shell"},
    "_shell_postgres": {"_adapters", "_domain", "_errors", "_shell"},
    "_shell_compose": {"_adapters", "_domain", "_errors", "_shell", "_shell_engine"},
    "_shell_disk": {"_adapters", "_domain", "_errors", "_shell"},
    "_shell_logs": {"_adapters", "_domain", "_errors", "_shell"},
    "_shell_probe": {"_adapters", "_domain", "_errors", "_shell"},
    "_shell_rules": {"_domain", "_errors", "_shell"},
    "_shell_triage": {
        "_adapters",
        "_domain",
        "_errors",
        "_shell",
        "_shell_compose",
        "_shell_engine",
        "_shell_logs",
        "_shell_postgres",
        "_shell_probe",
    },
    "modules": {
        "_adapters",
        "_domain",
        "_errors",
        "_record",
        "_refusals",
        "_shell",
        "_shell_compose",
        "_shell_disk",
        "_shell_engine",
        "_shell_logs",
        "_shell_postgres",
        "_shell_probe",
        "_shell_rules",
        "_shell_triage",
    },
    "action": {"_domain", "_errors", "_record"},
    "callback": {"_domain"},
    "filter": {"_domain"},
    "doc_fragments": set(),
}


def layer_of(path):
    parts = path.relative_to(PLUGINS).parts
    return parts[0] if parts[0] != "module_utils" else parts[1].removesuffix(".py")


def imports_of(path):
    """(layer of ours or None, top-level name) of every import, relative ones resolved."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((None, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = path.parents[node.level - 1]
                module = (node.module or "").split(".")
                inside = base.relative_to(PLUGINS / "module_utils").parts
                names = [*inside, *(part for part in module if part)] or [alias.name for alias in node.names]
                yield names[0], None
            elif (node.module or "").startswith(OURS):
                yield node.module[len(OURS) :].split(".")[0], None
            elif node.module:
                yield None, node.module.split(".")[0]


FILES = sorted(path for path in PLUGINS.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_imports_go_one_way(path):
    layer = layer_of(path)
    assert layer in LAW, f"{path} belongs to no layer"
    for ours, foreign in imports_of(path):
        if ours:
            assert ours in LAW[layer], f"{layer} must not import {ours}"
        elif layer in ("_domain", "_errors"):
            assert foreign in VALUES, f"{path.name} is pure and must not import {foreign}"


@pytest.mark.parametrize(("library", "door"), [("psycopg2", "entry.py"), ("docker", "engine.py")])
def test_only_the_door_imports_the_driver(library, door):
    importers = [
        path.name
        for path in FILES
        if any(foreign == library for dummy, foreign in imports_of(path)) and "TYPE_CHECKING" not in path.read_text()
    ]
    assert importers in ([], [door])
    assert f"import {library}" in (PLUGINS / "module_utils/_adapters" / door).read_text()


def test_the_law_catches_what_it_forbids(tmp_path):
    """A law that cannot be broken proves nothing."""
    offender = tmp_path / "x.py"
    offender.write_text("import os\nfrom ansible.errors import AnsibleError\n")
    found = {foreign for dummy, foreign in imports_of(offender)}
    assert found == {"os", "ansible"}
    assert not found & VALUES
    assert found <= UNSAFE


@pytest.mark.parametrize("path", sorted((PLUGINS / "modules").glob("*.py")), ids=lambda path: path.stem)
def test_a_module_is_thin(path):
    """Documentation, imports, work, main: at most 60 lines of code besides the imports and the spec."""
    tree = ast.parse(path.read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert sum(node.end_lineno - node.lineno + 1 for node in functions) <= 60
    assert {node.name for node in functions} in ({"work", "main"}, set())
