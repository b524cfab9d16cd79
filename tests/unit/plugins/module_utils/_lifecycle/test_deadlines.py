from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.deadlines import (
    BusinessHours,
    answer_due,
    coming,
    outside_due,
    outside_updates,
    overdue,
    said_outside,
    update_due,
)

from support.incident_events import START, event, opened

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = BusinessHours(BERLIN, time(2), starts=time(18))


@pytest.mark.parametrize(("severity", "minutes"), [("P0", 15), ("P1", 60), ("P2", 240), ("unknown", None), ("", None)])
def test_an_answer_is_due_by_the_severity(severity, minutes):
    assert answer_due([opened(severity)], severity) == (START + timedelta(minutes=minutes) if minutes else None)


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
        # 24:00 is the midnight at the end of the next business day.
        (START, BusinessHours(BERLIN, time(0)), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        # From 18:00 to 02:00: on Monday, and after midnight still on Monday; on Friday; on Tuesday after its end.
        (datetime(2026, 11, 30, 19, tzinfo=UTC), NIGHT, datetime(2026, 12, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, 0, 30, tzinfo=UTC), NIGHT, datetime(2026, 12, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 1, 1, 30, tzinfo=UTC), NIGHT, datetime(2026, 12, 3, 1, tzinfo=UTC)),
        (START, NIGHT, datetime(2026, 12, 1, 1, tzinfo=UTC)),
        (datetime(2026, 11, 28, 0, 30, tzinfo=UTC), NIGHT, datetime(2026, 12, 1, 1, tzinfo=UTC)),
        (START, BusinessHours(BERLIN, time(17), starts=time(9)), datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (START, BusinessHours(days=frozenset()), datetime(2026, 11, 28, 17, tzinfo=UTC)),
        (START, BusinessHours(days=frozenset({5})), datetime(2026, 11, 28, 17, tzinfo=UTC)),
    ],
)
def test_an_answer_to_a_p3_is_due_at_the_end_of_the_next_business_day(opened_at, hours, due):
    first: Any = {**opened("P3"), "at": stamp(opened_at)}
    assert answer_due([first], "P3", hours) == due


@pytest.mark.parametrize(
    ("changes", "severity", "minutes"),
    [
        ([(12, "P0")], "P0", 27),
        ([(55, "P0")], "P0", 60),  # by then the answer to a P1 is due
        ([(12, "P2")], "P2", 240),
        ([(12, "P2"), (30, "P0")], "P0", 45),
        ([(12, "P0"), (14, "P1")], "P1", 60),
    ],
)
def test_a_severity_that_is_raised_counts_from_then_on(changes, severity, minutes):
    events = [opened("P1"), *(event("severity", at, severity=to, reason="x") for at, to in changes)]
    assert answer_due(events, severity) == START + timedelta(minutes=minutes)


def test_a_p3_that_becomes_worse_is_answered_no_later():
    began: Any = {**opened("P3"), "at": "2026-11-26T10:00:00.000000Z"}  # a Thursday: due on Friday at 17:00
    assert answer_due([began, event("severity", 390, severity="P2", reason="x")], "P2") == START + timedelta(hours=7)
    assert answer_due([began, event("severity", 30, severity="P2", reason="x")], "P2") == START + timedelta(hours=4.5)


def test_what_is_due_at_this_moment_is_not_overdue():
    events = [opened("P0"), event("acknowledged", 1)]
    at = START + timedelta(minutes=15)
    assert (overdue(events, at), coming(events, at)) == ([], ["an update is due at 2026-11-27 10:15 UTC"])
    later = at + timedelta(seconds=1)
    assert (overdue(events, later), coming(events, later)) == (["an update was due 1.0 s ago (P0)"], [])


def test_an_incident_that_is_opened_again_has_its_deadlines_anew():
    over = [opened("P1"), event("acknowledged", 1), event("update", 2, text="x", next_at="2026-11-27T10:32:00.000000Z"),
            event("phase", 20, phase="resolved", reason="x")]  # fmt: skip
    again = [*over, event("phase", 600, phase="open", reason="it is back")]
    assert overdue(again, START + timedelta(minutes=629)) == []
    assert overdue(again, START + timedelta(minutes=665)) == [
        "the acknowledgement was due 5 min ago (P1)", "an update was due 35 min ago (P1)",
    ]  # fmt: skip
    assert overdue([*again, event("acknowledged", 610)], START + timedelta(minutes=665)) == [
        "an update was due 35 min ago (P1)"
    ]


@pytest.mark.parametrize("skew", [-90, 90])
def test_durations_are_by_the_clock_of_the_log(skew):
    by_another_clock: Any = {**opened("P0"), "at": stamp(START + timedelta(seconds=skew)), "logged": stamp(START)}
    assert answer_due([by_another_clock], "P0") == START + timedelta(minutes=15)
    assert update_due([by_another_clock], "P0") == START + timedelta(minutes=15)


OUTSIDE = outside_updates({"P0": 20, "P1": "45"}, ["booking"])


def public(minutes, **note):
    return event("update", minutes, seq=minutes, text="x", audience="public", **note)


def page(minutes, state, number=1):
    key = f"page/investigating/{number}.1"
    channel: dict[str, Any] = {"channel": "page"} if state == "queued" else {}
    return event("message", minutes, key=key, state=state, **channel)


def over(minutes, key="page/resolved/5.3", state="sent"):
    return event("message", minutes, key=key, state=state)


@pytest.mark.parametrize(
    ("events", "severity", "minutes"),
    [
        ([event("opened", severity="P1", scenario="booking")], "P1", 45),
        ([event("opened", severity="P1", scenario="disk")], "P1", None),
        ([event("opened", severity="P2", scenario="booking")], "P2", 240),
        ([event("opened", severity="P3", scenario="booking")], "P3", None),
        ([event("opened", severity="unknown", scenario="booking")], "unknown", None),
        ([opened("P1"), public(10)], "P1", 55),
        ([opened("P1"), public(10, next_at="2026-11-27T10:30:00.000000Z")], "P1", 30),
        # What waits for the page was read by no one.
        ([opened("P1"), public(10), page(10, "queued", 10), page(11, "failed", 10)], "P1", 45),
        ([opened("P1"), public(10), page(10, "queued", 10), page(14, "sent", 10)], "P1", 59),
        ([opened("P1"), page(2, "queued"), page(3, "sent")], "P1", 48),
        ([opened("P1"), public(10), event("severity", 20, severity="P0", reason="x")], "P0", 40),
        ([opened("P1"), event("update", 10, text="x", audience="inside")], "P1", None),
        ([opened("P1"), event("message", 3, key="pager/trigger/1", state="sent")], "P1", None),
        # The last that people outside read is that it is over.
        ([opened("P1"), page(3, "sent"), over(14)], "P1", None),
        ([opened("P1"), page(3, "sent"), over(14, key="page-2/resolved/9.4")], "P1", None),
        ([opened("P1"), page(3, "sent"), over(14, state="queued")], "P1", 48),
        ([opened("P1"), page(3, "sent"), over(14), public(20)], "P1", 65),
        ([opened("P1"), page(3, "sent"), over(14), page(30, "sent", 29)], "P1", 75),
    ],
)
def test_an_update_outside_is_due_by_the_rule_of_the_site(events, severity, minutes):
    assert outside_due(events, severity, OUTSIDE) == (START + timedelta(minutes=minutes) if minutes else None)


def test_an_update_outside_is_no_update_inside_and_each_is_shown():
    said = [opened("P1"), event("acknowledged", 1), public(20)]
    assert overdue(said, START + timedelta(minutes=70), outside=OUTSIDE) == [
        "an update was due 40 min ago (P1)", "an update to the public was due 5 min ago (P1)",
    ]  # fmt: skip
    assert overdue(said, START + timedelta(minutes=70)) == ["an update was due 40 min ago (P1)"], "no rule of the site"
    assert said_outside(said) == [said[-1]]


@pytest.mark.parametrize("every", [{"P4": 1}, {"P0": "soon"}, {"P0": None}, {"P0": -5}, {"P0": [5]}, {"P0": "²"}])
def test_an_interval_that_is_none_is_refused_by_name(every):
    with pytest.raises(InputError, match=r"incident_public_update_every: 'P[04]'") as refused:
        outside_updates(every)
    # What follows from it depends on who asks, and is said there.
    assert "Nothing was" not in str(refused.value)


def test_people_outside_are_updated_half_as_often_unless_the_site_has_its_own_rule():
    assert {severity: every.total_seconds() / 60 for severity, every in outside_updates({}).every.items()} == {
        "P0": 30, "P1": 60, "P2": 240,
    }  # fmt: skip
    own = outside_updates({"P0": 20, "P2": "0", "P3": 600}).every
    assert {severity: interval.total_seconds() / 60 for severity, interval in own.items()} == {
        "P0": 20, "P1": 60, "P3": 600,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "minutes"), [("P0", 15), ("P1", 30), ("P2", 120), ("P3", None), ("unknown", None)]
)
def test_people_of_the_site_are_updated_as_often_as_the_runbook_says(severity, minutes):
    for said, since in (([], 0), ([event("update", 45, text="x")], 45)):
        due = update_due([opened(severity), *said], severity)
        assert due == (None if minutes is None else START + timedelta(minutes=since + minutes))


def test_an_update_is_due_when_it_was_promised_or_one_interval_later():
    assert update_due([opened("P0")], "P0") == START + timedelta(minutes=15)
    said = [opened(), event("update", 20, text="x")]
    assert update_due(said, "P1") == START + timedelta(minutes=50)
    assert update_due([*said, event("severity", 30, severity="P0", reason="x")], "P0") == START + timedelta(minutes=45)
    promised = [*said, event("update", 30, text="x", next_at="2026-11-27T12:00:00.000000Z")]
    assert update_due(promised, "P1") == datetime(2026, 11, 27, 12, tzinfo=UTC)
    raised = [*promised, event("severity", 40, severity="P0", reason="x")]
    assert update_due(raised, "P0") == START + timedelta(minutes=55), "sooner than was promised"
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
