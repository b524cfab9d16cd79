"""What an act cost its users, and what it saved, by the requests of each second."""

from __future__ import annotations

import pytest

from rehearsal import series
from rehearsal.platform import Request

PARTS = {
    "inject": {"at": 100.0}, "symptom": {"felt": 103.0}, "check": {"began": 106.0}, "real": {"began": 112.0},
    "relief": {"act": 113.0, "back": 115.5},
}  # fmt: skip


def counted(failed_before, failed_between, failed_after=0, rate=20, **moments):
    """Ten seconds before the act, three up to the recovery, ten after it, with so many failures of each second."""
    failed = [0] * 6 + [failed_before] * 13 + failed_between + [failed_after] * 10
    served = [rate - count for count in failed]
    given = moments or {"inject": 0.0, "act": 13.0, "back": 15.5}
    return {"first": -6, "served": served, "failed": failed, "moments": given}


def test_each_request_is_in_the_second_in_which_it_was_felt():
    requests = [
        Request(94.5, "book", "ok", 0.1),
        Request(98.5, "book", "timeout", 2.0),
        Request(99.0, "pay", "ok", 9.0),
    ]
    found = series.of(PARTS, requests)
    assert found["moments"] == {"inject": 0.0, "felt": 3.0, "check": 6.0, "real": 12.0, "act": 13.0, "back": 15.5}
    assert (len(found["served"]), len(found["failed"])) == (31, 31)
    assert [second for second, count in enumerate(found["served"], -6) if count] == [-6, 8]
    assert [second for second, count in enumerate(found["failed"], -6) if count] == [0]


@pytest.mark.parametrize(
    "parts", [{name: {} for name in PARTS}, {**PARTS, "inject": {}}], ids=["broken off", "healthy"]
)
def test_a_day_without_a_fault_has_no_series(parts):
    assert series.of(parts, [Request(100.0, "book", "ok", 0.1)]) == {}
    assert series.of(PARTS, []) == {}


@pytest.mark.parametrize(
    ("failed_before", "failed_between", "cost", "saved"),
    [
        pytest.param(0, [14, 20, 11], 45, 0, id="users were served before the act"),
        pytest.param(20, [20, 20, 17], 0, 200, id="all failed before the act"),
        pytest.param(3, [4, 6, 7], 8, 30, id="more failed than before"),
        pytest.param(3, [3, 4, 4], 0, 30, id="no more than chance has it"),
        pytest.param(0, [0, 0, 0], 0, 0, id="no request failed"),
        pytest.param(0, [0, 1, 0], 1, 0, id="a single one"),
    ],
)
def test_what_the_act_cost_and_saved(failed_before, failed_between, cost, saved):
    found = series.balance(counted(failed_before, failed_between))
    assert (found.failed_before, found.cost, found.saved, found.watched) == (failed_before, cost, saved, 10)


def test_what_fails_after_the_recovery_is_not_saved():
    assert series.balance(counted(20, [20, 20, 20], failed_after=5)).saved == 150
    assert series.balance(counted(0, [0, 0, 0], failed_after=5)).saved == 0


def test_an_act_that_is_over_at_once():
    assert series.balance(counted(0, [9, 0, 0], inject=0.0, act=13.0, back=13.0)).cost == 9


def test_without_an_act_or_a_recovery_there_is_no_balance():
    assert series.balance(counted(20, [20, 20, 20], inject=0.0, act=13.0)) is None
    assert series.balance({}) is None
