"""Times as an operator writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import moment_of, seconds_of, stamp

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90), ("90s", 90), ("15m", 900), ("15 min", 900), ("2h", 7200), ("1h30m", 5400), ("3d", 259200),
        ("1w", 604800), ("0.5h", 1800), (" 2h ", 7200), ("", None), ("h", None), ("2x", None), ("-2h", None),
        ("2h later", None), ("1h 30m", 5400),
    ],
)  # fmt: skip
def test_durations(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1h", NOW - 3600),
        ("@12.5", 12.5),
        ("1970-01-02", 86400),
        ("1970-01-01 00:01", 60),
        ("1970-01-01T00:00:01.25Z", 1.25),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00-0100", 3600),
        ("1970-01-01t00:00:02 utc", 2),
        ("1970-02-30", None),
        ("1970-01-01T25:00", None),
        ("yesterday", None),
        ("@", None),
    ],
)
def test_moments(text, moment):
    assert moment_of(text, NOW) == moment


def test_a_stamp_is_utc_and_has_no_character_that_splits_a_list():
    at = datetime(2026, 11, 24, 4, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))
    assert stamp(at) == "20261124T030000.000007Z"
    assert stamp(None) == "-"
