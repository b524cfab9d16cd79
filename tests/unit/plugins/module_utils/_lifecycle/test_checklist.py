from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import (
    ITEMS,
    SiteRules,
    checklist_lines,
    checklist_of,
    open_after,
)

from support.incident_events import START, event, opened, role


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


def made(**end: Any) -> list[Any]:
    """The message that makes a channel, with what became of it."""
    *before, last = sent(template="channel")
    return [*before, {**last, "note": {**last["note"], **end}}]


def posted(seq=7, key="page/investigating/1.1", **end: Any) -> list[Any]:
    """On the status page, with what reading it back has shown."""
    *before, last = sent(seq, key, channel="page")
    return [*before, {**last, "note": {**last["note"], **end}}]


def acted(outcome):
    """An act with its verification."""
    return [event("mitigated", seq=4, mitigation="x"), event("verified", seq=5, mitigation="x", outcome=outcome)]


def written(seq, section, text="x"):
    return event("written", seq=seq, section=section, text=text)


def item(key, state, seq=1):
    return event("action_item", seq=seq, key=key, text="x", state=state)


def ticked(state, seq, name="runbooks_updated"):
    return event("checklist", seq=seq, item=name, state=state, reason="x")


@pytest.mark.parametrize(
    ("item", "events", "expected"),
    [
        ("acknowledged", [event("acknowledged", 14, seq=3)], ("done", "#3 ada, in time")),
        ("acknowledged", [event("acknowledged", 40, seq=3)], ("done", "#3 ada, 25 min late")),
        ("acknowledged", [{**event("acknowledged", 40, seq=3), "logged": event("x", 14)["at"]}],
         ("done", "#3 ada, in time")),
        ("acknowledged", [event("acknowledged", 15, seq=3)], ("done", "#3 ada, in time")),
        ("acknowledged", [event("acknowledged", 15.5, seq=3)], ("done", "#3 ada, 30 s late")),
        ("severity_assessed", [event("noted", seq=2, triage="P3")], ("done", "#1 P1, ada")),  # the triage found less
        ("severity_assessed", [event("severity", seq=2, severity="P0", reason="payments fail")],
         ("done", "#2 P0, ada: payments fail")),
        ("severity_assessed", [event("severity", seq=2, severity="P0", reason="x", facts=["db1: no slot is left"])],
         ("done", "#2 P0, db1: no slot is left")),
        ("severity_assessed", [event("noted", seq=2, triage="P0", signs=[
            {"severity": "P0", "text": "no service is healthy"}, {"severity": "P2", "text": "the cores are busy"}])],
         ("done", "#2 P0, no service is healthy")),
        ("severity_assessed", [], ("done", "#1 P1, ada")),
        ("channel_created", made(reference="C1"), ("done", "#7")),
        ("channel_created", made(reason="no channel of its own (restricted_action): it is in #incidents"),
         ("open", "#7 no channel of its own (restricted_action): it is in #incidents")),
        ("channel_created", made(), ("open", "#7 not made")),
        ("channel_created", made(reference="C1")[:2], ("open", "")),
        ("channel_created", sent(template="note"), ("open", "")),
        ("status_page_updated", sent(channel="page", key="page/investigating/1.1"), ("done", "#7")),
        ("status_page_updated", posted(agrees=True), ("done", "#7")),
        ("status_page_updated", posted(agrees=False, reason="the page says monitoring"),
         ("open", "#7 was sent, and the page says monitoring")),
        ("status_page_updated", [*posted(agrees=False), *posted(10, key="page/resolved/8.2", agrees=True)],
         ("done", "#10")),
        ("status_page_updated", [*posted(agrees=True), *posted(10, key="page/resolved/8.2")[:1]],
         ("open", "#8 is not sent yet")),
        ("status_page_updated",
         [*posted(agrees=True), event("message", seq=9, key="p", channel="page", state="refused", reason="HTTP 401")],
         ("open", "#9 HTTP 401")),
        ("status_page_updated",
         [*posted(agrees=True), event("message", seq=9, key="p", channel="page", state="queued"),
          event("message", seq=10, key="p", state="replaced")], ("done", "#7")),
        ("status_page_updated", [*posted(agrees=True), *posted(10, key="page/resolved/8.2", agrees=False)],
         ("open", "#10 was sent, and the page differs")),
        ("customers_informed", sent(channel="page", values={"state": "identified"}), ("open", "")),
        ("customers_informed", sent(channel="page", values={"state": "resolved"}), ("done", "#7")),
        ("customers_informed", sent(channel="slack", values={"state": "resolved"}), ("open", "")),
        ("postmortem_scheduled", sent(template="review")[:2], ("open", "")),
        ("postmortem_scheduled", sent(template="review"), ("done", "#7")),
        ("lessons_shared", sent(template="postmortem"), ("done", "#7")),
        ("team_assembled", [role("taken"), role("taken", "bob", "technical_lead")],
         ("open", "no communications lead")),
        (
            "team_assembled",
            [role("taken"), role("taken", "bob", "technical_lead"), role("taken", "eve", "communications_lead")],
            ("done", "ada, bob, eve"),
        ),
        ("investigated", [event("diagnosed", seq=2, cause="x")], ("done", "#2")),
        ("investigated", [event("noted", seq=2, signs=[{"text": "x"}])], ("done", "#2")),
        ("investigated", [event("noted", seq=2, signs=[])], ("open", "")),
        ("investigated", [event("held", seq=2, mitigation="end_sessions", plan={}, reasons=[])], ("done", "#2")),
        ("investigated", [event("intended", seq=2, mitigation="restart_services")], ("done", "#2")),
        ("investigated", [event("intended", seq=2, mitigation="restart_services", options={"services": ["web"]})],
         ("open", "")),
        ("investigated", [event("held", seq=2, mitigation="scale_services", plan={}, reasons=[])], ("open", "")),
        ("mitigated", acted("improved"), ("done", "#5")),
        ("mitigated", acted("unchanged"), ("done", "#5")),
        ("mitigated", acted("worse"), ("open", "")),
        ("mitigated", acted("improved")[:1], ("open", "")),
        ("mitigated", acted("improved")[1:], ("open", "")),  # it went by itself, and nothing was done
        ("mitigated", [event("noted", seq=4, mitigation="x"), *acted("recovered")[1:]], ("open", "")),
        ("mitigated", [event("mitigated", seq=4, mitigation="y"), *acted("recovered")[1:]], ("open", "")),
        ("mitigated", [event("reconciled", seq=4, mitigation="x", intended="t", gone=["a"]), *acted("improved")[1:]],
         ("done", "#5")),
        ("recovery_verified", [event("verified", seq=5, outcome="improved")],
         ("open", "the last verification on db1 (#5) says improved")),
        ("recovery_verified", [], ("open", "no verification is in the log")),
        ("recovery_verified", [event("verified", seq=6, outcome="recovered")], ("done", "#6")),
        ("stakeholders_notified", sent(audience="stakeholders"), ("done", "#7")),
        ("action_items_assigned", [event("action_item", key="a", text="x", owner="ada")], ("open", "")),
        (
            "action_items_assigned",
            [event("action_item", key="a", text="x"), event("action_item", seq=9, key="a", owner="b", due="d")],
            ("done", "#9"),
        ),
        (  # a double needs neither
            "action_items_assigned",
            [event("action_item", seq=8, key="a", text="x", owner="b", due="d"), item("double", "Rejected", 9)],
            ("done", "#8"),
        ),
        ("action_items_assigned", [item("double", "cancelled", 9)], ("open", "")),
        (  # what a later event leaves out stays as it was
            "action_items_assigned",
            [event("action_item", key="a", text="x", owner="b", due="d"),
             event("action_item", seq=9, key="a", text="", owner="", due="", state="done")],
            ("done", "#9"),
        ),
        ("runbooks_updated", [event("action_item", key="runbook-1", text="x")], ("open", "")),
        ("runbooks_updated", [item("runbook-1", "done", 4), item("Runbook-2", "rejected", 6)],
         ("done", "#4 runbook-1, #6 Runbook-2")),
        ("runbooks_updated", [item("runbook-1", "done"), item("runbook-2", "in progress")], ("open", "")),
        ("runbooks_updated", [item("runbook-1", "rejected")], ("open", "")),  # nothing was updated
        ("monitoring_improved", [item("alert-for-user-report", "done", 8)], ("done", "#8 alert-for-user-report")),
        ("monitoring_improved",
         [item("monitoring", "done", 8), event("action_item", key="monitoring", text="x", state="open")],
         ("open", "")),
        ("resolution_implemented", [event("reconciled", seq=4, intended="x", gone=["a"])], ("done", "#4")),
        ("resolution_implemented", [event("reconciled", seq=4, intended="x", gone=[])], ("open", "")),
        ("runbooks_updated", [event("checklist", item="runbooks_updated", state="started")], ("open", "")),
        ("runbooks_updated", [ticked("waived", 5), ticked("done", 9)], ("done", "#9 ada: x")),
        ("runbooks_updated", [ticked("done", 5), ticked("waived", 9)], ("waived", "#9 ada: x")),
        ("root_cause_analysed", [written(8, "contributing_factors"), written(9, "surprised"), written(12, "lessons")],
         ("done", "#9 surprised, #8 contributing factors, #12 lessons")),
        ("root_cause_analysed", [written(8, "contributing_factors"), written(9, "surprised", " ")],
         ("open", "not written: surprised, lessons")),
        ("root_cause_analysed", [written(8, "lucky")],
         ("open", "not written: surprised, contributing factors, lessons")),
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
    lowered = event("severity", severity="P3", reason="x")
    assert state("stakeholders_notified", lowered, severity="P0") == ("open", ""), "it was a P0"


@pytest.mark.parametrize("phase", ["resolved", "closed"])
def test_the_timeline_is_documented_by_a_log_that_has_ended_and_whose_chain_is_whole(phase):
    ended = event("phase", 9, phase=phase)
    assert state("timeline_documented", ended, whole=True)[0] == "done"
    assert state("timeline_documented", ended, whole=False)[0] == state("timeline_documented", ended)[0] == "open"
    assert state("timeline_documented", whole=True)[0] == "open", "it goes on"


RECOVERED = event("verified", 5, seq=6, outcome="recovered", mitigation="x")
OVER, AGAIN = event("phase", 20, phase="resolved"), event("phase", 30, phase="open", reason="back")


@pytest.mark.parametrize(
    ("events", "minutes", "expected"),
    [
        ([RECOVERED], 15, ("done", "#6")),
        ([RECOVERED], 8, ("open", "#6 holds for 3 min of 10 min")),
        ([RECOVERED, event("verified", 9, seq=8, outcome="worse", mitigation="x")], 99,
         ("open", "the last verification on db1 (#8) says worse")),
        ([RECOVERED, event("mitigated", 9, mitigation="x")], 99,
         ("open", "x on db1 (#1) was not verified after it was carried out")),
        ([RECOVERED, event("intended", 9, mitigation="y", actions=[])], 99,
         ("open", "y on db1 (#1) was not verified after it was carried out")),
        ([RECOVERED, event("verified", 9, seq=8, outcome="recovered", mitigation="y")], 18,
         ("open", "#8 holds for 9 min of 10 min")),
        ([RECOVERED, OVER, AGAIN], 99, ("open", "no verification is in the log since it was opened again")),
        ([RECOVERED, ticked("done", 9, "recovery_verified"), OVER, AGAIN], 99,
         ("open", "no verification is in the log since it was opened again")),
        ([RECOVERED, OVER, AGAIN, ticked("done", 9, "recovery_verified")], 99, ("done", "#9 ada: x")),
        ([OVER, AGAIN, event("verified", 40, seq=11, outcome="recovered", mitigation="x")], 50, ("done", "#11")),
    ],
)  # fmt: skip
def test_a_recovery_is_verified_while_all_last_verifications_hold_for_the_soak_time(events, minutes, expected):
    rules = SiteRules(START + timedelta(minutes=minutes))
    (row,) = [row for row in checklist_of([opened(), *events], None, rules) if row["item"] == "recovery_verified"]
    assert (row["state"], row["by"]) == expected


def test_what_was_done_before_it_was_opened_again_ends_nothing_now():
    told = sent(channel="page", values={"state": "resolved"})
    again = [
        event("mitigated", 2, seq=3),
        *told,
        event("checklist", 8, item="lessons_shared", state="done"),
        OVER,
        AGAIN,
    ]
    assert [state(name, *again)[0] for name in ("resolution_implemented", "customers_informed", "lessons_shared")] == [
        "open", "open", "done",
    ]  # fmt: skip


def test_after_a_relapse_the_status_page_is_updated_by_a_post_that_follows_it():
    again = [*posted(agrees=True), ticked("done", 9, "status_page_updated"), OVER, AGAIN]
    assert state("status_page_updated", *again) == ("open", "")
    assert state("status_page_updated", *again, *posted(15, "page/investigating/12.3", agrees=True)) == ("done", "#15")
    assert state("status_page_updated", *again, ticked("waived", 16, "status_page_updated"))[0] == "waived"


def test_the_status_page_is_not_applicable_by_the_rule_of_the_site_and_not_by_silence():
    def of_page(*events, public=("booking",)):
        rules = SiteRules(public=frozenset(public))
        rows = checklist_of([event("opened", severity="P1", scenario="disk_space"), *events], None, rules)
        return next((row["state"], row["by"]) for row in rows if row["item"] == "status_page_updated")

    assert of_page() == ("not_applicable", "by the site's rule: disk_space does not face customers")
    assert of_page(public=()) == of_page(public=["disk_space"]) == ("open", "")
    assert of_page(event("update", text="x", audience="public", seq=4)) == ("open", ""), "a person said something"
    assert of_page(*sent(channel="page", key="page/investigating/1.1")) == ("done", "#7")


def test_in_lines_each_box_says_what_ticked_it():
    rows = checklist_of([opened("P2"), event("acknowledged", 1, seq=2)])
    lines = checklist_lines(rows)
    assert lines[0] == "[x] acknowledged within 15 minutes (#2 ada, in time)"
    assert "[-] stakeholders notified (at P2 the runbook asks for none)" in lines
    assert "[ ] runbooks updated" in lines
    assert "runbooks_updated" in open_after(rows)
    assert "acknowledged" not in open_after(rows)
