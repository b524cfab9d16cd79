"""Which pages the present severity asks for: what a person has lowered pages no person any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import claim, entries_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.paging import answerer_of, not_paged, pages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.escalation import AFTER

from support.incident_events import START, event, opened

CHANNELS = {"pager": {"severities": ["P0"]}}
P0 = event("severity", 1, seq=2, severity="P0", facts=["x"])


@pytest.mark.parametrize(
    ("events", "quiet"),
    [
        ([], set()),
        ([P0], set()),
        ([P0, event("severity", 2, seq=3, severity="P1", reason="x")], {"pager"}),
        ([P0, event("severity", 2, seq=3, severity="P3", reason="x")], {"pager", "person"}),
        ([P0, event("severity", 2, seq=3, severity="P3", facts=["x"])], set()),  # facts lower none
        ([P0, event("severity", 2, seq=3, severity="mild", reason="x")], set()),
        (
            [P0, event("severity", 2, seq=3, severity="P3", reason="x"), event("severity", 3, seq=4, severity="P0")],
            set(),
        ),
    ],
)
def test_a_page_is_asked_for_by_the_present_severity_and_by_one_that_is_not_known(events, quiet):
    assert not_paged([opened(severity="unknown"), *events], AFTER, CHANNELS) == quiet


def test_a_site_without_a_pager_and_one_whose_minutes_are_empty():
    assert not_paged([opened(), P0], {**AFTER, "P0": ()}, {}) == {"person"}


class Paged:
    """An incident whose pages are wanted and taken, minute by minute; what a run takes may end in any way."""

    def __init__(self, *events):
        self.events = list(events)

    def run(self, minute, person, state="sent", **said):
        """The persons who are paged now."""
        now = START + timedelta(minutes=minute)
        who = [answerer_of({"step": "primary", "person": person, "slack": f"U{person}"})]
        wanted = pages(self.events, who, AFTER, settings_of({"slack": {"token": "x"}}), {"scenario": "s"}, now)
        taken = claim(self.events, wanted, now, quiet=not_paged(self.events, AFTER, {}))
        for note in taken.notes:
            self.add("message", minute, **note)
        for entry in taken.taken if state else ():
            self.add("message", minute, key=entry.message.key, state=state, claim=entry.claim, **said)
        return [entry.message.values["person"] for entry in taken.taken if entry.message.template == "page"]

    def add(self, kind, minute, **note):
        self.events.append(event(kind, minute, seq=len(self.events) + 1, **note))


@pytest.mark.parametrize("state", ["failed", "in_doubt", ""])
def test_a_page_that_was_withdrawn_goes_to_who_is_on_call_when_the_severity_is_raised_again(state):
    """``state``: of the page before it was lowered; empty for a run that died."""
    incident = Paged(opened("P1"))
    assert incident.run(5, "ada", state) == ["ada"]
    incident.add("severity", 6, severity="P3", reason="fewer")
    assert incident.run(10, "ada") == []
    assert [entry.state for entry in entries_of(incident.events) if entry.message.template == "page"] == ["replaced"]
    incident.add("severity", 1440, severity="P1", reason="more")
    assert incident.run(1441, "bob") == ["bob"], "P1 pages the first step at once"
    assert incident.run(1442, "bob") == [], "once"


def test_who_was_paged_is_paged_again_after_it_was_raised_again_and_once():
    incident = Paged(opened("P1"))
    assert incident.run(5, "ada") == ["ada"]
    for minute, severity in ((6, "P3"), (20, "P0"), (30, "P3"), (40, "P2"), (50, "P1")):
        incident.add("severity", minute, severity=severity, reason="x")
        expected = ["ada"] if severity in ("P0", "P1") else []
        assert (incident.run(minute + 1, "ada"), incident.run(minute + 2, "ada")) == (expected, []), severity
    incident.add("acknowledged", 60)
    assert incident.run(61, "ada") == []
