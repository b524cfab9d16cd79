from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.milestones import milestones
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.mitigations import mitigations
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.proposals import proposals

from support.incidents import stamp
from support.timelines import event, lock_act

OPENED = event(1, 30, "opened", reported_by="support", noticed_at=stamp(20))
LIMIT = "7 actions are planned and 5 are allowed without approval"


def found(*events):
    each = proposals(events, mitigations(events), milestones(events))
    return [(proposal.rule, proposal.subject, proposal.cites) for proposal in each]


def with_evidence(seq, at, outcome="recovered"):
    kept = event(seq, at, "evidence", file="x.json", sha256="a" * 64)
    return [kept, *lock_act(seq + 1, at, outcome)]


def held(seq, reason):
    return event(seq, 0, "held", mitigation="unblock_sessions", plan={"digest": "d" * 64}, reasons=[reason])


def test_a_limit_that_held_what_was_carried_out_later():
    events = [held(1, LIMIT), event(2, 5, "approved", digest="d" * 12), *with_evidence(3, 9)]
    assert found(*events) == [("limit_held", "unblock_sessions", (1, 2, 4, 5))]


@pytest.mark.parametrize(
    "events", [[held(1, LIMIT)], [held(1, "this site requires approval of every plan"), *with_evidence(2, 9)]]
)
def test_no_limit_is_proposed_for_what_was_not_carried_out_or_held_for_another_reason(events):
    assert found(*events) == []


@pytest.mark.parametrize("outcome", ["unchanged", "worse"])
def test_an_act_without_effect(outcome):
    assert found(*with_evidence(1, 0, outcome)) == [("act_without_effect", "unblock_sessions", (3, 4))]


@pytest.mark.parametrize("outcome", ["recovered", "improved"])
def test_an_act_with_effect_proposes_nothing(outcome):
    assert found(*with_evidence(1, 0, outcome)) == []


def test_an_act_by_hand():
    assert found(event(1, 0, "noted", text="moved a job", done_at=stamp(0))) == [("act_by_hand", "moved a job", (1,))]
    assert found(event(1, 0, "noted", text="looked")) == []


def test_a_user_noticed_it_first():
    assert found(OPENED) == [("noticed_by_user_first", "alert", (1,))]
    assert found(OPENED, event(2, 40, "alert", alertname="x")) == [("noticed_by_user_first", "alert", (1, 2))]
    earlier = event(1, 10, "alert", alertname="x")
    assert found(earlier, {**OPENED, "seq": 2}) == []


def test_a_report_of_an_open_incident_is_no_step_by_hand_and_may_be_the_first_that_was_noticed():
    report = event(3, 40, "noted", text="reported by support", reported_by="support", noticed_at=stamp(20))
    opened, alert = event(1, 30, "opened"), event(2, 35, "alert", alertname="x")
    assert found(opened, alert, report) == [("noticed_by_user_first", "alert", (3, 2))]
    assert found(event(1, 10, "opened"), alert, report) == []  # a run had begun before
    untimed = event(3, 40, "noted", text="reported by support", reported_by="support")
    assert found(opened, alert, untimed) == []


def test_evidence_that_was_not_kept():
    assert found(*lock_act(1, 0)) == [("evidence_not_kept", "unblock_sessions", (1,))]
    without_file = event(1, 0, "evidence", about="x")
    assert found(without_file, *lock_act(2, 0)) == [("evidence_not_kept", "unblock_sessions", (2, 1))]


def test_a_message_that_did_not_arrive():
    assert found(event(1, 0, "message", state="failed", channel="sms")) == [("not_reached", "sms", (1,))]
    assert found(event(1, 0, "message", state="sent", channel="sms")) == []
