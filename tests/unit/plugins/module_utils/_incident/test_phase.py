from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.phase import (
    acknowledgements,
    phase_of,
    phases_of,
    rounds,
)

from support.incident_events import event, opened

ACK, FOUND, ACT = event("acknowledged"), event("diagnosed", cause="x"), event("mitigated", mitigation="m")


def verified(outcome):
    return event("verified", mitigation="m", outcome=outcome)


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], "open"),
        ([ACK], "acknowledged"),
        ([FOUND], "identified"),
        ([event("diagnosed", cause="")], "open"),
        ([FOUND, ACK], "identified"),
        ([ACK, FOUND, ACT], "monitoring"),
        ([ACT, verified("recovered")], "monitoring"),
        ([FOUND, ACT, verified("unchanged")], "identified"),
        ([FOUND, ACT, verified("worse"), ACT], "monitoring"),
        ([ACT, verified("recovered"), FOUND], "identified"),
        ([ACT, event("held", plan={}, reasons=[])], "identified"),
        ([event("held", plan={}, reasons=[])], "identified"),
        ([event("reconciled", gone=["x"])], "monitoring"),
        ([event("reconciled", gone=[])], "open"),
        ([event("noted", text="x"), event("update", text="x")], "open"),
    ],
)
def test_facts_carry_it_on_and_back(events, phase):
    assert phase_of([opened(), *events]) == phase


@pytest.mark.parametrize("phase", ["resolved", "closed"])
@pytest.mark.parametrize("later", [ACK, FOUND, ACT, verified("worse")])
def test_what_a_person_has_ended_only_a_person_opens_again(phase, later):
    ended = [opened(), ACT, event("phase", phase=phase), later]
    assert phase_of(ended) == phase
    reopened = [*ended, event("phase", phase="open", reason="back")]
    assert phase_of(reopened) == "open"
    assert phase_of([*reopened, ACK]) == "acknowledged"


def test_a_person_sets_it_without_facts():
    assert phase_of([opened(), event("phase", phase="monitoring", reason="it went by itself")]) == "monitoring"


def test_each_change_is_named_with_its_event():
    events = [opened(), ACK, event("acknowledged", 2, by="bob"), FOUND, ACT, verified("recovered")]
    changes = phases_of(events)
    assert [change.phase for change in changes] == ["open", "acknowledged", "identified", "monitoring"]
    assert [change.event for change in changes] == [events[0], ACK, FOUND, ACT]
    assert phases_of([]) == []


def test_an_acknowledgement_counts_until_the_incident_is_opened_again():
    again = event("phase", 2, phase="open", reason="it is back")
    later = event("acknowledged", 3, by="bob")
    assert acknowledgements([opened(), ACK]) == [ACK]
    assert acknowledgements([opened(), ACK, again]) == []
    assert acknowledgements([opened(), ACK, again, later]) == [later]


def test_each_time_that_it_was_opened_begins_a_round():
    first, over, again = opened(), event("phase", phase="closed"), event("phase", phase="open")
    assert rounds([first, ACK, over, again, over, again]) == [first, again, again]
    assert rounds([]) == []
