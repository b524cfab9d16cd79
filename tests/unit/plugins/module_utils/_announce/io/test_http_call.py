from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import seconds_in, wait_asked


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


NOW = datetime.now(UTC)


def in_http(**apart):
    return format_datetime(NOW + timedelta(**apart), usegmt=True)


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(hours=-5), timedelta(hours=5), timedelta(days=400)])
def test_a_date_is_of_the_clock_of_the_answer(skew):
    """A server whose clock is ahead would have its hours waited for, and one that is behind be asked at once."""
    headers = {
        "Date": format_datetime(NOW + skew, usegmt=True),
        "Retry-After": format_datetime(NOW + skew + timedelta(seconds=90), usegmt=True),
    }
    assert wait_asked(headers) == 90
    assert wait_asked({name.lower(): value for name, value in headers.items()}, 1.0) == 90


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7", "Date": in_http(hours=5)}, 7, 7),
        # Measured by the clock here; a slow test begins late, so the date is far.
        ({"Retry-After": in_http(days=1), "Date": "yesterday"}, 3600, 86400),
        ({"Retry-After": in_http(days=1), "Date": ""}, 3600, 86400),
        ({"Retry-After": in_http(seconds=-300), "Date": in_http()}, 0, 0),
        ({"Retry-After": f"{NOW:%a %b %d %H:%M:%S %Y}", "Date": in_http(seconds=-60)}, 60, 60),  # asctime
        ({"Retry-After": "9" * 400}, float("inf"), float("inf")),  # bounded where it is waited for
    ],
)
def test_the_date_of_an_answer_matters_for_a_date_alone(headers, least, most):
    assert least <= wait_asked(headers) <= most


@pytest.mark.parametrize("text", ["", "soon", "-30", "1e9", "NaN", "0x10", "\u0664", "Mon, 99 Jan 2024 00:00:00 GMT"])
def test_what_is_no_time_asks_for_nothing(text):
    assert wait_asked({"Retry-After": text, "Date": in_http()}) is None
    assert wait_asked({}, 2.0) == 2.0
    assert wait_asked(None) is None
