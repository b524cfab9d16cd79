from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.held import held_plans
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import KINDS
from ansible_collections.pafar.runbook.plugins.module_utils._incident.timeline import (
    lines_of_list,
    lines_of_timeline,
    summary_of,
    words_of,
)

PLAN = {"digest": "ab" * 32, "actions": [{"target": "t", "action": "restart", "who": "web-1"}]}


def event(kind, **note) -> Any:
    return {"at": "2026-11-26T10:00:01.000000Z", "kind": kind, "by": "ada", "host": "web1", "note": note}


def test_an_incident_that_users_reported_says_what_they_reported():
    opened = event("opened", scenario="user_report", reported_by="support", text="no booking can be paid")
    assert words_of(opened) == "opened: user_report, by ada; reported by support: no booking can be paid"
    opened["note"]["where"] = "the app"
    assert words_of(opened).endswith("; reported by support, seen at the app: no booking can be paid")


OPENED = event("opened", scenario="service_restart", severity="P1")
HELD = event("held", mitigation="restart_services", plan=PLAN, reasons=["7 actions are planned"])
DONE = event("mitigated", mitigation="restart_services", done=["restarted web-1"])
VERIFIED = event(
    "verified", mitigation="restart_services", outcome="recovered", before=1, after=0, seconds_to_recovery=2.0
)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([OPENED], "noted"),
        ([OPENED, HELD], "held"),
        ([OPENED, HELD, DONE], "acted"),
        ([OPENED, DONE, VERIFIED], "recovered"),
        ([OPENED, event("handed_over", task="x", message="y")], "handed over"),
    ],
)
def test_an_incident_is_one_row(events, state):
    row = summary_of("i", events, held_plans(events), 0)
    assert row["state"] == state
    assert (row["scenario"], row["severity"], row["by"], row["hosts"]) == ("service_restart", "P1", "ada", ["web1"])


@pytest.mark.parametrize(
    "why",
    [
        "no action is possible (sessions that wait too long: 5): see what is excluded",
        "nothing here may be freed: 1 GiB of / are free",
        "no container of any service runs",
    ],
)
def test_a_plan_without_an_action_is_not_held(why):
    empty = event("held", mitigation="restart_services", plan={**PLAN, "actions": []}, reasons=[why])
    row = summary_of("2026-x", [OPENED, empty], [], 0)
    assert lines_of_list([row]) == ["2026-x P1: no plan, on web1, by ada"]
    assert words_of(empty) == f"no plan: restart_services: {why}"
    assert words_of(HELD).startswith("held: restart_services, plan abababababab: ")
    other = event(
        "held", mitigation="x", plan={**PLAN, "actions": [], "alternatives": [{"digest": "cd" * 32}]}, reasons=[why]
    )
    assert words_of(other) == f"held: x, plan abababababab: {why}"
    assert summary_of("2026-x", [OPENED, empty, HELD], [], 0)["state"] == "held"


def test_the_list_says_what_is_held_and_what_has_no_outcome():
    row = summary_of("2026-x", [OPENED, HELD], held_plans([OPENED, HELD]), 1)
    lines = lines_of_list([row])
    assert lines[0] == "2026-x P1: held, on web1, by ada"
    assert "held: plan abababababab" in lines[1]
    assert "without an outcome" in lines[2]
    assert lines_of_list([]) == ["no incident is in the log"]


def test_the_timeline_ends_with_how_a_plan_is_carried_out():
    lines = lines_of_timeline("2026-x", [OPENED, HELD], held_plans([OPENED, HELD]))
    assert lines[1] == "2026-11-26 10:00:01  web1  opened: service_restart, by ada"
    assert "held: restart_services, plan abababababab: 7 actions are planned" in lines[2]
    assert lines[-1].endswith(
        "ansible-playbook playbooks/approve.yml -e incident_id=2026-x -e incident_approved_digest=abababababab"
    )
    done = [OPENED, HELD, DONE, VERIFIED]
    lines = lines_of_timeline("2026-x", done, held_plans(done))
    assert "mitigated: restart_services: restarted web-1" in lines[3]
    assert "verified: recovered: 1 before, 0 after, 2.0 s to recovery" in lines[4]
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("kind", "note", "words"),
    [
        ("acknowledged", {"text": "on it"}, "acknowledged: on it (by ada)"),
        ("noted", {"text": "moved the report", "done_at": "2026-11-26T09:58:00.000000Z"},
         "noted: moved the report (done at 2026-11-26 09:58:00 UTC) (by ada)"),
        ("noted", {"triage": "P1", "signs": []}, "noted: P1"),
        ("role", {"role": "technical_lead", "person": "Bo", "action": "assigned",
                  "until": "2026-11-27T08:00:00.000000Z"},
         "role: technical lead, Bo, assigned, until 2026-11-27 08:00:00 UTC (by ada)"),
        ("update", {"text": "we look", "audience": "inside", "next_at": "2026-11-26T10:30:01.000000Z"},
         "update: inside, we look, the next one by 2026-11-26 10:30:01 UTC (by ada)"),
        ("update", {"text": "we look", "audience": "public", "status": "identified", "reason": "the release"},
         "update: public, identified, we look, the release (by ada)"),
        ("alert", {"alertname": "Down", "fingerprint": "f", "starts_at": "2026-11-26T09:58:00.000000Z"},
         "alert: Down, since 2026-11-26 09:58:00 UTC"),
        ("lock", {"target": "t", "state": "reserved", "until": "soon"}, "lock: t, reserved, until soon"),
    ],
)  # fmt: skip
def test_a_line_says_who_did_what_and_when(kind, note, words):
    (line,) = lines_of_timeline("i", [event(kind, **note)], [])[1:]
    assert line == f"2026-11-26 10:00:01  web1  {words}"


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"message"}))
def test_every_kind_of_event_is_a_line_also_where_it_says_nothing(kind):
    (line,) = lines_of_timeline("i", [event(kind)], [])[1:]
    assert kind.replace("_", " ") in line


def test_of_messages_those_that_did_not_arrive_are_lines_and_the_others_a_number():
    states = ("queued", "sending", "sent", "replaced", "failed", "sent")
    events = [event("message", key=f"slack/note/{state}", state=state, reason="no connection") for state in states]
    assert [line.partition("  web1  ")[2] or line for line in lines_of_timeline("i", events, [])[1:]] == [
        "message: slack/note/failed, failed, no connection", "2 messages were sent",
    ]  # fmt: skip
