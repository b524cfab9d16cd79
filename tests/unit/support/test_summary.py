"""The end of a run names what failed within its last 20 lines, however much failed."""

from __future__ import annotations

from collections import Counter

import pytest

from support.summary import LONGEST, Result, ending, judge, omissions, table

PYTEST_OUTPUT = """\
..F.E                                     [100%]
=========================== short test summary info ============================
FAILED tests/unit/test_a.py::test_one[pg14] - AssertionError: 3 is not 4
ERROR tests/unit/test_b.py::test_two - RuntimeError: no server
1 failed, 3 passed, 2 skipped, 1 error in 4.20s
"""


def result_of(code, text, counts_tests=True, part="unit"):
    return judge(Result(part, f"pytest tests/{part}"), code, text, counts_tests)


def test_a_suite_is_counted_in_tests_and_names_those_that_failed():
    result = result_of(1, PYTEST_OUTPUT)
    assert (result.passed, result.failures) == (3, 2)
    assert result.failed == [
        "tests/unit/test_a.py::test_one[pg14] - AssertionError: 3 is not 4",
        "tests/unit/test_b.py::test_two - RuntimeError: no server",
    ]


def test_the_name_of_a_test_is_no_count():
    """A run that listed its slowest tests had failed, though all passed."""
    slow = "0.02s call tests/unit/test_a.py::test_one[2 of 3 attempts failed: 503]\n3 failed\n"
    for last in ("3 passed, 1 skipped in 4.20s\n", "===== 3 passed, 1 skipped in 61.2s (0:01:01) =====\n"):
        result = result_of(0, slow + last)
        assert (result.passed, result.failures, result.failed) == (3, 0, [])


def test_a_command_is_counted_once_and_its_last_lines_say_what_failed():
    result = result_of(2, "a\nb\n\x1b[31mrole x: 3 passed, 1 failed\x1b[0m\n\nc\n", counts_tests=False)
    assert (result.passed, result.failures) == (0, 1)
    assert result.failed == ["b", "role x: 3 passed, 1 failed", "c"]
    assert result_of(0, "7 failed", counts_tests=False).failures == 0


@pytest.mark.parametrize("text", ["", "Killed", "3 passed in 1.0s"])
def test_a_suite_that_ends_badly_has_failed_whatever_it_printed(text):
    result = result_of(-9, text)
    assert result.failures == 1
    assert result.failed


@pytest.mark.parametrize("parts", [1, 2, 5, 17, 18, 19, 40])
@pytest.mark.parametrize("tests", [1, 2, 19, 300])
def test_the_end_is_bounded_and_names_every_part_that_failed(parts, tests):
    results = [
        Result(
            f"part{part}", "pytest", True, 1, tests, [f"test_{part}_{number} {'x' * 500}" for number in range(tests)]
        )
        for part in range(parts)
    ]
    lines = ending([Result("lint", "ruff", True, 1), *results], ["NOT RUN: a", "NOT RUN: a", "LEFT TO: b"])
    assert len(lines) <= LONGEST
    assert lines[-1] == f"{1 + parts} passed, {parts * tests} failed, 1 skipped"
    assert max(map(len, lines)) <= 210
    text = "\n".join(lines)
    named = [part for part in range(parts) if f"FAILED part{part}: pytest" in text]
    assert len(named) == parts or f"... and {parts - len(named)} more parts failed" in text
    if parts == 1:
        assert "test_0_0" in text
        assert tests < 19 or f"... and {tests - 17} more" in text


def test_a_run_without_a_failure_ends_with_its_count():
    assert ending([Result("unit", "pytest", True, 7)], []) == ["7 passed, 0 failed, 0 skipped"]


def test_what_was_left_out_is_listed_once():
    assert omissions([], Counter()) == ["  nothing was left out"]
    assert omissions(["NOT RUN: b", "NOT RUN: b"], Counter({"PostgreSQL 15, 16": 3})) == [
        "  NOT RUN: b",
        "  LEFT TO make test-all: PostgreSQL 15, 16 (3 cases)",
    ]


def test_the_table_says_of_each_part_how_it_went():
    results = [Result("unit", "pytest", True, 1, 0, [], 2.0, 1.5), Result("lint", "ruff", True, 0, 1), Result("x", "y")]
    states = [line.split()[2] for line in table(results)[1:]]
    assert states == ["passed", "FAILED", "not"]
