from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.incident_facts import IncidentFacts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_messages import (
    components_now,
    page_messages,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.incident_events import START, event

PAGE = {
    "kind": "statuspage", "token": "x", "page": "p", "scenarios": ["payment_outage"], "first_post": "act",
    "components": {"pay": "c1", "book": "c2"}, "affects": {"payment_outage": ["pay"], "row": ["book"]},
    "words": {"payment_outage": "Payments fail"},
}  # fmt: skip
OPENED = event("opened", 0, seq=1, id="i", severity="P0", scenario="payment_outage", hosts=["db1"])
LOWERED = event("severity", 2, seq=3, severity="P3", before="P0", reason="one customer")
RAISED = event("severity", 4, seq=5, severity="P1", before="P3", reason="more")
DIAGNOSED = event("diagnosed", 5, seq=6, cause="row", scenario="payment_outage")
ENDED = event("phase", 6, seq=7, phase="resolved", reason="seen")


def story(*events):
    return IncidentFacts("i", events, settings_of({"page": PAGE}), START + timedelta(minutes=9))


def told(*events):
    """The events with what was queued after each of them, and the components of that."""
    log, number = [], 100
    for each in events:
        log.append(each)
        known = {one["note"].get("key") for one in log}
        for message in page_messages(story(*log)):
            if message.key not in known:
                number += 1
                log.append(event("message", 1, seq=number, **queued_note(message)))
    return log, [each["note"]["values"]["components"] for each in log if each["kind"] == "message"]


def text(seq):
    return event("update", 3, seq=seq, audience="public", text="We look.")


@pytest.mark.parametrize(
    ("changes", "state"),
    [([], "major_outage"), ([LOWERED], "degraded_performance"), ([LOWERED, RAISED], "partial_outage")],
)
def test_components_are_as_the_severity_is_now_and_come_back_at_the_end(changes, state):
    """After a P0 was lowered to P3 each later post said major_outage again."""
    log, components = told(OPENED, *changes, text(9))
    assert components[-1] == {"c1": state}
    assert components_now(story(*log)) == {"c1": state}
    dummy, components = told(OPENED, *changes, text(9), ENDED)
    assert components[-1] == {"c1": "operational"}, "and what it did not affect is no affair of it"


def test_a_cause_that_affects_others_brings_back_what_it_does_not_affect():
    dummy, components = told(OPENED, DIAGNOSED, ENDED)
    assert components == [
        {"c1": "major_outage"}, {"c2": "major_outage", "c1": "operational"},
        {"c1": "operational", "c2": "operational"},
    ]  # fmt: skip


def test_what_is_known_of_an_incident_before_it_was_opened_again_says_nothing_of_its_components():
    back = event("phase", 8, seq=9, phase="open", reason="it is back")
    dummy, components = told(OPENED, DIAGNOSED, ENDED, back)
    assert components[-1] == {"c1": "major_outage", "c2": "operational"}
