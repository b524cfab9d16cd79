"""Errors that a sentence speaks of, and that did not happen or are over."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.exceptions.spoken_of import level_by_sentence
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import level_of


@pytest.mark.parametrize(
    "line",
    [
        "ignoring previous error, continuing",
        "Ignoring error from plugin mail: no such file",
        "retrying after error (attempt 1 of 5): connection reset: succeeded",
        "web-1  | reconnected after an error, 3 messages were sent again",
        "recovered after error, connection is up",
        "error resolved: disk ok",
        "the error was handled, nothing to do",
        "previous error cleared",
    ],
)
def test_what_is_over_is_no_error(line):
    assert level_of(line) == "warning"


@pytest.mark.parametrize(
    "line", ["If an error occurs, see the manual", "no further error since 02:40", "set X=1 to avoid this error"]
)
def test_what_did_not_happen_has_no_level(line):
    assert level_of(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "retrying after error: connection refused, giving up",
        "previous error not cleared",
        "the error is handled nowhere",
        "cannot ignore error, exiting",
        "not ignoring this error: disk full",
        "error resolving host db",
        "error: ignored request blocks the queue",
        "ERROR ignored reply of 10.0.0.1",
        "2026-11-24 02:40:04 ERROR resolved address is not reachable",
        "ignoring error failed",
    ],
)
def test_what_was_in_vain_or_has_the_level_in_its_place_is_an_error(line):
    assert level_of(line) == "error"


@pytest.mark.parametrize(
    ("level", "word", "before", "judged"),
    [
        ("info", "info", "log level: ", ""),
        ("info", "info", "ignoring ", "info"),
        ("warning", "warn", "if a ", "warning"),
    ],
)
def test_other_levels_stay(level, word, before, judged):
    assert level_by_sentence(level, word, before, " x") == judged
