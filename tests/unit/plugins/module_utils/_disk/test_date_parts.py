"""Which parts of names are their date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.date_parts import (
    apart,
    odd,
    of_one_order,
    outer,
    say_changes,
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


@pytest.mark.parametrize(
    ("beside", "say"),
    [
        (["/.2026-W45", "/.2026-W46"], True),
        (["/ 5-Mei-2026", "/ 12-Mei-2026"], True),
        (["/-2026309", "/-2026316"], True),
        (["/.1105", "/.1112"], True),
        (["/_11-05", "/_11-12"], True),
        (["/ Thu", "/ Thu"], True),
        (["05_/", "12_/"], True),
        (["/_05.11.26", "/_12.11.26"], True),
        (["/_26-10-05", "/_26-09-12"], True),
        (["/_07.04.19", "/_08.03.19"], False),
        (["10.0.0.7-/", "10.0.0.8-/"], False),
        (["shop_2024-/", "shop_2025-/"], False),
        (["db10-/", "db10-/"], False),
        (["05_/", "20_/"], False),
        (["/ Tue", "/ Thu"], False),
        (["shop-/", "shop-/"], False),
    ],
)
def test_what_beside_a_date_says_when_the_file_was_changed(beside, say):
    """Of a customer of the 11th of May 2024, who is backed up on the 5th and the 12th of November, Thursdays."""
    customer = datetime(2024, 5, 11, tzinfo=UTC).timestamp()
    assert say_changes([(rest, customer, at(11, day)) for rest, day in zip(beside, (5, 12), strict=True)]) is say
    if " T" in beside[0]:
        thursday = datetime(2024, 5, 9, tzinfo=UTC).timestamp()
        assert not say_changes([(rest, thursday, at(11, 5)) for rest in beside])
