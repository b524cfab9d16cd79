"""How the files are laid out: few in a folder, none too long, no name twice, and a unit test beside every pure file."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from support.servers import ROOT

UTILS = ROOT / "plugins/module_utils"
TESTS = ROOT / "tests/unit/plugins/module_utils"
MOST_FILES, MOST_LINES = 15, 400
MOST_COLUMNS = 160  # pycodestyle's limit in ansible-test sanity; ruff forgives a line without a blank in it
# Beside the pure files of a subject: argument specs, and the way into Ansible. They are tested through their modules.
EDGE = {"options", "engine_options", "module", "record", "refusals"}
PACKAGE = "ansible_collections.pafar.runbook.plugins.module_utils"


def sources(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if not {".cache", ".venv"} & set(path.parts))


def crowded(utils: Path) -> list[str]:
    """Folders with too many files, options and the like included."""
    held: dict[str, int] = defaultdict(int)
    for path in sources(utils):
        held[path.parent.relative_to(utils).as_posix()] += 1
    return [f"{folder}: {number}" for folder, number in held.items() if number > MOST_FILES]


def lines_of(path: Path) -> int:
    """Without a module's RETURN, which is written from the types of its reports (tests/docs/return_keys.py)."""
    text = path.read_text()
    if path.parent.name == "modules":
        text = re.sub(r'^RETURN = r"""\n.*?^"""\n', "", text, flags=re.M | re.S)
    return len(text.splitlines())


def too_long(roots: list[Path]) -> list[str]:
    found = {path.as_posix(): lines_of(path) for root in roots for path in sources(root)}
    return [f"{name}: {number}" for name, number in found.items() if number > MOST_LINES]


def too_wide(roots: list[Path]) -> list[str]:
    lines = [
        (path, *line)
        for root in roots
        for path in sources(root)
        for line in enumerate(path.read_text().splitlines(), 1)
    ]
    return [f"{path.as_posix()}:{number}: {len(line)}" for path, number, line in lines if len(line) > MOST_COLUMNS]


def same_names(utils: Path) -> list[str]:
    """Files of one name, but for options, and for the pure and the acting half of one subject."""
    places: dict[str, set[str]] = defaultdict(set)
    for path in sources(utils):
        if path.stem not in EDGE | {"__init__"}:
            folder = path.parent
            places[path.stem].add((folder.parent if folder.name == "io" else folder).relative_to(utils).as_posix())
    return [f"{name}: {', '.join(sorted(found))}" for name, found in places.items() if len(found) > 1]


def untested(utils: Path, tests: Path) -> list[str]:
    """Pure files without a test file at the same place that imports them."""
    found = []
    for path in sources(utils):
        inside = path.relative_to(utils)
        if "io" in inside.parts or path.stem in EDGE | {"__init__"}:
            continue
        mirror = tests / inside.parent / f"test_{path.name}"
        module = ".".join([PACKAGE, *inside.with_suffix("").parts])
        if only_types(path):
            continue
        if not mirror.exists() or module not in imported(mirror) or not asserts(mirror):
            found.append(inside.as_posix())
    return found


def imported(path: Path) -> set[str]:
    """Every module that a file imports, and what it imports from folders as modules too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def only_types(path: Path) -> bool:
    """Whether nothing in it can be run: report types alone."""
    tree = ast.parse(path.read_text())
    inside = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr, ast.ClassDef))]
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return "typing.TypedDict" in imported(path) and not inside and not methods


def asserts(path: Path) -> bool:
    """Whether a test in it asserts something."""
    tests = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return any(
        isinstance(inner, ast.Assert)
        or (isinstance(inner, ast.With) and any("pytest." in ast.unparse(item) for item in inner.items))
        for test in tests
        if test.name.startswith("test_")
        for inner in ast.walk(test)
    )


def test_no_folder_is_crowded():
    assert crowded(UTILS) == []


def test_no_file_is_too_long():
    assert too_long([ROOT / "plugins", ROOT / "tests"]) == []


def test_no_line_is_too_wide():
    assert too_wide([ROOT / "plugins", ROOT / "tests"]) == []


def test_no_two_files_have_one_name():
    assert same_names(UTILS) == []


def test_every_pure_file_has_its_unit_test():
    assert untested(UTILS, TESTS) == []


def plant(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_crowded_folder_is_found(tmp_path):
    plant(tmp_path, *(f"_disk/io/x{number}.py" for number in range(MOST_FILES)))
    assert crowded(tmp_path) == []
    plant(tmp_path, "_disk/io/one_more.py")
    assert crowded(tmp_path) == [f"_disk/io: {MOST_FILES + 1}"]


def test_a_long_file_is_found(tmp_path):
    plant(tmp_path, "x.py", text="#\n" * (MOST_LINES + 1))
    assert len(too_long([tmp_path])) == 1


def test_a_wide_line_is_found(tmp_path):
    plant(tmp_path, "x.py", text="#" * MOST_COLUMNS + "\n")
    assert too_wide([tmp_path]) == []
    plant(tmp_path, "y.py", text="#" * (MOST_COLUMNS + 1) + "\n")
    assert len(too_wide([tmp_path])) == 1


def test_a_name_that_stands_twice_is_found(tmp_path):
    plant(tmp_path, "_disk/scale.py", "_disk/io/scale.py", "_disk/options.py", "_logs/options.py")
    assert same_names(tmp_path) == []
    plant(tmp_path, "_logs/io/scale.py")
    assert same_names(tmp_path) == ["scale: _disk, _logs"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"from {PACKAGE}._disk.x import f\ndef test_f():\n    assert f() == 1\n", []),
        (f"from {PACKAGE}._disk import x\ndef test_f():\n    assert x.f() == 1\n", []),
        (f"from {PACKAGE}._disk.x import f\n", ["_disk/x.py"]),
        (f"from {PACKAGE}._disk.y import f\ndef test_f():\n    assert f() == 1\n", ["_disk/x.py"]),
        (f"from {PACKAGE}._disk.x import f\ndef test_f():\n    f()\n", ["_disk/x.py"]),
        (f"from {PACKAGE}._disk.x import f\ndef test_f():\n    with pytest.raises(ValueError):\n        f()\n", []),
        (f"from {PACKAGE}._disk.x import f\ndef test_f():\n    with open('x'):\n        f()\n", ["_disk/x.py"]),
    ],
)
def test_a_file_without_its_test_is_found(tmp_path, text, found):
    plant(tmp_path / "utils", "_disk/x.py", "_disk/io/x.py", "_disk/options.py")
    assert untested(tmp_path / "utils", tmp_path / "tests") == ["_disk/x.py"]
    plant(tmp_path / "tests", "_disk/test_x.py", text=text)
    assert untested(tmp_path / "utils", tmp_path / "tests") == found
