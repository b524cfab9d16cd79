"""Write the keys of every report into the RETURN of the modules that return it; `--check` only compares.

Types say which keys there are, `report_keys.yml` what each says. A report that stands in a RETURN twice is written
once and referred to (a YAML alias).
"""

from __future__ import annotations

import re
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORDS: dict[str, str] = yaml.safe_load((HERE / "report_keys.yml").read_text())
WIDTH = 120  # of a line; one that is longer is folded
MISSING: list[str] = []
PLAIN = {int: "int", float: "float", str: "str", bool: "bool", Any: "raw"}


def words(owner: str, key: str) -> str:
    found = WORDS.get(f"{owner}.{key}") or WORDS.get(key)
    if found is None:
        MISSING.append(f"{owner}.{key}")
    return found or "?"


def bare(kind: Any) -> list[Any]:
    """The kinds that a value may be, but for None."""
    if get_origin(kind) in (Union, types.UnionType):
        return [each for option in get_args(kind) for each in bare(option)]
    return [] if kind is type(None) else [kind]


class Writer:
    """The lines of one RETURN. ``seen``: names of what stands there already."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def entry(self, key: str, text: str, kind: Any, depth: int) -> Iterator[str]:
        pad = "  " * depth
        name, elements, inner = described(kind)
        head = f"type: {name}" + (f", elements: {elements}" if elements else "")
        line = f"{pad}{key}: {{description: {yaml_text(text)}, {head}}}"
        if inner is None and len(line) <= WIDTH:
            yield line
            return
        yield f"{pad}{key}:"
        yield from description(text, f"{pad}  ")
        yield f"{pad}  type: {name}"
        if elements:
            yield f"{pad}  elements: {elements}"
        if inner is not None:
            yield from self.contains(inner, depth + 1)

    def contains(self, kinds: Any, depth: int) -> Iterator[str]:
        pad = "  " * depth
        if isinstance(kinds, tuple):  # a dict by whatever name
            yield f"{pad}contains:"
            yield from self.entry('"<name>"', WORDS["<name>"], kinds[0], depth + 1)
            return
        label = "_".join(each.__name__ for each in kinds)
        if label in self.seen:
            yield f"{pad}contains: *{label}"
            return
        self.seen.add(label)
        yield f"{pad}contains: &{label}"
        written = set()
        for each in kinds:
            for key, kind in get_type_hints(each).items():
                if key not in written:
                    written.add(key)
                    yield from self.entry(key, words(each.__name__, key), kind, depth + 1)


def described(kind: Any) -> tuple[str, str, Any]:
    """Type, elements and what is inside: a list of TypedDicts, a tuple of one kind for any name, or None."""
    kinds = bare(kind)
    dicts = [each for each in kinds if is_typeddict(each)]
    if dicts:
        return "dict", "", dicts
    first = kinds[0]
    if get_origin(first) is list:
        of = bare(get_args(first)[0])
        inner = [each for each in of if is_typeddict(each)]
        return "list", "dict" if inner else described(of[0])[0], inner or None
    if get_origin(first) is dict:
        value = get_args(first)[1]
        return (
            "dict",
            "",
            (value,)
            if any(is_typeddict(each) or get_origin(each) in (list, dict) for each in bare(value)) and deep(value)
            else None,
        )
    return PLAIN.get(first, "raw"), "", None


def deep(kind: Any) -> bool:
    return any(is_typeddict(each) or any(deep(inner) for inner in get_args(each)) for each in bare(kind))


def description(text: str, pad: str) -> Iterator[str]:
    line = f"{pad}description: {yaml_text(text)}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{pad}description: >-"
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=f"{pad}  ", subsequent_indent=f"{pad}  ", break_on_hyphens=False
    )


def yaml_text(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def with_keys(source: str, reports: list[tuple[str, Any]], documented: dict[str, Any]) -> str:
    """The module's source with the keys of its reports. ``reports``: where each stands, and its type."""
    start = source.index('RETURN = r"""\n') + len('RETURN = r"""\n')
    end = source.index('"""', start)
    blocks = dict(re.findall(r"^(\w+):\n((?:[ ].*\n)+)", source[start:end], re.M))
    writer = Writer()
    for at, kind in reports:
        keys = {at.strip(".[]"): kind} if at else get_type_hints(kind)
        for key, each in keys.items():
            if key in ("changed", "ansible_stats"):
                continue
            name, elements, inner = ("list" if at.endswith("[]") else "dict", "", [kind]) if at else described(each)
            block = blocks.get(key) or (
                f"  description: {yaml_text(words(kind.__name__, key))}\n  returned: success\n  type: {name}\n"
                + (f"  elements: {elements}\n" if elements else "")
            )
            block = re.sub(r"^  contains:.*\n((?:   +.*\n)*)", "", block, flags=re.M)
            lines = [] if inner is None else list(writer.contains(inner, 1))
            blocks[key] = block + "".join(f"{line}\n" for line in lines)
    return source[:start] + "".join(f"{name}:\n{block}" for name, block in blocks.items()) + source[end:]


def main() -> int:
    from contract.report_values import CONTRACTS
    from contract.test_reports import MODULES, returned_by

    stale = []
    for module in dict.fromkeys(one.module for one in CONTRACTS if one.module != "triage_info"):
        path = MODULES / f"{module}.py"
        source = path.read_text()
        reports = [(one.at, one.kind) for one in CONTRACTS if one.module == module]
        wanted = with_keys(source, reports, returned_by(module))
        if wanted != source:
            stale.append(path.name)
            if "--check" not in sys.argv and not MISSING:
                path.write_text(wanted)
    if MISSING:
        print(f"{(HERE / 'report_keys.yml').relative_to(ROOT)} says nothing of {', '.join(sorted(set(MISSING)))}.")
        return 1
    if stale and "--check" in sys.argv:
        print(f"RETURN does not say what the types do: {', '.join(stale)}. Run make docs.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
