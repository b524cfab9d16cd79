from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.deadlines import (
    BusinessHours,
    answer_due,
    overdue,
    update_due,
)

from support.incident_events import START, event, opened

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("severity", "minutes"), [("P0", 15), ("P1", 60), ("P2", 240), ("unknown", None), ("", None)])
def test_an_answer_is_due_by_the_severity(severity, minutes):
    assert answer_due(START, severity) == (START + timedelta(minutes=minutes) if minutes else None)


@pytest.mark.parametrize(
    ("opened_at", "hours", "due"),
    [
        (START, BusinessHours(), datetime(2026, 11, 30, 17, tzinfo=UTC)),  # Friday: Monday
        (datetime(2026, 11, 29, 23, tzinfo=UTC), BusinessHours(BERLIN), datetime(2026, 12, 1, 16, tzinfo=UTC)),
        (datetime(2026, 10, 24, 10, tzinfo=UTC), BusinessHours(BERLIN), datetime(2026, 10, 26, 16, tzinfo=UTC)),
        (datetime(2026, 3, 27, 10, tzinfo=UTC), BusinessHours(BERLIN), datetime(2026, 3, 30, 15, tzinfo=UTC)),
        (
            datetime(2026, 12, 24, 10, tzinfo=UTC),
            BusinessHours(BERLIN, time(12, 30), holidays=frozenset({date(2026, 12, 25)})),
            datetime(2026, 12, 28, 11, 30, tzinfo=UTC),
        ),
        (START, BusinessHours(days=frozenset()), datetime(2026, 11, 28, 17, tzinfo=UTC)),
        (START, BusinessHours(days=frozenset({5})), datetime(2026, 11, 28, 17, tzinfo=UTC)),
    ],
)
def test_an_answer_to_a_p3_is_due_at_the_end_of_the_next_business_day(opened_at, hours, due):
    assert answer_due(opened_at, "P3", hours) == due


def test_an_update_is_due_when_it_was_promised_or_one_interval_later():
    assert update_due([opened("P0")], "P0") == START + timedelta(minutes=15)
    said = [opened(), event("update", 20, text="x")]
    assert update_due(said, "P1") == START + timedelta(minutes=50)
    promised = [*said, event("update", 30, text="x", next_at="2026-11-27T12:00:00.000000Z")]
    assert update_due(promised, "P1") == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert update_due(said, "P3") is None
    assert update_due([], "P0") is None


@pytest.mark.parametrize(
    ("events", "minutes", "late"),
    [
        ([opened("P0")], 14, []),
        ([opened("P0")], 20, ["the acknowledgement was due 5 min ago (P0)", "an update was due 5 min ago (P0)"]),
        ([opened("P0"), event("acknowledged", 3), event("update", 10, text="x")], 20, []),
        ([opened("P0"), event("acknowledged", 30)], 31, ["an update was due 16 min ago (P0)"]),
        ([opened("P3"), event("severity", severity="P0", reason="x")], 16, [
            "the acknowledgement was due 60 s ago (P0)", "an update was due 60 s ago (P0)"]),
        ([opened("P0"), event("phase", 1, phase="resolved")], 900, []),
        ([opened("unknown")], 900, []),
        ([], 1, []),
    ],
)  # fmt: skip
def test_what_is_overdue_is_said_with_how_long(events, minutes, late):
    assert overdue(events, START + timedelta(minutes=minutes)) == late
