from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.milestones import (
    ACKNOWLEDGED,
    BEGAN,
    DETECTED,
    ENDED,
    MEANS,
    MITIGATED,
    NAMES,
    RESOLVED,
    SPANS,
    VERIFIED,
    milestones,
    spans,
)

from support.incidents import stamp
from support.measuring import measured_note
from support.timelines import event, lock_act


def of(*events):
    times = milestones(events)
    return {name: (time.text[11:19], time.cites) for name, time in times.items() if time.seconds is not None}


def test_all_times_of_an_incident():
    events = [
        event(1, 30, "opened", reported_by="support", noticed_at=stamp(20)),
        event(2, 31, "acknowledged"),
        event(3, 40, "alert", alertname="Waiters", starts_at=stamp(12)),
        *lock_act(4, 60),
        event(7, 300, "phase", phase="resolved"),
    ]
    assert of(*events) == {
        BEGAN: ("15:00:12", (3,)), DETECTED: ("15:00:20", (1,)), ACKNOWLEDGED: ("15:00:31", (2,)),
        MITIGATED: ("15:01:00", (4,)), VERIFIED: ("15:01:03", (6,)), RESOLVED: ("15:05:00", (7,)),
    }  # fmt: skip
    found = {name: (each.seconds, each.cites) for name, each in spans(milestones(events)).items()}
    assert found == {
        "time to detect": (8.0, (3, 1)), "time to acknowledge": (11.0, (1, 2)), "time to mitigate": (40.0, (1, 4)),
        "time from act to end": (None, ()), "time to recovery": (51.0, (3, 6)), "time to resolve": (280.0, (1, 7)),
    }  # fmt: skip


def test_a_report_of_an_open_incident_says_when_it_was_noticed():
    report = event(2, 40, "noted", reported_by="support", noticed_at=stamp(20))
    detected = milestones([event(1, 30, "opened"), report])[DETECTED]
    assert (detected.text[11:19], detected.cites) == ("15:00:20", (2,))
    assert (detected.source, detected.sure) == ("noticed by support", "reported")


def test_what_no_event_holds_is_missing_and_not_zero():
    times = milestones([event(1, 0, "opened")])
    assert [name for name, time in times.items() if time.seconds is None] == [
        name for name in NAMES if name != DETECTED
    ]
    assert {times[name].text for name in NAMES if name != DETECTED} == {"missing"}
    assert {each.text for each in spans(times).values()} == {"missing"}
    assert [each.seconds for each in spans(times).values()] == [None] * len(SPANS)


def test_no_event_has_no_time():
    assert of() == {}


def test_the_wrong_order_gives_no_duration():
    times = milestones([event(1, 0, "opened"), event(2, 9, "alert", alertname="x", starts_at=stamp(5))])
    assert spans(times)["time to detect"].seconds is None


def test_a_person_s_beginning_comes_before_an_alert_s():
    alert = event(1, 40, "alert", alertname="x", starts_at=stamp(12))
    written = event(2, 90, "written", section="impact_began", text=f"{stamp(3)}\nfrom the log of nginx")
    began = milestones([alert, written])[BEGAN]
    assert (began.text[11:19], began.cites, began.sure) == ("15:00:03", (2,), "estimated by a person")
    unreadable = event(3, 91, "written", section="impact_began", text="about three")
    assert milestones([alert, unreadable])[BEGAN].cites == (1,)


@pytest.mark.parametrize("outcome", ["improved", "unchanged", "worse"])
def test_only_a_recovery_is_one(outcome):
    assert not {MITIGATED, VERIFIED} & of(*lock_act(1, 0, outcome)).keys()


def test_the_act_before_the_recovery_mitigated_it():
    events = [*lock_act(1, 0, "unchanged"), *lock_act(4, 60), *lock_act(7, 90)]
    assert of(*events)[MITIGATED] == ("15:01:00", (4,))
    alone = [event(1, 5, "mitigated", mitigation="x"), event(2, 6, "verified", outcome="recovered")]
    assert of(*alone)[MITIGATED] == ("15:00:05", (1,))


def test_of_two_acts_beside_each_other_the_recovery_is_that_of_its_own():
    """The one that began later on another host has not led to it."""
    first, other = lock_act(1, 0), lock_act(4, 1, "unchanged")
    for each in other:
        each["host"] = "db2"
    events = [*first[:1], *other[:1], first[1], other[1], first[2], other[2]]
    assert of(*events)[MITIGATED] == ("15:00:00", (1,))
    # Also of two mitigations on one host, and where both were intended in one moment.
    other = lock_act(4, 0, "unchanged", mitigation="end_sessions")
    events = [other[0], *first[:2], *other[1:], first[2]]
    assert of(*events)[MITIGATED] == ("15:00:00", (1,))
    # An act that a later run found carried out is one, too.
    found = event(8, 30, "reconciled", mitigation="unblock_sessions", intended=stamp(0), gone=["t"])
    assert of(first[0], found, event(9, 31, "verified", mitigation="unblock_sessions", outcome="recovered"))[
        MITIGATED
    ] == ("15:00:00", (1,))


def test_durations_of_several_writers_are_by_the_clock_of_the_log():
    """A laptop whose clock is an hour ahead would acknowledge an hour late."""
    ahead = event(2, 3660, "acknowledged")
    ahead["logged"] = stamp(60)
    times = milestones([event(1, 0, "opened"), ahead])
    assert (times[ACKNOWLEDGED].text[11:19], spans(times)["time to acknowledge"].seconds) == ("15:01:00", 60)


def test_an_incident_that_was_opened_again_is_not_resolved():
    phases = [event(1, 0, "phase", phase="resolved"), event(2, 9, "phase", phase="monitoring")]
    assert RESOLVED not in of(*phases)
    assert of(*phases, event(3, 20, "phase", phase="resolved"), event(4, 30, "phase", phase="closed"))[RESOLVED] == (
        "15:00:20", (3,),
    )  # fmt: skip


def test_every_time_has_its_definition():
    assert set(MEANS) == set(NAMES)
    assert all({start, end} <= set(NAMES) and text for start, end, text in SPANS.values())


@pytest.mark.parametrize(
    ("given", "ended", "seconds"),
    [
        ({}, ("15:02:06", (7,)), 66.0),
        ({"estimated_by": "person", "ended_by": "series"}, ("15:02:06", (7,)), 66.0),
        ({"estimated_by": "alert", "ended_by": "recovery"}, None, None),
        ({"estimated_by": "alert"}, None, None),  # of an older version
        ({"ends_at": stamp(50)}, ("15:00:50", (7,)), None),  # users were served before the act: it relieved no one
    ],
)
def test_the_impact_ends_when_users_count_no_more_of_it_and_not_when_the_recovery_is_verified(given, ended, seconds):
    events = [event(1, 30, "opened"), *lock_act(4, 60), event(7, 500, "measured", **measured_note(**given))]
    assert of(*events).get(ENDED) == ended
    assert spans(milestones(events))["time from act to end"].seconds == seconds


def test_what_was_measured_is_the_beginning_unless_a_person_wrote_one():
    alert = event(1, 40, "alert", alertname="Waiters", starts_at=stamp(12))
    counted = event(2, 500, "measured", **measured_note())
    found = milestones([alert, counted])[BEGAN]
    assert (found.text, found.cites, found.sure) == ("2026-11-23 15:00:08 UTC", (2,), "estimated, within 2.0 s")
    by_alert = event(2, 500, "measured", **measured_note(estimated_by="alert"))
    assert milestones([alert, by_alert])[BEGAN].cites == (1,)
    written = event(3, 600, "written", section="impact_began", text="2026-11-23T14:59:00Z")
    assert milestones([alert, counted, written])[BEGAN].cites == (3,)
