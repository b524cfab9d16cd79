from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import (
    ITEMS,
    checklist_lines,
    checklist_of,
    open_after,
)

from support.incident_events import event, opened, role


def state(item, *events, severity="P1", whole=None):
    rows = {row["item"]: row for row in checklist_of([opened(severity), *events], whole)}
    return rows[item]["state"], rows[item]["by"]


def test_it_has_the_18_items_of_the_runbook_and_nothing_is_done_without_a_fact():
    assert len(ITEMS) == 18
    rows = checklist_of([opened("unknown")])
    assert {row["state"] for row in rows} == {"open"}
    assert sum(row["after"] for row in rows) == 8


def sent(seq=7, key="k", **queued: Any) -> list[Any]:
    """As the outbox writes it: the fields when it is queued, the key alone afterwards."""
    states = [
        event("message", seq=seq - number, key=key, state=state) for number, state in ((1, "sending"), (0, "sent"))
    ]
    return [event("message", seq=seq - 2, key=key, state="queued", **queued), *states]


@pytest.mark.parametrize(
    ("item", "events", "expected"),
    [
        ("acknowledged", [event("acknowledged", 14, seq=3)], ("done", "#3 ada, in time")),
        ("acknowledged", [event("acknowledged", 40, seq=3)], ("done", "#3 ada, 25 min late")),
        ("acknowledged", [{**event("acknowledged", 40, seq=3), "logged": event("x", 14)["at"]}],
         ("done", "#3 ada, in time")),
        ("severity_assessed", [event("severity", seq=2, severity="P0", reason="x")], ("done", "#2 P0")),
        ("severity_assessed", [], ("done", "#1 P1")),
        ("channel_created", sent(template="channel"), ("done", "#7")),
        ("channel_created", sent(template="channel")[:2], ("open", "")),
        ("channel_created", sent(template="note"), ("open", "")),
        ("status_page_updated", sent(channel="page", key="page/investigating/1.1"), ("done", "#7")),
        ("customers_informed", sent(channel="page", values={"state": "identified"}), ("open", "")),
        ("customers_informed", sent(channel="page", values={"state": "resolved"}), ("done", "#7")),
        ("customers_informed", sent(channel="slack", values={"state": "resolved"}), ("open", "")),
        ("postmortem_scheduled", sent(template="review")[:2], ("open", "")),
        ("postmortem_scheduled", sent(template="review"), ("done", "#7")),
        ("lessons_shared", sent(template="postmortem"), ("done", "#7")),
        ("team_assembled", [role("taken"), role("taken", "bob", "technical_lead")], ("open", "")),
        (
            "team_assembled",
            [role("taken"), role("taken", "bob", "technical_lead"), role("taken", "eve", "communications_lead")],
            ("done", "ada, bob, eve"),
        ),
        ("investigated", [event("diagnosed", seq=2, cause="x")], ("done", "#2")),
        ("investigated", [event("noted", seq=2, signs=[{"text": "x"}])], ("done", "#2")),
        ("investigated", [event("noted", seq=2, signs=[])], ("open", "")),
        ("investigated", [event("held", seq=2, plan={}, reasons=[])], ("done", "#2")),
        ("mitigated", [event("verified", seq=5, outcome="improved")], ("done", "#5")),
        ("mitigated", [event("verified", seq=5, outcome="worse")], ("open", "")),
        ("recovery_verified", [event("verified", seq=5, outcome="improved")], ("open", "")),
        ("recovery_verified", [event("verified", seq=6, outcome="recovered")], ("done", "#6")),
        ("stakeholders_notified", sent(audience="stakeholders"), ("done", "#7")),
        ("action_items_assigned", [event("action_item", key="a", text="x", owner="ada")], ("open", "")),
        (
            "action_items_assigned",
            [event("action_item", key="a", text="x"), event("action_item", seq=9, key="a", owner="b", due="d")],
            ("done", "#9"),
        ),
        ("root_cause_analysed", [event("written", seq=8, section="contributing_factors", text="x")], ("done", "#8")),
        ("root_cause_analysed", [event("written", seq=8, section="lucky", text="x")], ("open", "")),
        (
            "runbooks_updated",
            [event("checklist", seq=9, by="bob", item="runbooks_updated", state="done", reason="PR 7")],
            ("done", "#9 bob: PR 7"),
        ),
        ("acknowledged", [event("checklist", seq=9, item="acknowledged", state="waived", reason="x")],
         ("waived", "#9 ada: x")),
    ],
)  # fmt: skip
def test_what_ticks_an_item(item, events, expected):
    assert state(item, *events) == expected


def test_at_a_lower_severity_no_stakeholder_is_told_by_the_rule_and_not_by_silence():
    assert state("stakeholders_notified", severity="P2") == ("not_applicable", "at P2 the runbook asks for none")
    assert state("stakeholders_notified", severity="unknown") == ("open", "")


def test_the_timeline_is_documented_by_a_chain_that_was_checked_and_is_whole():
    assert state("timeline_documented", whole=True)[0] == "done"
    assert state("timeline_documented", whole=False)[0] == state("timeline_documented")[0] == "open"


def test_in_lines_each_box_says_what_ticked_it():
    rows = checklist_of([opened("P2"), event("acknowledged", 1, seq=2)])
    lines = checklist_lines(rows)
    assert lines[0] == "[x] acknowledged within 15 minutes (#2 ada, in time)"
    assert "[-] stakeholders notified (at P2 the runbook asks for none)" in lines
    assert "[ ] runbooks updated" in lines
    assert "runbooks_updated" in open_after(rows)
    assert "acknowledged" not in open_after(rows)
