"""What `make test` runs and what it leaves to `make test-all`; a pytest plugin (see pyproject.toml).

``PAFAR_TESTS=all`` (set by `make test-all`) runs everything. Without it these cases are left out, counted, and printed
as one line for each kind, ``LEFT TO make test-all: PostgreSQL 15, 16, 17 (398 cases)``, which tests/run.py collects:

- Cases of one test on several majors of PostgreSQL (a parameter with the id ``pg15``): the oldest and the newest of
  that test's majors run. A test about a difference between majors keeps all: ``@pytest.mark.every_major``.
- Cases that the test marks: ``@pytest.mark.full("game days of every fault")``, also in ``pytest.param(..., marks=)``.
- What a test leaves out inside of its own loop, which it reports itself: ``left_out("random graphs", 760)``.

Cases that the command line names by their own id run always.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

ALL = os.environ.get("PAFAR_TESTS") == "all"
LINE = re.compile(r"^LEFT TO make test-all: (.+) \((\d+) cases\)$", re.M)
_MAJOR = re.compile(r"pg(\d+)")
_deselected: Counter[str] = Counter()  # by the collection, which is the same in every worker
_reported: Counter[str] = Counter()  # by tests, each of which runs in one worker


def majors(available: Iterable[int]) -> list[int]:
    """The majors of PostgreSQL that a run uses: the oldest and the newest of these, or all of them."""
    present = sorted(set(available))
    return present if ALL or len(present) < 3 else [present[0], present[-1]]


def left_out(kind: str, cases: int) -> None:
    """Count what a running test leaves to `make test-all`, of one kind (a noun phrase without a full stop)."""
    if cases:
        _reported[kind] += cases


def left_of(text: str) -> Counter[str]:
    """Number of cases by kind, from the output of a run."""
    kinds: Counter[str] = Counter()
    for kind, cases in LINE.findall(text):
        kinds[kind] += int(cases)
    return kinds


def lines(left: Counter[str]) -> list[str]:
    return [f"LEFT TO make test-all: {kind} ({cases} cases)" for kind, cases in sorted(left.items())]


def major_of(item: pytest.Item) -> int | None:
    """The major of PostgreSQL that a case runs on, by its parameter's id."""
    callspec = getattr(item, "callspec", None)
    matches = [_MAJOR.fullmatch(part) for part in callspec.id.split("-")] if callspec else []
    return next((int(match[1]) for match in matches if match), None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full(kind): run by `make test-all` alone; kind says what is left out")
    config.addinivalue_line("markers", "every_major: about a difference between majors, so it runs on each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ALL:
        return
    of_test: dict[str, set[int]] = defaultdict(set)
    for item in items:
        major = major_of(item)
        if major is not None:
            of_test[item.nodeid.split("[")[0]].add(major)
    named = {argument.split("::", 1)[1] for argument in config.args if "[" in argument}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    dropped: dict[int, int] = Counter()
    for item in items:
        full, major = item.get_closest_marker("full"), major_of(item)
        if item.nodeid.split("::", 1)[1] in named:
            kept.append(item)
        elif full:
            _deselected[full.args[0]] += 1
            left.append(item)
        elif (
            major is None
            or item.get_closest_marker("every_major")
            or major in majors(of_test[item.nodeid.split("[")[0]])
        ):
            kept.append(item)
        else:
            dropped[major] += 1
            left.append(item)
    if dropped:
        _deselected["PostgreSQL " + ", ".join(map(str, sorted(dropped)))] += sum(dropped.values())
    if left:
        items[:] = kept
        config.hook.pytest_deselected(items=left)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:  # a worker of xdist
        output["deselected"], output["reported"] = dict(_deselected), dict(_reported)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output: dict[str, dict[str, int]] = getattr(node, "workeroutput", {})
    for kind, cases in output.get("deselected", {}).items():
        _deselected[kind] = max(_deselected[kind], cases)
    _reported.update(output.get("reported", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for line in lines(_deselected + _reported):
        terminalreporter.write_line(line)
