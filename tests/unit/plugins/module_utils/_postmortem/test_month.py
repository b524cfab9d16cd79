from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.month import cause_of, folded, month_facts

from support.incidents import START, stamp
from support.measuring import measured_note
from support.timelines import event, lock_act, verification

DAY = timedelta(days=1).total_seconds()


def incident(name, days=0.0, cause="lock_queue", recovery=60.0, outcome="recovered", extra=(), **opening):
    at = days * DAY
    events = [
        event(1, at, "opened", severity="P1", **opening),
        event(2, at + 1, "alert", alertname="a", starts_at=stamp(at)),
        event(3, at + 2, "diagnosed", cause=cause),
        *lock_act(4, at + recovery - 3, outcome),
        *extra,
    ]
    found = folded(name, events, verification())
    assert found is not None
    return found


def facts(*incidents, month="2026-11"):
    return month_facts(month, incidents, [], "2026-12-05")


def test_counts_and_durations():
    found = facts(incident("a", recovery=60), incident("b", 1, recovery=90), incident("c", 2, "disk", 400, "unchanged"))
    assert [row["id"] for row in found["incidents"]] == ["a", "b", "c"]
    assert (found["by_severity"], found["by_cause"]) == ({"P1": 3}, {"lock_queue": 2, "disk": 1})
    assert found["durations"]["time to recovery"] == {
        "n": 2, "median": 75.0, "worst": 90.0, "worst_incident": "b", "missing": 1,
    }  # fmt: skip
    assert found["durations"]["time to resolve"] == {
        "n": 0, "median": None, "worst": None, "worst_incident": "", "missing": 3,
    }  # fmt: skip
    assert found["acts"] == {"unblock_sessions": {"recovered": 2, "unchanged": 1}}


@pytest.mark.parametrize(("days", "repeats"), [(-89.5, ["a"]), (-90.5, [])])
def test_a_cause_that_came_again_within_90_days(days, repeats):
    found = facts(incident("a"), incident("before", days))["repeats"]
    assert [each["id"] for each in found] == repeats
    if repeats:
        assert found[0] == {"id": "a", "cause": "lock_queue", "before": "before", "days": 89.5}


def test_another_cause_is_no_repeat():
    assert facts(incident("a"), incident("b", -1, "disk"))["repeats"] == []


def test_two_incidents_without_a_cause_have_none_in_common():
    found = [folded(name, [event(1, day * DAY, "opened")], verification()) for name, day in (("a", -1), ("b", 0))]
    assert facts(*found)["repeats"] == []


def test_incidents_of_other_months_do_not_count():
    found = facts(incident("old", -40), incident("new", 10))
    assert found["incidents"] == []
    assert found["by_severity"] == {}
    assert found["durations"]["time to recovery"]["n"] == 0


def test_open_items_of_all_months():
    items = [
        event(8, 0, "action_item", key="A", text="limit", due="2026-12-01", owner="ada"),
        event(9, 0, "action_item", key="B", text="alert", state="done"),
        event(10, 0, "action_item", key="C", text="page"),
    ]
    found = facts(incident("old", -60, extra=items))["open_items"]
    assert [(item["key"], item["overdue"]) for item in found] == [("A", True), ("C", False)]
    assert found[0]["incident"] == "old"


def test_what_two_incidents_propose():
    found = facts(incident("a"), incident("b", 1))["proposed_again"]
    assert found == [{"rule": "evidence_not_kept", "subject": "unblock_sessions", "incidents": ["a", "b"]}]
    assert facts(incident("a"))["proposed_again"] == []


def test_the_cause_without_a_diagnosis_is_the_kind_of_incident():
    assert cause_of([event(1, 0, "opened", scenario="disk_space")]) == "disk_space"
    assert cause_of([event(1, 0, "opened")]) == "unknown"


def test_a_log_without_a_moment_is_no_incident():
    assert folded("i", [], verification()) is None
    changed = event(1, 0, "opened")
    changed["at"] = "x"
    assert folded("i", [changed], verification()) is None


def test_a_broken_log_is_marked():
    broken = {"line": 1, "seq": 1, "evidence": "", "what": "changed"}
    found = folded("i", [event(1, 0, "opened")], verification(first_break=broken))
    assert found is not None
    assert found.row["verified"] is False
    assert START.timestamp() == found.opened


def budget(used, percent, name="bookings"):
    row = {**measured_note()["budgets"][0], "name": name, "used": used, "used_percent": percent}
    return event(9, 900, "measured", **measured_note(budgets=[row]))


def test_error_budgets_over_the_incidents_that_measured_them():
    found = facts(
        incident("a", extra=[budget(400, 4.5)]), incident("b", 1, extra=[budget(90, 7.25)]), incident("c", 2),
        incident("d", 3, extra=[budget(None, None)]), incident("e", 4, extra=[budget(7, None, "payments")]),
    )["budgets"]  # fmt: skip
    assert found == [
        {"name": "bookings", "n": 2, "used": 490, "worst_percent": 7.25, "worst_incident": "b", "missing": 3},
        {"name": "payments", "n": 1, "used": 7, "worst_percent": None, "worst_incident": "", "missing": 4},
    ]
    assert facts(incident("a"))["budgets"] == []
