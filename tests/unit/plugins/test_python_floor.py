"""Modules and module_utils run on the Python of the managed host: each from the floor on that this machine has."""

from __future__ import annotations

import os
import subprocess

import pytest

from support.cores import python
from support.servers import ROOT

FLOOR, NEWEST = 8, 14
UTILS = ROOT / "plugins/module_utils"
# Every file is compiled; every pure one is imported too, which needs nothing that is not in the standard library.
PROGRAM = """
import importlib, pathlib, sys
root, paths = sys.argv[1], sys.argv[2:]
sys.path.insert(0, root + "/.collections")
for path in paths:
    compile(pathlib.Path(root, path).read_bytes(), path, "exec")
    if path.startswith("plugins/module_utils/") and "/io/" not in path and path.rpartition("/")[2] not in EDGE:
        importlib.import_module("ansible_collections.pafar.runbook." + path[:-3].replace("/", "."))
print(sys.version.split()[0])
"""
EDGE = {"options.py", "engine_options.py", "module.py", "record.py", "refusals.py", "__init__.py"}


@pytest.mark.parametrize("minor", range(FLOOR, NEWEST + 1), ids=lambda minor: f"3.{minor}")
def test_what_runs_on_a_host_is_read_by_its_python(minor: int) -> None:
    program = python(minor)
    if program is None:
        pytest.skip(f"no Python 3.{minor} on this machine")
    paths = [str(path.relative_to(ROOT)) for path in [*UTILS.rglob("*.py"), *(ROOT / "plugins/modules").glob("*.py")]]
    done = subprocess.run(
        [program, "-B", "-W", "error", "-c", f"EDGE = {EDGE!r}\n{PROGRAM}", str(ROOT), *paths],
        env={"PATH": os.defpath}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"3.{minor}.")
