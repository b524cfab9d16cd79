from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.measured.logged_blocks import (
    known_impact,
    logged_charts,
    logged_numbers,
    logged_series,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.mitigations import mitigations
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import Moment

from support.incidents import START
from support.timelines import event, lock_act

HELD = event(
    2, 30, "held", mitigation="unblock_sessions", plan={"digest": "d" * 64, "affected_before": 4, "what": "waiters"}
)
ACT = lock_act(3, 90, affected_before=9, what="waiters")


def series(*events):
    return logged_series(mitigations(events))


def test_the_counts_of_plan_act_and_verification_are_one_series():
    (found,) = series(HELD, *ACT)
    assert found.title == "unblock_sessions on db1: waiters"
    assert [(count.number, count.seq) for count in found.counts] == [(4, 2), (9, 3), (0, 5)]
    assert found.cites == (2, 3, 5)


def test_a_second_act_goes_on_with_the_series_and_another_mitigation_has_its_own():
    found = series(
        *ACT,
        *lock_act(6, 200, "improved", affected_before=7),
        *lock_act(9, 300, mitigation="end_sessions", affected_before=5),
    )
    assert [[count.number for count in each.counts] for each in found] == [[9, 0, 7, 0], [5, 0]]
    assert [each.name for each in found] == ["unblock_sessions", "end_sessions"]


@pytest.mark.parametrize(
    "events",
    [
        [HELD],
        [HELD, *ACT[:2]],
        [ACT[0], ACT[1], event(5, 93, "verified", mitigation="unblock_sessions", outcome="recovered")],
        lock_act(3, 90, affected_before="nine")[:2],
        lock_act(3, 90),
    ],
    ids=["held", "cut off", "not counted", "no number", "older log"],
)
def test_without_a_count_before_and_one_after_there_is_no_chart(events):
    assert series(*events) == []


def test_each_figure_cites_its_event():
    found = series(HELD, *ACT)
    marks = [Moment(START.timestamp() + 60, "act", 3), Moment(START.timestamp() + 999, "recovery", 9)]
    (chart,) = logged_charts(found, marks, None)
    assert (chart.impact, [mark.word for mark in chart.marks]) == (None, ["act"])
    assert (chart.first.cites, chart.last.cites, chart.title.cites) == ((2,), (5,), (2, 3, 5))
    (table,) = logged_numbers(found)
    assert [cell.text for cell in table.rows[0].cells] == ["2026-11-23 15:00:30 UTC", "4"]
    assert [row.cells[1].cites for row in table.rows] == [(2,), (3,), (5,)]


def test_the_impact_is_hatched_where_both_ends_are_known():
    assert known_impact(1.0, 2.0) == (1.0, 2.0)
    assert [known_impact(*ends) for ends in ((None, 2.0), (1.0, None), (3.0, 2.0))] == [None] * 3
