"""How times without a zone, and those in a zone of several, are meant on a host, and by a zone that is named."""

from __future__ import annotations

import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import date_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.zones import zone_of

AT = 1795488004.0  # 2026-11-24 02:40:04 UTC
SUMMER = 1785811204.0  # 2026-08-04 02:40:04 UTC


@pytest.fixture
def host(monkeypatch):
    """Set the zone of this host."""

    def place(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield place
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("place", "name", "hours"),
    [
        ("Asia/Shanghai", "CST", 8), ("America/Chicago", "CST", -6), ("Asia/Kolkata", "IST", 5.5),
        ("Asia/Jerusalem", "IST", 2), ("Europe/Dublin", "IST", 1), ("Asia/Manila", "PST", 8),
    ],
)  # fmt: skip
def test_the_zone_of_the_host_or_the_named_one_decides_what_an_abbreviation_means(place, name, hours, host):
    line = f"2026-11-24 02:40:04 {name} [7] LOG:  x"
    named = zone_of(place)
    host(place)
    assert date_of(line, zone_of("")) == date_of(line, named) == AT - 3600 * hours


@pytest.mark.parametrize("place", ["UTC", "Europe/Kyiv", "Europe/London", "America/New_York"])
@pytest.mark.parametrize("name", ["CST", "IST"])
def test_elsewhere_it_is_not_known_which_is_meant(name, place, host):
    host(place)
    line = f"2026-11-24 02:40:04 {name} [7] LOG:  x"
    assert date_of(line, zone_of("")) is None
    assert date_of(line, zone_of(place)) is None


def test_an_offset_says_which_one_is_meant_where_one_has_it():
    line = "2026-11-24 02:40:04 CST [7] LOG:  x"
    assert date_of(line, zone_of("+08:00")) == AT - 8 * 3600
    assert date_of(line, zone_of("+01:00")) is None


def test_times_without_a_zone_are_those_of_the_host(host):
    host("Europe/Berlin")
    assert date_of("2026-11-24 02:40:04 x", zone_of("")) == AT - 3600
    assert date_of("2026-08-04 02:40:04 x", zone_of("")) == SUMMER - 7200
    assert date_of("2026-08-04 02:40:04 x", zone_of("America/Chicago")) == SUMMER + 5 * 3600
    assert date_of("[24-Nov-2026 02:40:04 Africa/Cairo] x", zone_of("")) == AT - 7200
