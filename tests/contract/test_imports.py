"""The four import rules, read from the source by ``ast``. See docs/architecture.md.

1. A pure file (not under ``io/``, not one of ``EDGE``) imports only values from the standard library and pure files.
   Nor does it call ``open`` or the clock; and no file imports by name (``importlib``), which no rule could see.
2. psycopg2 is imported only under ``_postgres/io``, the docker SDK only under ``_compose/io``.
3. Subjects import along ``SUBJECTS``, which is a graph without cycles.
4. A module imports ``_core.module``, files of ``EDGE``, and one collect or act function; action, callback and filter
   plugins import pure files, values and Ansible.
5. What an ``io/`` file imports from Ansible or from another library is listed by file in ``FOREIGN``.

Each rule is also run on a planted violation: a rule that cannot fail proves nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from support.servers import ROOT

PLUGINS = ROOT / "plugins"
STANDARD = set(sys.stdlib_module_names)
OURS = "ansible_collections.pafar.runbook.plugins.module_utils."
# What a pure file may import: values, and functions over values. No clock, no files, no network.
VALUES = {
    "__future__", "bisect", "collections", "csv", "dataclasses", "datetime", "difflib", "enum", "functools", "hashlib",
    "itertools", "json", "math", "re", "shlex", "statistics", "typing", "unicodedata",
    "urllib.parse",
}  # fmt: skip
# Calls that need no import: files, the screen, the clock; and imports that the rules cannot see.
OUTSIDE = {"open", "print", "input", "exec", "eval"}
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
HIDDEN_IMPORTS = {"__import__", "import_module", "importlib.import_module"}
# Files beside the pure ones that are the edge of their subject: argument specs, and the way into Ansible.
EDGE = {"options", "engine_options", "module", "record", "refusals"}
DOORS = {"psycopg2": "_postgres/io", "docker": "_compose/io"}
# subject -> the subjects that it may import, besides itself; docs/images/subjects.svg is drawn from it
SUBJECTS = {
    "_core": set(),
    "_system": {"_core"},
    "_run": {"_core"},
    "_incident": {"_core", "_run"},
    "_prometheus": {"_core"},
    "_impact": {"_core", "_incident", "_prometheus"},
    "_postmortem": {"_core", "_incident", "_impact"},
    "_lifecycle": {"_core", "_incident", "_oncall"},
    "_announce": {"_core", "_incident", "_lifecycle", "_oncall", "_postmortem"},
    "_oncall": {"_core", "_incident"},
    "_awx": {"_core", "_oncall"},
    "_compose": {"_core", "_system"},
    "_postgres": {"_core", "_system"},
    "_logs": {"_core", "_compose"},
    "_endpoints": {"_core", "_compose"},
    "_resources": {"_core", "_system", "_compose"},
    "_disk": {"_core", "_system", "_compose"},
    "_preflight": {"_core", "_system", "_postgres", "_compose", "_disk", "_incident", "_oncall"},
    "_triage": {"_core", "_system", "_compose", "_endpoints", "_logs", "_postgres", "_prometheus", "_resources"},
    "_diagnosis": {"_core", "_system", "_compose", "_postgres", "_logs", "_endpoints", "_resources", "_disk"},
}
# What runs on the controller, in Ansible's own process, knows pure files alone, but for the incident log's writer and
# the process of the run, and the channels of its messages.
PLUGIN_DOORS = {
    "_incident/record", "_system/io/run", "_announce/options", "_announce/io/announcing", "_announce/io/answerers",
    "_announce/io/take",
}  # fmt: skip
# A module wires options to one act or collect function: nothing of its own touches the outside.
MODULE_MAY = {"__future__", "typing", "functools", "ansible.module_utils.basic"}
PLUGIN_MAY = {"abc", "time"}  # besides Ansible and values: `time` for the moments around a module that runs elsewhere
# What one plugin alone may import: for the terminal's width and the present folder, and for marked texts of a file.
ALONE = {"plugin_utils/_terminal.py": {"os", "sys"}, "plugin_utils/_marked_texts.py": {"yaml"}}
SHARED_BASE = "ansible_collections.pafar.runbook.plugins.plugin_utils."
PURE_PLUGINS = {"action", "callback", "filter", "plugin_utils"}
# Modules that import more than one act, each with its reason. A module that no longer does leaves this list.
SEVERAL = {
    "pg_end_sessions": "opens the connection that its exclusions need (its own session), and names three bounds",
    "pg_kill_blocking": "opens the connection that its exclusions need (its own session), and names two bounds",
    "pg_index_build": "opens the connection, and warns of what the act could not see",
    "pg_role_settings": "opens the connection, and reads a list of settings whose form no argument spec can check",
}
# What is not of the standard library, and the files that may import it. The doors are above.
FOREIGN = {
    "ansible.module_utils.urls": {
        "_preflight/io/host",
        "_prometheus/io/prometheus_server",
        "_announce/io/http_call",
        "_oncall/io/feed",
        "_awx/io/controller",
    },
    "ansible.module_utils.basic": {"_core/module", "_endpoints/options", "_oncall/options", "_triage/io/survey"},
    "ansible.module_utils.common.parameters": {"_awx/options"},
    "jmespath": {"_logs/options", "_oncall/io/rendered"},
    "icalendar": {"_oncall/io/ical"},
    "recurring_ical_events": {"_oncall/io/ical"},
    "requests": {"_compose/io/engine_transport"},
    "jinja2": {"_announce/io/render"},
    "jinja2.sandbox": {"_announce/io/render"},
    "slack_sdk": {"_announce/chats/io/slack_calls"},
    "slack_sdk.errors": {"_announce/chats/io/slack_calls"},
    "apprise": {"_announce/io/apprise"},
}


class Import(NamedTuple):
    """``ours``: a path below module_utils, or empty; ``foreign``: a dotted name, or empty."""

    ours: str
    foreign: str
    line: int
    typing_only: bool


@cache
def imports_of(path: Path, plugins: Path) -> list[Import]:
    """Every import of a file, relative ones resolved."""
    return list(_imports_of(path, plugins))


def _imports_of(path: Path, plugins: Path) -> Iterator[Import]:
    utils = plugins / "module_utils"
    tree = ast.parse(path.read_text())
    typing_only = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body  # what is in its `else` is imported
        for child in ast.walk(statement)
    }
    for node in ast.walk(tree):
        guarded = id(node) in typing_only
        if isinstance(node, ast.Import):
            yield from (Import("", alias.name, node.lineno, guarded) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith(OURS)):
            if node.level:
                inside = path.parents[node.level - 1].relative_to(utils).parts
                parts = [*inside, *(node.module or "").split(".")]
            else:
                parts = (node.module or "")[len(OURS) :].split(".")
            base = "/".join(part for part in parts if part)
            if (utils / f"{base}.py").exists():
                yield Import(base, "", node.lineno, guarded)
            else:  # from a folder: each name is a file
                yield from (Import(f"{base}/{alias.name}", "", node.lineno, guarded) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import("", node.module or "", node.lineno, guarded)


def is_pure(ours: str) -> bool:
    parts = ours.split("/")
    return "io" not in parts[:-1] and parts[-1] not in EDGE


def files_of(plugins: Path) -> list[Path]:
    return sorted(plugins.rglob("*.py"))


def violations(plugins: Path) -> list[str]:
    """``rule: file:line imports what`` for every broken rule."""
    broken = []
    for path in files_of(plugins):
        layer, *rest = path.relative_to(plugins).parts
        name = "/".join([layer, *rest])
        for item in imports_of(path, plugins):
            place = f"{name}:{item.line} imports {item.ours or item.foreign}"
            inside = "/".join(rest).removesuffix(".py") if layer == "module_utils" else ""
            if item.foreign not in ALONE.get(name, set()):
                broken += [f"{rule}: {place}" for rule in rules_broken(layer, inside, item)]
        pure = layer == "module_utils" and is_pure(inside := "/".join(rest).removesuffix(".py"))
        broken += [f"{rule}: {name}:{line} calls {call}" for rule, line, call in calls_broken(path, pure)]
    return broken


def calls_broken(path: Path, pure: bool) -> Iterator[tuple[str, int, str]]:
    """Rule, line and name of what touches the outside, or imports, without an import that could be seen."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        call = ast.unparse(node.func)
        if call in HIDDEN_IMPORTS:
            yield "hidden", node.lineno, call
        elif pure and (call in OUTSIDE or call.endswith(CLOCKS)):
            yield "pure", node.lineno, call


def rules_broken(layer: str, inside: str, item: Import) -> Iterator[str]:
    library = item.foreign.split(".")[0]
    impure = item.foreign not in VALUES if item.foreign else not is_pure(item.ours)
    if inside and is_pure(inside) and impure:
        yield "pure"
    if library in DOORS and not item.typing_only and not inside.startswith(DOORS[library]):
        yield "door"
    if item.ours and inside:
        subject, other = inside.split("/", maxsplit=1)[0], item.ours.split("/")[0]
        if other != subject and other not in SUBJECTS.get(subject, set()):
            yield "subject"
    if layer in PURE_PLUGINS and item.ours and not is_pure(item.ours) and item.ours not in PLUGIN_DOORS:
        yield "plugin"
    if layer == "modules" and item.foreign and item.foreign not in MODULE_MAY:
        yield "plugin"
    theirs = item.foreign and library != "ansible" and not item.foreign.startswith(SHARED_BASE)
    if layer in PURE_PLUGINS and theirs and item.foreign not in VALUES | PLUGIN_MAY:
        yield "plugin"
    foreign = bool(item.foreign) and library not in STANDARD | set(DOORS)
    if inside and foreign and inside not in FOREIGN.get(item.foreign, set()):
        yield "foreign"


def names_of_acts(path: Path) -> set[str]:
    """What a module imports besides options and the way into Ansible: ``file.name``, or the file if it is whole."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            base = (node.module or "")[len(OURS) :].replace(".", "/")
            if base.split("/")[-1] not in EDGE:
                found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def test_the_rules_hold():
    assert violations(PLUGINS) == []


def test_the_subject_graph_has_no_cycle_and_names_every_folder():
    folders = {path.name for path in (PLUGINS / "module_utils").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(SUBJECTS)
    left = {name: set(needs) for name, needs in SUBJECTS.items()}
    while left:
        floor = {name for name, needs in left.items() if not needs & set(left)}
        assert floor, f"a cycle among {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in floor}


def test_every_arrow_of_the_graph_is_used():
    used: dict[str, set[str]] = {name: set() for name in SUBJECTS}
    for path in files_of(PLUGINS / "module_utils"):
        subject = path.relative_to(PLUGINS / "module_utils").parts[0]
        used[subject] |= {item.ours.split("/")[0] for item in imports_of(path, PLUGINS) if item.ours} - {subject}
    assert used == SUBJECTS


PLANTED = [
    ("pure", "module_utils/_core/x.py", "import os\n"),
    ("pure", "module_utils/_core/x.py", "import urllib.request\n"),
    ("pure", "module_utils/_disk/x.py", "from ansible.module_utils.basic import AnsibleModule\n"),
    ("pure", "module_utils/_compose/x.py", "from .io.engine import Engine\n"),
    ("pure", "module_utils/_compose/x.py", "from . import options\n"),
    ("pure", "module_utils/_logs/x.py", "def f():\n    import time\n"),
    ("door", "module_utils/_postgres/x.py", "import psycopg2.extras\n"),
    ("door", "module_utils/_triage/io/x.py", "from docker import APIClient\n"),
    ("door", "modules/x.py", "if TYPE_CHECKING:\n    pass\nimport psycopg2\n"),
    ("subject", "module_utils/_core/x.py", "from .._compose.container import Container\n"),
    ("subject", "module_utils/_system/io/x.py", "from ..._compose.io.engine import Engine\n"),
    ("plugin", "action/x.py", f"from {OURS}_compose.io.engine import Engine\n"),
    ("pure", "module_utils/_core/x.py", "def f(path):\n    return open(path).read()\n"),
    ("pure", "module_utils/_logs/x.py", "from datetime import datetime\nNOW = datetime.now()\n"),
    ("pure", "module_utils/_logs/x.py", "import datetime\nTODAY = datetime.date.today()\n"),
    ("hidden", "module_utils/_disk/io/x.py", "import importlib\nD = importlib.import_module('docker')\n"),
    ("hidden", "module_utils/_disk/io/x.py", "D = __import__('psycopg2')\n"),
    ("door", "module_utils/_triage/io/x.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import docker\n"),
    ("plugin", "action/x.py", "import subprocess\n"),
    ("plugin", "callback/x.py", "from pathlib import Path\n"),
    ("plugin", "plugin_utils/_screen.py", "import os\n"),
    ("plugin", "plugin_utils/_terminal.py", "import subprocess\n"),
    ("plugin", "plugin_utils/_marked_texts.py", "import os\n"),
    ("plugin", "action/planted.py", "import yaml\n"),
    ("plugin", "modules/x.py", "import subprocess\n"),
    ("plugin", "modules/x.py", "import time\n"),
    ("plugin", "modules/x.py", "from dataclasses import replace\n"),
    ("foreign", "module_utils/_logs/io/x.py", "from ansible.module_utils.urls import open_url\n"),
    ("foreign", "module_utils/_disk/io/x.py", "import requests\n"),
    ("foreign", "module_utils/_disk/options.py", "from ansible.module_utils.common.text import converters\n"),
]


@pytest.mark.parametrize(("rule", "place", "text"), PLANTED, ids=[f"{rule} {place}" for rule, place, dummy in PLANTED])
def test_a_planted_violation_is_found(tmp_path, rule, place, text):
    for stub in ("_compose/io/engine", "_compose/container", "_compose/options"):
        path = tmp_path / "module_utils" / f"{stub}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    planted = tmp_path / place
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(text)
    found = violations(tmp_path)
    assert any(line.startswith(f"{rule}: {place}:") for line in found), found


def test_an_import_for_types_alone_opens_no_door(tmp_path):
    planted = tmp_path / "module_utils/_triage/io/x.py"
    planted.parent.mkdir(parents=True)
    planted.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import docker\n")
    assert violations(tmp_path) == []


@pytest.mark.parametrize("path", sorted((PLUGINS / "modules").glob("*.py")), ids=lambda path: path.stem)
def test_a_module_is_thin(path):
    """Documentation, imports, work, main: at most 60 lines of code besides the imports and the spec."""
    tree = ast.parse(path.read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert sum(node.end_lineno - node.lineno + 1 for node in functions) <= 60
    assert {node.name for node in functions} in ({"work", "main"}, set())


@pytest.mark.parametrize("path", sorted((PLUGINS / "modules").glob("*.py")), ids=lambda path: path.stem)
def test_a_module_imports_one_collect_or_act_function(path):
    acts = names_of_acts(path)
    assert (len(acts) > 1) == (path.stem in SEVERAL), acts


def test_two_acts_in_a_module_are_found(tmp_path):
    planted = tmp_path / "x.py"
    planted.write_text(f"from {OURS}_core.module import finish\nfrom {OURS}_disk.io.reclaim import reclaim, Wanted\n")
    assert names_of_acts(planted) == {"_disk/io/reclaim.reclaim", "_disk/io/reclaim.Wanted"}


@pytest.mark.parametrize("path", sorted((PLUGINS / "filter").glob("*.py")), ids=lambda path: path.stem)
def test_a_filter_imports_the_collection_only_when_it_is_called(path):
    """Ansible imports every filter of a collection for each expression with one, in each process that it forks."""
    outside = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [ast.unparse(node) for node in outside if "ansible_collections" in ast.unparse(node)]


def test_every_permission_is_used():
    used: dict[str, set[str]] = {}
    for path in files_of(PLUGINS / "module_utils"):
        inside = path.relative_to(PLUGINS / "module_utils").as_posix().removesuffix(".py")
        for item in imports_of(path, PLUGINS):
            if item.foreign in FOREIGN:
                used.setdefault(item.foreign, set()).add(inside)
    assert used == FOREIGN
