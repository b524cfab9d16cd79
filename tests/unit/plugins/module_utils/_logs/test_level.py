"""Levels by words, letters, numbers and marks; whole forms are in test_forms."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import LEVELS, level_of, of_status, of_value


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("[2026-11-24 02:40:04,123: WARNING/MainProcess] x", "warning"), ("app.ERROR: x", "error"),
        ("[worker]ERROR x", "error"), ("\x1b[31mFATAL\x1b[0m: x", "critical"), ("ERROR:root:x", "error"),
        ("level=warning msg=x", "warning"), ('lvl="eror" msg=x', "error"), ("x severity: ERROR y", "error"),
        ("no error was found", ""), ("ended without error", ""), ("0 errors", ""), ("GET /api/error 1", ""),
        ("error=null x", ""), ("terror", ""), ("INFO it went wrong with error 7", "info"), ("/var/log/ERROR/x", ""),
        ("W1124 02:40:04.123456 7 a.go:1] x", "warning"), ("<3>x", "error"), ("<999>x", ""),
        ("2026-11-24 02:40:04 UTC [7] DEBUG2:  x", "debug"), ("panic: x", "critical"),
        ("2026-11-24T02:40:04Z INF x error=y", "info"), ("app.rb:3:in 'pay': boom (RuntimeError)", "error"),
    ],
)  # fmt: skip
def test_the_level_of_a_line(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize(
    ("code", "level"), [(200, "info"), (304, "info"), (404, "warning"), (499, "warning"), (502, "error")]
)
def test_the_level_of_a_status(code, level):
    assert of_status(code) == level


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("level", 60, "critical"), ("level", 10, "debug"), ("level", 40, "warning"), ("levelno", 40, "error"),
        ("severitynumber", 13, "warning"), ("severitynumber", 21, "critical"), ("priority", 4, "warning"),
        ("level", 300, "warning"), ("level", 550, "critical"), ("level", 9, ""), ("level", True, ""),
        ("level", None, ""), ("level", 0, ""), ("priority", 0, "critical"), ("level", "WARN+1", "warning"),
        ("level", 9999, ""), ("level", "W", "warning"), ("level", "loud", ""),
    ],
)  # fmt: skip
def test_the_level_of_a_value(name, value, level):
    assert of_value(name, value) == level
    assert not level or level in LEVELS
