from __future__ import annotations

import random
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import (
    page_states,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import moment_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.log_recovery import recovery_of

from support.incident_events import START, event

SOAK = timedelta(minutes=10)
OPENED = event("opened", 0, seq=1, scenario="x")
DIAGNOSED = event("diagnosed", 1, seq=2, cause="leak")
ACTED = event("mitigated", 2, seq=3, mitigation="m")
RECOVERED = event("verified", 3, seq=4, mitigation="m", outcome="recovered")
WORSE = event("verified", 3, seq=4, mitigation="m", outcome="worse")


def told(events, minutes=5.0, itself=True):
    """The states that were reached, without those that are published once more for another cause."""
    found = page_states(events, START + timedelta(minutes=minutes), SOAK, itself)
    return [(state.state, state.seq) for state in found if not state.corrects]


@pytest.mark.parametrize(
    ("events", "minutes", "states"),
    [
        ([OPENED], 99, [("investigating", 1)]),
        ([OPENED, DIAGNOSED, ACTED], 99, [("investigating", 1), ("identified", 2), ("monitoring", 3)]),
        ([OPENED, ACTED, RECOVERED], 12.9, [("investigating", 1), ("monitoring", 3)]),
        ([OPENED, ACTED, RECOVERED], 13, [("investigating", 1), ("monitoring", 3), ("resolved", 4)]),
        ([OPENED, ACTED, WORSE], 999, [("investigating", 1), ("monitoring", 3), ("investigating", 4)]),
        ([OPENED, DIAGNOSED, ACTED, WORSE], 999,
         [("investigating", 1), ("identified", 2), ("monitoring", 3), ("identified", 4)]),
        ([OPENED, ACTED, event("verified", 3, seq=4, mitigation="m", outcome="improved")], 999,
         [("investigating", 1), ("monitoring", 3)]),
        ([OPENED, ACTED], 999, [("investigating", 1), ("monitoring", 3)]),
        ([OPENED, ACTED, RECOVERED, event("intended", 4, seq=5, mitigation="m")], 999,
         [("investigating", 1), ("monitoring", 3)]),
        ([OPENED, ACTED, RECOVERED, event("intended", 4, seq=5, mitigation="other")], 999,
         [("investigating", 1), ("monitoring", 3)]),
        ([OPENED, event("phase", 1, seq=2, phase="resolved", facts=["#4"])], 999, [("investigating", 1)]),
        ([OPENED, event("phase", 1, seq=2, phase="resolved", reason="seen by hand")], 2,
         [("investigating", 1), ("resolved", 2)]),
    ],
)  # fmt: skip
def test_the_page_goes_on_only_as_the_facts_allow(events, minutes, states):
    assert told(events, minutes) == states


def test_a_relapse_goes_back_to_investigating():
    back = event("phase", 20, seq=5, phase="open", reason="it is back")
    assert told([OPENED, ACTED, RECOVERED, back], 21)[-2:] == [("resolved", 4), ("investigating", 5)]
    worse = event("verified", 20, seq=5, mitigation="m", outcome="unchanged")
    assert told([OPENED, ACTED, RECOVERED, worse], 21)[-1] == ("investigating", 5)


def test_after_a_relapse_the_cause_is_known_by_another_diagnosis_alone():
    first, back = event("diagnosed", 1, seq=2, cause="row"), event("phase", 20, seq=5, phase="open", reason="again")
    known = event("diagnosed", 21, seq=6, cause="row")
    causes = [each.cause for each in page_states([OPENED, first, back, known], START + timedelta(hours=1), SOAK, True)]
    assert causes == ["", "row", "", "row"]


def test_an_alert_that_fires_again_within_the_soak_time_keeps_the_page_from_resolved():
    def alert(status, minutes):
        return event("alert", minutes, seq=5, alertname="A", fingerprint="1", status=status, labels={})

    begins = [OPENED, ACTED, RECOVERED, alert("resolved", 4), alert("firing", 6)]
    assert told(begins, 99)[-1] == ("monitoring", 3)
    assert told([*begins, alert("resolved", 8)], 17)[-1] == ("monitoring", 3)
    assert told([*begins, alert("resolved", 8)], 18)[-1] == ("resolved", 4)
    verified = event("verified", 7, seq=6, mitigation="m", outcome="recovered")
    assert told([*begins, verified], 17)[-1] == ("resolved", 6)
    # An alert alone does not reopen a page that says resolved.
    assert told([*begins[:4], alert("firing", 20)], 30)[-1] == ("resolved", 4)


def test_the_soak_begins_with_the_last_verification_whatever_its_number_says():
    """A line that was added by hand has no number."""
    other = event("mitigated", 11, seq=0, mitigation="other")
    verified = event("verified", 12, seq=0, mitigation="other", outcome="recovered")
    events = [OPENED, ACTED, RECOVERED, other, verified]
    assert told(events, 21) == [("investigating", 1), ("monitoring", 3)]
    assert told(events, 22)[-1] == ("resolved", 0)


INTENDED = event("intended", 5, seq=5, mitigation="m")
NOTHING = event("noted", 6, seq=6, mitigation="m", intended=INTENDED["at"])


def ended(**fates):
    return event("reconciled", 6, seq=6, mitigation="m", intended=INTENDED["at"], **fates)


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([ACTED, RECOVERED, INTENDED], ("monitoring", 3)),
        ([ACTED, RECOVERED, INTENDED, NOTHING], ("resolved", 4)),
        ([ACTED, RECOVERED, INTENDED, ended(standing=["t"])], ("resolved", 4)),
        ([ACTED, RECOVERED, INTENDED, ended(gone=["t"])], ("monitoring", 3)),
        ([ACTED, RECOVERED, INTENDED, ended(unknown=["t"])], ("monitoring", 3)),
        ([ACTED, WORSE, INTENDED, NOTHING], ("investigating", 4)),
        ([ACTED, WORSE, INTENDED, ended(gone=["t"])], ("monitoring", 6)),
        ([ACTED, RECOVERED, INTENDED, event("phase", 5.5, seq=6, phase="open", reason="x"), NOTHING],
         ("investigating", 6)),
        ([ACTED, WORSE, INTENDED, event("phase", 5.5, seq=6, phase="open", reason="x"), NOTHING,
          event("verified", 7, seq=8, mitigation="other", outcome="recovered")], ("investigating", 6)),
        ([INTENDED, ended(gone=["t"])], ("monitoring", 6)),
        ([INTENDED, ended(standing=["t"])], ("investigating", 1)),
        ([INTENDED, NOTHING, event("verified", 7, seq=8, mitigation="other", outcome="recovered")], ("resolved", 8)),
    ],
)  # fmt: skip
def test_an_act_counts_for_what_became_of_it(events, last):
    """A run may be refused, or cut off and completed by the next one."""
    assert told([OPENED, *events], 999)[-1] == last


SESSIONS = {"mitigation": "unblock_sessions"}
ENDED_THEM = [event("mitigated", 2, seq=3, **SESSIONS), event("verified", 3, seq=4, outcome="recovered", **SESSIONS)]


def planned(minutes, seq=5, **note):
    return event("held", minutes, seq=seq, **{**SESSIONS, "plan": {"digest": "d"}, "reasons": [], **note})


@pytest.mark.parametrize(
    ("events", "minutes", "last"),
    [
        # A plan that waits for its approval says what an act at once would have said: the fault is back.
        ([planned(6)], 999, ("monitoring", 3)),
        ([planned(6), event("verified", 20, seq=6, outcome="recovered", **SESSIONS)], 29, ("monitoring", 3)),
        ([planned(6), event("verified", 20, seq=6, outcome="recovered", **SESSIONS)], 30, ("resolved", 6)),
        ([planned(20)], 21, ("investigating", 5)),  # the page had said resolved
        ([planned(6, mitigation="scale_services")], 999, ("resolved", 4)),  # a precaution
        ([event("phase", 15, seq=5, phase="resolved", facts=["#4"]), planned(20, 6)], 21, ("resolved", 4)),
        ([planned(6), event("phase", 15, seq=6, phase="resolved", reason="it went")], 21, ("resolved", 6)),
        ([planned(6), event("phase", 15, seq=6, phase="open", reason="it is back")], 999, ("investigating", 6)),
    ],
)
def test_a_fault_that_is_found_again_is_not_resolved(events, minutes, last):
    assert told([OPENED, *ENDED_THEM, *events], minutes)[-1] == last


def test_a_relapse_that_a_person_says_is_the_beginning_of_its_round():
    resolved = event("phase", 1, seq=2, phase="resolved", reason="seen")
    thanks = event("update", 1500, seq=3, audience="public", text="thank you")
    back = event("update", 1600, seq=4, audience="public", text="it is back", status="investigating")
    acted = event("mitigated", 1700, seq=5, mitigation="m")
    states = page_states([OPENED, resolved, thanks, back, acted], START + timedelta(days=9), SOAK, True)
    assert [(state.state, state.seq, state.round) for state in states] == [
        ("investigating", 1, 1), ("resolved", 2, 1), ("resolved", 3, 1), ("investigating", 4, 2), ("monitoring", 5, 2),
    ]  # fmt: skip
    early = back.copy()
    early["at"] = event("update", 60)["at"]
    states = page_states([OPENED, resolved, early, acted], START + timedelta(days=9), SOAK, True)
    assert {state.round for state in states} == {1}, "what is open on the page goes on there"


WATCHED = event("phase", 5, seq=5, phase="monitoring", reason="it went by itself")
AGAIN = event("phase", 4, seq=4, phase="open", reason="it is back")


@pytest.mark.parametrize(
    ("events", "acted"),
    [([ACTED], True), ([INTENDED, ended(gone=["t"])], True), ([WATCHED], False), ([ACTED, AGAIN, WATCHED], False),
     ([INTENDED, ended(standing=["t"]), WATCHED], False)],
)  # fmt: skip
def test_monitoring_says_whether_there_was_an_act(events, acted):
    """A symptom that went by itself is watched, too, and no measure was taken then."""
    last = page_states([OPENED, *events], START + timedelta(minutes=9), SOAK, True)[-1]
    assert (last.state, last.acted) == ("monitoring", acted)


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([RECOVERED], ("monitoring", 4)), ([DIAGNOSED, RECOVERED], ("monitoring", 4)),
        ([WORSE], ("investigating", 1)), ([DIAGNOSED, WORSE], ("identified", 2)),
        ([event("verified", 3, seq=4, mitigation="m", outcome="improved")], ("investigating", 1)),
        ([{**event("diagnosed", 1, seq=2, cause="x", causes=[{"cause": "x", "mitigation": "n"}], scenario="b"),
           "host": "db2"}, event("verified", 3, seq=4, mitigation="m", outcome="recovered", scenario="a")],
         ("identified", 2)),
        ([RECOVERED, event("verified", 5, seq=5, mitigation="m", outcome="unchanged")], ("investigating", 5)),
    ],
)  # fmt: skip
def test_a_recovery_without_an_act_is_watched(events, last):
    """Where nothing was left to be done the symptom went by itself."""
    assert told([OPENED, *events])[-1] == last
    states = page_states([OPENED, *events], START + timedelta(minutes=5), SOAK, True)
    assert not any(state.acted for state in states)


def test_the_first_post_waits_for_a_person():
    assert told([OPENED, DIAGNOSED], itself=False) == []
    words = event("update", 2, seq=3, audience="public", text="we look")
    states = page_states([OPENED, DIAGNOSED, words, ACTED], START + timedelta(minutes=5), SOAK, False)
    assert [(state.state, state.seq, state.text) for state in states] == [
        ("identified", 3, "we look"), ("monitoring", 3, ""),
    ]  # fmt: skip
    assert states[0].cause == "leak"


def test_a_person_names_a_state_with_the_text_and_never_that_it_is_resolved():
    for state, is_told in (("monitoring", "monitoring"), ("resolved", "investigating")):
        words = event("update", 2, seq=3, audience="public", text="x", status=state)
        assert told([OPENED, words], itself=False) == [(is_told, 3)]


def test_a_relapse_of_another_day_is_another_incident_on_the_page():
    ended = [OPENED, event("phase", 1, seq=2, phase="resolved", reason="seen")]
    for minutes, number in ((1440, 1), (1442, 2)):
        back = event("phase", minutes, seq=3, phase="open", reason="it is back")
        rounds = [state.round for state in page_states([*ended, back], START + timedelta(days=9), SOAK, True)]
        assert rounds == [1, 1, number]


def history(chance):
    """Events of acts, verifications and people in a random order, minutes apart."""
    events, minutes = [OPENED], 0.0
    for seq in range(2, chance.randint(3, 14)):
        minutes += chance.choice([0, 1, 5, 9.9, 10, 30])
        act = {"mitigation": chance.choice("ab")}
        kind, note = chance.choice(
            [
                ("diagnosed", {"cause": "x"}), ("intended", act), ("mitigated", act),
                ("verified", {**act, "outcome": "recovered"}), ("verified", {**act, "outcome": "unchanged"}),
                ("phase", {"phase": "open", "reason": "x"}), ("phase", {"phase": "resolved", "facts": ["#2"]}),
                ("update", {"audience": "public", "text": "x", "status": "resolved"}), ("noted", {"text": "x"}),
            ]
        )  # fmt: skip
        events.append(event(kind, minutes, seq=seq, **note))
    return events


def held(events, seq):
    """Whether by the soak time after it every act was verified as recovered, and nothing was reopened."""
    moment = moment_of(next(each["at"] for each in events if each["seq"] == seq))
    before = [each for each in events if moment_of(each["at"]) < moment + SOAK]
    last = {
        each["note"]["mitigation"]: each for each in before if each["kind"] in ("intended", "mitigated", "verified")
    }
    reopened = [each for each in before if each["note"].get("phase") == "open" and each["seq"] > seq]
    return not reopened and all(each["note"].get("outcome") == "recovered" for each in last.values())


@pytest.mark.parametrize("seed", range(200))
def test_no_history_is_resolved_without_a_verification_that_held(seed):
    chance = random.Random(f"page {seed}")
    events = history(chance)
    for minutes in (0, 5, 11, 60, 999):
        now = moment_of(events[-1]["at"]) + timedelta(minutes=minutes)
        for state in page_states(events, now, SOAK, True):
            if state.state == "resolved" and not state.text:  # a text of a person keeps the state that is reached
                assert held(events, state.seq), (state, events)
                source = next(each for each in events if each["seq"] == state.seq)
                assert now - moment_of(source["at"]) >= SOAK


OTHER = event("diagnosed", 6, seq=5, cause="other")


@pytest.mark.parametrize("cause", ["other", "leak"])
@pytest.mark.parametrize("minutes", [4, 12.9])
def test_a_diagnosis_after_the_recovery_keeps_the_page_from_resolved(cause, minutes):
    """The page said that it was over while another fault was known."""
    events = [OPENED, DIAGNOSED, ACTED, RECOVERED, event("diagnosed", minutes, seq=5, cause=cause)]
    assert told(events, 999)[-1] == ("monitoring", 3)
    again = event("verified", 20, seq=6, mitigation="n", outcome="recovered")
    assert told([*events, again], 29.9)[-1] == ("monitoring", 3)
    assert told([*events, again], 30)[-1] == ("resolved", 6)
    assert told([*events, event("phase", 20, seq=6, phase="resolved", reason="seen by hand")], 20)[-1] == (
        "resolved",
        6,
    )


@pytest.mark.parametrize("outcome", ["improved", "unchanged"])
def test_a_verification_that_is_no_recovery_ends_no_diagnosis(outcome):
    events = [OPENED, ACTED, RECOVERED, OTHER, event("verified", 7, seq=6, mitigation="n", outcome=outcome)]
    assert told(events, 999)[-1][0] != "resolved"


def test_what_is_no_diagnosis_or_comes_later_keeps_nothing():
    assert told([OPENED, ACTED, RECOVERED, event("diagnosed", 6, seq=5, cause="")], 13)[-1] == ("resolved", 4)


def test_a_diagnosis_takes_back_what_the_facts_had_ended_and_not_what_a_person_has():
    later = event("diagnosed", 20, seq=6, cause="other")
    assert told([OPENED, ACTED, RECOVERED, later], 21)[-2:] == [("resolved", 4), ("identified", 6)]
    ended = event("phase", 14, seq=5, phase="resolved", facts=["#4"])
    assert told([OPENED, ACTED, RECOVERED, ended, later], 21)[-1] == ("resolved", 4)


@pytest.mark.parametrize(
    ("host", "scenario", "mitigation"),
    [("db2", "a", "m"), ("db1", "b", "m"), ("db1", "a", "n"), ("db1", "a", "")],
)
@pytest.mark.parametrize("minutes", [1, 2.5, 5])
def test_the_page_is_not_resolved_while_another_fault_of_the_incident_is_open(host, scenario, mitigation, minutes):
    """Runs of other scenarios and hosts join an incident; the verification of one is none of the others."""
    causes = [{"cause": "x", "mitigation": mitigation}]
    other = {**event("diagnosed", minutes, seq=9, cause="x", causes=causes, scenario=scenario), "host": host}
    own = [event("diagnosed", 1, seq=2, cause="leak", causes=[{"mitigation": "m"}], scenario="a")] * (scenario != "a")
    acted = event("mitigated", 2, seq=3, mitigation="m")
    over = event("verified", 3, seq=4, mitigation="m", outcome="recovered", scenario="a")
    events = sorted([OPENED, *own, acted, over, other], key=lambda each: each["at"])
    assert told(events, 999)[-1][0] == "monitoring"
    assert recovery_of(events).why_not
    last = {
        **event("verified", 30, seq=11, mitigation=mitigation, outcome="recovered", scenario=scenario),
        "host": host,
    }
    assert (told([*events, last], 40)[-1] == ("resolved", 11)) is bool(mitigation)
    ended = event("phase", 30, seq=11, phase="resolved", reason="seen by hand")
    assert told([*events, ended], 31)[-1] == ("resolved", 11)


@pytest.mark.parametrize(
    "later", [[OTHER], [OTHER, event("noted", 7, seq=6, text="x")], [event("alert", 7, seq=6), OTHER]]
)
@pytest.mark.parametrize("reason", [{}, {"reason": "seen by hand"}])
def test_what_a_person_has_resolved_is_resolved_on_the_page(later, reason):
    """The page stayed at monitoring for ever where an incident was resolved that needed no reason."""
    events = [OPENED, DIAGNOSED, ACTED, RECOVERED, *later]
    assert recovery_of(events).why_not
    assert told(events, 999)[-1] == ("monitoring", 3)
    ended = [*events, event("phase", 30, seq=9, phase="resolved", facts=["#4"], **reason)]
    assert told(ended, 600)[-1][0] == "resolved"


@pytest.mark.parametrize("last", [ACTED, WORSE, event("intended", 4, seq=5, mitigation="m")])
def test_a_phase_without_a_reason_is_no_verification_that_held(last):
    events = [OPENED, DIAGNOSED, ACTED, *([RECOVERED] if last is not WORSE else []), last, OTHER]
    ended = [*events, event("phase", 30, seq=9, phase="resolved", facts=[])]
    assert recovery_of(ended).why_not
    assert told(ended, 999)[-1][0] != "resolved"


@pytest.mark.parametrize("seed", range(200))
def test_the_page_is_resolved_by_facts_where_no_reason_is_needed_to_resolve(seed):
    """One rule: what a person may resolve without a reason is resolved on the page, too, and nothing else is."""
    events = [each for each in history(random.Random(f"rule {seed}")) if each["kind"] not in ("phase", "update")]
    found, late = recovery_of(events), told(events, 99_999)
    assert found.why_not or late[-1][0] == "resolved", events
    was = any(state == "resolved" for state, dummy in late)
    assert not found.why_not or late[-1][0] != "resolved" or was, events


SAID = event("update", 1, seq=2, audience="public", text="we look")
ENDED = event("phase", 5, seq=3, phase="resolved", reason="x")


def public(*events):
    return [
        (state.state, state.round, state.text)
        for state in page_states([OPENED, SAID, ENDED, *events], START, SOAK, False)
    ]


@pytest.mark.parametrize(
    "later",
    [
        [event("phase", 4000, seq=4, phase="open", reason="x")],
        [event("phase", 4000, seq=4, phase="open", reason="x"), event("diagnosed", 4001, seq=5, cause="leak")],
        [event("verified", 4000, seq=4, mitigation="m", outcome="worse")],
    ],
)
def test_another_incident_on_the_page_waits_for_a_person_too(later):
    before = [("investigating", 1, "we look"), ("resolved", 1, "")]
    assert public(*later) == before
    said = event("update", 5000, seq=8, audience="public", text="again", status="identified")
    assert public(*later, said) == [*before, ("identified", 2, "again")]
    itself = [state.round for state in page_states([OPENED, SAID, ENDED, *later], START, SOAK, True)]
    assert itself[-1] == 2, "where the first post waits for no person, neither does this one"


def test_a_relapse_within_a_day_and_a_text_of_a_person_are_published():
    reopened = event("phase", 100, seq=4, phase="open", reason="x")
    assert public(reopened)[-1] == ("investigating", 1, "")
    said = event("update", 4000, seq=4, audience="public", text="again", status="identified")
    assert public(said)[-1] == ("identified", 2, "again")


@pytest.mark.parametrize(
    ("status", "minutes", "states"),
    [
        ({}, 29, [("monitoring", 5)]),
        ({}, 30, [("monitoring", 5), ("resolved", 4)]),
        ({"status": "identified"}, 999, [("identified", 5)]),
    ],
)
def test_a_text_after_the_facts_have_ended_it_is_not_published_as_resolved(status, minutes, states):
    said = event("update", 20, seq=5, audience="public", text="some still fail", **status)
    assert told([OPENED, ACTED, RECOVERED, said], minutes)[2:] == [("resolved", 4), *states]
