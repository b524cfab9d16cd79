"""Two clocks compared by four moments: from values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import (
    CheckReport,
    Exchange,
    HostPreflightReport,
    of_clock,
    summed_up,
)
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.host import with_controller_clock

DAY = 1_790_000_000.0


def exchange(offset: float, there: float = 0.2, at_work: float = 1.0, back: float = 0.2) -> Exchange:
    """A clock that is ahead by so much, and how long the way there, the work and the way back took."""
    received = DAY + there
    answered = received + at_work
    return Exchange(DAY, received + offset, answered + offset, answered + back)


@pytest.mark.parametrize("offset", [-0.1, 0.0, 0.1])
@pytest.mark.parametrize("at_work", [0.0, 60.0])
def test_clocks_that_agree(offset, at_work):
    check = of_clock("it", exchange(offset, at_work=at_work))
    assert check.ready is True
    assert check.found.startswith("no offset was measured: it is between ")


@pytest.mark.parametrize(("there", "back"), [(40.0, 0.0), (0.0, 40.0), (40.0, 40.0)])
def test_a_slow_way_is_no_offset(there, back):
    assert of_clock("it", exchange(0.0, there, back=back)).ready is True


@pytest.mark.parametrize("offset", [30.0, -30.0])
def test_a_slow_way_hides_no_offset_that_is_larger(offset):
    assert of_clock("it", exchange(offset, 8.0, back=8.0)).ready is False


@pytest.mark.parametrize(("offset", "found"), [(90.0, "at least +89.8 s apart"), (-90.0, "at least -89.8 s apart")])
def test_the_least_offset_is_told(offset, found):
    check = of_clock("it", exchange(offset))
    assert check.ready is False
    assert check.found == found
    assert "chrony" in check.remedy


@pytest.mark.parametrize(("offset", "ready"), [(2.1, True), (2.3, False), (-2.1, True), (-2.3, False)])
def test_two_seconds_are_borne(offset, ready):
    """0.2 s of each offset may have been spent on the way."""
    assert of_clock("it", exchange(offset)).ready is ready


def test_a_clock_that_is_set_meanwhile_is_unknown():
    check = of_clock("it", Exchange(DAY, DAY, DAY + 3600, DAY + 1))
    assert check.ready is None
    assert "was set" in check.found


def test_the_controller_s_check_stands_behind_the_host_s_and_counts():
    checks: list[CheckReport] = [
        {"check": "the clock is set", "ready": True, "found": "", "remedy": ""},
        {"check": "inodes are left", "ready": True, "found": "", "remedy": ""},
    ]
    result: HostPreflightReport = {
        **summed_up(checks),
        "host_clock": {"received": DAY - 60, "answered": DAY - 59},
    }
    told = with_controller_clock(result, DAY, DAY + 1)
    assert [check["check"] for check in told["checks"]] == [
        "the clock is set", "the clock agrees with the controller", "inodes are left",
    ]  # fmt: skip
    assert told["not_ready"] == ["the clock agrees with the controller"]
    assert told["ready"] is False
    assert told["host_clock"] == result["host_clock"]
