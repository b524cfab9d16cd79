"""Which parts of names are their date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.date_parts import (
    apart,
    odd,
    of_one_order,
    outer,
    shows_order,
)
from ansible_collections.pafar.runbook.plugins.module_utils._disk.moments import moments_in


def at(month: int, day: int) -> float:
    return datetime(2026, month, day, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "changed", "shown"),
    [
        ("x-05-11-2026", at(11, 5), True),
        ("x-05-11-2026", at(5, 11), False),
        ("x-05-11-2026", at(8, 8), None),
        ("x-11-11-2026", at(8, 8), True),
        ("x-13-11-2026", at(8, 8), True),
        ("x-05112026", at(5, 11), False),
    ],
)
def test_the_order_of_day_and_month_that_a_file_shows(name, changed, shown):
    reading = {moment.key: moment for moment in moments_in(name)}
    key = next(key for key in reading if key[0] in ("d-m-y", "dmy"))
    assert shows_order(key, reading, changed) is shown


def test_forms_that_many_numbers_have():
    assert odd(("dmy", 0))
    assert not odd(("y-m-d", 0))
    assert of_one_order(("d-m-y", 0), [("d-m-y", 0), ("m-d-y", 1)])
    assert not of_one_order(("d-m-y", 0), [("d-m-y", 0), ("m-d-y", 0)])
    assert not of_one_order(("dmy", 0), [("dmy", 0)])


def test_parts_that_lie_in_others():
    assert outer([(0, 4), (2, 3), (5, 7)]) == [(0, 4), (5, 7)]
    reading = {moment.key: moment for moment in moments_in("x-2026-11-05")}
    assert [key[0] for key in apart(list(reading), [reading])][:1] == ["y-m-d"]
