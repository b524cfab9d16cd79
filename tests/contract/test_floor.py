"""What runs on a managed host uses nothing newer than its oldest Python: methods, functions and forms, by ``ast``.

A file that is read and imported by that Python may still fail on it where a line is run that no test runs there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers import ROOT
from unit.plugins.test_python_floor import FLOOR

# Of a value whose kind is not known here: no other class of ours has methods of these names.
METHODS = {
    "removeprefix", "removesuffix", "is_relative_to", "with_stem", "hardlink_to", "bit_count", "add_note", "randbytes",
}  # fmt: skip
NAMES = {
    "math": {"lcm", "nextafter", "ulp", "cbrt", "exp2", "sumprod", "fma"},
    "functools": {"cache", "Placeholder"},
    "itertools": {"pairwise", "batched"},
    "datetime": {"UTC"},
    "statistics": {"correlation", "covariance", "linear_regression", "kde"},
    "contextlib": {"chdir", "aclosing"},
    "enum": {"StrEnum", "ReprEnum", "verify", "member", "nonmember"},
    "types": {"UnionType", "NoneType", "EllipsisType", "GenericAlias"},
    "typing": {
        "Annotated", "ParamSpec", "Concatenate", "TypeAlias", "TypeGuard", "Self", "Never", "LiteralString", "Required",
        "NotRequired", "Unpack", "TypeVarTuple", "assert_never", "assert_type", "override", "reveal_type",
        "is_typeddict", "ReadOnly", "TypeIs",
    },
    "ast": {"unparse"},
    "asyncio": {"to_thread", "timeout", "TaskGroup", "Runner"},
    "hashlib": {"file_digest"},
    "inspect": {"get_annotations"},
    "os": {"waitstatus_to_exitcode", "pidfd_open", "process_cpu_count"},
    "operator": {"call", "is_none"},
    "string": {"templatelib"},
    "sys": {"stdlib_module_names", "orig_argv", "exception"},
}  # fmt: skip
MODULES = {"zoneinfo", "graphlib", "tomllib", "compression", "annotationlib", "concurrent.interpreters"}
KEYWORDS = {
    "zip": {"strict"}, "dataclass": {"slots", "kw_only", "match_args", "weakref_slot"}, "field": {"kw_only", "doc"},
    "TemporaryDirectory": {"ignore_cleanup_errors", "delete"}, "bisect_left": {"key"},
    "bisect_right": {"key"}, "bisect": {"key"}, "insort": {"key"}, "NamedTemporaryFile": {"delete_on_close"},
    "ThreadPoolExecutor": {"max_tasks_per_child"},
}  # fmt: skip
_GUARDS = {"TYPE_CHECKING", "version_info"}
# Kinds that cannot be subscripted when a line runs, nor joined by `|`; annotations are not run.
GENERIC = {"list", "dict", "tuple", "set", "frozenset", "type", "deque", "defaultdict", "OrderedDict", "Counter"}
KINDS = GENERIC | {"int", "str", "float", "bool", "bytes", "object"}


def newer(source: str) -> list[str]:
    """What the floor does not have, with its line, in the order of the lines."""
    try:
        ast.parse(source, feature_version=(3, FLOOR))
    except SyntaxError as error:
        return [f"{error.lineno}: {error.msg}"]
    tree = ast.parse(source)
    unrun = {id(child) for part in _not_run(tree) for child in ast.walk(part)}
    found = [(node.lineno, what) for node, what in _newer(tree) if id(node) not in unrun]
    return [f"{line}: {what}" for line, what in sorted(found)]


def _not_run(tree: ast.AST) -> Iterator[ast.AST]:
    """Annotations, what only a type checker reads, and what is tried where the library may be missing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.If) and _GUARDS & set(re.findall(r"\w+", ast.unparse(node.test))):
            yield from node.body
        elif isinstance(node, ast.Try) and any(_catches_missing(handler) for handler in node.handlers):
            yield from (part for part in node.body if isinstance(part, ast.Import | ast.ImportFrom))


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    return any(name in caught for name in ("ImportError", "ModuleNotFoundError", "Exception"))


def _newer(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            module = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in METHODS or node.attr in NAMES.get(module, ()):
                yield node, f"{module}.{node.attr}".lstrip(".")
        elif isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if node.module in MODULES:
                yield node, str(node.module)
            names = NAMES.get(node.module or "", set())
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names if alias.name in names)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            given = {keyword.arg for keyword in node.keywords}
            yield from ((node, f"{called}({name}=)") for name in sorted(KEYWORDS.get(called, set()) & given))
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).rpartition(".")[2] in GENERIC:
            yield node, f"{ast.unparse(node)} when it is run"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            if any(_joins_newly(side) for side in (node.left, node.right)):
                yield node, f"{ast.unparse(node)} when it is run"
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr) and _joins_newly(node.value):
            yield node, ast.unparse(node)


def _joins_newly(side: ast.expr) -> bool:
    """A dict, or a kind of which a union is made."""
    if isinstance(side, ast.Name):
        return side.id in KINDS
    return isinstance(side, ast.Dict | ast.DictComp) or (isinstance(side, ast.Constant) and side.value is None)


def _files() -> list[Path]:
    return sorted([*(ROOT / "plugins/module_utils").rglob("*.py"), *(ROOT / "plugins/modules").glob("*.py")])


def test_what_runs_on_a_host_uses_nothing_newer_than_its_python() -> None:
    found = [f"{path.relative_to(ROOT)}:{what}" for path in _files() for what in newer(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ("x = [text.removesuffix(END) for text in texts]", "removesuffix"),
        ("owners = share.removeprefix('container:')", "removeprefix"),
        ("if path.is_relative_to(root): pass", "is_relative_to"),
        ("import math\nx = math.lcm(4, 6)", "math.lcm"),
        ("from functools import cache", "functools.cache"),
        ("import functools\n@functools.cache\ndef f(): pass", "functools.cache"),
        ("from itertools import pairwise", "itertools.pairwise"),
        ("from datetime import UTC", "datetime.UTC"),
        ("from zoneinfo import ZoneInfo", "zoneinfo"),
        ("import tomllib", "tomllib"),
        ("x = zip(a, b, strict=True)", "zip(strict=)"),
        ("@dataclass(frozen=True, slots=True)\nclass A: pass", "dataclass(slots=)"),
        ("Rows = list[dict[str, int]]", "list[dict[str, int]]"),
        ("x = cast(dict[str, int], y)", "dict[str, int]"),
        ("class A(dict[str, int]): pass", "dict[str, int]"),
        ("if isinstance(x, int | str): pass", "int | str"),
        ("Name = str | None", "str | None"),
        ("x = {**a} | b", "{**a} | b"),
        ("x = a | {'b': 1}", "a | {'b': 1}"),
        ("x |= {'b': 1}", "x |= {'b': 1}"),
        ("match x:\n    case 1: pass", "Pattern matching"),
        ("with (open(a) as b, open(c) as d): pass", "arenthesized context managers"),
    ],
)
def test_a_planted_line_is_found(planted: str, name: str) -> None:
    assert any(name in found for found in newer(planted))


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations\ndef f(x: list[str] | None) -> dict[str, int]: pass\nx: int | None = None",
        "try:\n    from zoneinfo import ZoneInfo\nexcept ImportError:\n    ZoneInfo = None",
        "if TYPE_CHECKING:\n    from typing import Self",
        "import os\nx = os.readlink('a')",
        "x = flags | os.O_RDONLY\nx = {1} | {2}\nx |= found",
        "x = listed[0] or tuples[1]",
        "with open(a) as b, open(c) as d: pass",
    ],
)
def test_what_the_floor_has_is_not_found(source: str) -> None:
    assert newer(source) == []
