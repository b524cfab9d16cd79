"""Which versions are supported is said in several files, for several programs: they say the same."""

from __future__ import annotations

import re

import yaml

from support.cores import CORES
from support.servers import ROOT
from unit.plugins.test_python_floor import FLOOR, NEWEST

OLDEST, LATEST = next(iter(CORES)), list(CORES)[-1]


def row(name: str) -> str:
    """A row of the README's table of versions."""
    (line,) = re.findall(rf"^\| {re.escape(name)} \|.*$", (ROOT / "README.md").read_text(), re.M)
    return line


def test_the_oldest_core_is_the_same_wherever_it_is_written() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["requires_ansible"] == f">={OLDEST}.0"
    assert f"ansible-core>={OLDEST}\n" in (ROOT / "requirements.txt").read_text()
    roles = [yaml.safe_load(path.read_text()) for path in ROOT.glob("roles/*/meta/main.yml")]
    assert {role["galaxy_info"]["min_ansible_version"] for role in roles} == {OLDEST}
    assert f"| {OLDEST} or newer |" in row("controller: ansible-core")


def test_the_newest_core_is_one_that_the_image_may_have() -> None:
    image = yaml.safe_load((ROOT / "execution-environment.yml").read_text())
    major, minor = map(int, LATEST.split("."))
    wanted = image["dependencies"]["ansible_core"]["package_pip"]
    assert wanted == f"ansible-core>={OLDEST},<{major}.{minor + 1}"
    assert f"{OLDEST} to {LATEST} " in row("controller: ansible-core")


def test_pythons_are_those_of_the_tests() -> None:
    lowest = min(minor for pythons in CORES.values() for minor in pythons)
    assert f"3.{lowest} or newer" in row("controller: Python")
    assert f"| 3.{FLOOR} or newer |" in row("managed host: Python")
    assert f"3.{FLOOR} to 3.{NEWEST}" in row("managed host: Python")


def test_the_core_of_all_tests_is_named() -> None:
    (core,) = re.findall(r"^ansible-core==(\S+)$", (ROOT / "tests/requirements.txt").read_text(), re.M)
    assert f"{core}, by all tests" in row("controller: ansible-core")
