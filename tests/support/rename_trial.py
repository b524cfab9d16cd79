"""Rename keys of reports where they are produced, one at a time in a copy, and say which check finds each.

python tests/support/rename_trial.py [--random N] [--seed S] [--all-checks]

The keys are those that a review found unguarded, and N more at random over all reports. The first check that finds a
rename is told; with --all-checks, all that do.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints, is_typeddict

ROOT = Path(__file__).resolve().parents[2]
UTILS = ROOT / "plugins/module_utils"
# Of the review; `ActResult.undo` is made at run time by many acts.
KNOWN = (
    "_Activity.long_waiters", "ApplicationReport.idle_seconds", "ContainerReport.trouble", "ContainerUse.oom_recent",
    "ProbeReport.whose", "ResourcesReport.pressing", "ActResult.undo", "SignatureReport.new",
)  # fmt: skip
# What every act returns: no report of its own type is nested in it.
ACT = {"changed", "plan", "before", "after", "done", "not_done", "remaining", "seconds", "undo", "evidence", "diff"}
CHECKS = {
    "mypy": [["mypy", "-p", "ansible_collections.pafar.runbook.plugins"], ["mypy", "tests/unit"]],
    "contract": [[sys.executable, "-m", "pytest", "-q", "-x", "tests/contract"]],
    "unit": [[sys.executable, "-m", "pytest", "-q", "-x", "tests/unit"]],
}


class Place(NamedTuple):
    """Where a producer writes a key."""

    path: Path
    line: int
    column: int


def reports() -> dict[str, set[str]]:
    """The keys of every type that a module's report is made of, by its name."""
    from contract.report_values import CONTRACTS

    types: dict[str, set[str]] = {}

    def walk(kind: object) -> None:
        if is_typeddict(kind) and kind.__name__ not in types:  # type: ignore[attr-defined]
            types[kind.__name__] = set(get_type_hints(kind))  # type: ignore[attr-defined]
        parts = list(get_type_hints(kind).values()) if is_typeddict(kind) else list(get_args(kind))
        for part in parts:
            walk(part)

    for contract in CONTRACTS:
        if contract.module != "triage_info":
            walk(contract.kind)
    return types


def dicts() -> Iterator[tuple[Path, ast.Dict, set[str]]]:
    """Every dict that is written out, with its keys that are texts."""
    for path in sorted(UTILS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                yield (
                    path,
                    node,
                    {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)},
                )


def producer(keys: set[str], key: str) -> Place | None:
    """The dict that is most like the report; None where no dict of that form is written out."""
    fits = [(len(names & keys) - 2 * len(names - keys), path, node) for path, node, names in dicts() if key in names]
    best = max(fits, key=lambda fit: fit[0], default=None)
    if best is None or best[0] < 1:
        return None
    constant = next(node for node in best[2].keys if isinstance(node, ast.Constant) and node.value == key)
    return Place(best[1], constant.lineno, constant.col_offset)


def renamed(place: Place, key: str, copy: Path) -> None:
    path = copy / place.path.relative_to(ROOT)
    lines = path.read_text().splitlines(keepends=True)
    line = lines[place.line - 1].encode()
    wanted = f'"{key}"'.encode()
    assert line[place.column :].startswith(wanted), (place, key)
    line = line[: place.column] + f'"{key}_renamed"'.encode() + line[place.column + len(wanted) :]
    lines[place.line - 1] = line.decode()
    path.write_text("".join(lines))


def finders(copy: Path, every: bool) -> list[str]:
    """The checks that fail."""
    here = str(copy)
    paths = [f"{here}/.collections", f"{here}/tests", f"{here}/tests/platform"]
    environment = {**os.environ, "PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    failed = []
    for name, commands in CHECKS.items():
        runs = (
            subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False) for command in commands
        )
        if any(run.returncode for run in runs):
            failed.append(name)
            if not every:
                break
    return failed


def copied(folder: Path) -> Path:
    """What the checks need, with the link of the collection to the copy itself."""
    copy = folder / "copy"
    ignored = shutil.ignore_patterns(".git", ".venv", ".cache", ".mypy_cache", "output", ".collections")
    shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
    link = copy / ".collections/ansible_collections/pafar"
    link.mkdir(parents=True)
    (link / "runbook").symlink_to(copy)
    return copy


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--random", type=int, default=12)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--all-checks", action="store_true")
    given = options.parse_args()
    known = reports()
    names = [f"{kind}.{key}" for kind in sorted(known) for key in sorted(known[kind])]
    chosen = [*KNOWN, *random.Random(given.seed).sample([name for name in names if name not in KNOWN], given.random)]
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        for check in finders(copy, every=True):  # what fails without a rename finds none
            print(f"{check} fails already and is left out", flush=True)
            del CHECKS[check]
        for name in chosen:
            kind, key = name.split(".")
            keys = (
                ACT
                if kind == "ActResult"
                else known.get(kind) or next(names for names in known.values() if key in names)
            )
            place = producer(keys, key)
            if place is None:
                print(f"{name}: no dict with this key is written out", flush=True)
                lost += 1
                continue
            path = copy / place.path.relative_to(ROOT)
            original = path.read_text()
            renamed(place, key, copy)
            baseline = finders(copy, given.all_checks)
            path.write_text(original)
            lost += not baseline
            where = f"{place.path.relative_to(UTILS)}:{place.line}"
            print(f"{name} ({where}): {', '.join(baseline) or 'NOT FOUND'}", flush=True)
    print(f"{len(chosen) - lost} of {len(chosen)} found")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
