from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import seconds_in


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), (" 2.5 ", 2.5), ("0", 0.0), ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0), ("", None), (None, None),
     ("-1", None), ("1e3", None), ("inf", None), ("30, 30", None), ("30s", None), ("\u0663", None),
     ("Mon, 99 Jan 2024 00:00:00 GMT", None)],
)  # fmt: skip
def test_a_retry_after_is_seconds_or_a_date_or_nothing(text, seconds):
    assert seconds_in(text) == seconds
    assert seconds_in(text, 7.0) == (7.0 if seconds is None else seconds)


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_to_come_is_waited_for(zone):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=900)).replace("+0000", zone)
    assert 890 < seconds_in(date, 1.0) <= 900
