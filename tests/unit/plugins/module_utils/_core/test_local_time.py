from __future__ import annotations

from datetime import time

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._core.local_time import time_of_day, weekdays


@pytest.mark.parametrize("text", ["09:00", "17:00", "17:30", "08:05", "23:59", "10:00", "1:00", "'17:00'", "17:00:30"])
def test_a_time_is_the_one_that_is_written_whether_it_is_quoted_or_not(text):
    hour, minute, second = ([int(part) for part in text.strip("'").split(":")] + [0])[:3]
    assert time_of_day(yaml.safe_load(text)) == time(hour, minute, second)


def test_midnight_at_the_end_of_the_day():
    assert time_of_day("24:00") == time_of_day(1440) == time(0)


@pytest.mark.parametrize("value", [17, 0, 9, True, None, "25:00", "noon", "", 86400, -60, [9], {}])
def test_what_is_no_time(value):
    with pytest.raises(ValueError, match=r"."):
        time_of_day(value)


@pytest.mark.parametrize(
    ("value", "days"),
    [
        (["mon", "tue"], {0, 1}), ("mon-fri", {0, 1, 2, 3, 4}), (["mon-fri", "sun"], {0, 1, 2, 3, 4, 6}),
        ("sat,sun", {5, 6}), ("Monday - Wed", {0, 1, 2}), ("fri-mon", {4, 5, 6, 0}), (["THURSDAY"], {3}), ([], set()),
    ],
)  # fmt: skip
def test_days(value, days):
    assert weekdays(value) == days


@pytest.mark.parametrize("value", ["", "monkey", ["mo"], "mon-", "-fri", "1-5", 5, None, {"mon"}, [None], "mon fri"])
def test_what_is_no_day(value):
    with pytest.raises(ValueError, match="is no"):
        weekdays(value)
