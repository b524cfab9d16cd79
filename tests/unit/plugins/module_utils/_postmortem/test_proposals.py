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


def message(seq, state, key="mail/resolved/9/bo@example.org", **note):
    return event(seq, seq, "message", key=key, state=state, **note)


MAIL = {"channel": "mail", "template": "mail", "values": {"to": "bo@example.org"}}


def test_a_message_that_did_not_arrive():
    assert found(event(1, 0, "message", state="failed", channel="sms")) == [("not_reached", "sms", (1,))]
    assert found(event(1, 0, "message", state="sent", channel="sms")) == []


@pytest.mark.parametrize(
    ("states", "cites"),
    [
        (["failed", "sending", "sent"], None),  # it was late, and arrived
        (["refused"], (1, 3)),  # no such recipient: no further try
        (["failed", "sending", "failed"], (1, 5)),
        (["in_doubt"], None),  # it may have arrived
    ],
)
def test_a_contact_is_proposed_for_what_became_of_its_messages_in_the_end(states, cites):
    events = [message(1, "queued", **MAIL), message(2, "sending")]
    events += [message(seq, state, reason="550 no such user") for seq, state in enumerate(states, 3)]
    wanted = [] if cites is None else [("not_reached", "mail to bo@example.org", cites)]
    assert found(*events) == wanted


def test_a_contact_that_a_later_message_reached_is_right():
    """A newer state takes the place of one that a server in trouble did not take."""
    events = [message(1, "queued", **MAIL), message(2, "failed"), message(3, "queued", "mail/2", **MAIL)]
    assert found(*events, message(4, "sent", "mail/2")) == []
    other = {**MAIL, "values": {"to": "cy@example.org"}}
    reached = [message(3, "queued", "mail/2", **other), message(4, "sent", "mail/2")]
    assert found(*events[:2], *reached) == [("not_reached", "mail to bo@example.org", (1, 2))]
    assert found(*events, message(4, "sent", "mail/2"), message(5, "queued", "mail/3", **MAIL),
                 message(6, "refused", "mail/3")) == [("not_reached", "mail to bo@example.org", (5, 6))]  # fmt: skip


def test_a_contact_that_several_messages_did_not_reach_is_one_proposal():
    events = [message(1, "queued", **MAIL), message(2, "refused", reason="550 no such user")]
    events += [message(3, "queued", "mail/2", **MAIL), message(4, "refused", "mail/2", reason="550 no such user")]
    (proposal,) = proposals(events, [], milestones(events))
    assert proposal.text.startswith("A message by mail to bo@example.org did not arrive: 550 no such user. Correct")
    assert proposal.cites == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("note", "subject", "words"),
    [
        ({"template": "passed_over", "values": {"step": "primary", "why": "Bo has neither slack nor mail"}},
         "primary", "The primary was passed over when people were paged: Bo has neither slack nor mail."),
        ({"template": "not_invited", "values": {"person": "Bo", "why": "technical lead"}},
         "slack to Bo", "Bo was not invited to the channel: no Slack id in runbook_people."),
    ],
)  # fmt: skip
def test_a_person_who_could_not_be_paged_or_invited_is_a_contact_to_correct(note, subject, words):
    events = [message(1, "queued", "slack/x", channel="slack", **note), message(2, "sent", "slack/x")]
    (proposal,) = proposals(events, [], milestones(events))
    assert (proposal.subject, proposal.cites) == (subject, (1, 2))
    assert proposal.text.startswith(words)


def test_a_page_that_did_not_arrive_names_the_person():
    page = {"channel": "slack", "template": "page", "audience": "person", "values": {"person": "Ada", "place": "U1"}}
    leaves = {**page, "template": "shift_leaves", "values": {"person": "Ada", "before": "Bo", "place": "U2"}}
    events = [message(1, "queued", "a", **page), message(2, "refused", "a")]
    events += [message(3, "queued", "b", **leaves), message(4, "refused", "b")]
    assert [subject for dummy, subject, dummy2 in found(*events)] == ["slack to Ada", "slack to Bo"]
